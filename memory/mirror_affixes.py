"""Forms of affixes: which of its forms an affix takes beside a stem, and what happens to the letters that meet.

Everything is counted in glossed text: where a form was met, which vowels of affixes follow which vowels of stems
(harmony), and how stems end before a suffix (`stem_ends`). Without text a form is taken that joins a vowel and a
consonant.
"""

from collections import Counter
from collections.abc import Collection, Mapping

from dragoman.memory.stem_ends import VOWELS, StemEnds

__all__ = ["Affixes"]

_FEWEST = 3  # meetings that show how letters meet
_SURE = 0.9  # share of them

_Junction = tuple[bool, str]  # whether the stem ends in a vowel where the affix stands, and its vowel nearest to it


class Affixes:
    """Counts of forms by the label of what they mark; a form is written "-ta" or "un-".

    Attributes:
        ends: of stems of the dictionary, as glossed text writes them before a suffix.
    """

    def __init__(self) -> None:
        self._forms: dict[str, dict[str, Counter[_Junction]]] = {}
        self._vowels: dict[str, Counter[str]] = {}  # of a stem, to those of affixes next to it
        self.ends = StemEnds()

    @property
    def labels(self) -> Collection[str]:
        """What they mark."""
        return self._forms.keys()

    def state(self, label: str, form: str) -> None:
        """Takes a form that a grammar states."""
        self._forms.setdefault(label, {}).setdefault(form, Counter())

    def meet(self, label: str, form: str, stem: str) -> None:
        """Takes a form that glossed text shows beside a stem, which may have affixes already."""
        junction = _junction(stem, form)
        self._forms.setdefault(label, {}).setdefault(form, Counter())[junction] += 1
        if junction[1] and (vowel := _near_vowel(form)):
            self._vowels.setdefault(junction[1], Counter())[vowel] += 1

    def believe(self, other: Mapping[str, float]) -> None:
        """Leaves out what no text shows, and affixes whose label a word of its own says more often.

        Args:
            other: label to the number of such words.
        """
        met = {label: {f: places for f, places in forms.items() if places} for label, forms in self._forms.items()}
        totals = {label: sum(places.total() for places in forms.values()) for label, forms in met.items()}
        self._forms = {label: met[label] for label, total in totals.items() if total > other.get(label, 0.0)}

    def form(self, label: str, stem: str) -> str:
        """The form of an affix that suits a stem, such as "-ta" or "un-"; "" when none is known."""
        forms = self._forms.get(label, {})
        return min(forms, key=lambda form: (*self._misfit(forms[form], form, stem), form), default="")

    def _misfit(self, met: Counter[_Junction], form: str, stem: str) -> tuple[float, ...]:
        """Smaller for a form met at such a place before; without text, for one that joins a vowel and a consonant."""
        ends_in_vowel, vowel = _junction(stem, form)
        same_kind = sum(count for (kind, _), count in met.items() if kind == ends_in_vowel)
        letters = form.strip("-")
        touching = letters[-1:] if form.endswith("-") else letters[:1]
        joins = float((touching in VOWELS) == ends_in_vowel)
        return (-met[ends_in_vowel, vowel], self._disharmony(vowel, form), -same_kind, joins, -met.total())

    def _disharmony(self, vowel: str, form: str) -> float:
        """1 for a vowel that hardly ever follows such a vowel of a stem, 0 otherwise and where little was met."""
        met = self._vowels.get(vowel, Counter())
        near = _near_vowel(form)
        return float(bool(near) and met.total() >= 2 * _FEWEST and met[near] <= (1 - _SURE) * met.total() / 2)


def _near_vowel(form: str) -> str:
    """The vowel of an affix that is nearest to the stem."""
    letters = form.strip("-")
    reading = letters[::-1] if form.endswith("-") else letters
    return next((letter for letter in reading if letter in VOWELS), "")


def _junction(stem: str, form: str) -> _Junction:
    reading = stem if form.endswith("-") else stem[::-1]
    vowel = next((letter for letter in reading if letter in VOWELS), "")
    return reading[:1] in VOWELS, vowel

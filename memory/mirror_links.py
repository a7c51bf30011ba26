"""Words of sentence pairs that go together: a translation for English words that no dictionary and no gloss names.

The Dice coefficient over lines, as the first word aligners had it (Smadja, McKeown and Hatzivassiloglou 1996,
"Translating collocations for bilingual lexicons"); "of", "this" or "kill" where the glosses say ABL, PROX or "hit".
"""

from collections import Counter
from collections.abc import Iterable

__all__ = ["Links"]

_MIN_TOGETHER = 3
_MIN_DICE = 0.15


class Links:
    """Counts of lines in which words stand, and stand together."""

    def __init__(self) -> None:
        self._english: Counter[str] = Counter()
        self._forms: Counter[str] = Counter()
        self._together: dict[str, Counter[str]] = {}

    def learn(self, english: Iterable[str], forms: Iterable[str]) -> None:
        """Takes one line: English lemmas without translation, and the words of the language that nothing explains."""
        lemmas, words = set(english), set(forms)
        self._english.update(lemmas)
        self._forms.update(words)
        for lemma in lemmas:
            self._together.setdefault(lemma, Counter()).update(words)

    def form(self, lemma: str) -> str:
        """The word that goes with a lemma; "" when none does."""
        met = self._together.get(lemma, Counter())
        ranked = [
            (2 * count / (self._english[lemma] + self._forms[form]), form)
            for form, count in met.items()
            if count >= _MIN_TOGETHER
        ]
        dice, form = max(ranked, default=(0.0, ""))
        return form if dice >= _MIN_DICE else ""

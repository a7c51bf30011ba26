"""Sounds of a language: which stems it can have and what happens where morphemes meet.

Letters are plain Latin ones; what varies is the inventory, the shape of syllables and one sandhi process. Tone, stress
and stem-internal change are left out.
"""

from dataclasses import dataclass
from types import MappingProxyType

from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.typology import Typology

__all__ = ["Phonology", "draw_phonology"]

_ONSETS = ("p", "t", "k", "b", "d", "g", "m", "n", "s", "l", "r", "v", "z", "f", "h", "j", "w", "x")
_CLUSTERS = ("kr", "tr", "pl", "kl", "br", "dr", "gr", "st", "sk", "zv", "tl", "ny")
_CODAS = ("m", "n", "l", "r", "s", "k", "t", "p", "x", "f")
_BACK, _FRONT = "aou", "ei"
_VOICED = MappingProxyType({"p": "b", "t": "d", "k": "g"})
_VOWELS = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class Phonology:
    """The sound system.

    Attributes:
        onsets: what may begin a syllable.
        codas: what may end one; the empty string among them.
        vowels: all vowels.
        sandhi: see `typology.SANDHI`.
        glide: what separates two vowels in languages with the glide sandhi.
        filler: what separates two consonants in languages with epenthesis.
    """

    onsets: tuple[str, ...]
    codas: tuple[str, ...]
    vowels: tuple[str, ...]
    sandhi: str
    glide: str
    filler: str

    def syllables(self, chance: Chance, number: int) -> str:
        """A pronounceable form; in languages with harmony all its vowels are front or all are back."""
        vowels: tuple[str, ...] | str = self.vowels
        if self.sandhi == "harmony":
            vowels = _FRONT if chance.happens(0.5) else _BACK
        pieces = []
        for _ in range(number):
            pieces += [chance.pick(self.onsets), chance.pick(vowels)]
        return "".join(pieces) + chance.pick(self.codas)

    def suffixed(self, stem: str, affix: str, *, keep: bool = False) -> str:
        """Stem and suffix, a hyphen between them; `keep` leaves the letters at the border alone (names)."""
        if self.sandhi == "harmony":
            affix = _harmonised(affix, _last_vowel(stem))
        if keep:
            return f"{stem}-{affix}"
        return f"{self._voiced(stem, affix)}-{self._linked(stem, affix)}{affix}"

    def prefixed(self, affix: str, stem: str, *, keep: bool = False) -> str:
        """Prefix and stem, a hyphen between them; `keep` as in `suffixed`."""
        if self.sandhi == "harmony":
            affix = _harmonised(affix, _last_vowel(stem[::-1]))
        if keep:
            return f"{affix}-{stem}"
        return f"{self._voiced(affix, stem)}{self._linked(affix, stem)}-{stem}"

    def variants(self, affix: str, *, is_prefix: bool) -> tuple[str, ...]:
        """All forms an affix takes, the plain one first."""
        if self.sandhi == "harmony":
            return tuple(dict.fromkeys(_harmonised(affix, vowel) for vowel in "ae"))
        changed = self._voiced(affix, "a")
        inner = affix[-1] if is_prefix else affix[0]
        link = self._linked(inner, "a") or self._linked(inner, "t")
        linked = affix + link if is_prefix else link + affix
        return tuple(dict.fromkeys((affix, changed, linked)))

    def _voiced(self, left: str, right: str) -> str:
        """The left morpheme as it is before the right one."""
        if self.sandhi == "voicing" and right[0] in _VOWELS:
            return left[:-1] + _VOICED.get(left[-1], left[-1])
        return left

    def _linked(self, left: str, right: str) -> str:
        """What stands between two morphemes; it counts as part of the affix."""
        is_open, starts_open = left[-1] in _VOWELS, right[0] in _VOWELS
        if self.sandhi == "glide" and is_open and starts_open:
            return self.glide
        return self.filler if self.sandhi == "epenthesis" and not is_open and not starts_open else ""


def draw_phonology(chance: Chance, typology: Typology) -> Phonology:
    """A sound system that suits the typology's sandhi."""
    onsets = chance.sample(_ONSETS, 11 + chance.below(5)) + chance.sample(_CLUSTERS, chance.below(4))
    codas = ["", "", *chance.sample(_CODAS, 3 + chance.below(4))]
    vowels = tuple("aeiou") if typology.sandhi == "harmony" else tuple(chance.sample("aeiou", 3 + chance.below(3)))
    if typology.sandhi == "voicing":
        codas += ["p", "t", "k"]
    return Phonology(
        onsets=tuple(onsets),
        codas=tuple(codas),
        vowels=vowels,
        sandhi=typology.sandhi,
        glide=chance.pick(("y", "w", "v")),
        filler=chance.pick(vowels),
    )


def _last_vowel(text: str) -> str:
    return next((letter for letter in reversed(text.lower()) if letter in _VOWELS), "a")


def _harmonised(affix: str, vowel: str) -> str:
    """Archiphonemes A (a/e) and U (u/i) follow the vowel next to them."""
    front = vowel in _FRONT
    return affix.replace("A", "e" if front else "a").replace("U", "i" if front else "u")

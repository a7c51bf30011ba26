"""Which script a text is written in, as far as Unicode's character names tell it. No list of languages."""

import unicodedata
from collections import Counter
from functools import lru_cache
from types import MappingProxyType

from dragoman.core.languages import Language

__all__ = ["expected_script", "share_in_script"]

_CJK = ("CJK", "IDEOGRAPHIC")
# Codes that stand for several scripts, or whose English name is not how Unicode names the letters.
_NAMES = MappingProxyType(
    {
        "Hans": _CJK,
        "Hant": _CJK,
        "Hani": _CJK,
        "Hanb": (*_CJK, "BOPOMOFO"),
        "Jpan": (*_CJK, "HIRAGANA", "KATAKANA"),
        "Hrkt": ("HIRAGANA", "KATAKANA"),
        "Kore": ("HANGUL", *_CJK),
        "Hang": ("HANGUL",),
        "Beng": ("BENGALI",),
        "Cans": ("CANADIAN SYLLABICS",),
        "Nkoo": ("NKO",),
        "Mtei": ("MEETEI MAYEK",),
    }
)
# Written in two scripts today; without a script in the tag either is right.
_TWO_SCRIPTS = "az bs ff ha iu kk ks ku ky mn mni ms pa rif sd shi sr tg tk tt tzm ug uz vai yue zgh"


def expected_script(language: Language) -> str | None:
    """ISO 15924 code of the script the language has to be written in; None when unknown or when two are in use."""
    parts = language.tag.split("-")
    named = any(len(part) == 4 and part.isalpha() for part in parts[1:])
    return None if parts[0] in _TWO_SCRIPTS.split() and not named else language.script


def share_in_script(text: str, script: str) -> float | None:
    """Share of the letters that belong to the script, 0 to 1; None without letters or when Unicode cannot tell."""
    prefixes = _prefixes(script)
    letters = {character: times for character, times in Counter(text).items() if character.isalpha()}
    if not prefixes or not letters:
        return None
    belonging = sum(times for letter, times in letters.items() if _letter_name(letter).startswith(prefixes))
    return belonging / sum(letters.values())


@lru_cache(maxsize=4096)
def _letter_name(letter: str) -> str:
    """Unicode's name without width and style, such as "LATIN CAPITAL LETTER A" for a full-width A."""
    return unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "")


@lru_cache(maxsize=64)
def _prefixes(script: str) -> tuple[str, ...]:
    if script in _NAMES:
        return _NAMES[script]
    import langcodes  # loads its tables on first use

    name = langcodes.Language.make(script=script).script_name().upper().removesuffix(" SCRIPT")
    return (name,) if _names_letters(name) else ()


def _names_letters(name: str) -> bool:
    """Whether Unicode has letters of that name; some script names differ (Unicode says MYANMAR, not BURMESE)."""
    for first in ("LETTER A", "CAPITAL LETTER A", "LETTER KA", "SYLLABLE A", "LETTER ALEF", "LETTER ALAPH"):
        try:
            unicodedata.lookup(f"{name} {first}")
        except KeyError:
            continue
        return True
    return False

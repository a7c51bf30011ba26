"""Texts as memory compares them: one spelling per word, and words in any script.

Knows Unicode, no language. Words are runs of letters, marks and digits; scripts that write no borders between words
(Chinese, Japanese, Thai, Lao, Khmer, Burmese) give one long run each, which only a look-up can cut.
"""

import re
import unicodedata

from dragoman.core.tags import strip_tags
from dragoman.core.word_borders import is_borderless

__all__ = ["JOINERS", "has_letter", "is_borderless", "normalise", "tokens", "words"]

JOINERS = frozenset("-'’ʼʻ‘·_‑\u200c\u200d")  # inside a word they belong to it, at its edges they do not
_EDGE_JOINERS = "".join(sorted(JOINERS - set("ʼʻ")))  # modifier letters may begin or end a word
_JOINER = re.compile(f"[{re.escape(_EDGE_JOINERS)}]")
_HYPHENS = re.compile(r"[-‑_=]+")
_APOSTROPHES = re.compile(r"['’‘]")
_MIN_NAME = 3  # letters beside an apostrophe that make it a border, as in "Maria's" or "l'Anna"


class _WordCharacters(dict[int, str]):
    """A table for `str.translate` that learns character by character: what no word is made of becomes a space."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        keep = unicodedata.category(character)[0] in "LMN" or character in JOINERS
        self[code] = character if keep else " "
        return self[code]


_WORD_CHARACTERS = _WordCharacters()


def normalise(text: str) -> str:
    """The one spelling under which texts are compared: NFKC, without case, apostrophes alike, single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.replace("’", "'").replace("‑", "-").split())


def words(text: str) -> list[str]:
    """The words in order, spelled as they are; hyphens and apostrophes inside a word belong to it."""
    runs = (strip_tags(text) if "<" in text else text).translate(_WORD_CHARACTERS).split()
    if not _JOINER.search(text):  # most texts: nothing to strip
        return runs
    return [word for run in runs if (word := run.strip(_EDGE_JOINERS))]


def tokens(text: str) -> list[str]:
    """The words, cut at hyphens, and at an apostrophe beside a capitalised word ("Maria's", "l'Anna", not "ba'an")."""
    whole = words(text)
    if not _JOINER.search(text):  # most texts: nothing to cut
        return whole
    return [piece for word in whole for part in _HYPHENS.split(word) for piece in _at_apostrophes(part) if piece]


def _at_apostrophes(word: str) -> list[str]:
    pieces = _APOSTROPHES.split(word)
    is_border = len(pieces) > 1 and any(len(piece) >= _MIN_NAME and piece[0].isupper() for piece in pieces)
    return pieces if is_border else [word]


def has_letter(word: str) -> bool:
    """Whether a word is more than digits and signs."""
    return any(character.isalpha() for character in word)

"""One source line: cut at its tags and into words, each with the punctuation around it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dragoman.core.tags import TAG
from dragoman.memory.morphology import glossable

__all__ = ["SourceWord", "split_at_tags", "split_words", "with_signs"]

_EDGES = re.compile(r"^(?P<opening>[^\w]*)(?P<form>.*?)(?P<closing>[^\w’'ʼ]*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SourceWord:
    """A word and the signs that touch it."""

    form: str
    opening: str = ""
    closing: str = ""


def split_at_tags(line: str) -> list[str]:
    """Text and tags in turn, beginning and ending with text, which may be empty; joined they are the line."""
    pieces, end = [], 0
    for match in TAG.finditer(line):
        pieces += [line[end : match.start()], match[0]]
        end = match.end()
    return [*pieces, line[end:]]


def split_words(text: str) -> list[SourceWord]:
    """The words that get a gloss, in order; a sign that stands alone goes to the word before it."""
    words: list[SourceWord] = []
    pending = ""
    for piece in text.split():
        if not glossable(piece):
            if words:
                last = words[-1]
                words[-1] = SourceWord(last.form, last.opening, f"{last.closing} {piece}".strip())
            else:
                pending += piece
            continue
        match = _EDGES.match(piece)
        assert match is not None, "the pattern matches every string"
        words.append(SourceWord(match["form"], pending + match["opening"], match["closing"]))
        pending = ""
    return words


def with_signs(pieces: Iterable[tuple[str, str, str]]) -> str:
    """Texts with the signs around them, none of which is lost; "" where nothing is said.

    Args:
        pieces: opening signs, text and closing signs in turn; an empty text gives its signs to the text before it, or
            to the first that follows.
    """
    written: list[str] = []
    waiting = ""
    for opening, text, closing in pieces:
        if text:
            written.append(f"{waiting}{opening}{text}{closing}")
            waiting = ""
        elif written:
            written[-1] += opening + closing
        else:
            waiting += opening + closing
    return " ".join(written)

"""An English line written in another language: what the mirror says of each word, in the order of the language.

Punctuation and tags stay where they are: words change places only between two of them. A word that is not known stands
as `?Word`, the only thing that is left to a reader besides what the mirror cannot know.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dragoman.memory.glosser import UNKNOWN
from dragoman.memory.reordering import Placed, reordered
from dragoman.memory.source_line import SourceWord, split_at_tags, split_words
from dragoman.memory.target_order import TargetOrder

__all__ = ["written_line"]

_FIRST_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE_END = re.compile(r"[.!?…]")


def written_line(line: str, order: TargetOrder, say: Callable[[Sequence[SourceWord]], Sequence[Placed]]) -> str:
    """The line in the other language, its tags and punctuation where they were; "" only for a line without words.

    Args:
        line: of English text.
        order: of the words of the other language.
        say: each word of the line as it is written; all words of the line are asked for at once.
    """
    pieces = split_at_tags(line)
    words = [split_words(piece) for piece in pieces[::2]]
    sources = [word for found in words for word in found]
    placed = say(sources)
    if not any(word.text or word.particles for word in placed):
        placed = [Placed(f"{UNKNOWN}{s.form}", word.english) for s, word in zip(sources, placed, strict=True)]
    writer, start = _Writer(order), 0
    for number, found in enumerate(words):
        end = start + len(found)
        pieces[2 * number] = writer.piece(pieces[2 * number], found, placed[start:end])
        start = end
    return "".join(pieces)


@dataclass(slots=True)
class _Writer:
    """Writes the pieces of a line one after the other; remembers whether a capital letter is due."""

    order: TargetOrder
    is_start: bool = True
    wants_capital: bool = field(default=False)

    def piece(self, text: str, sources: Sequence[SourceWord], placed: Sequence[Placed]) -> str:
        """Text between two tags, with the white space around it kept."""
        if not sources:
            return text
        before = text[: len(text) - len(text.lstrip())]
        after = text[len(text.rstrip()) :]
        return f"{before}{self._written(sources, placed)}{after}"

    def _written(self, sources: Sequence[SourceWord], placed: Sequence[Placed]) -> str:
        written: list[str] = []
        waiting = ""  # signs around words for which nothing is said, before the first that is said
        for start, end in pairwise(_borders(sources)):
            self.wants_capital |= self.is_start and sources[start].form[:1].isupper()
            self.is_start = bool(_SENTENCE_END.search(sources[end - 1].closing))
            words = " ".join(reordered(placed[start:end], self.order))
            opening, closing = sources[start].opening, sources[end - 1].closing
            if words:
                written.append(f"{waiting}{opening}{self._cased(words)}{closing}")
                waiting = ""
            elif written:
                written[-1] += opening + closing
            else:
                waiting += opening + closing
        return " ".join(written) or waiting

    def _cased(self, words: str) -> str:
        if self.wants_capital:
            self.wants_capital = False
            return _FIRST_LETTER.sub(lambda match: match[0].upper(), words, count=1)
        return words


def _borders(sources: Sequence[SourceWord]) -> list[int]:
    """Where stretches without punctuation inside begin, and the end of the last."""
    inner = [n for n in range(1, len(sources)) if sources[n - 1].closing or sources[n].opening]
    return [0, *inner, len(sources)]

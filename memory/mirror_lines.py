"""An English line written in another language: what the mirror says of each word, in the order of the language.

Punctuation and tags stay where they are: words change places only between two of them. A word that is not known stands
as `?Word`, the only thing that is left to a reader besides what the mirror cannot know.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.glosser import UNKNOWN
from dragoman.memory.mirror_openings import Opening
from dragoman.memory.reordering import Placed, reordered
from dragoman.memory.source_line import SourceWord, split_at_tags, split_words, with_signs
from dragoman.memory.target_order import TargetOrder, stated_order

__all__ = ["WritingStyle", "learn_style", "with_opening", "written_line"]

_FIRST_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE_END = re.compile(r"[.!?…]+[^\w\s,;:]*(?=\s|$)")


@dataclass(frozen=True, slots=True)
class WritingStyle:
    """How a language is written.

    Attributes:
        order: of its words.
        has_capitals: whether a sentence begins with a capital letter.
    """

    order: TargetOrder
    has_capitals: bool = True


def learn_style(records: Sequence[MemoryRecord]) -> WritingStyle:
    """As the rules among flipped records state and the examples show; without examples, capital letters."""
    firsts = [record.target[:1] for record in records if record.kind is Kind.EXEMPLAR and record.source[:1].isupper()]
    return WritingStyle(stated_order(records), 2 * sum(letter.islower() for letter in firsts) <= len(firsts))


def written_line(
    line: str, style: WritingStyle, say: Callable[[Sequence[SourceWord]], Sequence[Placed]], *, is_start: bool = True
) -> str:
    """The line in the other language, its tags and punctuation where they were; "" only for a line without words.

    Args:
        line: of English text.
        style: of the other language.
        say: each word of the line as it is written; all words of the line are asked for at once.
        is_start: whether a sentence begins with it.
    """
    pieces = split_at_tags(line)
    words = [split_words(piece) for piece in pieces[::2]]
    sources = [word for found in words for word in found]
    placed = say(sources)
    if not any(word.text or word.particles for word in placed):
        placed = [Placed(f"{UNKNOWN}{s.form}", word.english) for s, word in zip(sources, placed, strict=True)]
    writer, start = _Writer(style, is_start), 0
    for number, found in enumerate(words):
        end = start + len(found)
        pieces[2 * number] = writer.piece(pieces[2 * number], found, placed[start:end])
        start = end
    return "".join(pieces)


def with_opening(opening: Opening, line: str, style: WritingStyle) -> str:
    """A written line with what stands for the expression that opened it, before it or at the end of its sentence."""
    cased = _capital if style.has_capitals else str
    if not opening.is_last:
        return f"{cased(opening.text)} {line}"
    end = _SENTENCE_END.search(line)
    place = len(line.rstrip()) if end is None else end.start()
    return f"{cased(line[:place])} {opening.text}{line[place:]}"


def _capital(text: str) -> str:
    """With its first letter in capitals, letters of tags left out."""
    pieces = split_at_tags(text)
    place = next((n for n in range(0, len(pieces), 2) if _FIRST_LETTER.search(pieces[n])), None)
    if place is not None:
        pieces[place] = _FIRST_LETTER.sub(lambda match: match[0].upper(), pieces[place], count=1)
    return "".join(pieces)


@dataclass(slots=True)
class _Writer:
    """Writes the pieces of a line one after the other; remembers whether a capital letter is due."""

    style: WritingStyle
    is_start: bool
    wants_capital: bool = False

    def piece(self, text: str, sources: Sequence[SourceWord], placed: Sequence[Placed]) -> str:
        """Text between two tags, with the white space around it kept."""
        if not sources:
            return text
        before = text[: len(text) - len(text.lstrip())]
        after = text[len(text.rstrip()) :]
        return f"{before}{self._written(sources, placed)}{after}"

    def _written(self, sources: Sequence[SourceWord], placed: Sequence[Placed]) -> str:
        spans = list(pairwise(_borders(sources)))
        said = with_signs(self._stretch(sources[start:end], placed[start:end]) for start, end in spans)
        return said or "".join(f"{sources[start].opening}{sources[end - 1].closing}" for start, end in spans)

    def _stretch(self, sources: Sequence[SourceWord], placed: Sequence[Placed]) -> tuple[str, str, str]:
        """Words without punctuation between them, and the signs around them."""
        self.wants_capital |= self.is_start and sources[0].form[:1].isupper()
        self.is_start = bool(_SENTENCE_END.search(sources[-1].closing))
        words = " ".join(self._ordered(placed))
        return sources[0].opening, words and self._cased(words), sources[-1].closing

    def _ordered(self, placed: Sequence[Placed]) -> list[str]:
        """The words of a stretch; in the order of English where nothing is known."""
        if self.style.order.is_stated:
            return reordered(placed, self.style.order)
        return [text for word in placed for text in (word.text, *word.particles) if text]

    def _cased(self, words: str) -> str:
        if self.wants_capital and self.style.has_capitals:
            self.wants_capital = False
            return _capital(words)
        return words


def _borders(sources: Sequence[SourceWord]) -> list[int]:
    """Where stretches without punctuation inside begin, and the end of the last."""
    inner = [n for n in range(1, len(sources)) if sources[n - 1].closing or sources[n].opening]
    return [0, *inner, len(sources)]

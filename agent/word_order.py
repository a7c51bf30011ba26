"""Where a dictionary word stands in the text, so that word lists follow the text they explain.

Low-resource languages inflect: only about a third of the words of a text equal a headword, so the longest
shared beginning or end of the headword counts when the whole is not there.
"""

from collections.abc import Mapping, Sequence

__all__ = ["position_in_text"]


def position_in_text(word: str, numbers: Sequence[int], lines: Mapping[int, str]) -> tuple[int, int, str]:
    """Sort key (line number, character offset, word); words that are nowhere come last on their line.

    Args:
        word: the headword.
        numbers: lines it speaks about; empty means any line.
        lines: line number to text.
    """
    where = [number for number in numbers if number in lines] or sorted(lines)
    key = word.casefold()
    for piece in _pieces(key):
        for number in where:
            offset = lines[number].casefold().find(piece)
            if offset >= 0:
                return (number, offset, key)
    number = where[0] if where else 0
    return (number, len(lines.get(number, "")), key)


def _pieces(word: str) -> list[str]:
    """The word, then its beginnings and ends down to half its length."""
    lengths = range(len(word) - 1, max(2, (len(word) + 1) // 2) - 1, -1)
    return [word, *(piece for length in lengths for piece in (word[:length], word[-length:]))]

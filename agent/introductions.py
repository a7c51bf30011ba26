"""Names that the text itself introduces with their rendering: "Tamok (Thomas) came" is read without any call.

A name followed by a parenthesis may also be a name and a place ("Anna (Berlin)"), so the translation decides: the words
of the parenthesis must be kept in it. Where the name itself is gone, it was rendered. Where it is kept as well, that
says little (a translator without weights copies what it does not know), and the pair is believed only in a document
whose names are known to change: most of those that memory holds are rendered otherwise than they are spelled.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dragoman.core.records import MemoryRecord
from dragoman.core.tags import strip_tags
from dragoman.memory.text import normalise, words

__all__ = ["Introduction", "find_introductions", "names_change"]

_PARENTHESIS = re.compile(r"(?P<before>[^()]*\S) ?\((?P<inside>[^()]{2,60})\)")
_MAX_WORDS = 3
_MIN_KNOWN = 2  # names that memory must hold before they say anything about the document


@dataclass(frozen=True, slots=True)
class Introduction:
    """A name and its rendering as a line gives them; `is_sure` when the translation has put one for the other."""

    source: str
    target: str
    number: int
    is_sure: bool


def find_introductions(
    lines: Mapping[int, str], translations: Mapping[int, str], *, known: Collection[str], change: bool
) -> tuple[Introduction, ...]:
    """The introductions of a page, one for each name, the sure ones first.

    Args:
        lines: source text by line number.
        translations: by line number, those that are usable.
        known: names of the source language, normalised; none of them is a rendering.
        change: whether names of this document are known to change, see `names_change`.
    """
    elsewhere = {normalise(word) for line in lines.values() for word in words(_PARENTHESIS.sub(r"\g<before> ", line))}
    found = [
        pair
        for number, line in lines.items()
        for pair in _read(strip_tags(line), strip_tags(translations.get(number, "")), number)
        if normalise(pair.target) not in known and not elsewhere & set(map(normalise, words(pair.target)))
    ]
    unique: dict[str, Introduction] = {}
    for pair in sorted(found, key=lambda pair: not pair.is_sure):
        if pair.is_sure or change:
            unique.setdefault(normalise(pair.source), pair)
    return tuple(unique.values())


def names_change(names: Iterable[MemoryRecord]) -> bool:
    """Whether most names are rendered otherwise than they are spelled; false where hardly any are known."""
    changed = [normalise(name.source) != normalise(name.target) for name in names]
    return len(changed) >= _MIN_KNOWN and 2 * sum(changed) > len(changed)


def _read(line: str, translation: str, number: int) -> Iterator[Introduction]:
    """Pairs of as many words before a parenthesis as stand in it, where the translation keeps those in it."""
    kept = words(translation)
    for match in _PARENTHESIS.finditer(line):
        inside = words(match["inside"])
        name = words(match["before"])[-len(inside) :] if inside else []
        if not 0 < len(inside) <= _MAX_WORDS or len(name) < len(inside):
            continue
        is_pair = _are_names(name) and _are_names(inside) and match["inside"].strip() == " ".join(inside)
        if is_pair and name != inside and _stand_in(inside, kept):
            yield Introduction(" ".join(name), " ".join(inside), number, is_sure=not _stand_in(name, kept))


def _are_names(parts: Iterable[str]) -> bool:
    """Capitalised words of letters; in a script without case any word of letters may be a name."""
    return all(part.isalpha() and len(part) > 1 and not part.isupper() and part[0] == part[0].upper() for part in parts)


def _stand_in(parts: list[str], line: list[str]) -> bool:
    return any(line[start : start + len(parts)] == parts for start in range(len(line) - len(parts) + 1))

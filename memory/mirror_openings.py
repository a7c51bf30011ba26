"""Expressions that open a sentence and go over as a whole: "By your leave, ..." or "Once upon a time, ...".

Learned from translated sentences alone: where all that begin with the same words before a comma share their first or
their last words in the translation, and other sentences do not, those words are the translation. No gloss is needed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.tags import TAG
from dragoman.memory.morphology import glossable, normalise

__all__ = ["Found", "Opening", "Openings"]

_LONGEST = 9  # words before the comma
_FEWEST = 3  # sentences that show an expression
_MAX_ELSEWHERE = 0.1  # share of the other sentences that have its translation too
_END = re.compile(r"[\s.!?…]*$")


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands for an expression, at the start or at the end of the sentence."""

    text: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Found:
    """An expression in a line.

    Attributes:
        opening: what stands for it.
        num_words: of the line that it takes.
        rest: of the line.
    """

    opening: Opening
    num_words: int
    rest: str


class Openings:
    """Expressions by their words.

    Args:
        records: flipped; examples are read, those of rules too.
    """

    def __init__(self, records: Iterable[MemoryRecord]) -> None:
        pairs = {
            (record.source, record.target)
            for record in records
            if record.kind is Kind.EXEMPLAR or (record.kind is Kind.RULE and record.attribute("rule"))
        }
        groups: dict[tuple[str, ...], list[list[str]]] = {}
        targets = []
        for source, target in sorted(pairs):
            targets.append(_words(target))
            if key := _opening_words(source):
                groups.setdefault(key, []).append(targets[-1])
        firsts = Counter(words[0] for words in targets if words)
        lasts = Counter(words[-1] for words in targets if words)
        self._known: dict[tuple[str, ...], Opening] = {}
        for key, shown in groups.items():
            if len(shown) < _FEWEST:
                continue
            if start := _shared(shown, firsts, len(targets)):
                self._known[key] = Opening(" ".join(start), is_last=False)
            elif end := _shared([words[::-1] for words in shown], lasts, len(targets)):
                self._known[key] = Opening(" ".join(reversed(end)), is_last=True)

    def find(self, line: str) -> Found | None:
        """The expression that a line opens with; None for none."""
        key = _opening_words(line) if self._known else ()
        opening = self._known.get(key)
        if opening is None:
            return None
        return Found(opening, len(key), line.partition(",")[2].lstrip())


def _opening_words(line: str) -> tuple[str, ...]:
    """The words before the first comma, () where there is none, or tags, or too many words."""
    before, comma, rest = line.partition(",")
    words = glossable(before) if comma and glossable(rest) and not TAG.search(before) else []
    return tuple(map(normalise, words)) if len(words) <= _LONGEST else ()


def _words(target: str) -> list[str]:
    """As written; the first without the capital letter of a sentence, the last without its sign."""
    words = _END.sub("", target).split()
    return [words[0][:1].lower() + words[0][1:], *words[1:]] if words else []


def _shared(shown: Sequence[Sequence[str]], firsts: Counter[str], num_targets: int) -> list[str]:
    """The words that all begin with; none where they are the whole of one, or where other sentences begin so too.

    A word that others often begin with is no part of the expression but begins the sentence behind it.
    """
    most = _MAX_ELSEWHERE * max(0, num_targets - len(shown))
    shared: list[str] = []
    for column in zip(*shown, strict=False):
        elsewhere = firsts[column[0]] - (0 if shared else len(shown))
        if len(set(column)) > 1 or elsewhere > most:
            return shared
        shared.append(column[0])
    return []

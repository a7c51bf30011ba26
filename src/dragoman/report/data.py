"""What a report is made of: documents with their pages, and the numbers that are drawn from them.

Knows nothing of HTML; `page_context` is the JSON that the report's script shows on demand.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from dragoman.core.context import Candidate, Decision
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.languages import Language
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.rendering import render_item
from dragoman.core.trajectory import LineResult, PageResult

__all__ = [
    "CONTEXT_TEXTS",
    "CONTEXT_VALUES",
    "DocumentReport",
    "KindCost",
    "NameRow",
    "TextTable",
    "decision_state",
    "kind_costs",
    "memory_growth",
    "name_table",
    "page_context",
    "usage_by_purpose",
]


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """One document as far as it was translated.

    Attributes:
        name: of the document.
        source_language: of the document.
        target_language: of the translation.
        num_pages: of the whole document.
        pages: committed pages, in order; fewer than the document has when the run was stopped.
        model: the backend's name.
        policy: the policy's signature.
        is_gloss: the translation is a word-by-word gloss, not fluent text.
        problems: rows of resources that were skipped, one line each.
        settings: plain values that can change the result.
    """

    name: str
    source_language: Language
    target_language: Language
    num_pages: int
    pages: tuple[PageResult, ...]
    model: str
    policy: str
    is_gloss: bool = False
    problems: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def lines(self) -> tuple[LineResult, ...]:
        """All lines, in order."""
        return tuple(line for page in self.pages for line in page.lines)


@dataclass(frozen=True, slots=True)
class NameRow:
    """A name with every rendering that memory was taught, first seen first."""

    source: str
    renderings: tuple[tuple[str, int], ...]  # (rendering with details, 1-based page)


@dataclass(frozen=True, slots=True)
class KindCost:
    """Context tokens of one kind of record over all pages: chosen, and offered but left out."""

    chosen: int = 0
    left_out: int = 0


def kind_costs(pages: Iterable[PageResult]) -> dict[Kind, KindCost]:
    """What each kind of context cost, for the kinds that were offered, in the order of the prompt."""
    chosen: Counter[Kind] = Counter()
    offered: Counter[Kind] = Counter()
    for page in pages:
        taken = frozenset(page.choice.chosen)
        for candidate in page.observation.candidates:
            offered[candidate.record.kind] += candidate.tokens
            chosen[candidate.record.kind] += candidate.tokens if candidate.id in taken else 0
    return {kind: KindCost(chosen[kind], offered[kind] - chosen[kind]) for kind in Kind if offered[kind]}


def usage_by_purpose(pages: Iterable[PageResult]) -> dict[Purpose, Usage]:
    """Usage of all pages, for the purposes that occurred, in the order of `Purpose`."""
    total: dict[Purpose, Usage] = {}
    for page in pages:
        for purpose, usage in page.usage.items():
            total[purpose] = total.get(purpose, Usage()) + usage
    return {purpose: total[purpose] for purpose in Purpose if purpose in total}


def memory_growth(pages: Sequence[PageResult]) -> dict[Kind, list[int]]:
    """Records the document itself has added, per kind, after each page; withdrawn ones are taken off again."""
    kinds_of: dict[str, Kind] = {}
    count: Counter[Kind] = Counter()
    history: list[Counter[Kind]] = []
    for page in pages:
        for record in page.records:
            kinds_of[record.id] = record.kind
            count[record.kind] += 1
        for record_id, _ in page.withdrawn:
            if record_id in kinds_of:
                count[kinds_of.pop(record_id)] -= 1
        history.append(count.copy())
    return {kind: [after[kind] for after in history] for kind in Kind if any(after[kind] for after in history)}


def name_table(pages: Iterable[PageResult]) -> list[NameRow]:
    """Names of the user's that the document has, and those it taught; more than one rendering is worth a look."""
    renderings: dict[str, dict[str, int]] = {}
    for page in pages:
        brought = (c.record for c in page.observation.candidates if c.record.provenance.page is None)
        for record in (*brought, *page.records):
            if record.kind is Kind.ENTITY:
                renderings.setdefault(record.source, {}).setdefault(_rendering(record), page.page_index + 1)
    return [NameRow(source, tuple(seen.items())) for source, seen in sorted(renderings.items())]


def decision_state(decision: Decision) -> str:
    """What became of a candidate, in words."""
    if decision.included:
        return "chosen"
    return "dropped by budget" if decision.drawn else "not chosen"


def _state(decision: Decision | None, *, is_withheld: bool) -> str:
    if is_withheld:
        return "withheld by the probe"
    return decision_state(decision) if decision else "no decision"


class TextTable:
    """Texts by number: the same record is offered on many pages, its text stands in the report once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text, a new one when it is met first."""
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def texts(self) -> list[str]:
        """All texts, in the order of their numbers."""
        return list(self._numbers)


CONTEXT_TEXTS = ("kind", "text", "from", "found", "state", "why")
CONTEXT_VALUES = ("tokens", "probability", "gain", "lines", "features")


def page_context(page: PageResult, table: TextTable) -> list[list[Any]]:  # Any: JSON
    """One row per candidate of the page, in the order in which the policy saw them.

    A row holds the numbers of the texts named in `CONTEXT_TEXTS`, then the values named in `CONTEXT_VALUES`.
    """
    decisions = {decision.candidate_id: decision for decision in page.choice.decisions}
    withheld = dict(page.observation.withheld)
    return [
        _row(candidate, decisions.get(candidate.id), table, is_withheld=candidate.id in withheld)
        for candidate in page.observation.candidates
    ]


def _row(
    candidate: Candidate, decision: Decision | None, table: TextTable, *, is_withheld: bool
) -> list[Any]:  # Any: JSON
    provenance = candidate.record.provenance
    texts = (
        candidate.record.kind.value,
        render_item(candidate.record),
        ", ".join(part for part in (provenance.origin, provenance.place) if part),
        candidate.reason,
        _state(decision, is_withheld=is_withheld),
        decision.reason if decision else "",
    )
    values = (
        candidate.tokens,
        round(decision.probability, 3) if decision else None,
        round(decision.gain, 2) if decision and decision.gain is not None else None,
        list(candidate.lines),
        [_short(value) for value in candidate.features.vector()],
    )
    return [*(table.number(text) for text in texts), *values]


def _short(value: float) -> float | int:
    rounded = round(value, 3)
    return int(rounded) if rounded == int(rounded) else rounded


def _rendering(record: MemoryRecord) -> str:
    details = ", ".join(value for _, value in record.attributes if value)
    return f"{record.target} ({details})" if details else record.target

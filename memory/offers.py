"""Between search and policy: what each search offers for a page, and the one place that ranks it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dragoman.core.context import Candidate, Features
from dragoman.core.document import Page
from dragoman.core.protocols import TokenCounter
from dragoman.core.records import MemoryRecord
from dragoman.memory.costs import TokenCosts
from dragoman.memory.index import RecordIndex
from dragoman.memory.phrases import PageText
from dragoman.memory.rules import LineGlosses
from dragoman.memory.sentences import LineQuery
from dragoman.memory.snapshot import Snapshot

__all__ = ["Offer", "PageQuery", "rank", "to_candidates"]


@dataclass(frozen=True, slots=True)
class PageQuery:
    """A page as all searches see it, and the memory they search.

    Attributes:
        page: to be translated.
        text: its lines, normalised and cut into words.
        lines: the same lines as sentences are looked for.
        snapshot: the version of memory that is read.
        vocabulary: the page's words, normalised.
        glosses: the glosser's tokens of each line; empty where nothing explains words or nobody asks.
        traces: each line as its gloss stands in a prompt; empty as `glosses` is.
        lemma: headword of an inflected form, normalised; of a language whose inflection is not known, the form.
    """

    page: Page
    text: PageText
    lines: LineQuery
    snapshot: Snapshot
    vocabulary: frozenset[str]
    glosses: LineGlosses = ()
    traces: tuple[str, ...] = ()
    lemma: Callable[[str], str] = str

    @property
    def brought(self) -> RecordIndex:
        """The block that the user brought."""
        return self.snapshot.blocks[0]

    def recency(self, record: MemoryRecord) -> float:
        """1 for the page before, falling with distance; 0 for what the user brought."""
        if record.version == 0:
            return 0.0
        return 1.0 / max(1, self.page.index - (record.version - 1))

    def share(self, lines: Iterable[int]) -> float:
        """Share of the page's lines."""
        return len(set(lines)) / max(1, len(self.page.segments))


@dataclass(frozen=True, slots=True)
class Offer:
    """A record that a search found; `values` are features by name, `similarity` among them.

    Attributes:
        record: what was found.
        values: features; those left out keep their defaults, and rank and confidence are filled in later.
        lines: 0-based numbers of the lines it speaks about; empty for no line in particular.
        reason: one phrase for people.
        order: decides between offers of equal similarity, smallest first.
    """

    record: MemoryRecord
    values: dict[str, float]
    lines: tuple[int, ...] = ()
    reason: str = ""
    order: tuple[float, ...] = field(default=())

    @property
    def similarity(self) -> float:
        """The fused score."""
        return self.values["similarity"]


def rank(offers: Iterable[Offer], limit: int) -> list[Offer]:
    """The best offers, best first, each record once; ties by `order`, then by record id."""
    best: dict[str, Offer] = {}
    for offer in offers:
        known = best.get(offer.record.id)
        if known is None or offer.similarity > known.similarity:
            best[offer.record.id] = offer
    ranked = sorted(best.items(), key=lambda item: (-item[1].similarity, item[1].order, item[0]))
    return [offer for _, offer in ranked[: max(0, limit)]]


def to_candidates(offers: list[Offer], costs: TokenCosts, counter: TokenCounter) -> list[Candidate]:
    """Candidates in the same order, with rank, confidence and token cost."""
    tokens = costs.count(counter, [offer.record for offer in offers])
    return [
        Candidate(
            record=offer.record,
            features=Features(**{**offer.values, "confidence": offer.record.confidence, "rank": float(place)}),
            tokens=cost,
            lines=tuple(line + 1 for line in offer.lines),
            reason=offer.reason,
        )
        for place, (offer, cost) in enumerate(zip(offers, tokens, strict=True))
    ]

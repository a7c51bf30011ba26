"""What a context policy sees and what it answers.

A policy gets an `Observation` and returns a `ContextChoice`; every inclusion and exclusion carries its probability,
so that choices can be explained, replayed and learned from (off-policy evaluation needs exact propensities).
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from operator import attrgetter

from dragoman.core.document import Page
from dragoman.core.records import MemoryRecord

__all__ = [
    "FEATURE_NAMES",
    "FEATURE_VERSION",
    "Candidate",
    "ChoiceStatus",
    "ContextChoice",
    "Decision",
    "Features",
    "Observation",
    "PivotMode",
    "PivotVerdict",
]

FEATURE_VERSION = 2


@dataclass(frozen=True, slots=True)
class Features:
    """Numbers about one candidate for one page; names and order are the learned policy's input.

    Attributes:
        similarity: fused retrieval score, 0 to 1, best candidate of its kind is nearest 1.
        lexical: character-n-gram BM25, scaled to 0 to 1 within the kind.
        lcs: longest common subsequence with the best line, share of the longer text, 0 to 1.
        dense: cosine of embeddings with the best line, -1 to 1; 0 when not computed.
        overlap: share of the record's source words that stand on the page, 0 to 1.
        rarity: how rare the overlapping words are in memory, 0 to 1.
        recency: 1 for the page before, falling towards 0; 0 for what the user brought.
        confidence: of the record, 0 to 1.
        conflict: 1 when memory also holds another rendering of the same source.
        coverage: share of the page's lines this candidate speaks about, 0 to 1.
        exact: 1 when a headword, name or whole line is met exactly, not by a fuzzy match.
        rank: position within its kind, 0 for the best.
        support, against: of an entry, share of the user's sentences with its word that bear it out or speak against
            it, each 0 to below 1; both 0 when nothing says anything (`dragoman.memory.evidence`).
        contrast: whether what the record shows is other than the dictionary and the order of words in the target
            language have it, -1 (the same) to 1; 0 when nothing is known.
    """

    similarity: float = 0.0
    lexical: float = 0.0
    lcs: float = 0.0
    dense: float = 0.0
    overlap: float = 0.0
    rarity: float = 0.0
    recency: float = 0.0
    confidence: float = 1.0
    conflict: float = 0.0
    coverage: float = 0.0
    exact: float = 0.0
    rank: float = 0.0
    support: float = 0.0
    against: float = 0.0
    contrast: float = 0.0

    def vector(self) -> tuple[float, ...]:
        """The values in the order of `FEATURE_NAMES`."""
        return _values(self)


FEATURE_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Features))
_values: Callable[[Features], tuple[float, ...]] = attrgetter(
    *FEATURE_NAMES
)  # `astuple` copies deeply, 50 times slower


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that might help with one page.

    Attributes:
        record: what memory holds.
        features: see `Features`.
        tokens: what the record costs in the prompt, as rendered by the prompt builder.
        lines: 1-based numbers of the page's lines that it speaks about, ascending; empty when about all of them.
        reason: one phrase for people, such as "headword of 'kofal' (prefix match)".
    """

    record: MemoryRecord
    features: Features
    tokens: int
    lines: tuple[int, ...] = ()
    reason: str = ""

    @property
    def id(self) -> str:
        """The record's id."""
        return self.record.id


class PivotMode(StrEnum):
    """When the tool `translate_to_english` is called."""

    NEVER = "never"
    ALWAYS = "always"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Observation:
    """All a policy may look at.

    Attributes:
        document_id: hash of the document.
        page: the page to translate.
        num_pages: pages in the document.
        candidates: best first within each kind, kinds in prompt order; ids are unique.
        budget_tokens: hard limit for the sum of the chosen candidates' tokens.
        price_per_100_tokens: lambda, in points of quality (chrF, 0 to 100).
        pivot_price: mu, in points of quality for one pivot call.
        pivot_allowed: false when the mode is never, or when the source is English already.
        dictionary_coverage: share of the page's words that some entry, entity or glossed word explains, 0 to 1.
        has_dictionary: whether the user brought a dictionary, glossary or glossed text at all.
        memory_version: the version the candidates were read from.
        withheld: (candidate id, reason) of candidates that the policy is not asked about, because a probe showed that
            the model does without them (`dragoman.policies.probing`).
    """

    document_id: str
    page: Page
    num_pages: int
    candidates: tuple[Candidate, ...]
    budget_tokens: int
    price_per_100_tokens: float = 0.15
    pivot_price: float = 0.5
    pivot_allowed: bool = False
    dictionary_coverage: float = 1.0
    has_dictionary: bool = False
    memory_version: int = 0
    withheld: tuple[tuple[str, str], ...] = ()


class ChoiceStatus(StrEnum):
    """Three different kinds of empty, and the normal case."""

    CHOSE = "chose"
    CHOSE_NOTHING = "chose nothing"
    UNREADABLE = "could not be read"  # a prompted policy answered something that is not a choice
    NOT_ASKED = "was not asked"  # there was nothing to choose from


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one candidate.

    Attributes:
        candidate_id: see `Candidate.id`.
        included: whether it is in the prompt.
        probability: that the policy *draws* it, given what was drawn before; 0 or 1 for deterministic policies.
        drawn: what the policy drew before the budget was enforced; drawn and not included means dropped by the budget.
        gain: predicted gain in points of quality; None where the policy predicts none.
        reason: one phrase for people.
    """

    candidate_id: str
    included: bool
    probability: float
    drawn: bool
    gain: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PivotVerdict:
    """Whether the English pivot is called, with its probability and one phrase for people."""

    call: bool
    probability: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ContextChoice:
    """A policy's answer.

    Attributes:
        status: see `ChoiceStatus`.
        chosen: candidate ids in the order in which they were chosen.
        decisions: one per candidate of the observation, in its order.
        pivot: the verdict on the pivot tool.
        tokens: of the chosen candidates together; never above the budget.
        policy: the policy's signature (name, version, settings).
        seed: the seed the draw was made with.
    """

    status: ChoiceStatus
    chosen: tuple[str, ...]
    decisions: tuple[Decision, ...]
    pivot: PivotVerdict
    tokens: int
    policy: str
    seed: int

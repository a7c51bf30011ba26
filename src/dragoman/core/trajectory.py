"""What happened to one page, from recall to remember: committed to the journal, shown in reports, learned from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from dragoman.core.context import ContextChoice, Observation
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.probe import Probe
from dragoman.core.records import MemoryRecord

__all__ = ["Issue", "IssueCode", "LineResult", "PageResult", "PaidChoice", "Step", "Trajectory"]


class IssueCode(StrEnum):
    """Faults the check step can find in a line."""

    MISSING = "missing"  # the model gave no line with this id
    EMPTY = "empty"
    TAGS = "tags"  # inline tags or placeholders lost, added or badly nested
    NUMBERS = "numbers"
    COPY = "copy"  # the line repeats its source
    LANGUAGE = "language"  # wrong script or language
    ENTITY = "entity"  # a name is not rendered as the entity memory says
    LENGTH = "length"  # far too long or short for its source
    TRUNCATED = "truncated"  # the answer was cut by the token limit
    BACKEND = "backend"  # the call failed for good; see the message


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault of one line that was still there when the page was committed."""

    segment_id: str
    code: IssueCode
    message: str


@dataclass(frozen=True, slots=True)
class LineResult:
    """The best draft of one segment.

    Attributes:
        segment_id: the segment.
        source: as the model saw it.
        translation: never empty unless the source is; when the model gave nothing it is the source, with an issue.
        issues: what is still wrong with it.
        repairs: how many repair calls it went through.
    """

    segment_id: str
    source: str
    translation: str
    issues: tuple[Issue, ...] = ()
    repairs: int = 0

    @property
    def failed(self) -> bool:
        """Whether no usable translation was found, so that the source stands in its place."""
        return any(issue.code in (IssueCode.MISSING, IssueCode.EMPTY, IssueCode.BACKEND) for issue in self.issues)


@dataclass(frozen=True, slots=True)
class PageResult:
    """All there is to commit about one page, in one transaction.

    Attributes:
        page_index: 0-based.
        lines: one per segment, in order.
        observation: what the policy saw.
        choice: what it picked.
        pivot_lines: the English rendering, one line per segment, or None when the tool was not called.
        records: memory delta; becomes memory version `page_index + 1`.
        withdrawn: (record id, reason) of records that failed a check.
        usage: by purpose.
        seconds: wall time of the page.
        notes: what went another way than asked, one line each, such as a pivot that failed or a context cut to fit.
        probe: of the document, with its first page; None on other pages and where it got none.
    """

    page_index: int
    lines: tuple[LineResult, ...]
    observation: Observation
    choice: ContextChoice
    pivot_lines: tuple[str, ...] | None = None
    records: tuple[MemoryRecord, ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()
    usage: Mapping[Purpose, Usage] = field(default_factory=lambda: MappingProxyType({}))
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    probe: Probe | None = None

    @property
    def total_usage(self) -> Usage:
        """Usage over all purposes."""
        return sum(self.usage.values(), Usage())


@dataclass(frozen=True, slots=True)
class PaidChoice:
    """A choice for which a model was asked, and what the asking took."""

    choice: ContextChoice
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Step:
    """One decision of a policy, as training reads it."""

    observation: Observation
    choice: ContextChoice


@dataclass(frozen=True, slots=True)
class Trajectory:
    """All decisions of one page with what came of them.

    Attributes:
        document_id: hash of the document.
        page_index: 0-based.
        steps: decisions in order.
        translations: one per line.
        reward_parts: named parts, such as ("quality", 54.2), ("tokens", -0.6).
        stop_reason: "done", or why the page ended early.
        seed: of the draws.
        usage: of the page.
    """

    document_id: str
    page_index: int
    steps: tuple[Step, ...]
    translations: tuple[str, ...]
    reward_parts: tuple[tuple[str, float], ...] = ()
    stop_reason: str = "done"
    seed: int = 0
    usage: Usage = Usage()

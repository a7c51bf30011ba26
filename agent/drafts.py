"""Drafts: what the models gave for each line so far, how bad it is, and which of two drafts is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dragoman.core.document import Segment
from dragoman.core.trajectory import Issue, IssueCode, LineResult

__all__ = ["SEVERITY", "Draft", "best_drafts", "draft_from_plain", "draft_to_plain", "faulty", "line_result"]

# How much worse a draft is for a fault; only the order of sums matters. No text at all is worse than any text.
SEVERITY: Mapping[IssueCode, int] = MappingProxyType(
    {
        IssueCode.MISSING: 100,
        IssueCode.EMPTY: 100,
        IssueCode.BACKEND: 100,
        IssueCode.TRUNCATED: 12,
        IssueCode.COPY: 10,
        IssueCode.LANGUAGE: 10,
        IssueCode.TAGS: 8,
        IssueCode.NUMBERS: 4,
        IssueCode.ENTITY: 3,
        IssueCode.LENGTH: 2,
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft of one line.

    Attributes:
        number: line number on the page.
        text: as the model gave it; None when it gave no such line.
        cut: whether the answer ended inside this line.
        error: why no call could be made for this line; empty when one could.
        issues: found by the check step; empty before it.
        repairs: how many repair calls the line went through.
    """

    number: int
    text: str | None
    cut: bool = False
    error: str = ""
    issues: tuple[Issue, ...] = ()
    repairs: int = 0

    @property
    def severity(self) -> int:
        """0 for a draft without issues."""
        return sum(SEVERITY[issue.code] for issue in self.issues)

    @property
    def faults(self) -> str:
        """All issues in one line, for the repair prompt."""
        return "; ".join(issue.message for issue in self.issues)


def best_drafts(kept: Iterable[Draft], fresh: Iterable[Draft]) -> tuple[Draft, ...]:
    """For each line the draft with fewer or less severe issues, the earlier one when equal, in order of the lines."""
    best = {draft.number: draft for draft in kept}
    for draft in fresh:
        earlier = best.get(draft.number)
        better = draft if earlier is None or draft.severity < earlier.severity else earlier
        best[draft.number] = replace(better, repairs=draft.repairs)
    return tuple(best[number] for number in sorted(best))


def faulty(drafts: Iterable[Draft]) -> tuple[Draft, ...]:
    """Drafts a repair call may cure: any with issues, except lines that fit no call."""
    return tuple(draft for draft in drafts if draft.issues and not draft.error)


def line_result(segment: Segment, draft: Draft) -> LineResult:
    """The line as it is committed: never empty, the source stands where nothing came."""
    text = draft.text if draft.text and draft.text.strip() else segment.source
    return LineResult(segment.id, segment.source, text, draft.issues, draft.repairs)


def draft_to_plain(draft: Draft) -> dict[str, Any]:  # Any: plain values a checkpointer can save
    """The draft as plain values."""
    issues = [[issue.segment_id, issue.code.value, issue.message] for issue in draft.issues]
    return {
        "number": draft.number,
        "text": draft.text,
        "cut": draft.cut,
        "error": draft.error,
        "issues": issues,
        "repairs": draft.repairs,
    }


def draft_from_plain(plain: Mapping[str, Any]) -> Draft:  # Any: what `draft_to_plain` made
    """The inverse of `draft_to_plain`."""
    issues = tuple(Issue(segment_id, IssueCode(code), message) for segment_id, code, message in plain["issues"])
    return Draft(**{**plain, "issues": issues})

"""What a translation gives back: the text, and everything that can be asked about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.agent.output import write_output
from dragoman.core.context import Candidate, ContextChoice, Decision
from dragoman.core.document import Document
from dragoman.core.errors import InputError
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.trajectory import Issue, LineResult, PageResult
from dragoman.report.data import DocumentReport, usage_by_purpose
from dragoman.report.markup import Markup, element

__all__ = ["ContextItem", "TranslationResult", "count_of", "summary_line"]

_ROWS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class ContextItem:
    """One item that was offered for a line, and what the policy made of it."""

    candidate: Candidate
    decision: Decision


@dataclass(frozen=True, slots=True)
class TranslationResult:
    """One translated document.

    Attributes:
        document: the source.
        pages: all pages, in order; fewer when the run was stopped.
        data: the translated file.
        report_data: the same as the HTML report takes it: model, policy, settings, problems of resources.
        output: where it was written; None when it was not.
    """

    document: Document
    pages: tuple[PageResult, ...]
    data: bytes
    report_data: DocumentReport
    output: Path | None = None

    @property
    def text(self) -> str:
        """The translated document as text."""
        skeleton = self.document.skeleton
        return self.data.removeprefix(skeleton.prefix).decode(skeleton.encoding)

    @property
    def segments(self) -> tuple[LineResult, ...]:
        """Source, translation and issues of every segment, in order."""
        return self.report_data.lines

    @property
    def failed(self) -> tuple[LineResult, ...]:
        """Segments without a usable translation; their source stands in the output."""
        return tuple(line for line in self.segments if line.failed)

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All faults that were still there at the end."""
        return tuple(issue for line in self.segments for issue in line.issues)

    @property
    def choices(self) -> tuple[ContextChoice, ...]:
        """What the policy picked, page by page."""
        return tuple(page.choice for page in self.pages)

    @property
    def usage(self) -> Usage:
        """What the document cost, earlier interrupted runs included."""
        return sum((page.total_usage for page in self.pages), Usage())

    @property
    def usage_by_purpose(self) -> Mapping[Purpose, Usage]:
        """The same, by what the calls were for."""
        return usage_by_purpose(self.pages)

    @property
    def is_gloss(self) -> bool:
        """Whether this is a word-by-word gloss and not a translation by a language model."""
        return self.report_data.is_gloss

    @property
    def problems(self) -> tuple[str, ...]:
        """Rows of resources that could not be read."""
        return self.report_data.problems

    def show_context(self, segment: str | int) -> tuple[ContextItem, ...]:
        """What was offered for a segment, chosen items first.

        Args:
            segment: its id, or its index in `segments`.

        Raises:
            InputError: there is no such segment.
        """
        segment_id = self._segment_id(segment)
        for page in self.pages:
            for number, line in enumerate(page.lines, start=1):
                if line.segment_id == segment_id:
                    return _items(page, number)
        raise InputError(f"segment {segment!r} is not in this result: give an id or an index of `segments`")

    def save(self, path: str | Path) -> Path:
        """Writes the translated file; it appears whole or not at all."""
        write_output(Path(path), self.data)
        return Path(path)

    def save_report(self, path: str | Path) -> Path:
        """Writes the HTML report of this document."""
        from dragoman.report.render import write_report

        write_report(Path(path), [self.report_data])
        return Path(path)

    def __str__(self) -> str:
        return self.text

    def _segment_id(self, segment: str | int) -> str:
        if isinstance(segment, str):
            return segment
        if not -len(self.segments) <= segment < len(self.segments):
            raise InputError(f"segment {segment} is not in this result: it has {len(self.segments)} segments")
        return self.segments[segment].segment_id

    def _repr_html_(self) -> str:
        """A table for notebooks: the first lines and the summary."""
        rows = [_row(line) for line in self.segments[:_ROWS_SHOWN]]
        more = len(self.segments) - len(rows)
        head = element("tr", *(element("th", name) for name in ("source", "translation", "issues")))
        tail = element("p", f"and {more} more segments") if more > 0 else None
        return element("div", element("p", summary_line(self)), element("table", head, *rows), tail)


def summary_line(result: TranslationResult) -> str:
    """One short sentence for people."""
    usage = result.usage
    tokens = usage.prompt_tokens + usage.output_tokens
    num_issues = sum(bool(line.issues) for line in result.segments)
    verb = "glossed" if result.is_gloss else "translated"
    return (
        f"{verb} {count_of(len(result.segments), 'segment')}, {num_issues:,} with issues, "
        f"{len(result.failed):,} failed, {tokens:,} tokens, {count_of(usage.calls, 'call')}"
    )


def count_of(number: int, noun: str) -> str:
    """A number with its noun: "1 page", "1,300 pages"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _row(line: LineResult) -> Markup:
    issues = "; ".join(issue.message for issue in line.issues)
    return element("tr", element("td", line.source), element("td", line.translation), element("td", issues))


def _items(page: PageResult, number: int) -> tuple[ContextItem, ...]:
    decisions: dict[str, Decision] = {decision.candidate_id: decision for decision in page.choice.decisions}
    offered: Sequence[Candidate] = page.observation.candidates
    items = [
        ContextItem(candidate, decisions[candidate.id])
        for candidate in offered
        if candidate.id in decisions and (not candidate.lines or number in candidate.lines)
    ]
    return tuple(sorted(items, key=lambda item: not item.decision.included))

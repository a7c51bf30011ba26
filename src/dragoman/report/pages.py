"""One page of the report: its lines as a table, and the offered context as JSON that the script shows on demand."""

from dragoman.core.languages import Language
from dragoman.core.probe import Probe, ProbeStatus, TriedWord
from dragoman.core.trajectory import IssueCode, LineResult, PageResult
from dragoman.report.data import DocumentReport, TextTable, page_context
from dragoman.report.markup import Markup, element, embedded_json, joined

__all__ = ["render_page", "segment_anchor"]


_ISSUE_WORDS = {
    IssueCode.MISSING: "not translated:",
    IssueCode.EMPTY: "empty:",
    IssueCode.TAGS: "markup differs:",
    IssueCode.ENTITY: "name or term differs:",
    IssueCode.BACKEND: "the model failed:",
}


def segment_anchor(document_index: int, page_index: int, number: int) -> str:
    """The HTML id of a line; `number` counts from 1 within the page."""
    return f"d{document_index}p{page_index}s{number}"


def render_page(document_index: int, report: DocumentReport, page: PageResult, table: TextTable) -> Markup:
    """The page as a closed `<details>`; the first page of a document is open. Texts of its context go into `table`."""
    faulty = sum(bool(line.issues) for line in page.lines)
    facts = [f"{len(page.lines)} lines", f"{len(page.choice.chosen)} of {len(page.choice.decisions)} items chosen"]
    facts.append(f"{page.choice.tokens} of {page.observation.budget_tokens} context tokens")
    if page.observation.withheld:
        facts.append(f"{len(page.observation.withheld)} items withheld by the probe")
    if page.pivot_lines is not None:
        facts.append("English pivot")
    summary = element(
        "summary",
        element("strong", f"Page {page.page_index + 1}"),
        " ",
        element("span", " · ".join(facts), class_="quiet"),
        element("span", f" {faulty} with issues", class_="flag") if faulty else None,
    )
    rows = [_row(document_index, report, page, number) for number in range(1, len(page.lines) + 1)]
    return element(
        "details",
        summary,
        _choice(page),
        _probe(page.probe) if page.probe is not None else None,
        *(element("p", note, class_="notice") for note in page.notes),
        element("table", _head(page), element("tbody", *rows), class_="lines"),
        _context(page, table),
        class_="page",
        open=page.page_index == 0,
    )


def _choice(page: PageResult) -> Markup:
    verdict = page.choice.pivot
    pivot = f"{'called' if page.pivot_lines is not None else 'not called'} (probability {verdict.probability:.2f})"
    reason = f": {verdict.reason}" if verdict.reason else ""
    coverage = f"{page.observation.dictionary_coverage:.0%} of the words are explained by your dictionary"
    parts = [f"Choice: {page.choice.status.value}", f"English pivot {pivot}{reason}"]
    if page.observation.has_dictionary:
        parts.append(coverage)
    return element("p", " · ".join(parts), class_="quiet")


def _probe(probe: Probe) -> Markup:
    """What the bare translation showed: which words it tried, and which came out."""
    if probe.status is not ProbeStatus.READ:
        return element("p", f"Probe: {probe.status.value}", class_="quiet")
    told = f"Probe: {probe.num_known} of {len(probe.tried)} dictionary words came out without help"
    rows = [
        element("li", f"{word.source} = {word.target} ", element("span", _outcome(word), class_="quiet"))
        for word in probe.tried
    ]
    bare = [element("li", line) for line in probe.lines]
    return element("details", element("summary", told), element("ul", *rows), element("ol", *bare), class_="quiet")


def _outcome(word: TriedWord) -> str:
    return f"{'came out' if word.known else 'did not come out'} in line {word.line}"


def _head(page: PageResult) -> Markup:
    titles = ["", "source", "translation"]
    titles += ["English pivot"] if page.pivot_lines is not None else []
    titles.append("issues and context")
    return element("thead", element("tr", *(element("th", title, scope="col") for title in titles)))


def _row(document_index: int, report: DocumentReport, page: PageResult, number: int) -> Markup:
    line = page.lines[number - 1]
    pivot = page.pivot_lines[number - 1] if page.pivot_lines is not None else None
    return element(
        "tr",
        element("td", number, class_="number"),
        _cell(line.source, report.source_language),
        _cell(line.translation, report.target_language),
        element("td", pivot, lang="en") if pivot is not None else None,
        element("td", _issues(line), _offer(page, number)),
        id=segment_anchor(document_index, page.page_index, number),
        class_="failed" if line.failed else "issues" if line.issues else None,
    )


def _cell(text: str, language: Language) -> Markup:
    return element("td", text, lang=language.tag, dir=language.direction)


def _issues(line: LineResult) -> Markup | None:
    if not line.issues:
        return None
    items = [
        element("li", element("b", _ISSUE_WORDS.get(issue.code, issue.code.value)), f" {issue.message}")
        for issue in line.issues
    ]
    return element("ul", *items, class_="faults")


def _offer(page: PageResult, number: int) -> Markup:
    chosen = frozenset(page.choice.chosen)
    offered = [each for each in page.observation.candidates if not each.lines or number in each.lines]
    if not offered:
        return element("span", "no context was found for this line", class_="quiet")
    label = f"context: {sum(each.id in chosen for each in offered)} chosen of {len(offered)}"
    return element("details", element("summary", label), class_="offer", data_line=number)


def _context(page: PageResult, table: TextTable) -> Markup:
    if not page.observation.candidates:
        return element("p", "Nothing was found that could help with this page.", class_="quiet")
    data = element("script", embedded_json(page_context(page, table)), type="application/json", class_="context")
    label = f"All {len(page.observation.candidates)} candidates of this page"
    return joined(data, element("details", element("summary", label), class_="offer", data_line=0))

"""Puts the report together: fills the slots of `template.html` with the summary, the charts and the pages.

Everything is inside the one file: style, script, charts and data. It opens no connection and needs no server.
"""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from dragoman.agent.output import write_output
from dragoman.core.context import FEATURE_NAMES
from dragoman.core.exchange import Usage
from dragoman.report.charts import cost_chart, growth_chart, kind_chart
from dragoman.report.data import (
    CONTEXT_TEXTS,
    CONTEXT_VALUES,
    DocumentReport,
    TextTable,
    kind_costs,
    memory_growth,
    name_table,
    usage_by_purpose,
)
from dragoman.report.markup import Markup, element, embedded_json, joined
from dragoman.report.pages import render_page, segment_anchor

__all__ = ["REPORT_MARK", "render_report", "write_report"]

REPORT_MARK = b'<meta name="generator" content="Dragoman">'  # stands in the head of `template.html`

_SLOT = re.compile(r"<!--slot:(\w+)-->|/\*slot:(\w+)\*/")


def write_report(path: Path, reports: Sequence[DocumentReport]) -> None:
    """Writes the report; the file appears whole or not at all."""
    write_output(path, render_report(reports).encode("utf-8"))


def render_report(reports: Sequence[DocumentReport]) -> str:
    """The whole HTML page for one run over one or more documents."""
    table = TextTable()
    slots = {
        "title": element("title", _title(reports)),
        "style": _asset("report.css"),
        "header": _header(reports),
        "summary": _summary(reports),
        "charts": _charts(reports[0]) if len(reports) == 1 else "",
        "failures": _failures(reports),
        "documents": joined(
            *(_document(index, report, table, with_charts=len(reports) > 1) for index, report in enumerate(reports))
        ),
        "settings": _settings(reports),
        "names": embedded_json({"texts": CONTEXT_TEXTS, "values": CONTEXT_VALUES, "features": FEATURE_NAMES}),
        "script": _asset("report.js"),
    }
    slots["texts"] = embedded_json(table.texts)  # full now that the pages are rendered
    return _SLOT.sub(lambda match: slots[match.group(1) or match.group(2)], _asset("template.html"))


def _asset(name: str) -> str:
    return files("dragoman.report").joinpath(name).read_text(encoding="utf-8")


def _title(reports: Sequence[DocumentReport]) -> str:
    names = ", ".join(report.name for report in reports[:3])
    return f"{names}{' and more' if len(reports) > 3 else ''}: translation report"


def _pair(report: DocumentReport) -> str:
    return f"{report.source_language.name} → {report.target_language.name}"


def _header(reports: Sequence[DocumentReport]) -> Markup:
    pairs = ", ".join(dict.fromkeys(_pair(report) for report in reports))
    gloss = any(report.is_gloss for report in reports)
    notice = element(
        "p",
        "This is a gloss: words and remembered lines put in order without a language model. Read it as a draft.",
        class_="notice",
    )
    return joined(
        element("h1", _title(reports).removesuffix(": translation report")),
        element("p", f"Translation report · {pairs}", class_="quiet"),
        notice if gloss else None,
        *(_problems(report) for report in reports[:1]),
    )


def _problems(report: DocumentReport) -> Markup | None:
    if not report.problems:
        return None
    rows = [element("li", problem) for problem in report.problems]
    head = element("summary", f"{len(rows)} rows of your resources cannot be used as they are")
    return element("details", head, element("ul", *rows), class_="notice")


def _summary(reports: Sequence[DocumentReport]) -> Markup:
    pages = [page for report in reports for page in report.pages]
    lines = [line for report in reports for line in report.lines]
    usage = sum((page.total_usage for page in pages), Usage())
    cached = f"{usage.cached_tokens / usage.prompt_tokens:.0%} cached" if usage.prompt_tokens else ""
    num_pages = sum(report.num_pages for report in reports)
    pivots = sum(page.pivot_lines is not None for page in pages)
    num_failed = sum(line.failed for line in lines)
    tiles = [
        ("segments", f"{len(lines):,}", "translated so far" if len(pages) < num_pages else ""),
        ("failed", f"{num_failed:,}", "source kept in place"),
        ("with issues", f"{sum(bool(line.issues) for line in lines):,}", "look at these first"),
        ("pages", f"{len(pages):,}", f"of {num_pages:,}" + (f", {pivots:,} with English pivot" if pivots else "")),
        ("model calls", f"{usage.calls:,}", f"{usage.saved_calls:,} saved by the call cache"),
        ("prompt tokens", f"{usage.prompt_tokens:,}", cached),
        ("output tokens", f"{usage.output_tokens:,}", ""),
        ("cost", f"${usage.cost_usd:,.4f}" if usage.cost_usd else "–", "" if usage.cost_usd else "no price known"),
        ("page time", f"{sum(page.seconds for page in pages):,.1f} s", "pages added up"),
    ]
    cards = [_tile(label, value, small) for label, value, small in tiles]
    return joined(element("dl", *cards, class_="tiles"), _models(reports), _legend())


def _tile(label: str, value: str, small: str) -> Markup:
    note = element("small", small) if small else None
    return element("div", element("dt", label), element("dd", value, note))


def _models(reports: Sequence[DocumentReport]) -> Markup:
    models = ", ".join(dict.fromkeys(report.model for report in reports))
    policies = ", ".join(dict.fromkeys(report.policy for report in reports))
    return element("p", "Model ", element("code", models), " · context policy ", element("code", policies))


def _charts(report: DocumentReport) -> Markup:
    growth = _figure("Memory after each page", growth_chart(memory_growth(report.pages)))
    purposes = _figure("Tokens by purpose", cost_chart(usage_by_purpose(report.pages)))
    kinds = _figure("Context tokens by kind", kind_chart(kind_costs(report.pages)))
    return element("div", growth, element("div", purposes, kinds), class_="charts")


def _figure(title: str, chart: Markup) -> Markup:
    return element("figure", element("figcaption", title), chart)


def _failures(reports: Sequence[DocumentReport]) -> Markup:
    rows = []
    for index, report in enumerate(reports):
        for page in report.pages:
            for number, line in enumerate(page.lines, start=1):
                if line.failed:
                    link = element("a", line.source, href=f"#{segment_anchor(index, page.page_index, number)}")
                    faults = "; ".join(issue.message for issue in line.issues)
                    rows.append(element("li", link, " ", element("span", faults, class_="quiet")))
    if not rows:
        return element("p", "No segment failed.", class_="quiet")
    return element("ul", *rows, class_="failures")


def _document(index: int, report: DocumentReport, table: TextTable, *, with_charts: bool) -> Markup:
    missing = report.num_pages - len(report.pages)
    stopped = f"The run stopped early: {missing:,} of {report.num_pages:,} pages are not translated yet."
    return element(
        "section",
        element("h2", report.name, element("small", f" {_pair(report)}")),
        element("p", stopped, class_="notice") if missing else None,
        element("details", element("summary", "Memory and cost"), _charts(report), class_="names")
        if with_charts
        else None,
        _names(report),
        *(render_page(index, report, page, table) for page in report.pages),
    )


def _names(report: DocumentReport) -> Markup | None:
    table = name_table(report.pages)
    if not table:
        return None
    rows = [
        element(
            "tr",
            element("td", row.source),
            element("td", "; ".join(f"{text} [page {page}]" for text, page in row.renderings)),
            element("td", "more than one rendering" if len(row.renderings) > 1 else ""),
            class_="conflict" if len(row.renderings) > 1 else None,
        )
        for row in table
    ]
    head = element("tr", *(element("th", title, scope="col") for title in ("name", "rendering", "note")))
    body = element("table", element("thead", head), element("tbody", *rows))
    return element("details", element("summary", f"Names and terms ({len(rows)})"), body, class_="names")


_LEGEND = (
    ("entry", "a dictionary entry"),
    ("entity", "a name or term with its rendering"),
    ("exemplar", "a sentence and its translation: from your resources, or from an earlier page of this document"),
    ("trace", "a line of the page glossed word by word, in the word order of the source"),
    ("rule", "a paragraph of your grammar"),
    ("essence", "what the text is about, in one line"),
    ("style", "a note on style of yours"),
)


def _legend() -> Markup:
    """The kinds of context in plain words."""
    rows = [part for name, meaning in _LEGEND for part in (element("dt", name), element("dd", meaning))]
    summary = element("summary", "What the words of this report mean")
    return element("details", summary, element("dl", *rows), class_="names")


def _settings(reports: Sequence[DocumentReport]) -> Markup:
    """One table for each different set of settings, with the documents it was used for."""
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for report in reports:
        rows = tuple(sorted((name, _shown(value)) for name, value in report.settings.items()))
        groups.setdefault(rows, []).append(report.name)
    return joined(*(_settings_table(rows, names) for rows, names in groups.items()))


def _settings_table(rows: Sequence[tuple[str, str]], names: Sequence[str]) -> Markup:
    body = [element("tr", element("th", name, scope="row"), element("td", value)) for name, value in rows]
    return joined(element("p", ", ".join(names), class_="quiet"), element("table", element("tbody", *body)))


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {number}" for key, number in value.items())
    return str(value)

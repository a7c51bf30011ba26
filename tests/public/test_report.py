"""The HTML report: complete, self-contained, and nothing in a document can become markup."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from dragoman.core.context import FEATURE_NAMES, Decision
from dragoman.core.document import Document
from dragoman.core.exchange import Purpose
from dragoman.core.records import Kind
from dragoman.core.trajectory import PageResult
from dragoman.report import render_report, write_report
from dragoman.report.charts import cost_chart, growth_chart
from dragoman.report.data import (
    CONTEXT_TEXTS,
    CONTEXT_VALUES,
    DocumentReport,
    TextTable,
    decision_state,
    memory_growth,
    name_table,
    page_context,
    usage_by_purpose,
)
from dragoman.report.markup import Markup, element, embedded_json, void

VOID = frozenset({"meta", "input", "br", "link", "img"})


class Reader(HTMLParser):
    """Collects elements and texts, and checks that everything is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.scripts if self.open and self.open[-1] == "script" else self.texts).append(data)


Pages = Callable[..., PageResult]
Documents = Callable[..., Document]


def report_of(document: Document, page_of: Pages, *, num_pages: int, is_gloss: bool = False) -> DocumentReport:
    pages = tuple(page_of(document, index) for index in range(num_pages))
    problems = ("words.tsv line 4: no target",)
    return make_report(document, pages, is_gloss=is_gloss, problems=problems, settings={"wave": 1})


def make_report(
    document: Document,
    pages: tuple[PageResult, ...],
    *,
    is_gloss: bool = False,
    problems: tuple[str, ...] = (),
    settings: Mapping[str, object] = MappingProxyType({}),
) -> DocumentReport:
    return DocumentReport(
        document.name,
        document.source_language,
        document.target_language,
        len(document.segments) // 4,
        pages,
        "gloss",
        "top-k:1",
        is_gloss,
        problems,
        settings,
    )


def test_report_is_one_well_formed_file_without_any_outside_address(document_of: Documents, page_of: Pages) -> None:
    text = render_report([report_of(document_of(3), page_of, num_pages=3)])
    reader = Reader(text)
    assert reader.open == []
    assert "slot:" not in text
    for name, attributes in reader.elements:
        assert name not in ("link", "img", "iframe")
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    assert "://" not in text
    assert "@import" not in text


def test_report_escapes_markup_of_sources_and_records(document_of: Documents, page_of: Pages) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    document = document_of(1, (evil, evil, evil, evil))
    reader = Reader(render_report([report_of(document, page_of, num_pages=1)]))
    names = [name for name, _ in reader.elements]
    assert names.count("script") == 4  # one page's context, names, texts, the program
    assert "img" not in names
    assert any(evil in text for text in reader.texts)


def test_report_shows_every_line_with_issues_failures_and_the_pivot(document_of: Documents, page_of: Pages) -> None:
    reader = Reader(render_report([report_of(document_of(2), page_of, num_pages=2)]))
    text = " ".join(reader.texts)
    for wanted in ("Thomas has a dog", "tag <b> is lost", "no answer", "English pivot", "top-k:1", "words.tsv line 4"):
        assert wanted in text
    links = [attributes["href"] for name, attributes in reader.elements if name == "a"]
    ids = {attributes.get("id") for _, attributes in reader.elements}
    assert "#d0p1s3" in links
    assert {str(link).removeprefix("#") for link in links} <= ids


def test_report_marks_direction_and_language_of_the_text(document_of: Documents, page_of: Pages) -> None:
    reader = Reader(render_report([report_of(document_of(1), page_of, num_pages=1)]))
    assert ("td", {"lang": "ar", "dir": "rtl"}) in reader.elements
    assert ("td", {"lang": "x-simlish", "dir": "ltr"}) in reader.elements


@pytest.mark.parametrize("is_gloss", [True, False])
def test_report_says_when_the_translation_is_a_gloss(document_of: Documents, page_of: Pages, is_gloss: bool) -> None:
    text = render_report([report_of(document_of(1), page_of, num_pages=1, is_gloss=is_gloss)])
    assert ("This is a gloss" in text) is is_gloss


def test_report_of_several_documents_has_a_section_and_charts_for_each(document_of: Documents, page_of: Pages) -> None:
    one = report_of(document_of(1), page_of, num_pages=1)
    reader = Reader(render_report([one, one, one]))
    assert reader.open == []
    assert [name for name, _ in reader.elements].count("svg") == 9
    anchors = [attributes["id"] for name, attributes in reader.elements if name == "tr" and "id" in attributes]
    assert len(set(anchors)) == len(anchors) == 12


def test_report_of_a_stopped_run_says_how_much_is_missing(document_of: Documents, page_of: Pages) -> None:
    assert "2 of 3 pages are not translated yet" in render_report([report_of(document_of(3), page_of, num_pages=1)])


def test_report_of_an_empty_document_is_written(document_of: Documents, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "out.html"
    write_report(path, [make_report(document_of(0), ())])
    assert "No segment failed." in path.read_text(encoding="utf-8")
    assert Reader(path.read_text(encoding="utf-8")).open == []


def test_context_of_a_page_holds_every_candidate_with_its_fate(document_of: Documents, page_of: Pages) -> None:
    page = page_of(document_of(1), 0)
    text = render_report([make_report(document_of(1), (page,))])
    blocks = [json.loads(block) for block in Reader(text).scripts[:-1]]
    table = TextTable()
    rows = page_context(page, table)
    assert rows in blocks
    assert table.texts in blocks
    assert {"texts": list(CONTEXT_TEXTS), "values": list(CONTEXT_VALUES), "features": list(FEATURE_NAMES)} in blocks
    items = [as_item(row, table) for row in rows]
    assert [item["state"] for item in items] == ["not chosen", "chosen", "chosen", "dropped by budget"]
    assert items[1]["probability"] == 0.75
    assert items[1]["gain"] == 1.25
    assert items[1]["text"] == "Tamok = Thomas (he, person)"
    assert len(items[1]["features"]) == len(FEATURE_NAMES)


def as_item(row: list[Any], table: TextTable) -> dict[str, Any]:
    """What the report's own script makes of a row."""
    texts = {name: table.texts[number] for name, number in zip(CONTEXT_TEXTS, row, strict=False)}
    return texts | dict(zip(CONTEXT_VALUES, row[len(CONTEXT_TEXTS) :], strict=True))


def test_text_that_is_offered_on_every_page_is_stored_once(document_of: Documents, page_of: Pages) -> None:
    text = render_report([report_of(document_of(5), page_of, num_pages=5)])
    assert text.count('"kofal = dog"') == 1


def test_a_thousand_pages_stay_a_handy_file(document_of: Documents, page_of: Pages) -> None:
    text = render_report([report_of(document_of(1000), page_of, num_pages=1000)])
    assert len(text) < 8_000_000
    assert len(re.findall(r'<details class="page" open>', text)) == 1


def test_memory_growth_adds_up_and_takes_withdrawn_records_off(document_of: Documents, page_of: Pages) -> None:
    document = document_of(3)
    pages = [page_of(document, index) for index in range(3)]
    assert memory_growth(pages) == {Kind.ENTITY: [1, 2, 3], Kind.EXEMPLAR: [1, 2, 3]}
    record = pages[0].records[0]
    taken = page_of(document, 2)
    object.__setattr__(taken, "withdrawn", ((record.id, "refuted"), ("of the user", "refuted")))
    assert memory_growth([*pages[:2], taken])[Kind.ENTITY] == [1, 2, 2]


def test_name_table_keeps_both_renderings_of_a_conflict(document_of: Documents, page_of: Pages) -> None:
    document = document_of(2)
    (row,) = name_table([page_of(document, 0), page_of(document, 1)])
    assert row.source == "Tamok"
    assert row.renderings == (("Thomas (he, person)", 1), ("Tom (he, person)", 2))


def test_usage_is_added_up_by_purpose(document_of: Documents, page_of: Pages) -> None:
    document = document_of(2)
    usage = usage_by_purpose([page_of(document, 0), page_of(document, 1)])
    assert list(usage) == [Purpose.TRANSLATE, Purpose.REMEMBER]
    assert usage[Purpose.TRANSLATE].prompt_tokens == 600


@pytest.mark.parametrize("growth", [{}, {Kind.ENTITY: [3]}, {Kind.ENTITY: [0, 2], Kind.ENTRY: [1, 1]}])
def test_charts_are_well_formed(growth: dict[Kind, list[int]]) -> None:
    assert Reader(growth_chart(growth)).open == []
    assert Reader(cost_chart({})).open == []


@pytest.mark.parametrize(
    ("included", "drawn", "state"),
    [(True, True, "chosen"), (False, True, "dropped by budget"), (False, False, "not chosen")],
)
def test_decision_state_names_the_three_fates(included: bool, drawn: bool, state: str) -> None:
    assert decision_state(Decision("x", included=included, probability=1.0, drawn=drawn)) == state


def test_markup_escapes_what_is_not_markup() -> None:
    assert element("p", "a < b & c", Markup("<b>x</b>"), None, 3) == "<p>a &lt; b &amp; c<b>x</b>3</p>"
    assert void("input", class_='a"b', disabled=True, hidden=False) == '<input class="a&quot;b" disabled>'
    assert "</script" not in embedded_json(["</script>"])


def test_the_report_speaks_to_people(document_of: Callable[..., Document], page_of: Callable[..., PageResult]) -> None:
    document = document_of()
    page = replace(page_of(document, 0), records=())
    bare = replace(page, observation=replace(page.observation, candidates=()))
    assert [row.source for row in name_table([page])] == ["Tamok"], "the user's own names are listed"
    report = DocumentReport("t", document.source_language, document.target_language, 1, (bare,), "m", "p")
    html = render_report([report])
    assert "no context was found for this line" in html
    assert "0 chosen of 0" not in html
    assert "a dictionary entry" in html
    assert "not translated:" in html

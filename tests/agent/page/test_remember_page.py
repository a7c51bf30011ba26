"""What a page leaves in memory, what it takes back, and when the memory call is worth making."""

from dataclasses import replace

import pytest

from dragoman.agent.nodes import observe
from dragoman.agent.novelty import FRESH_PAGES, find_novelty, first_pages
from dragoman.agent.prompt import parse_prompt
from dragoman.agent.settings import RunSettings
from dragoman.core.document import Page, Segment
from dragoman.core.exchange import Purpose, Request
from dragoman.core.records import Kind, MemoryRecord, Provenance

ALWAYS = RunSettings(remember="always")
AUTO = RunSettings(remember="auto")


def scripted(update: str, translation: str):
    def script(request: Request) -> str:
        return update if request.purpose is Purpose.REMEMBER else translation

    return script


def remembered(kind: Kind, source: str, target: str, page: int = 0, confidence: float = 0.9) -> MemoryRecord:
    return MemoryRecord(kind, source, target, "", (), Provenance("document", f"page {page + 1}", page), confidence, 1)


async def test_names_essence_and_exemplars_are_remembered_with_provenance_and_evidence(bench) -> None:
    made = bench(text="Anna met Tamok.\nShe saw Bodo.\nIt was Vesna.", settings=ALWAYS, page_index=4)
    update = (
        "Anna = Anne (she, person)\nTamok = Thomas (he, person)\nBodo = Theo (?, person)\n"
        "Nobody = Niemand (?, person)\nabout: People meet."
    )
    script = scripted(update, "1\tAnne traf jemand.\n2\tSie sah Thomas.\n3\tEs war Vesna.")
    result, _ = await made.run(script)
    essence, anna, tamok, bodo, *exemplars = result.records
    assert (essence.kind, essence.target) == (Kind.ESSENCE, "People meet.")
    assert [(r.source, r.target, r.confidence) for r in (anna, tamok, bodo)] == [
        ("Anna", "Anne", 0.9),  # in the same line
        ("Tamok", "Thomas", 0.7),  # in another line
        ("Bodo", "Theo", 0.4),  # nowhere
    ]
    assert anna.attributes == (("gender", "she"), ("type", "person"))
    assert bodo.attributes == (("type", "person"),)
    segments = made.document().segments
    assert anna.provenance == Provenance("document", "page 5", 4, (segments[0].id,))
    assert next((r.kind, r.source, r.confidence) for r in exemplars) == (Kind.EXEMPLAR, "Anna met Tamok.", 0.8)
    assert [r.provenance.segment_ids for r in exemplars] == [(segment.id,) for segment in segments]
    assert all(record.version == 5 for record in result.records)
    assert result.notes == ("memory call: 1 names do not stand in the source, left out",)


async def test_exemplars_are_made_of_faultless_lines_once_each_and_need_no_call(bench) -> None:
    made = bench(
        text="It is 2014.\nIt is green.\nIt is  green.\nBerlin", settings=RunSettings(remember="never", max_repairs=0)
    )
    result, backend = await made.run(scripted("", "1\tEs ist so.\n2\tEs ist grün.\n3\tEs ist grün.\n4\tBerlin"))
    assert [(record.source, record.target) for record in result.records] == [("It is green.", "Es ist grün.")]
    assert len(backend.requests) == 1


async def test_known_names_are_shown_to_the_model_and_not_added_again(bench, fixed_memory) -> None:
    memory = fixed_memory((remembered(Kind.ENTITY, "Anna", "Anne"), remembered(Kind.ENTITY, "Zoe", "Zoë")))
    made = bench(text="Anna came.", settings=ALWAYS, memory=memory, page_index=1)
    result, backend = await made.run(scripted("Anna = Anne (she, person)", "1\tAnne kam."))
    assert parse_prompt(backend.requests[1].messages).items(Kind.ENTITY) == ("Anna = Anne",)
    assert [record.kind for record in result.records] == [Kind.EXEMPLAR]
    assert result.withdrawn == ()


async def test_a_name_the_page_renders_otherwise_is_withdrawn(bench, fixed_memory) -> None:
    old = remembered(Kind.ENTITY, "Tamok", "Viktor")
    made = bench(text="Tamok came.", settings=ALWAYS, memory=fixed_memory((old,)), page_index=1)
    result, _ = await made.run(scripted("Tamok = Thomas (he, person)", "1\tThomas kam."))
    assert result.withdrawn == ((old.id, "page 2 renders 'Tamok' as 'Thomas', not 'Viktor'"),)
    assert [record.target for record in result.records if record.kind is Kind.ENTITY] == ["Thomas"]


async def test_a_name_missing_from_several_lines_is_withdrawn_from_one_it_is_not(bench, fixed_memory) -> None:
    old = remembered(Kind.ENTITY, "Tamok", "Viktor")
    one = bench(text="Tamok came.", memory=fixed_memory((old,)), page_index=1)
    two = bench(text="Tamok came.\nTamok left.", memory=fixed_memory((old,)), page_index=1)
    answer = "1\tEr kam.\n2\tEr ging."
    assert (await one.run(scripted("", answer)))[0].withdrawn == ()
    assert [id for id, _ in (await two.run(scripted("", answer)))[0].withdrawn] == [old.id]


async def test_what_the_user_brought_is_never_withdrawn(bench, fixed_memory) -> None:
    glossary = MemoryRecord(Kind.ENTITY, "Tamok", "Viktor", provenance=Provenance("glossary.tsv", "line 2"))
    made = bench(text="Tamok came.\nTamok left.", settings=ALWAYS, memory=fixed_memory((glossary,)))
    result, _ = await made.run(scripted("Tamok = Thomas (he, person)", "1\tThomas kam.\n2\tThomas ging."))
    assert result.withdrawn == ()
    assert any(issue.code.value == "entity" for line in result.lines for issue in line.issues)


async def test_failed_lines_are_not_shown_to_the_memory_call(bench) -> None:
    made = bench(text="Anna came.\nBodo left.", settings=RunSettings(remember="always", max_repairs=0))
    _, backend = await made.run(scripted("", "1\tAnne kam."))
    request = next(request for request in backend.requests if request.purpose is Purpose.REMEMBER)
    assert dict(parse_prompt(request.messages).text) == {1: "Anna came."}


KNOWN = (remembered(Kind.ESSENCE, "", "People meet.", page=3), remembered(Kind.ENTITY, "Anna", "Anne"))
NOVELTY = {
    "new name": ("He saw Bodo there.\nIt was late.", "en", (1,)),
    "known name": ("He saw Anna there.", "en", ()),
    "inflected known name": ("He saw Anna's house.", "en", ()),
    "first word of a line or sentence": ("Nobody came. Everybody slept.", "en", ()),
    "no case, unknown words": ("彼は山田を見た。", "ja", (1,)),
    "no letters": ("12 + 30", "en", ()),
}


@pytest.mark.parametrize("name", NOVELTY)
async def test_the_memory_call_is_made_for_lines_with_tokens_that_may_be_new_names(
    bench, fixed_memory, name: str
) -> None:
    text, language, lines = NOVELTY[name]
    made = bench(text=text, source=language, settings=AUTO, memory=fixed_memory(KNOWN), page_index=4)
    context = made.context(lambda request: "")
    novelty = find_novelty(context, await observe(context))
    assert (novelty.lines, novelty.wants_essence) == (lines, False)


EARLIER = Page(1, (Segment("s1", "Yesterday Bodo saw the Tower."), Segment("s2", "Clara went home.")))
ASKED = {
    "met on an earlier page": (2, "He saw Bodo there.", ()),
    "met on a page that this one does not see yet": (1, "He saw Bodo there.", (1,)),
    "met at the beginning of a line only": (2, "He saw Clara there.", (1,)),
    "one old token, one new": (2, "He saw Bodo and Dora there.", (1,)),
}


@pytest.mark.parametrize("name", ASKED)
async def test_a_token_is_asked_about_once(bench, fixed_memory, name: str) -> None:
    version, text, lines = ASKED[name]
    made = bench(text=text, settings=AUTO, memory=replace(fixed_memory(KNOWN), version=version), page_index=4)
    context = made.context(lambda request: "")
    assert find_novelty(context, await observe(context)).lines == (1,)
    context = replace(context, job=replace(context.job, first_pages=first_pages([EARLIER])))
    assert find_novelty(context, await observe(context)).lines == lines


GERMAN = {
    "nouns are translated": ("Er sah das Haus am Fluss.", "He saw the house by the river.", ()),
    "a name is kept": ("Er sah das Haus von Bodo.", "He saw Bodo's house.", (1,)),
    "a known name is kept": ("Er sah das Haus von Anna.", "He saw Anna's house.", ()),
}


@pytest.mark.parametrize("name", GERMAN)
@pytest.mark.parametrize("language", ["de", "de-AT", "lb"])
async def test_where_every_noun_has_a_capital_the_translation_tells_names(
    bench, fixed_memory, name: str, language: str
) -> None:
    text, english, lines = GERMAN[name]
    made = bench(text=text, source=language, target="en", settings=AUTO, memory=fixed_memory(KNOWN), page_index=4)
    context = made.context(lambda request: "")
    assert find_novelty(context, await observe(context), {1: english}).lines == lines


@pytest.mark.parametrize(
    ("page_index", "mode", "wanted"),
    [
        (3 + FRESH_PAGES - 1, "auto", False),
        (3 + FRESH_PAGES, "auto", True),
        (4, "always", True),
        (3 + FRESH_PAGES, "never", False),
    ],
)
async def test_a_new_essence_is_wanted_when_the_last_one_is_old(bench, fixed_memory, page_index, mode, wanted) -> None:
    made = bench(
        text="It was late.", settings=RunSettings(remember=mode), memory=fixed_memory(KNOWN), page_index=page_index
    )
    context = made.context(lambda request: "")
    novelty = find_novelty(context, await observe(context))
    assert (novelty.wants_essence, bool(novelty.lines)) == (wanted, wanted)
    assert novelty.essence == "People meet."


async def test_a_skipped_memory_call_still_leaves_exemplars(bench, fixed_memory) -> None:
    made = bench(text="It was late.", settings=AUTO, memory=fixed_memory(KNOWN), page_index=4)
    result, backend = await made.run(scripted("never asked", "1\tEs war spät."))
    assert [request.purpose for request in backend.requests] == [Purpose.TRANSLATE]
    assert [record.kind for record in result.records] == [Kind.EXEMPLAR]


async def test_a_memory_answer_that_cannot_be_read_is_noted(bench) -> None:
    made = bench(text="Anna came.", settings=ALWAYS)
    result, _ = await made.run(scripted("I found no names, sorry!", "1\tAnne kam."))
    assert result.notes == ("memory call: 1 lines of the answer could not be read",)

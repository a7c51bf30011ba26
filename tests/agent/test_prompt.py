"""Prompts are golden text files, and what is printed can be read back exactly."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.agent.prompt import (
    PromptPage,
    RememberPage,
    complete_messages,
    parse_prompt,
    pivot_messages,
    remember_messages,
    repair_messages,
    translate_messages,
)
from dragoman.core.context import Candidate, Features
from dragoman.core.errors import BadRequestError, MemoryError3E
from dragoman.core.exchange import Message
from dragoman.core.languages import Language
from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.core.rendering import SECTIONS, render_item

GOLDEN = Path(__file__).parent / "golden"
SIMLISH, GERMAN = Language("x-simlish", "Simlish"), Language("de", "German")
RULE = MemoryRecord(Kind.RULE, "Plural", "-en on the noun", provenance=Provenance("grammar.md", "Plural"))
LINES = {1: "Tamok pemu kofalen.", 2: "Il sarun <x1/>!", 3: "Ves no dru 12."}


def candidate(record: MemoryRecord, *lines: int) -> Candidate:
    return Candidate(record, Features(), tokens=5, lines=lines)


CANDIDATES = (
    candidate(MemoryRecord(Kind.RULE, "kofal-en", "dogs", attributes=(("rule", RULE.id),))),
    candidate(RULE),
    candidate(MemoryRecord(Kind.STYLE, "", "Use the\nformal address.")),
    candidate(MemoryRecord(Kind.ESSENCE, "", "Thomas is looking for his dogs.")),
    candidate(MemoryRecord(Kind.ENTITY, "Tamok", "Thomas", attributes=(("gender", "he"), ("type", "person"))), 1),
    candidate(MemoryRecord(Kind.ENTRY, "sar", "come", attributes=(("pos", "v"),)), 2),
    candidate(MemoryRecord(Kind.ENTRY, "kofal", "dog", note="also: wolf"), 1),
    candidate(MemoryRecord(Kind.ENTRY, "pem", "see"), 1),
    candidate(MemoryRecord(Kind.EXEMPLAR, "Tamok saru.", "Thomas kommt.")),
    candidate(MemoryRecord(Kind.TRACE, "", "he come-PST ?"), 2),
    candidate(MemoryRecord(Kind.TRACE, "", "Thomas see dog-PL"), 1),
)
PAGE = PromptPage(
    SIMLISH, GERMAN, LINES, CANDIDATES, english={1: "Thomas sees dogs.", 3: "Not 12."}, instructions="Keep it short."
)
BARE = PromptPage(SIMLISH, GERMAN, {1: "Ves no dru."})
MEMORY = RememberPage(
    SIMLISH, GERMAN, LINES, {1: "Thomas sieht Hunde.", 2: "Er kam <x1/>!"}, "Thomas sucht.", (CANDIDATES[4].record,)
)
PROMPTS = {
    "translate": translate_messages(PAGE),
    "translate_bare": translate_messages(BARE),
    "complete": complete_messages(PAGE, [2]),
    "repair": repair_messages(PAGE, {3: "Nicht 11."}, {2: "no line with this number", 3: "12 is missing"}),
    "pivot": pivot_messages(SIMLISH, LINES),
    "remember": remember_messages(MEMORY),
    "remember_names_only": remember_messages(RememberPage(SIMLISH, GERMAN, LINES, {1: "T."}, ask_essence=False)),
}


def wire(messages: tuple[Message, ...]) -> str:
    return "".join(f"[{message.role}]\n{message.content}\n" for message in messages)


@pytest.mark.parametrize("name", PROMPTS)
def test_every_template_equals_its_golden_file(name: str) -> None:
    assert wire(PROMPTS[name]) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_words_stand_in_the_order_of_the_text_and_rules_before_their_examples() -> None:
    parsed = parse_prompt(PROMPTS["translate"])
    assert [item.split(" =")[0] for item in parsed.items(Kind.ENTRY)] == ["pem", "kofal", "sar"]
    assert parsed.items(Kind.RULE) == ("Plural: -en on the noun", "e.g. kofal-en => dogs")


def test_sections_stand_in_the_order_of_the_prompt_with_the_text_last() -> None:
    headings = [line for line in PROMPTS["translate"][1].content.split("\n") if line.startswith("## ")]
    assert headings == [
        f"## {name}" for name in ("Rules", "Style", "About", "Names", "Words", "Examples", "English", "Gloss", "Text")
    ]


def test_the_order_in_which_candidates_are_given_does_not_change_the_stable_sections() -> None:
    backwards = PromptPage(SIMLISH, GERMAN, LINES, CANDIDATES[::-1], PAGE.english, PAGE.instructions)
    assert translate_messages(backwards) == PROMPTS["translate"]


def test_a_repair_prompt_begins_like_the_first_prompt_so_that_its_start_is_cached() -> None:
    assert PROMPTS["repair"][0].content.startswith(PROMPTS["translate"][0].content)


def test_a_prompt_about_some_lines_keeps_their_context_and_what_speaks_about_all_lines() -> None:
    part = parse_prompt(PROMPTS["complete"])
    assert dict(part.text) == {2: LINES[2]}
    assert part.items(Kind.ENTRY) == ("sar = come (v)",)
    assert part.items(Kind.TRACE) == ("2\the come-PST ?",)
    assert part.items(Kind.ENTITY) == ()
    assert len(part.items(Kind.STYLE)) == 1


def test_solved_neighbours_are_shown_as_examples() -> None:
    page = PromptPage(SIMLISH, GERMAN, {1: "a"}, solved=(("b", "B"),))
    assert parse_prompt(translate_messages(page)).items(Kind.EXEMPLAR) == ("b => B",)


def test_repair_and_memory_prompts_are_read_back() -> None:
    repair, memory = parse_prompt(PROMPTS["repair"]), parse_prompt(PROMPTS["remember"])
    assert dict(repair.draft) == {3: "Nicht 11."}
    assert dict(repair.faults) == {2: "no line with this number", 3: "12 is missing"}
    assert (repair.instructions, repair.wants_translation) == ("Keep it short.", True)
    assert (memory.source_language, memory.target_language) == ("Simlish", "German")
    assert dict(memory.translation) == {1: "Thomas sieht Hunde.", 2: "Er kam <x1/>!"}
    assert not memory.wants_translation
    assert parse_prompt(PROMPTS["pivot"]).target_language == "English"


def test_a_trace_without_a_line_is_refused() -> None:
    page = PromptPage(SIMLISH, GERMAN, {1: "a"}, (candidate(MemoryRecord(Kind.TRACE, "", "gloss")),))
    with pytest.raises(MemoryError3E, match="names no line"):
        translate_messages(page)


@pytest.mark.parametrize("messages", [(), (Message("system", "Be nice."), Message("user", "## Text\n1\ta"))])
def test_a_foreign_prompt_is_refused(messages: tuple[Message, ...]) -> None:
    with pytest.raises(BadRequestError, match="only Dragoman's own prompts"):
        parse_prompt(messages)


odd_text = st.text(st.one_of(st.sampled_from("#= \t\n\r\x0b\x1c\x85\u2028(),:=>'\"1"), st.characters()), max_size=12)
context_kinds = st.sampled_from([kind for kind in SECTIONS if kind is not Kind.TRACE])
odd_records = st.builds(
    MemoryRecord, kind=context_kinds, source=odd_text, target=odd_text, note=odd_text,
    attributes=st.sampled_from([(), (("gender", "she"),), (("rule", "r"),), (("pos", "n"),)]),
)  # fmt: skip
odd_lines = st.dictionaries(st.integers(1, 99), odd_text, min_size=1, max_size=4)


@given(st.lists(odd_records, max_size=6), odd_lines, st.data())
def test_printing_and_reading_back_gives_the_same_items(
    records: list[MemoryRecord], lines: dict[int, str], data: st.DataObject
) -> None:
    traced = data.draw(st.sets(st.sampled_from(sorted(lines))))
    glosses = {number: MemoryRecord(Kind.TRACE, "", data.draw(odd_text)) for number in traced}
    candidates = [candidate(r) for r in records] + [candidate(record, n) for n, record in glosses.items()]
    parsed = parse_prompt(translate_messages(PromptPage(SIMLISH, GERMAN, lines, tuple(candidates))))
    for kind in SECTIONS:
        printed = [render_item(record) for record in records if record.kind is kind]
        if kind is Kind.TRACE:
            printed = [f"{number}\t{render_item(record)}" for number, record in glosses.items()]
        assert sorted(parsed.items(kind)) == sorted(item for item in printed if item)
    assert dict(parsed.text) == {number: text.replace("\n", " ") for number, text in lines.items()}

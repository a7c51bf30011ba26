"""What recall offers of a grammar: general rules, rules that the page shows, and examples that crowd nobody out."""

import pytest
from memory_helpers import COUNTER, entry, page, resource, write

from dragoman.core.context import Candidate
from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.resources import load_resource
from dragoman.memory.resources.affixes import stated_affixes, stated_particles
from dragoman.memory.store import Memory

ORDER = MemoryRecord(Kind.RULE, "Word order", "The basic order is SOV.")
PLURAL = MemoryRecord(Kind.RULE, "Plural", "-ka marks the plural", attributes=(("affixes", "-ka=PL"),))
PAST = MemoryRecord(Kind.RULE, "Past", "The suffix -mo (PST) marks the past.")
QUESTION = MemoryRecord(Kind.RULE, "Questions", "The particle tu (Q) opens a question.")
ADPOSITIONS = MemoryRecord(Kind.RULE, "Adpositions", "They follow their noun.")
SOUNDS = MemoryRecord(Kind.RULE, "Sound changes", "Nothing changes.")


def example(rule: MemoryRecord, source: str) -> MemoryRecord:
    return MemoryRecord(Kind.RULE, source, f"meaning of {source}", attributes=(("rule", rule.id),))


def offered(records: list[MemoryRecord], *lines: str, k: int = 10, flip: bool = False) -> list[Candidate]:
    view = Memory([resource(*records)], flip=flip).open_document().view(0)
    return list(view.recall(page(*lines), counter=COUNTER, k={Kind.RULE: k}).candidates)


def headings(found: list[Candidate]) -> list[str]:
    return [candidate.record.source for candidate in found if not candidate.record.attribute("rule")]


def examples(found: list[Candidate]) -> list[str]:
    return [candidate.record.source for candidate in found if candidate.record.attribute("rule")]


STATED = [
    ("The suffix -mo (PST) marks the past.", (("-mo", "PST"),), ()),
    ("The particle tu (Q) opens a question.", (), (("tu", "Q"),)),
    ("The particle `na` (DEF) makes it definite.", (), (("na", "DEF"),)),
    ("A particle stands first.", (), ()),
    ("The ergative case (ERG) is rare.", (), ()),
]


@pytest.mark.parametrize(("text", "affixes", "particles"), STATED)
def test_affixes_and_particles_are_read_from_what_a_rule_states(
    text: str, affixes: tuple[tuple[str, str], ...], particles: tuple[tuple[str, str], ...]
) -> None:
    rule = MemoryRecord(Kind.RULE, "Heading", text)
    assert (stated_affixes(rule), stated_particles(rule)) == (affixes, particles)


def test_word_order_is_offered_although_no_form_on_the_page_speaks_for_it() -> None:
    many = [example(PLURAL, f"kofalka sela {number}") for number in range(20)]
    found = offered([PLURAL, *many, ORDER, SOUNDS], "kofalka sela", k=3)
    assert set(headings(found)) >= {"Word order", "Plural"}
    assert len(found) == 3


def test_no_rule_has_a_second_example_before_every_rule_has_its_first() -> None:
    past = [example(PAST, f"selamo miru {number}") for number in range(5)]
    plural = [example(PLURAL, "kofalka duna")]
    found = examples(offered([PAST, *past, PLURAL, *plural], "selamo miru", "kofalka duna", k=4))
    assert len(found) == 2
    assert "kofalka duna" in found


def test_an_affix_inside_a_word_links_its_rule_without_glossed_text() -> None:
    records = [entry("sela", "walk"), PAST, PLURAL, QUESTION]
    (first, *_) = offered(records, "selamoka")  # -mo does not stand at the border of the word
    found = {candidate.record.source: candidate for candidate in offered(records, "selamoka")}
    assert found["Past"].lines == found["Plural"].lines == (1,)
    assert first.record.source in ("Past", "Plural")
    assert found["Questions"].features.similarity < found["Past"].features.similarity


def test_a_particle_links_its_rule_as_a_whole_word_only() -> None:
    found = {c.record.source: c for c in offered([QUESTION, PLURAL], "tu kofal", "tume kofal")}
    assert found["Questions"].lines == (1,)
    assert "tu on the page" in found["Questions"].reason


def test_a_section_on_a_class_of_words_is_linked_by_the_dictionary() -> None:
    records = [entry("ne", "in", pos="adp"), entry("kofal", "dog", pos="noun"), ADPOSITIONS, SOUNDS]
    with_adposition = offered(records, "kofal", "kofal ne")
    assert with_adposition[0].record.source == "Adpositions"
    assert with_adposition[0].lines == (2,)
    without = {c.record.source: c.features.similarity for c in offered(records, "kofal")}
    assert without["Adpositions"] < with_adposition[0].features.similarity


def test_of_a_large_grammar_general_rules_take_a_third_and_examples_keep_a_quarter() -> None:
    prose = [MemoryRecord(Kind.RULE, f"Section {number}", f"Text {number} about things.") for number in range(300)]
    linked = [
        MemoryRecord(Kind.RULE, f"Form {number}", f"use {number}", attributes=(("affixes", "-ka=PL"),))
        for number in range(30)
    ]
    shown = [example(linked[number], f"kofalka sela {number}") for number in range(8)]
    found = offered([entry("kofal", "dog"), *prose, ORDER, *linked, *shown], "kofalka sela", k=12)
    assert len(found) == 12
    assert len(examples(found)) == 3
    assert "Word order" in headings(found)
    assert sum(heading.startswith("Section") for heading in headings(found)) <= 3


def test_paragraphs_of_one_section_do_not_fill_the_slots() -> None:
    same = [
        MemoryRecord(Kind.RULE, "Plural", f"paragraph {number}", attributes=(("affixes", "-ka=PL"),))
        for number in range(6)
    ]
    found = offered([entry("kofal", "dog"), *same, PAST], "kofalka selamo kofalmo", k=2)
    assert sorted(headings(found)) == ["Past", "Plural"]


def test_rules_of_a_turned_grammar_are_not_read_as_if_they_spoke_of_the_source() -> None:
    records = [entry("kofal", "dog"), PAST, QUESTION]
    found = Memory([resource(*records)], flip=True)
    assert [r.attribute("target_affixes") for r in found.records if r.kind is Kind.RULE] == ["-mo=PST", ""]
    assert [r.attribute("target_particles") for r in found.records if r.kind is Kind.RULE] == ["", "tu=Q"]
    assert all(not candidate.features.rarity for candidate in offered(records, "dogmo tu", flip=True))


def test_particles_of_a_grammar_file_are_glossed(tmp_path) -> None:
    path = write(tmp_path, "grammar.md", "# G\n\n## Definiteness\n\nThe particle `na` (DEF) stands before the noun.\n")
    memory = Memory([resource(entry("kofal", "dog")), load_resource("grammar", path)])
    found = memory.open_document().view(0).recall(page("na kofal"), counter=COUNTER, k={Kind.TRACE: 1})
    assert [candidate.record.target for candidate in found.candidates] == ["DEF dog"]

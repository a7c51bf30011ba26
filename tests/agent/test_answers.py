"""Answers are read by line number, strictly; what cannot be read is reported and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.agent.answers import MemoryUpdate, ParsedLines, ProposedEntity, parse_lines, parse_reply, parse_update
from dragoman.core.exchange import FinishReason, Reply, Usage

CASES = {
    "in order": ("1\tone\n2\ttwo", {1: "one", 2: "two"}, (), (), ()),
    "swapped": ("2\ttwo\n1\tone", {1: "one", 2: "two"}, (), (), ()),
    "nothing": ("", {}, (1, 2), (), ()),
    "one missing": ("2\ttwo", {2: "two"}, (1,), (), ()),
    "not asked for": ("1\tone\n2\ttwo\n7\tseven", {1: "one", 2: "two"}, (), (7,), ()),
    "same twice": ("1\tone\n1\tone\n2\ttwo", {1: "one", 2: "two"}, (), (), ()),
    "conflicting twice": ("1\tone\n2\ttwo\n1\tuno", {2: "two"}, (1,), (), ("1\tone", "1\tuno")),
    "text around": ("Sure:\n1\tone\n2\ttwo\nDone!", {1: "one", 2: "two"}, (), (), ("Sure:", "Done!")),
    "code fence": ("```text\n1\tone\n2\ttwo\n```\n", {1: "one", 2: "two"}, (), (), ()),
    "spaces and carriage returns": (" 1 \t one \r\n2\ttwo\r\n", {1: "one", 2: "two"}, (), (), ()),
    "other digits": ("١\tone\n٢\ttwo", {1: "one", 2: "two"}, (), (), ()),
    "tab inside": ("1\ta\tb\n2\ttwo", {1: "a\tb", 2: "two"}, (), (), ()),
    "given but empty": ("1\t\n2\ttwo", {1: "", 2: "two"}, (), (), ()),
    "no tab": ("1. one\n2 two", {}, (1, 2), (), ("1. one", "2 two")),
    "unnumbered": ("one\ntwo", {}, (1, 2), (), ("one", "two")),
    "code": ("__import__('os')\t1\n1\tone", {1: "one"}, (2,), (), ("__import__('os')\t1",)),
}


@pytest.mark.parametrize("name", CASES)
def test_lines_are_read_by_number(name: str) -> None:
    text, lines, missing, unexpected, malformed = CASES[name]
    assert parse_lines(text, [1, 2]) == ParsedLines(lines, missing, unexpected, malformed)


def test_a_page_of_one_line_needs_its_number_too() -> None:
    assert parse_lines("Hallo.", [1]) == ParsedLines({}, (1,), malformed=("Hallo.",))
    assert parse_lines("1\tHallo.", [1]).lines == {1: "Hallo."}


def test_the_last_line_of_a_truncated_answer_is_not_trusted() -> None:
    reply = Reply("1\tone\n2\ttw", FinishReason.LENGTH, Usage(), "m")
    assert parse_reply(reply, [1, 2, 3]) == ParsedLines({1: "one"}, (2, 3), cut=(2, "tw"))
    stopped = Reply("1\tone\n2\ttw", FinishReason.STOP, Usage(), "m")
    assert parse_reply(stopped, [1, 2, 3]) == ParsedLines({1: "one", 2: "tw"}, (3,))


@pytest.mark.parametrize("text", ["1\tone\n2", "1\tone\n2\t", "1\tone\n9\tnine", "1\tone\n1\ton"])
def test_a_cut_line_that_says_nothing_new_is_dropped(text: str) -> None:
    assert parse_lines(text, [1, 2], truncated=True) == ParsedLines({1: "one"}, (2,))


@given(st.dictionaries(st.integers(0, 30), st.text(st.characters(exclude_characters="\n"), min_size=1)), st.randoms())
def test_every_order_of_a_well_formed_answer_reads_the_same(lines: dict[int, str], random: object) -> None:
    lines = {number: text.strip() for number, text in lines.items()}
    printed = [f"{number}\t{text}" for number, text in lines.items()]
    random.shuffle(printed)  # type: ignore[attr-defined] # hypothesis hands out random.Random
    assert parse_lines("\n".join(printed), lines).lines == dict(sorted(lines.items()))


@given(st.text(), st.sets(st.integers(1, 5)), st.booleans())
def test_any_text_can_be_read_and_asked_numbers_are_given_or_missing(
    text: str, asked: set[int], truncated: bool
) -> None:
    parsed = parse_lines(text, asked, truncated=truncated)
    assert set(parsed.lines) | set(parsed.missing) == asked
    assert not set(parsed.lines) & set(parsed.missing)
    assert not set(parsed.unexpected) & asked


UPDATES = {
    "Tamok = Thomas (he, person)": MemoryUpdate((ProposedEntity("Tamok", "Thomas", "he", "person"),)),
    "Ves = Haus": MemoryUpdate((ProposedEntity("Ves", "Haus"),)),
    "- Ves = Haus (?, term)": MemoryUpdate((ProposedEntity("Ves", "Haus", "", "term"),)),
    "about: Thomas sucht = findet.": MemoryUpdate(essence="Thomas sucht = findet."),
    "About: Er sucht.": MemoryUpdate(essence="Er sucht."),
    "Doe, J. - Jr. = Reh (Ö) (she, thing)": MemoryUpdate((ProposedEntity("Doe, J. - Jr.", "Reh (Ö)", "she", "thing"),)),
    "eval('1')": MemoryUpdate(malformed=("eval('1')",)),
    "a = b (he, person)\na = c": MemoryUpdate((ProposedEntity("a", "b", "he", "person"),), "", ("a = c",)),
    "about: x\nabout: y": MemoryUpdate((), "x", ("about: y",)),
    " = b": MemoryUpdate(malformed=(" = b",)),
    "": MemoryUpdate(),
    "```\nnone\n```": MemoryUpdate(malformed=("none",)),
}  # fmt: skip


@pytest.mark.parametrize("text", UPDATES)
def test_memory_updates_are_read_line_by_line(text: str) -> None:
    assert parse_update(text) == UPDATES[text]


@given(st.text())
def test_any_text_can_be_read_as_a_memory_update(text: str) -> None:
    update = parse_update(text)
    assert all(entity.source and entity.target for entity in update.entities)

"""Names that a text introduces with their rendering are remembered without a call, and copies are worth little."""

import pytest

from dragoman.agent.introductions import find_introductions, names_change
from dragoman.agent.settings import RunSettings
from dragoman.core.records import Kind, MemoryRecord, Provenance

NEVER = RunSettings(remember="never", max_repairs=0)

LINES = [
    ("Tamok (Thomas) came.", "Thomas came.", [("Tamok", "Thomas", True)]),
    ("The old Tamok (Thomas) came.", "Der alte Thomas kam.", [("Tamok", "Thomas", True)]),
    ("Ga Tamok Sel (Thomas Green) tu.", "Thomas Green came.", [("Tamok Sel", "Thomas Green", True)]),
    ("محمد (Mohammed) tu.", "Mohammed came.", [("محمد", "Mohammed", True)]),
    ("Tamok (Thomas) came.", "Tamok (Thomas) came.", [("Tamok", "Thomas", False)]),
    ("Tamok (Thomas) came.", "He came.", []),  # the translation keeps nothing
    ("Anna (see below) came.", "Anna (see below) came.", []),  # no name in it
    ("Anna (WHO) came.", "WHO came.", []),  # an acronym
    ("Anna (1984) came.", "1984 came.", []),
    ("anna (Berlin) came.", "Berlin came.", []),  # no name before it
    ("(Thomas) came.", "Thomas came.", []),  # nothing before it
    ("Anna (Anna) came.", "Anna came.", []),
    ("Anna, (Thomas came.", "Thomas came.", []),  # never closed
]


@pytest.mark.parametrize(("line", "translation", "expected"), LINES)
def test_an_introduction_is_a_name_before_a_name_that_the_translation_keeps(
    line: str, translation: str, expected: list[tuple[str, str, bool]]
) -> None:
    found = find_introductions({1: line}, {1: translation}, known=(), change=True)
    assert [(pair.source, pair.target, pair.is_sure) for pair in found] == expected


def test_a_kept_name_is_believed_only_where_names_change() -> None:
    lines = {1: "Anna (Berlin) came."}
    assert find_introductions(lines, lines, known=(), change=False) == ()


def test_a_word_that_the_source_uses_itself_is_no_rendering() -> None:
    lines = {1: "Anna (Berlin) came.", 2: "In Berlin it rained."}
    assert find_introductions(lines, {1: "Berlin came."}, known=(), change=True) == ()
    assert find_introductions({1: lines[1]}, {1: "Berlin came."}, known=("berlin",), change=True) == ()


NAMES = [
    ([], False),
    ([("Tamok", "Thomas")], False),  # too few to tell
    ([("Tamok", "Thomas"), ("Geza", "Calna")], True),
    ([("Anna", "Anna"), ("Bodo", "Bodo"), ("Wien", "Vienna")], False),
]


@pytest.mark.parametrize(("pairs", "expected"), NAMES)
def test_whether_names_change_is_told_by_those_that_are_known(pairs: list[tuple[str, str]], expected: bool) -> None:
    assert names_change(MemoryRecord(Kind.ENTITY, *pair) for pair in pairs) is expected


def names(result) -> list[tuple[str, str, float]]:
    return [(r.source, r.target, r.confidence) for r in result.records if r.kind is Kind.ENTITY]


async def test_an_introduced_name_is_remembered_without_a_call(bench) -> None:
    made = bench(text="Tamok (Thomas) came.\nTamok sang.", settings=NEVER)
    result, backend = await made.run(lambda _: "1\tThomas kam.\n2\tThomas sang.")
    assert names(result) == [("Tamok", "Thomas", 0.9)]
    assert len(backend.requests) == 1


async def test_a_copied_name_is_remembered_with_little_confidence_and_not_beside_a_rendering(bench) -> None:
    update = "Bodo = Bodo (?, ?)\nGeza = Geza (?, ?)"
    known = MemoryRecord(Kind.ENTITY, "Geza", "Calna", provenance=Provenance("user"))
    memory = bench().memory
    made = bench(
        text="Then Bodo met Geza.", settings=RunSettings(remember="always"), memory=type(memory)(offered=(known,))
    )
    result, _ = await made.run(lambda request: update if request.purpose == "remember" else "1\tBodo traf Calna.")
    assert names(result) == [("Bodo", "Bodo", 0.5)]


async def test_an_introduction_takes_the_place_of_a_copy_and_keeps_what_the_call_says_of_gender(bench) -> None:
    update = "Tamok = Tamok (he, person)\nThomas = Thomas (?, ?)"
    made = bench(text="Then Tamok (Thomas) came.", settings=RunSettings(remember="always"))
    result, _ = await made.run(lambda request: update if request.purpose == "remember" else "1\tDann kam Thomas.")
    assert names(result) == [("Tamok", "Thomas", 0.9)]
    assert result.records[0].attribute("gender") == "he" or result.records[1].attribute("gender") == "he"

"""What glosses say about other candidates: words named already, words left open, sentences that bring something."""

from dataclasses import replace

import numpy as np
import pytest

from dragoman.core.context import Candidate, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.records import Kind, MemoryRecord
from dragoman.policies.scorer import ScorerSettings, draw
from dragoman.policies.scorer_glosses import GLOSS_COLUMNS, gloss_view
from dragoman.policies.scorer_table import COLUMNS, GROUPS, STATE_COLUMNS, page_table

PAGE = Page(0, (Segment("s1", "Gasavos gomo-be halat."), Segment("s2", "Gomo nokes!")))


def offer(kind: Kind, source: str, target: str, *lines: int, rank: float = 0.0) -> Candidate:
    return Candidate(MemoryRecord(kind, source, target), Features(rank=rank), 5, lines)


FIRST_GLOSS = offer(Kind.TRACE, "Gasavos gomo-be halat.", "?-FUT teacher-DEF to", 1)
SECOND_GLOSS = offer(Kind.TRACE, "Gomo nokes!", "teacher POL", 2)
TEACHER = offer(Kind.ENTRY, "gomo", "teacher; master (noun)", 1, 2)
LEND = offer(Kind.ENTRY, "gasa", "lend (verb)", 1)
GAS = offer(Kind.ENTRY, "gas", "burn (verb)", 1)
ATTACK = offer(Kind.ENTRY, "gaso", "attack (verb)", 1)
DEFINITE = offer(Kind.RULE, "Definiteness", "The suffix -be (DEF) makes a noun definite.", 1)
ORDER = offer(Kind.RULE, "Adjectives", "Adjectives stand before their noun.")
POLITE = offer(Kind.EXEMPLAR, "Halat gomo nokes.", "To the teacher, with your permission.", 1, 2)
POLITE_AGAIN = offer(Kind.EXEMPLAR, "Zal nokes.", "With your permission, a thief.", 2, rank=1.0)
ALL = (FIRST_GLOSS, SECOND_GLOSS, TEACHER, LEND, GAS, ATTACK, DEFINITE, ORDER, POLITE, POLITE_AGAIN)


def seen(*candidates: Candidate) -> Observation:
    return Observation("d", PAGE, 1, candidates, 1000)


def column(name: str, *candidates: Candidate) -> dict[str, float]:
    values = gloss_view(seen(*candidates)).columns_N_C[:, GLOSS_COLUMNS.index(name)]
    return {c.record.source: float(value) for c, value in zip(candidates, values, strict=True)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("whole in a word", {"gomo": 1, "gasa": 1, "gas": 1, "gaso": 0}),
        ("whole in an open word", {"gomo": 0, "gasa": 1, "gas": 0.75, "gaso": 0}),  # "gasa" is the longest in "gasavos"
        (
            "open words",
            {"Gomo nokes!": 0.5, "Gasavos gomo-be halat.": 1 / 3, "Halat gomo nokes.": 0.5, "Zal nokes.": 0},
        ),
        ("shared run", {"Halat gomo nokes.": 1 / 3, "Zal nokes.": 0}),
        ("labels", {"Definiteness": 1, "Adjectives": 0}),
        ("senses", {"gomo": 1, "gasa": 0}),
    ],
)
def test_columns_by_hand(name: str, expected: dict[str, float]) -> None:
    found = column(name, *ALL)
    assert {source: found[source] for source in expected} == pytest.approx(expected)


def test_other_senses_of_a_pronoun_only_tell_person_and_gender() -> None:
    gloss = offer(Kind.TRACE, "Gasavos gomo-be halat.", "?-FUT he-DEF to", 1)
    pronoun = MemoryRecord(Kind.ENTRY, "gomo", "he; she; it", attributes=(("pos", "pronoun"),))
    offered = Candidate(pronoun, Features(1.0), 5, (1,))
    assert column("senses", gloss, offered)["gomo"] == 0.0
    plain = offer(Kind.ENTRY, "gomo", "he; she; it", 1)
    assert column("senses", gloss, plain)["gomo"] == 1.0


def test_a_gloss_names_senses_and_labels_of_its_own_line() -> None:
    named = gloss_view(seen(*ALL)).named_N_L
    assert named[ALL.index(TEACHER)].tolist() == [1, 1]
    assert named[ALL.index(LEND)].tolist() == [0, 0]
    assert named[ALL.index(DEFINITE)].tolist() == [1, 0]
    assert named[ALL.index(ORDER)].tolist() == [0, 0]


def test_without_glosses_every_word_is_open() -> None:
    assert column("whole in an open word", TEACHER, LEND)["gomo"] == 1.0
    assert not gloss_view(seen(TEACHER, LEND)).named_N_L.any()


def test_the_order_of_the_candidates_does_not_matter() -> None:
    view, turned = gloss_view(seen(*ALL)), gloss_view(seen(*reversed(ALL)))
    assert np.array_equal(view.columns_N_C, turned.columns_N_C[::-1])
    assert np.array_equal(view.named_N_L, turned.named_N_L[::-1])


def test_an_entry_is_named_already_only_where_the_gloss_was_drawn() -> None:
    table = page_table(seen(*ALL))
    weights = np.zeros((len(GROUPS), len(COLUMNS)))
    free = replace(ScorerSettings(), within_budget=False)
    uniforms = np.ones((2, len(ALL)))
    uniforms[1, ALL.index(SECOND_GLOSS)] = 0.0
    state = draw(weights, table, free, uniforms_G_N=uniforms).state_G_N_D[:, :, STATE_COLUMNS.index("named already")]
    assert state[:, ALL.index(TEACHER)].tolist() == [0.0, 0.5]  # one of its two lines
    assert state[1, ALL.index(LEND)] == 0.0


def test_figures_and_names_renamed_everywhere_change_nothing() -> None:
    def renamed(text: str) -> str:
        return text.replace("Gomo", "Tuzu").replace("gomo", "tuzu")

    page = Page(0, tuple(replace(segment, source=renamed(segment.source)) for segment in PAGE.segments))
    others = tuple(
        replace(c, record=MemoryRecord(c.record.kind, renamed(c.record.source), c.record.target)) for c in ALL
    )
    view, other = gloss_view(seen(*ALL)), gloss_view(Observation("d", page, 1, others, 1000))
    assert np.array_equal(view.columns_N_C, other.columns_N_C)
    assert np.array_equal(view.named_N_L, other.named_N_L)

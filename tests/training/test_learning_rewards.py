"""Rewards: parts that sum up, gates, a rubric for any script, and references that never reach a prompt."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from dragoman.core.context import Candidate, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.errors import ConfigurationError
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.trajectory import Trajectory
from dragoman.training.auxiliaries.distractors import positive_only_reward
from dragoman.training.chrf import page_chrf, sentence_chrf
from dragoman.training.rewards import ChrfReward, Rubric, gated_quality, make_rubric, normalised, reward_parts
from dragoman.training.tasks import PageTask

SOURCES = ("bo kofal na", "tamok 12 ber")
REFERENCES = ("the dog sleeps", "Thomas sees 12 boats")
CANDIDATES = (
    Candidate(MemoryRecord(Kind.ENTITY, "tamok", "Thomas"), Features(), 40, (2,)),
    Candidate(MemoryRecord(Kind.ENTRY, "kofal", "dog; hound"), Features(), 60, (1,)),
)


async def unused(_chosen: tuple[str, ...], _pivot: bool) -> tuple[str, ...]:
    raise AssertionError("no translation is asked for here")


def task(references: tuple[str, ...] = REFERENCES) -> PageTask:
    page = Page(0, tuple(Segment(f"s{n}", text) for n, text in enumerate(SOURCES)))
    seen = Observation("doc", page, 1, CANDIDATES, 50, price_per_100_tokens=0.5, pivot_price=2.0)
    return PageTask("doc/p0", "qaa", seen, references, unused)


def test_sentence_chrf_is_that_of_sacrebleu() -> None:
    expected = CHRF().sentence_score("the cat sat", ["the cat sat down"]).score
    assert sentence_chrf("the cat sat", "the cat sat down") == expected == pytest.approx(66.018, abs=1e-3)
    assert sentence_chrf("same", "same") == 100.0
    assert page_chrf(("same", "x"), ("same", "y")) == pytest.approx(50.0)


def test_the_parts_sum_to_the_reward() -> None:
    ids = [candidate.id for candidate in CANDIDATES]
    parts = reward_parts(task(), ids, 70.0, baseline=20.0, pivot=True, rubric=0.5, overspending_price=4.0)
    assert dict(parts.items()) == pytest.approx(
        {"gain": 50.0, "tokens": -0.5, "pivot": -2.0, "rubric": -7.5, "overspent": -2.0, "probe": 0.0}
    )
    assert parts.net == pytest.approx(sum(value for _, value in parts.items()), abs=1e-9)
    assert parts.net + parts.paid == pytest.approx(50.0 - 7.5)


def test_a_rubric_never_touches_a_page_that_is_below_nothing() -> None:
    assert reward_parts(task(), (), 10.0, baseline=20.0, rubric=0.0).rubric == 0.0


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.floats(0, 1))
def test_a_better_translation_with_as_much_of_the_rubric_is_never_worth_less(
    worse: float, better: float, nothing: float, found: float
) -> None:
    """Scaling quality itself, as the paper does, would put a page just above "nothing" below one just under it."""
    worse, better = sorted((worse, better))
    nets = [reward_parts(task(), (), quality, baseline=nothing, rubric=found).net for quality in (worse, better)]
    assert nets[0] <= nets[1] + 1e-9


def test_the_rubric_of_a_slate_is_that_of_the_group_where_one_slate_found_all() -> None:
    quality, found = np.array([40.0, 55.0, 60.0]), np.array([1.0, 0.5, 1.0])
    ours = [reward_parts(task(), (), q, baseline=50.0, rubric=f).net for q, f in zip(quality, found, strict=True)]
    assert ours == pytest.approx((positive_only_reward(quality, 50.0, found) - 50.0).tolist())


@pytest.mark.parametrize(
    ("translations", "quality"),
    [
        (REFERENCES, 100.0),
        ((REFERENCES[0],), 0.0),  # a line is missing: the whole page
        (("", REFERENCES[1]), 50.0),
        ((SOURCES[0], REFERENCES[1]), 50.0),  # copied
        (("собака спит", REFERENCES[1]), 50.0),  # another script
    ],
)
def test_gates_are_conjunctive(translations: tuple[str, ...], quality: float) -> None:
    assert gated_quality(translations, REFERENCES, SOURCES) == pytest.approx(quality)


def test_a_copy_that_is_right_passes() -> None:
    assert gated_quality(("OK",), ("OK",), ("OK",)) == 100.0


def test_the_reward_of_core_scores_a_trajectory() -> None:
    assert ChrfReward().score(Trajectory("doc", 0, (), REFERENCES), REFERENCES) == 100.0


def test_the_rubric_holds_names_terms_and_numbers_of_the_reference() -> None:
    rubric = make_rubric(task())
    assert rubric.needles == (("dog",), ("12", "thomas"))
    assert rubric.score(("a dog", "Thomas saw 12")) == 1.0
    assert rubric.score(("a doghouse", "thomas")) == pytest.approx(1 / 3)


@pytest.mark.parametrize("text", ["राम घर गया", "Ἀθῆναι", "北京 2024", "مدينة", "l'Été"])
def test_letters_of_every_script_survive(text: str) -> None:
    """LongTraceRL's normaliser dropped them and counted the empty rest as found."""
    assert len(normalised(text).replace(" ", "")) >= len(text.replace(" ", "").replace("'", "")) - 1


def test_an_empty_needle_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="empty needle"):
        Rubric((("",),))


async def test_no_reference_reaches_a_prompt(tiny_documents) -> None:
    """Every request of a training on real documents is searched for runs of four words of the references."""
    tasks, requests, references = await tiny_documents()
    for each in tasks:
        await each.translate(tuple(c.id for c in each.observation.candidates), False)
    assert len(requests) > len(tasks)
    prompts = "\n".join(message.content for request in requests for message in request.messages)
    runs = {
        " ".join(words[n : n + 4]) for line in references for words in [line.split()] for n in range(len(words) - 3)
    }
    assert runs
    assert not [run for run in runs if run in prompts]

"""Scores of the micro model: intervals by language, paired differences, what an item left out costs; the oracle."""

import pytest

from dragoman.agent.settings import DEFAULT_K
from dragoman.core.exchange import Message
from dragoman.core.records import Kind
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.training.micro.evaluate import Asked, EvaluateConfig, Scored, asked_pages
from dragoman.training.micro.oracle import oracle_choice
from dragoman.training.micro.scores import chrf_difference, condition_chrf, needing, phenomenon_table
from dragoman.training.micro.world import Wanted, World

pytest.importorskip("sacrebleu")
COUNTER = EstimatedTokenCounter()


@pytest.fixture(scope="module")
def world() -> World:
    return World(5, split="dev", pages=4, counter=COUNTER)


def answered(world: World, condition: str, *, wrong: str = "") -> Scored:
    """Right answers, except on the sentences that need a phenomenon."""
    sentences = world.document.pages[3]
    references = {n: s.reference for n, s in enumerate(sentences, 1)}
    answers = {n: "?" if wrong and needing(wrong)(s) else s.reference for n, s in enumerate(sentences, 1)}
    return Scored(Asked(condition, world.seed, (Message("user", ""),), references, sentences), answers)


def test_what_an_item_costs_shows_where_it_is_needed_and_only_there(world: World) -> None:
    row = phenomenon_table(
        [answered(world, "into_english"), answered(world, "into_english without name", wrong="name")]
    )["name"]
    assert row["needing_with"].lines + row["others_with"].lines <= 10
    assert (row["needing_with"].value, row["others_with"].value) == (100, 100)
    assert row["needing_loss"].value > 90
    assert (row["others_loss"].value, row["others_without"].value) == (0, 100)


def test_a_difference_is_paired_by_language() -> None:
    worlds = [World(seed, split="dev", pages=4, counter=COUNTER) for seed in (1, 2)]
    better = [answered(world, "a") for world in worlds]
    worse = [answered(world, "b", wrong="name") for world in worlds]
    gap = chrf_difference([*better, *worse], "a", "b")
    assert gap.low <= gap.value <= gap.high
    assert gap.value == pytest.approx(100 - condition_chrf(worse, "b").value)
    assert chrf_difference(better, "a", "c").lines == 0


def test_an_item_left_out_is_taken_out_of_the_very_same_prompt(world: World) -> None:
    sentences = world.document.pages[2]
    whole = world.needed(sentences, out=False, wanted=Wanted(1.0), seed=3)
    less = world.needed(sentences, out=False, wanted=Wanted(1.0, without="name:"), seed=3)
    kept = [c.id for c in whole if c.record.kind not in (Kind.TRACE, Kind.ENTITY)]
    assert [c.id for c in less if c.record.kind not in (Kind.TRACE, Kind.ENTITY)] == kept


def test_several_pages_of_a_language_are_asked() -> None:
    asked = asked_pages(EvaluateConfig(languages=2, split="dev", page=0, pages=2), COUNTER, ["no_dictionary"])
    assert [page.language for page in asked] == [0, 0, 1, 1]
    assert len({page.sentences[0].id for page in asked[:2]}) == 2


@pytest.mark.parametrize("budget", [0, 60, 10_000])
def test_the_oracle_takes_only_what_is_needed_and_fits(world: World, budget: int) -> None:
    sentences = world.document.pages[2]
    seen = world.observation(world.page(sentences, out=False), out=False, k=dict(DEFAULT_K), budget=budget)
    chosen = oracle_choice(world, sentences, seen)
    assert sum(c.tokens for c in chosen) <= budget
    assert len({c.id for c in chosen}) == len(chosen)
    needs = frozenset().union(*(s.requires - s.given for s in sentences))
    offered = frozenset().union(*(world.reader.record_keys(c.record) for c in seen.candidates)) & needs
    answered_keys = frozenset[str]().union(*(world.reader.record_keys(c.record) for c in chosen))
    assert bool(chosen) == bool(budget)
    assert budget < 10_000 or offered <= answered_keys
    assert len(chosen) < len(seen.candidates)

"""Rollouts: cached rewards, exact groups, trees, resume, agreement with the agent, speed of the fast path."""

from pathlib import Path

import numpy as np
import pytest

from dragoman.policies.fixed import FullPolicy
from dragoman.policies.scorer import ScorerSettings
from dragoman.training.estimators import estimator
from dragoman.training.estimators.group import EstimatorSettings
from dragoman.training.evaluate import random_at_equal_tokens, score_policy
from dragoman.training.log_file import read_log, write_log
from dragoman.training.rollouts import Collector, ScoreFile, rollout_group, tree_nodes
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.warm_start import log_rollouts, uplift_group, zero_weights

DRAWS = ScorerSettings(temperature=1.0, within_budget=False)


@pytest.fixture(scope="module")
def tasks() -> tuple[PageTask, ...]:
    return mixed_tasks("train", 2, pages=2, mix=(SimTerms(budget_tokens=300), SimTerms(known=0.5)), seed=1)


async def test_equal_slates_are_translated_once(tasks) -> None:
    collector = Collector()
    chosen = [candidate.id for candidate in tasks[0].observation.candidates[:5]]
    first = await collector.value(tasks[0], chosen)
    assert collector.num_translations == 2  # the slate and nothing at all
    assert await collector.value(tasks[0], chosen) == first
    assert collector.num_translations == 2


async def test_nothing_is_worth_nothing_and_everything_is_worth_more(tasks) -> None:
    collector = Collector()
    assert (await collector.value(tasks[0], ())).net == 0.0
    everything = [candidate.id for candidate in tasks[0].observation.candidates]
    assert (await collector.value(tasks[0], everything)).gain > 20


async def test_a_cut_run_goes_on_from_its_scores(tasks, tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    first = await Collector(ScoreFile(path)).rollout(tasks[0], zero_weights(), DRAWS, num_slates=3, seed=5)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"at": "half a li')
    again = Collector(ScoreFile(path))
    second = await again.rollout(tasks[0], zero_weights(), DRAWS, num_slates=3, seed=5)
    assert second.rewards_G.tolist() == first.rewards_G.tolist()
    assert again.num_translations == 0


async def test_groups_hold_what_the_policy_drew(tasks) -> None:
    rollout = await Collector().rollout(tasks[0], zero_weights(), DRAWS, num_slates=4, seed=2)
    group = rollout_group(rollout, zero_weights())
    assert group.rewards_G.tolist() == rollout.rewards_G.tolist()
    assert np.array_equal(group.draws_G_N, rollout.draws.drawn_G_N)
    assert group.document == tasks[0].document_id
    quality = [parts.gain for parts in rollout.parts_G]
    assert (group.rewards_G + group.paid_G).tolist() == pytest.approx(quality)


async def test_the_written_out_features_give_the_logits(tasks) -> None:
    weights = np.random.default_rng(0).normal(size=zero_weights().shape)
    rollout = await Collector().rollout(tasks[0], weights, DRAWS, num_slates=2, seed=2)
    logits = uplift_group(rollout).features_G_N_F @ weights.ravel()
    assert np.allclose(logits, rollout.draws.gain_G_N)


async def test_slates_of_a_tree_share_the_decisions_of_their_node(tasks) -> None:
    rollout = await Collector().rollout(tasks[0], zero_weights(), DRAWS, num_slates=8, seed=4, as_tree=True)
    nodes, drawn = rollout.nodes_G_D, rollout.draws.drawn_G_N
    assert nodes is not None
    assert len(set(nodes[:, -1])) == 8
    for step, places in enumerate(rollout.table.steps):
        for node in set(nodes[:, step]):
            assert len({row.tobytes() for row in drawn[nodes[:, step] == node][:, places]}) == 1
    gradient = estimator("tree")(rollout_group(rollout, zero_weights()), EstimatorSettings())
    assert gradient.num_terms > 0


def test_a_tree_forks_at_its_largest_steps(tasks) -> None:
    nodes = tree_nodes(Collector().table(tasks[0]), 8)
    counts = [len(set(column)) for column in nodes.T]
    assert counts == sorted(counts)
    assert counts[-1] == 8


async def test_random_spends_no_more_tokens_than_asked(tasks) -> None:
    spent = {task.id: 70 for task in tasks}
    for score in await random_at_equal_tokens(tasks, spent, Collector()):
        assert 40 <= score.tokens <= 70


async def test_a_log_comes_back_as_it_was(tasks, tmp_path: Path) -> None:
    logged = await log_rollouts(tasks, TrainSettings(log_pages=3, num_slates=2), Collector())
    write_log(logged, tmp_path / "log.jsonl")
    for before, after in zip(logged, read_log(tmp_path / "log.jsonl"), strict=True):
        assert after.task.observation == before.task.observation
        assert after.parts_G == before.parts_G
        ours, theirs = uplift_group(before), uplift_group(after)
        assert np.allclose(ours.features_G_N_F, theirs.features_G_N_F, atol=1e-5)
        assert np.allclose(ours.propensities_G_N, theirs.propensities_G_N, atol=1e-5)


async def test_scarce_budgets_are_logged_sparsely() -> None:
    rich, poor = (
        mixed_tasks("train", 1, pages=2, mix=(SimTerms(budget_tokens=budget),), seed=1) for budget in (4000, 200)
    )
    shares = []
    for pages in (rich, poor):
        logged = await log_rollouts(pages, TrainSettings(log_pages=6), Collector())
        shares.append(np.mean([rollout.draws.drawn_G_N.mean() for rollout in logged]))
    assert shares[1] < shares[0] / 3


async def test_slates_of_real_documents_go_through_the_agent(tiny_documents) -> None:
    tasks, _, _ = await tiny_documents()
    assert [len(task.references) for task in tasks] == [2, 2, 1]
    words = [c.id for c in tasks[0].observation.candidates]
    assert await tasks[0].translate(tuple(words), False) == ("Thomas sees dog", "dog sees river")
    nothing = await tasks[0].translate((), False)
    assert nothing == ("tamok ber kofal", "kofal ber mira")
    scores = await score_policy(FullPolicy(), tasks, Collector())
    assert all(score.parts.gain > 20 for score in scores)


async def test_recalled_pages_use_the_real_memory() -> None:
    tasks = mixed_tasks("train", 1, pages=2, mix=(SimTerms(recalled=True),), seed=3)
    assert all(candidate.reason for candidate in tasks[1].observation.candidates)
    score = (await score_policy(FullPolicy(), tasks, Collector()))[1]
    assert score.parts.gain > 10

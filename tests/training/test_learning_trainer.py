"""The trainer: it learns, resumes to the same numbers, does not collapse to nothing, and transfers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dragoman.core.errors import ChangedRunError, ConfigurationError, UnknownNameError
from dragoman.policies import make_policy
from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.scorer_table import COLUMNS, GROUPS
from dragoman.training.adam import AdamState, adam_step
from dragoman.training.curve import line_plot
from dragoman.training.evaluate import score_policy, summarise
from dragoman.training.oracle import find_oracle
from dragoman.training.rollouts import Collector
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.trainer import STATE_FILE, checkpoint_from_log, train_policy
from dragoman.training.warm_start import log_rollouts

MIX = tuple(SimTerms(known=known, budget_tokens=budget) for known in (0.0, 0.9) for budget in (400, 1600))
SMALL = TrainSettings(
    log_pages=24, num_slates=4, updates=6, pages_per_update=4, eval_every=3, num_heads=4, learning_rate=0.05
)


@pytest.fixture(scope="module")
def train() -> tuple[PageTask, ...]:
    return mixed_tasks("train", 4, pages=3, mix=MIX)


@pytest.fixture(scope="module")
def develop() -> tuple[PageTask, ...]:
    return mixed_tasks("dev", 4, pages=2, mix=MIX, seed=7)


@pytest.mark.slow
async def test_training_beats_top_k_on_unseen_languages_with_fewer_tokens(train, develop) -> None:
    run = await train_policy(train, develop, replace(SMALL, log_pages=64, num_slates=8, updates=12))
    pages = mixed_tasks("test", 4, pages=2, mix=MIX, seed=3)
    collector = Collector()
    mine = summarise(await score_policy(LearnedPolicy(run.checkpoint), pages, collector))
    theirs = summarise(await score_policy(make_policy("top-k"), pages, collector))
    assert mine.net > theirs.net + 3
    assert mine.tokens < theirs.tokens


async def test_a_cut_training_ends_with_the_same_policy(train, develop, tmp_path: Path) -> None:
    whole = await train_policy(train, develop, SMALL)

    class Cut(Exception):
        pass

    def stop(point) -> None:
        if point.update == 3:
            raise Cut

    with pytest.raises(Cut):  # between the third update and its save, so updates 1 to 3 are made again
        await train_policy(train, develop, SMALL, folder=tmp_path, on_point=stop)
    resumed = await train_policy(train, develop, SMALL, folder=tmp_path)
    assert np.array_equal(resumed.checkpoint.weights, whole.checkpoint.weights)
    assert [point.net for point in resumed.curve] == [point.net for point in whole.curve]
    rows = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text("utf-8").splitlines()]
    assert [row["update"] for row in rows] == [0, 0, 3, 6]
    assert (tmp_path / "curve.svg").read_text("utf-8").startswith("<svg")


async def test_a_finished_training_asks_for_nothing_more(train, develop, tmp_path: Path) -> None:
    await train_policy(train, develop, SMALL, folder=tmp_path)
    collector = Collector()
    again = await train_policy(train, develop, SMALL, folder=tmp_path, collector=collector)
    assert collector.num_translations == again.curve[-1].num_translations  # the saved count, none added
    assert len(collector.scores) == 0


async def test_the_state_of_another_training_is_refused(train, develop, tmp_path: Path) -> None:
    await train_policy(train, develop, replace(SMALL, updates=0), folder=tmp_path)
    with pytest.raises(ChangedRunError, match="other settings or pages"):
        await train_policy(train, develop, replace(SMALL, updates=0, seed=1), folder=tmp_path)
    (tmp_path / STATE_FILE).write_text("{", "utf-8")
    with pytest.raises(ChangedRunError, match="holds no training state"):
        await train_policy(train, develop, replace(SMALL, updates=0), folder=tmp_path)


async def test_the_checkpoint_is_the_best_point_of_the_curve(train, develop) -> None:
    run = await train_policy(train, develop, SMALL)
    best = max(run.curve, key=lambda point: point.net)
    found = summarise(await score_policy(LearnedPolicy(run.checkpoint), develop, Collector()))
    assert found.net == pytest.approx(best.net, abs=1e-3)
    assert run.checkpoint.training["development"]["net"] == best.net


@pytest.mark.parametrize("estimator", ["leave-one-out", "tree", "reg", "expo"])
async def test_no_estimator_collapses_to_nothing(train, develop, estimator: str) -> None:
    settings = replace(SMALL, estimator=estimator, num_slates=8)
    run = await train_policy(train, develop, settings)
    assert run.curve[-1].tokens > 50
    assert run.curve[-1].net > 0.5 * run.curve[1].net


async def test_a_log_alone_trains_a_policy(train, develop) -> None:
    settings = replace(SMALL, log_pages=48, num_slates=8)
    checkpoint = checkpoint_from_log(await log_rollouts(train, settings, Collector()), settings)
    found = summarise(await score_policy(LearnedPolicy(checkpoint), develop, Collector()))
    assert found.net > 20
    assert checkpoint.heads.shape == (4, len(GROUPS), len(COLUMNS))


@pytest.mark.slow
async def test_the_warm_start_alone_reaches_most_of_the_reward_within_its_budget(train, develop) -> None:
    run = await train_policy(train, develop, replace(SMALL, log_pages=128, num_slates=8, updates=12))
    warm = run.curve[1]
    assert warm.num_translations <= 2048
    assert warm.net >= 0.8 * max(point.net for point in run.curve)


async def test_training_needs_pages_and_known_names(train) -> None:
    with pytest.raises(ConfigurationError, match="0 development pages"):
        await train_policy(train, (), SMALL)
    with pytest.raises(UnknownNameError, match="unknown estimator 'ppo'"):
        TrainSettings(estimator="ppo")
    with pytest.raises(ConfigurationError, match="num_slates is 1"):
        TrainSettings(num_slates=1)


def test_adam_follows_its_paper() -> None:
    weights, state = adam_step(np.zeros(2), np.array([3.0, -0.01]), AdamState.like(np.zeros(2)), 0.1)
    assert weights == pytest.approx([0.1, -0.1])  # the first step has the size of the rate, whatever the gradient
    assert state.steps == 1


async def test_the_oracle_is_exact_on_few_candidates_and_no_worse_than_any_policy(train) -> None:
    collector = Collector()
    few = replace(train[0].observation, candidates=train[0].observation.candidates[:6], budget_tokens=60)
    task = replace(train[0], observation=few, id="few")

    async def net(chosen: tuple[str, ...]) -> float:
        return (await collector.value(task, chosen)).net

    best = await find_oracle(few, net)
    assert best.is_exact
    fixed = [await score_policy(make_policy(name), [task], collector) for name in ("none", "top-k", "full", "random")]
    assert best.value >= max(score[0].parts.net for score in fixed) - 1e-9


async def test_the_search_of_the_oracle_improves_on_its_start_within_the_budget(train) -> None:
    collector, task = Collector(), train[0]

    async def net(chosen: tuple[str, ...]) -> float:
        return (await collector.value(task, chosen)).net

    start = make_policy("top-k").choose(task.observation, seed=0)
    best = await find_oracle(task.observation, net, starts=[start.chosen])
    cost = {candidate.id: candidate.tokens for candidate in task.observation.candidates}
    assert not best.is_exact
    assert best.value > await net(start.chosen) + 5
    assert sum(cost[id] for id in best.chosen) <= task.observation.budget_tokens


def test_plots_are_svg_with_every_series_named() -> None:
    picture = line_plot("T & T", {"a": [(0, 1), (10, 2)], "b <c>": []}, x_label="x", y_label="y")
    assert picture.count("<polyline") == 2
    assert "T &amp; T" in picture
    assert "b &lt;c&gt;" in picture

"""Auxiliaries joined with the trainer, the pivot stage, and usage of a policy that asks the model."""

from dataclasses import replace

import numpy as np
import pytest

from dragoman.agent.backends.scripted import ScriptedBackend
from dragoman.agent.page import PageAgent, PageJob
from dragoman.agent.settings import RunSettings
from dragoman.core.context import ChoiceStatus
from dragoman.core.errors import ConfigurationError
from dragoman.core.exchange import Purpose, Request
from dragoman.core.formats import document_from_text
from dragoman.core.languages import parse_language
from dragoman.core.pages import split_pages
from dragoman.core.records import Kind
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.resources import load_resource
from dragoman.memory.store import Memory
from dragoman.policies import make_policy
from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.scorer import ScorerSettings
from dragoman.training.auxiliaries.curriculum import CurriculumSettings
from dragoman.training.auxiliaries.stuck import StuckBuffer
from dragoman.training.gradient_stage import draw_rollouts
from dragoman.training.pivot_stage import PivotTraining, train_pivot
from dragoman.training.rollouts import Collector, Rollout, rollout_group
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.switches import Contrast, Curriculum, Difficulty, OracleHints, Replay, StepCredit, StuckPages
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.trainer import train_policy
from dragoman.training.warm_start import zero_weights

SETTINGS = TrainSettings(num_slates=4, pages_per_update=2, updates=4, log_pages=8, eval_every=4, num_heads=0)


@pytest.fixture(scope="module")
def tasks() -> tuple[PageTask, ...]:
    return mixed_tasks("train", 2, pages=2, mix=(SimTerms(), SimTerms(known=0.9)))


async def some(tasks: tuple[PageTask, ...], collector: Collector, update: int = 0) -> tuple[Rollout, ...]:
    return await draw_rollouts(zero_weights(), tasks[:2], SETTINGS, collector, update)


async def test_contrast_and_step_credit_ask_for_translations_and_move_the_weights(tasks) -> None:
    collector = Collector()
    rollouts = await some(tasks, collector)
    for auxiliary in (
        Contrast(collector, SETTINGS),
        Contrast(collector, SETTINGS, as_targets=True),
        StepCredit(collector, SETTINGS),
    ):
        before = collector.num_translations
        ascent = await auxiliary(zero_weights(), rollouts, 0)
        assert np.abs(ascent).max() > 0
        assert collector.num_translations >= before
    assert collector.num_translations > 2 * 5


async def test_replay_uses_groups_of_earlier_updates_only(tasks) -> None:
    collector, replay = Collector(), Replay(SETTINGS)
    assert not np.any(await replay(zero_weights(), await some(tasks, collector), 0))
    assert np.any(await replay(zero_weights(), await some(tasks, collector, 1), 1))
    assert await replay(zero_weights(), await some(tasks, collector, 30), 30) is not None
    assert all(
        name.startswith(("30/", "29/", "28/", "27/", "26/", "25/", "24/", "23/", "22/")) for name in replay.rollouts
    )


async def test_difficulty_prefers_pages_whose_slates_differ(tasks) -> None:
    picker = Difficulty({tasks[0].id: 100.0, **{task.id: 0.01 for task in tasks[1:]}})
    settings = replace(SETTINGS, pages_per_update=40)
    picked = picker.pick(tasks, settings, 0)
    assert sum(task.id == tasks[0].id for task in picked) > 16
    await picker(zero_weights(), await some(tasks, Collector()), 0)
    assert picker.spread[tasks[0].id] != 100.0


def test_the_curriculum_goes_from_easy_to_hard(tasks) -> None:
    curriculum = Curriculum(np.arange(len(tasks)), CurriculumSettings(len(tasks), "gaussian", floor=0.0))
    settings = replace(SETTINGS, pages_per_update=50, updates=10)
    assert {task.id for task in curriculum(tasks, settings, 0)} <= {tasks[0].id, tasks[1].id}
    assert {task.id for task in curriculum(tasks, settings, 10)} <= {tasks[-1].id, tasks[-2].id}


async def test_hinted_decisions_are_imposed_and_take_no_gradient(tasks) -> None:
    task, collector = tasks[0], Collector()
    ids = frozenset(candidate.id for candidate in task.observation.candidates[::2])
    hint = OracleHints({task.id: ids}, SETTINGS)(task, collector.table(task), 0)
    assert hint is not None
    rollout = await collector.rollout(task, zero_weights(), ScorerSettings(1.0), num_slates=4, seed=1, hint=hint)
    assert hint.forced_N.all()  # all decisions in the first update
    assert (rollout.draws.drawn_G_N == hint.drawn_N).all()
    assert not rollout_group(rollout, zero_weights()).trainable_G_N.any()
    last = OracleHints({task.id: ids}, SETTINGS)(task, collector.table(task), SETTINGS.updates)
    assert last is not None
    assert not last.forced_N.any()


async def test_a_full_buffer_of_stuck_pages_gives_one_pass_towards_the_oracle(tasks) -> None:
    task, collector = tasks[0], Collector()
    ids = frozenset(candidate.id for candidate in task.observation.candidates)
    stuck = StuckPages(collector, SETTINGS, {task.id: ids}, buffer=StuckBuffer(max_pages=1))
    nothing = await collector.given_slates(
        task, np.zeros((2, len(ids)), dtype=bool), zero_weights(), ScorerSettings(1.0, 0.1)
    )
    ascent = await stuck(zero_weights(), [nothing], 0)
    assert stuck.num_passes == 1
    assert ascent[:, 0].max() > 0  # more of everything, as the oracle has it
    assert stuck.buffer.pages == ()


async def test_auxiliaries_go_through_a_training(tasks) -> None:
    collector, picker = Collector(), Difficulty()
    run = await train_policy(
        tasks,
        tasks[:1],
        SETTINGS,
        collector=collector,
        pick_pages=picker.pick,
        auxiliaries=[picker, Contrast(collector, SETTINGS), Replay(SETTINGS)],
    )
    assert run.curve[-1].update == 4
    assert picker.spread


async def test_the_pivot_head_calls_where_it_helps_on_unseen_languages() -> None:
    terms = SimTerms(recalled=True, pivot_allowed=True, pivot_price=12.0)
    mix = (terms, replace(terms, without=frozenset((Kind.RULE, Kind.TRACE))))
    checkpoint = LearnedPolicy(make_policy("learned").checkpoint).checkpoint  # type: ignore[attr-defined]  # learned
    train = mixed_tasks("train", 12, pages=2, mix=mix)
    trained = await train_pivot(train, checkpoint, Collector(), PivotTraining())
    policy = LearnedPolicy(trained)
    calls = {
        name: [
            policy.choose(task.observation, seed=0).pivot.call for task in mixed_tasks("test", 3, pages=2, mix=(one,))
        ]
        for name, one in zip(("grammar", "none"), mix, strict=True)
    }
    assert np.mean(calls["none"]) >= 0.8
    assert np.mean(calls["grammar"]) <= 0.2
    with pytest.raises(ConfigurationError, match="no page allows the pivot"):
        await train_pivot(mixed_tasks("train", 1, pages=1, mix=(SimTerms(),)), checkpoint, Collector(), PivotTraining())


async def test_what_the_prompted_policy_spends_is_counted_under_choose(dictionary) -> None:
    def script(request: Request) -> str:
        if request.purpose is Purpose.CHOOSE:
            number = request.messages[1].content.partition("## Words\n")[2].partition("\t")[0]
            return f"Words: {number}\nstop"
        return "1\tThomas sees"

    document = document_from_text(
        "tamok ber", source_language=parse_language("qaa-x-tiny:Tiny"), target_language=parse_language("en")
    )
    pages = split_pages(document, EstimatedTokenCounter(), max_tokens=600, max_lines=10)
    memory = Memory([load_resource("dictionary", dictionary)]).open_document()
    settings = RunSettings(remember="never", max_repairs=0)
    agent = PageAgent(ScriptedBackend(script), make_policy("prompted"), settings)
    result = await agent.run_page(PageJob(document, pages[0], 1, memory.view(0), 0))
    assert result.choice.status is ChoiceStatus.CHOSE
    assert len(result.choice.chosen) == 1
    assert result.usage[Purpose.CHOOSE].calls == 1
    assert result.usage[Purpose.TRANSLATE].calls == 1

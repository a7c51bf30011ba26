"""The auxiliaries of training as the trainer takes them: further ascents, choices of pages, hints; all can be left out.

They join the pure parts in `dragoman.training.auxiliaries` with slates, rewards and the weights of the scorer. Those
that ask for translations of their own ask the same collector, so comparisons count them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dragoman.policies.scorer import ScorerSettings, spread
from dragoman.policies.scorer_table import FloatArray, PageTable
from dragoman.training.auxiliaries.contrast import ContrastSettings, contrast, one_item_pairs, single_flips, winners
from dragoman.training.auxiliaries.curriculum import CurriculumSettings, draw_pages, level_probabilities
from dragoman.training.auxiliaries.difficulty import net_variance, selection_probabilities
from dragoman.training.auxiliaries.hints import HintSwitch, hint_share, num_hinted
from dragoman.training.auxiliaries.imitation import imitate
from dragoman.training.auxiliaries.replay import ReplayBuffer, StoredGroup
from dragoman.training.auxiliaries.step_credit import step_credit, step_credit_gradient
from dragoman.training.auxiliaries.stuck import StuckBuffer, is_stuck
from dragoman.training.estimators import Gradient, Group, estimator
from dragoman.training.rollouts import Collector, Hint, Rollout, rollout_group
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.warm_start import stage_seed

__all__ = ["Contrast", "Curriculum", "Difficulty", "OracleHints", "Replay", "StepCredit", "StuckPages"]


@dataclass(slots=True)
class Contrast:
    """Pairs of slates that differ in one item, one page per update (ContextRL).

    Attributes:
        collector: scores the flipped slates.
        settings: of the training.
        weight: of the pair loss beside the policy gradient.
        as_targets: the control: the better slates of the pairs as supervised targets.
    """

    collector: Collector
    settings: TrainSettings
    weight: float = 0.1
    as_targets: bool = False

    async def __call__(self, weights: FloatArray, rollouts: Sequence[Rollout], update: int) -> FloatArray:
        """The ascent of one page's pairs."""
        first = rollouts[update % len(rollouts)]
        generator = np.random.default_rng(stage_seed(self.settings, "flips", update))
        base = first.draws.drawn_G_N[:1]
        flips = single_flips(base[0], self.settings.num_slates - 1, generator)
        rollout = await self.collector.given_slates(
            first.task, np.concatenate([base, flips]), weights, _draws(self.settings)
        )
        group = rollout_group(rollout, weights)
        chosen = ContrastSettings()
        if not self.as_targets:
            return self.weight * _spread(rollout, contrast(group, chosen))
        pairs = one_item_pairs(group, chosen)
        if not len(pairs):
            return np.zeros_like(weights)
        better = pairs[:, 0]
        gradient = imitate(winners(group, pairs))
        per_item = gradient.ascent_G_N
        return self.weight * spread(rollout.table, rollout.draws.state_G_N_D[better], per_item)


@dataclass(slots=True)
class Curriculum:
    """Pages from easy to hard (E2H).

    Attributes:
        levels: of the pages, in their order; see `difficulty_levels`.
        settings: the schedule.
    """

    levels: np.ndarray[tuple[int], np.dtype[np.int64]]
    settings: CurriculumSettings

    def __call__(self, tasks: Sequence[PageTask], settings: TrainSettings, update: int) -> Sequence[PageTask]:
        """The pages of an update."""
        probabilities = level_probabilities(update / max(1, settings.updates), self.settings)
        generator = np.random.default_rng(stage_seed(settings, "curriculum", update))
        places = draw_pages(self.levels, probabilities, num_pages=settings.pages_per_update, generator=generator)
        return [tasks[int(place)] for place in places]


@dataclass(slots=True)
class Difficulty:
    """Pages whose slates differ most in reward, as measured when last drawn (DOTS); an auxiliary and a picker."""

    spread: dict[str, float] = field(default_factory=dict)

    async def __call__(self, weights: FloatArray, rollouts: Sequence[Rollout], update: int) -> FloatArray:
        """Learns from the slates; adds no ascent."""
        del update
        for rollout in rollouts:
            rewards = rollout.rewards_G
            self.spread[rollout.task.id] = net_variance(rewards, np.zeros_like(rewards))
        return np.zeros_like(weights)

    def pick(self, tasks: Sequence[PageTask], settings: TrainSettings, update: int) -> Sequence[PageTask]:
        """The pages of an update; a page never drawn counts as the average."""
        usual = float(np.mean(list(self.spread.values()))) if self.spread else 1.0
        scores = np.sqrt(np.array([self.spread.get(task.id, usual) for task in tasks]))
        chances = selection_probabilities(scores, temperature=0.5, uniform_share=0.2)
        generator = np.random.default_rng(stage_seed(settings, "difficulty", update))
        return [tasks[int(place)] for place in generator.choice(len(tasks), size=settings.pages_per_update, p=chances)]


@dataclass(slots=True)
class Replay:
    """Groups used again while the policy has not moved far from them (RR)."""

    settings: TrainSettings
    buffer: ReplayBuffer = field(default_factory=ReplayBuffer)
    rollouts: dict[str, Rollout] = field(default_factory=dict)

    async def __call__(self, weights: FloatArray, rollouts: Sequence[Rollout], update: int) -> FloatArray:
        """The ascent of as many stored groups as the buffer's share of fresh ones asks for."""
        generator = np.random.default_rng(stage_seed(self.settings, "replay", update))

        def current(stored: StoredGroup) -> Group:
            return rollout_group(self.rollouts[stored.page], weights)

        again = self.buffer.replayed(
            self.buffer.num_replayed(len(rollouts)), now=update, current=current, generator=generator
        )
        ascent = np.zeros_like(weights)
        climb = estimator(self.settings.estimator)
        for stored in again:
            rollout = self.rollouts[stored.page]
            ascent += _spread(rollout, climb(stored.group, self.settings.estimator_settings)) / len(rollouts)
        for number, rollout in enumerate(rollouts):
            name = f"{update}/{number}"
            self.rollouts[name] = rollout
            self.buffer = self.buffer.with_group(rollout_group(rollout, weights), page=name, drawn_at=update)
        self._forget(update)
        return ascent

    def _forget(self, update: int) -> None:
        oldest = update - self.buffer.settings.max_age
        self.rollouts = {name: kept for name, kept in self.rollouts.items() if int(name.split("/")[0]) >= oldest}


@dataclass(slots=True)
class OracleHints:
    """The oracle's first decisions, fewer and fewer of them (LANG).

    Attributes:
        choices: the oracle's ids by task id; pages without one get no hint.
        settings: of the training.
        is_permanent: the control: hints never fade.
        switch: turns hints off when pages are solved without.
    """

    choices: Mapping[str, frozenset[str]]
    settings: TrainSettings
    is_permanent: bool = False
    switch: HintSwitch = HintSwitch()

    def __call__(self, task: PageTask, table: PageTable, update: int) -> Hint | None:
        """Decisions of the first steps, as the oracle made them."""
        chosen = self.choices.get(task.id)
        if chosen is None:
            return None
        share = 1.0 if self.is_permanent else hint_share(update, self.settings.updates)
        num_steps = num_hinted(share, len(table.steps), self.switch)
        if self.is_permanent:
            num_steps = max(1, len(table.steps) - 1)  # one decision is left to learn from
        forced = np.zeros(len(table.ids), dtype=bool)
        for places in table.steps[:num_steps]:
            forced[places] = True
        return Hint(forced, np.array([id in chosen for id in table.ids], dtype=bool))


@dataclass(slots=True)
class StepCredit:
    """Credit for every step by the reward of what was drawn so far (ExpRL); a translation for every slate and step."""

    collector: Collector
    settings: TrainSettings
    weight: float = 1.0

    async def __call__(self, weights: FloatArray, rollouts: Sequence[Rollout], update: int) -> FloatArray:
        """The ascent of one page's step credits."""
        rollout = rollouts[update % len(rollouts)]
        drawn, steps = rollout.draws.drawn_G_N, rollout.table.steps
        scores = np.zeros((len(drawn), len(steps)))
        for step in range(len(steps)):
            places = np.concatenate(steps[: step + 1])
            partly = np.zeros_like(drawn)
            partly[:, places] = drawn[:, places]
            found = await self.collector.given_slates(rollout.task, partly, weights, rollout.settings)
            scores[:, step] = found.rewards_G
        gradient = step_credit_gradient(rollout_group(rollout, weights), step_credit(scores, 0.0))
        return self.weight * _spread(rollout, gradient)


@dataclass(slots=True)
class StuckPages:
    """A supervised pass over the oracle's choices on pages where every slate failed (ReLIFT).

    Attributes:
        collector: scores demonstrations.
        settings: of the training.
        choices: the oracle's ids by task id.
        buffer: of stuck pages.
        num_passes: supervised passes so far.
    """

    collector: Collector
    settings: TrainSettings
    choices: Mapping[str, frozenset[str]]
    buffer: StuckBuffer = StuckBuffer(max_pages=8)
    num_passes: int = 0
    tasks: dict[str, PageTask] = field(default_factory=dict)

    async def __call__(self, weights: FloatArray, rollouts: Sequence[Rollout], update: int) -> FloatArray:
        """The ascent of a pass when the buffer is full, else nothing."""
        del update
        for rollout in rollouts:
            await self._look(rollout)
        if not self.buffer.is_full:
            return np.zeros_like(weights)
        ascent = np.zeros_like(weights)
        for page in self.buffer.pages:
            ascent += await self._demonstrate(self.tasks[page], weights) / len(self.buffer.pages)
        self.buffer, self.num_passes = self.buffer.emptied(), self.num_passes + 1
        return ascent

    async def _look(self, rollout: Rollout) -> None:
        task = rollout.task
        chosen = self.choices.get(task.id)
        if chosen is None:
            return
        ordered = [candidate.id for candidate in task.observation.candidates if candidate.id in chosen]
        best = (await self.collector.value(task, ordered)).net
        self.tasks[task.id] = task
        self.buffer = self.buffer.with_page(task.id, stuck=is_stuck(rollout.rewards_G, best))

    async def _demonstrate(self, task: PageTask, weights: FloatArray) -> FloatArray:
        table = self.collector.table(task)
        drawn = np.array([[id in self.choices[task.id] for id in table.ids]], dtype=bool)
        rollout = await self.collector.given_slates(task, drawn, weights, _draws(self.settings))
        return _spread(rollout, imitate(rollout_group(rollout, weights)))


def _draws(settings: TrainSettings) -> ScorerSettings:
    return ScorerSettings(settings.temperature, settings.epsilon, within_budget=False)


def _spread(rollout: Rollout, gradient: Gradient) -> FloatArray:
    return spread(rollout.table, rollout.draws.state_G_N_D, gradient.ascent_G_N)

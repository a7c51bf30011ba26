"""Slates drawn for pages, translated and scored: what every stage of training learns from.

A translation is asked for once per (page, ordered slate, pivot, translator): decoding is greedy, so its score is a fact
and is kept. With a file, scores are appended as they come, and a run that was cut goes on from them.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dragoman.core.hashing import content_hash
from dragoman.policies.scorer import Draws, ScorerSettings, draw, logits, preference, sigmoid, states_of
from dragoman.policies.scorer_table import FloatArray, PageTable, page_table
from dragoman.training.arrays import Bools, Ints
from dragoman.training.estimators.group import Group, make_group
from dragoman.training.rewards import RewardParts, gated_quality, make_rubric, reward_parts
from dragoman.training.tasks import PageTask

__all__ = ["Collector", "Hint", "Rollout", "ScoreFile", "included_ids", "rollout_group", "tree_nodes"]


@dataclass(frozen=True, slots=True, eq=False)
class Rollout:
    """G slates of one page with what they were worth.

    Attributes:
        task: the page.
        table: the page as the scorer sees it.
        settings: the draws were made with.
        draws: of the slates.
        parts_G: rewards taken apart.
        nodes_G_D: for trees, the node in which each slate lies after each step; None for independent slates.
        forced_N: decisions that were imposed and take no gradient; None when all were free.
    """

    task: PageTask
    table: PageTable
    settings: ScorerSettings
    draws: Draws
    parts_G: tuple[RewardParts, ...]
    nodes_G_D: Ints | None = None
    forced_N: Bools | None = None

    @property
    def rewards_G(self) -> FloatArray:
        """Net rewards, points."""
        return np.array([parts.net for parts in self.parts_G])


@dataclass(frozen=True, slots=True, eq=False)
class Hint:
    """Decisions imposed on the slates of a page.

    Attributes:
        forced_N: which.
        drawn_N: whether they are drawn in; read where forced.
    """

    forced_N: Bools
    drawn_N: Bools


class ScoreFile:
    """Qualities by address, in memory and, with a path, as JSON lines that outlive the run.

    Args:
        path: read when it exists, then appended to; None keeps scores in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._scores: dict[str, tuple[float, float]] = {}
        if path is not None and path.exists():
            rows = path.read_text(encoding="utf-8").splitlines()
            complete = rows if not rows or _is_json(rows[-1]) else rows[:-1]  # a run cut while writing its last line
            self._scores = {row["at"]: (row["quality"], row["rubric"]) for row in map(json.loads, complete)}

    def __len__(self) -> int:
        return len(self._scores)

    def find(self, address: str) -> tuple[float, float] | None:
        """Quality in points and share of the rubric found, if this was scored before."""
        return self._scores.get(address)

    def keep(self, address: str, quality: float, rubric: float) -> None:
        """Adds a score."""
        self._scores[address] = (quality, rubric)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"at": address, "quality": quality, "rubric": rubric}) + "\n")


@dataclass(slots=True)
class Collector:
    """Asks for translations and scores them.

    Attributes:
        scores: those known already.
        with_rubric: whether a rubric scales the quality.
        overspending_price: points per 100 tokens above the budget; only slates drawn without the budget can pay it.
        num_translations: page translations asked for so far, none of them twice.
    """

    scores: ScoreFile = field(default_factory=ScoreFile)
    with_rubric: bool = False
    overspending_price: float = 5.0
    num_translations: int = 0
    _tables: dict[tuple[str, int, float], PageTable] = field(default_factory=dict)

    async def rollout(
        self,
        task: PageTask,
        weights: FloatArray,
        settings: ScorerSettings,
        *,
        num_slates: int,
        seed: int,
        pivot: Sequence[bool] | None = None,
        as_tree: bool = False,
        hint: Hint | None = None,
    ) -> Rollout:
        """G slates of a page, translated side by side.

        Args:
            task: the page.
            weights: of the scorer that draws.
            settings: how it draws.
            num_slates: G.
            seed: of the draws.
            pivot: per slate, whether the pivot is called; never when None.
            as_tree: slates share their first decisions and part at some steps; see `tree_nodes`.
            hint: decisions that are imposed on every slate.
        """
        table = self.table(task)
        nodes = tree_nodes(table, num_slates) if as_tree else None
        uniforms = _uniforms(table, num_slates, seed, nodes)
        if hint is not None:
            uniforms[:, hint.forced_N] = np.where(hint.drawn_N, 0.0, 1.0)[hint.forced_N]
        draws = draw(weights, table, settings, uniforms_G_N=uniforms)
        calls = pivot or [False] * num_slates
        slates = [included_ids(table, draws, slate) for slate in range(num_slates)]
        parts = await asyncio.gather(*(self.value(task, *pair) for pair in zip(slates, calls, strict=True)))
        forced = None if hint is None else hint.forced_N
        return Rollout(task, table, settings, draws, tuple(parts), nodes, forced)

    def table(self, task: PageTask) -> PageTable:
        """The page as numbers, made once."""
        key = (task.id, task.observation.budget_tokens, task.observation.price_per_100_tokens)
        if key not in self._tables:
            self._tables[key] = page_table(task.observation)
        return self._tables[key]

    async def given_slates(
        self, task: PageTask, drawn_G_N: Bools, weights: FloatArray, settings: ScorerSettings
    ) -> Rollout:
        """Slates that something else than the policy drew, scored; their propensities are those of now."""
        table = self.table(task)
        state = np.stack([states_of(table, drawn_N) for drawn_N in drawn_G_N])
        gain = logits(weights, replace(table, price_per_100_tokens=0.0), state)
        excess = logits(weights, table, state)
        chance = settings.epsilon / 2 + (1 - settings.epsilon) * sigmoid(excess / settings.temperature)
        draws = Draws(drawn_G_N, drawn_G_N, chance, gain, state)
        slates = [included_ids(table, draws, slate) for slate in range(len(drawn_G_N))]
        parts = await asyncio.gather(*(self.value(task, slate) for slate in slates))
        return Rollout(task, table, settings, draws, tuple(parts))

    async def value(self, task: PageTask, chosen: Sequence[str], pivot: bool = False) -> RewardParts:
        """The reward of a choice."""
        baseline, _ = await self._quality(task, (), pivot=False)
        quality, rubric = await self._quality(task, tuple(chosen), pivot=pivot)
        return reward_parts(
            task,
            chosen,
            quality,
            baseline=baseline,
            pivot=pivot,
            rubric=rubric,
            overspending_price=self.overspending_price,
        )

    async def _quality(self, task: PageTask, chosen: tuple[str, ...], *, pivot: bool) -> tuple[float, float]:
        address = content_hash(task.id, task.translator, str(pivot), *chosen)
        found = self.scores.find(address)
        if found is None:
            translations = await task.translate(chosen, pivot)
            found = (gated_quality(translations, task.references, task.sources), self._found(task, translations))
            if self.scores.find(address) is None:
                self.num_translations += 1
                self.scores.keep(address, *found)
        return found

    def _found(self, task: PageTask, translations: tuple[str, ...]) -> float:
        if not self.with_rubric or len(translations) != len(task.references):
            return 1.0
        return make_rubric(task).score(translations)


def tree_nodes(table: PageTable, num_slates: int) -> Ints:
    """(G, D): the node of each slate after each step, in a tree that forks in two at its largest steps.

    With eight slates it forks at the three steps with most candidates; a step that does not fork has only children.
    """
    num_forks = min(max(1, num_slates.bit_length() - 1), len(table.steps))
    by_size = sorted(range(len(table.steps)), key=lambda step: (-len(table.steps[step]), step))
    forks = set(by_size[:num_forks])
    nodes_G_D = np.zeros((num_slates, len(table.steps)), np.int64)
    slates, level = np.arange(num_slates) * 2**num_forks // num_slates, 0
    for step in range(len(table.steps)):
        level += step in forks
        nodes_G_D[:, step] = slates >> (num_forks - level)
    return nodes_G_D


def _uniforms(table: PageTable, num_slates: int, seed: int, nodes_G_D: Ints | None) -> FloatArray:
    """Draws from [0, 1), tied to the ids and not to the places; slates in one node have the same."""
    uniforms = np.random.default_rng(seed).random((num_slates, len(table.ids)))[:, table.id_order_N]
    if nodes_G_D is not None:
        for step, places in enumerate(table.steps):
            uniforms[:, places] = uniforms[nodes_G_D[:, step]][:, places]
    return uniforms


def included_ids(table: PageTable, draws: Draws, slate: int) -> tuple[str, ...]:
    """What stands in the prompt of one slate, in the order of the policy at work: highest gain per token first."""
    places = preference(table, draws.included_G_N[slate], draws.gain_G_N[slate])
    return tuple(table.ids[place] for place in places)


def rollout_group(rollout: Rollout, weights: FloatArray, reference: FloatArray | None = None) -> Group:
    """A rollout as estimators take it, under the weights of now.

    Args:
        rollout: the slates.
        weights: of the scorer now; another one may have drawn the slates.
        reference: weights to stay near; those of now when None.
    """
    table, state = rollout.table, rollout.draws.state_G_N_D
    steps_N = np.zeros(len(table.ids), np.int64)
    for number, places in enumerate(table.steps):
        steps_N[places] = number
    return make_group(
        features=np.zeros((len(table.ids), 0)),
        tokens=table.tokens_N,
        draws=rollout.draws.drawn_G_N,
        logits=logits(weights, table, state),
        rewards=rollout.rewards_G,
        trainable=_trainable(rollout),
        propensities=rollout.draws.probability_G_N,
        reference_logits=None if reference is None else logits(reference, table, state),
        steps=steps_N,
        nodes=rollout.nodes_G_D,
        paid=np.array([parts.paid for parts in rollout.parts_G]),
        epsilon=rollout.settings.epsilon,
        temperature=rollout.settings.temperature,
        document=rollout.task.document_id,
    )


def _trainable(rollout: Rollout) -> Bools:
    """Free decisions. What the budget dropped is one of them: to mask it by what was drawn would bias the gradient."""
    shape = rollout.draws.drawn_G_N.shape
    free_N = np.ones(shape[1], dtype=bool) if rollout.forced_N is None else ~rollout.forced_N
    return np.broadcast_to(free_N, shape)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True

"""The learned policy: a small scorer that predicts what each candidate gains, and buys what is worth its tokens.

At work it is deterministic: every candidate whose predicted gain is above the price of its tokens, then the hard
budget by gain per token, then the pivot head. While logging it draws, with exact propensities and an exploration floor.
Prices and budget come with each observation, so one checkpoint serves many. No model is asked and no token spent.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragoman.core.context import Candidate, ChoiceStatus, ContextChoice, Decision, Observation, PivotVerdict
from dragoman.core.errors import ConfigurationError
from dragoman.policies.checkpoint import Checkpoint, default_checkpoint, load_checkpoint
from dragoman.policies.explain import reasons
from dragoman.policies.pivot import coverage_verdict
from dragoman.policies.pivot_features import pivot_verdict
from dragoman.policies.scorer import Draws, ScorerSettings, draw, preference
from dragoman.policies.scorer_table import PageTable, page_table

__all__ = ["LearnedPolicy", "learned_policy"]


@dataclass(frozen=True, slots=True, eq=False)
class LearnedPolicy:
    """Chooses what a trained scorer finds worth its tokens.

    Attributes:
        checkpoint: the trained scorer.
        explore: draws instead of deciding, for logs that train the next policy.
        epsilon: share of uniform exploration while exploring, 0 to below 1.
    """

    checkpoint: Checkpoint
    explore: bool = False
    epsilon: float = 0.02

    def __post_init__(self) -> None:
        if not 0.0 <= self.epsilon < 1.0:
            raise ConfigurationError(f"epsilon is {self.epsilon}: the learned policy needs one from 0 to below 1")

    @property
    def signature(self) -> str:
        """Name, version, hash of the weights, and how it draws."""
        mode = f"epsilon={self.epsilon:g} T={self.checkpoint.temperature:g}" if self.explore else "deterministic"
        return f"learned:1 {self.checkpoint.hash} {mode}"

    def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
        """The choice; deterministic unless exploring."""
        table = page_table(observation)
        uniforms = self._uniforms(table, seed)
        draws = draw(self.checkpoint.weights, table, self._settings, uniforms_G_N=uniforms[None, :-1])
        places = [int(place) for place in preference(table, draws.drawn_G_N[0], draws.gain_G_N[0])]
        included = draws.included_G_N[0]
        chosen = tuple(observation.candidates[place] for place in places if included[place])
        return ContextChoice(
            status=_status(observation, chosen),
            chosen=tuple(candidate.id for candidate in chosen),
            decisions=_decisions(table, draws, reasons(self.checkpoint.weights, table, draws)),
            pivot=self._pivot(observation, chosen, float(uniforms[-1])),
            tokens=sum(candidate.tokens for candidate in chosen),
            policy=self.signature,
            seed=seed,
        )

    @property
    def _settings(self) -> ScorerSettings:
        return ScorerSettings(self.checkpoint.temperature, self.epsilon, deterministic=not self.explore)

    def _uniforms(self, table: PageTable, seed: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """A draw per candidate, tied to its id and not to its place, and one for the pivot at the end."""
        if not self.explore:
            return np.zeros(len(table.ids) + 1)
        drawn = np.random.default_rng(seed).random(len(table.ids) + 1)
        return np.append(drawn[table.id_order_N], drawn[-1])

    def _pivot(self, observation: Observation, chosen: tuple[Candidate, ...], uniform: float) -> PivotVerdict:
        if self.checkpoint.pivot is None:
            return coverage_verdict(observation)
        return pivot_verdict(
            self.checkpoint.pivot,
            observation,
            chosen,
            temperature=self.checkpoint.temperature,
            uniform=uniform if self.explore else None,
        )


def learned_policy(
    checkpoint: str | Path | None = None, *, explore: bool = False, epsilon: float = 0.02
) -> LearnedPolicy:
    """Chooses what a trained scorer finds worth its tokens.

    Args:
        checkpoint: file of `dragoman policy train`; the one that ships with the package when None.
        explore, epsilon: see `LearnedPolicy`.

    Raises:
        PolicyError: the file is no checkpoint of this version.
    """
    loaded = default_checkpoint() if checkpoint is None else load_checkpoint(Path(checkpoint))
    return LearnedPolicy(loaded, explore=explore, epsilon=epsilon)


def _decisions(table: PageTable, draws: Draws, phrases: list[str]) -> tuple[Decision, ...]:
    rows = zip(
        table.ids,
        draws.drawn_G_N[0].tolist(),
        draws.included_G_N[0].tolist(),
        draws.probability_G_N[0].tolist(),
        np.round(draws.gain_G_N[0], 3).tolist(),
        map(_with_caution, phrases, table.caution_N.tolist()),
        strict=True,
    )
    return tuple(
        Decision(id, included, probability, drawn, gain, f"{phrase}; over the budget" if drawn > included else phrase)
        for id, drawn, included, probability, gain, phrase in rows
    )


def _with_caution(phrase: str, caution: float) -> str:
    """Says so where more than the price of its tokens is asked of a candidate."""
    return f"{phrase}; {caution:.2g} points more asked, the sentences speak against it" if caution else phrase


def _status(observation: Observation, chosen: tuple[Candidate, ...]) -> ChoiceStatus:
    if not observation.candidates:
        return ChoiceStatus.NOT_ASKED
    return ChoiceStatus.CHOSE if chosen else ChoiceStatus.CHOSE_NOTHING

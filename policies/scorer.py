"""Draws from the scorer: logit = (gain - price of its tokens) / temperature, candidate by candidate.

A group of kinds is drawn at a time; inside a group the draws are independent, given what earlier groups chose. With
the exploration floor the probability of drawing item i is `epsilon/2 + (1 - epsilon) * sigmoid(logit_i)`, so the
propensity of a whole choice is an exact product. After drawing, the hard budget drops the lowest gain per token.
Numpy alone. G slates of one page are drawn side by side; a policy at work draws one.

Source: section 4.4 of the project's notes on methods; the nearest published selector is Kang et al. 2020,
"Dynamic Context Selection for Document-level Neural Machine Translation via Reinforcement Learning" (arXiv:2010.04314).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dragoman.core.records import Kind
from dragoman.policies.scorer_table import COLUMNS, GROUPS, NUM_STATIC, STATE_COLUMNS, FloatArray, PageTable

__all__ = ["Draws", "ScorerSettings", "draw", "logits", "preference", "sigmoid", "spread", "states_of"]

_TRACE = GROUPS.index(Kind.TRACE)
_STEEPEST = 30.0  # logits beyond this are certain; exp stays finite


@dataclass(frozen=True, slots=True)
class ScorerSettings:
    """How gains become probabilities.

    Attributes:
        temperature: points of gain that make the odds e times higher; above 0.
        epsilon: 0 follows the scorer, 1 draws each candidate with probability one half.
        deterministic: takes every candidate whose gain is above its price, and draws nothing.
        within_budget: false leaves the hard budget out, for training, so that every drawn item has its effect.
    """

    temperature: float = 0.25
    epsilon: float = 0.0
    deterministic: bool = False
    within_budget: bool = True


@dataclass(frozen=True, slots=True)
class Draws:
    """G slates of one page.

    Attributes:
        drawn_G_N: what was drawn.
        included_G_N: what is left after the hard budget.
        probability_G_N: of drawing each candidate, given what earlier groups drew.
        gain_G_N: predicted gain in points.
        state_G_N_D: the columns in `STATE_COLUMNS` at the moment of each draw.
    """

    drawn_G_N: NDArray[np.bool_]
    included_G_N: NDArray[np.bool_]
    probability_G_N: FloatArray
    gain_G_N: FloatArray
    state_G_N_D: FloatArray


def draw(weights: FloatArray, table: PageTable, settings: ScorerSettings, *, uniforms_G_N: FloatArray) -> Draws:
    """One slate per row of `uniforms_G_N`.

    Args:
        weights: shape (len(GROUPS), len(COLUMNS)), points of gain per unit of a column.
        table: the page.
        settings: see `ScorerSettings`.
        uniforms_G_N: draws from [0, 1); only their number counts when deterministic.
    """
    num_slates, num = uniforms_G_N.shape
    drawn = np.zeros((num_slates, num), dtype=bool)
    probability, gain = np.zeros((num_slates, num)), np.zeros((num_slates, num))
    state = np.zeros((num_slates, num, len(STATE_COLUMNS)))
    price_N = table.price_N
    fixed_N = (table.static_N_S * weights[table.group_N, :NUM_STATIC]).sum(axis=1)
    for places in table.steps:
        group = int(table.group_N[places[0]])
        seen = _state(table, places, drawn)
        state[:, places] = seen
        gain[:, places] = fixed_N[places] + seen @ weights[group, NUM_STATIC:]
        excess = gain[:, places] - price_N[places]
        probability[:, places] = _probability(excess, settings)
        drawn[:, places] = excess > 0 if settings.deterministic else uniforms_G_N[:, places] < probability[:, places]
    included = _within_budget(table, drawn, gain) if settings.within_budget else drawn
    return Draws(drawn, included, probability, gain, state)


def logits(weights: FloatArray, table: PageTable, state_G_N_D: FloatArray) -> FloatArray:
    """Gain above price of every candidate in every slate, points, under any weights; shape (G, N)."""
    return _gains(weights, table, state_G_N_D) - table.price_N


def spread(table: PageTable, state_G_N_D: FloatArray, per_item_G_N: FloatArray) -> FloatArray:
    """Sum over slates and candidates of `per_item * column`, by group: how the gain depends on the weights."""
    result = np.zeros((len(GROUPS), len(COLUMNS)))
    rows = np.empty((len(table.ids), len(COLUMNS)))
    rows[:, :NUM_STATIC] = per_item_G_N.sum(axis=0)[:, None] * table.static_N_S
    rows[:, NUM_STATIC:] = np.einsum("gn,gnd->nd", per_item_G_N, state_G_N_D)
    np.add.at(result, table.group_N, rows)
    return result


def sigmoid(x: FloatArray) -> FloatArray:
    """1 / (1 + exp(-x)), finite everywhere."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -_STEEPEST, _STEEPEST))))


def _gains(weights: FloatArray, table: PageTable, state_G_N_D: FloatArray) -> FloatArray:
    own = weights[table.group_N]  # (N, C)
    fixed = (table.static_N_S * own[:, :NUM_STATIC]).sum(axis=1)
    return np.asarray(fixed + np.einsum("gnd,nd->gn", state_G_N_D, own[:, NUM_STATIC:]))


def _probability(excess: FloatArray, settings: ScorerSettings) -> FloatArray:
    if settings.deterministic:
        return np.where(excess > 0, 1.0, 0.0)
    return settings.epsilon / 2 + (1.0 - settings.epsilon) * sigmoid(excess / settings.temperature)


def _state(table: PageTable, places: NDArray[np.int64], drawn: NDArray[np.bool_]) -> FloatArray:
    """The columns in `STATE_COLUMNS` for some candidates, given what was drawn before them; shape (G, n, D)."""
    state = np.zeros((drawn.shape[0], len(places), len(STATE_COLUMNS)))
    traced = table.group_N == _TRACE
    if traced.any():
        spoken_G_L = drawn[:, traced].astype(np.float64) @ table.lines_N_L[traced]
        glossed_G_L = (spoken_G_L > 0).astype(np.float64)
        state[:, :, 0] = glossed_G_L @ table.lines_N_L[places].T
        state[:, :, 1] = glossed_G_L @ table.named_N_L[places].T
    rules = table.rule_N[places]
    state[:, :, 2] = np.where(rules >= 0, drawn[:, rules], False)
    spent_G = drawn.astype(np.float64) @ table.tokens_N
    state[:, :, 3] = np.minimum(2.0, spent_G / max(1, table.budget_tokens))[:, None]
    return state


def _within_budget(table: PageTable, drawn: NDArray[np.bool_], gain: FloatArray) -> NDArray[np.bool_]:
    """What is left of each slate when the lowest gain per token is dropped until it fits."""
    tokens = table.tokens_N
    over = (drawn.astype(np.float64) @ tokens) > table.budget_tokens
    if not over.any():
        return drawn
    included = drawn.copy()
    for slate in np.flatnonzero(over):
        included[slate] = False
        left = float(table.budget_tokens)
        for place in preference(table, drawn[slate], gain[slate]):
            if tokens[place] <= left:
                included[slate, place] = True
                left -= float(tokens[place])
    return included


def states_of(table: PageTable, drawn_N: NDArray[np.bool_]) -> FloatArray:
    """The columns in `STATE_COLUMNS` as they were when each candidate of a finished slate was drawn; shape (N, D)."""
    state = np.zeros((len(table.ids), len(STATE_COLUMNS)))
    before = np.zeros((1, len(table.ids)), dtype=bool)
    for places in table.steps:
        state[places] = _state(table, places, before)[0]
        before[0, places] = drawn_N[places]
    return state


def preference(table: PageTable, drawn_N: NDArray[np.bool_], gain_N: FloatArray) -> NDArray[np.int64]:
    """Places of the drawn candidates, highest gain per token first; equal ones by id."""
    worth = gain_N / np.maximum(table.tokens_N, 1.0)
    order = np.lexsort((table.id_order_N, -worth))
    drawn: NDArray[np.int64] = order[drawn_N[order]]
    return drawn

"""Why a candidate was chosen or left: the gain is a sum, so each column's part of it is exact."""

import numpy as np

from dragoman.core.context import ContextChoice, Observation
from dragoman.policies.checkpoint import Checkpoint
from dragoman.policies.probing import choosable
from dragoman.policies.scorer import Draws, states_of
from dragoman.policies.scorer_table import COLUMNS, FloatArray, PageTable, page_table

__all__ = ["Contribution", "contributions", "explain_choice", "reasons"]

Contribution = tuple[str, float]
"""Column and its part of the gain, points."""


def contributions(weights: FloatArray, table: PageTable, state_N_D: FloatArray) -> FloatArray:
    """Part of each column in each candidate's gain, shape (N, len(COLUMNS)); rows sum to the gains."""
    columns = np.concatenate([table.static_N_S, state_N_D], axis=1)
    return np.asarray(columns * weights[table.group_N])


def reasons(weights: FloatArray, table: PageTable, draws: Draws) -> list[str]:
    """One phrase per candidate: the two columns that moved it most, besides what all of its kind get."""
    parts = contributions(weights, table, draws.state_G_N_D[0])
    parts[:, 0] = 0.0  # "always": the same for the whole kind
    left, rows = np.abs(parts), np.arange(len(parts))
    first = left.argmax(axis=1)
    left[rows, first] = -1.0
    second = left.argmax(axis=1)
    found = zip(first.tolist(), parts[rows, first].tolist(), second.tolist(), parts[rows, second].tolist(), strict=True)
    return [f"{COLUMNS[a]} {most:+.2f}, {COLUMNS[b]} {next_most:+.2f}" for a, most, b, next_most in found]


def explain_choice(
    checkpoint: Checkpoint, observation: Observation, choice: ContextChoice
) -> dict[str, tuple[Contribution, ...]]:
    """Every column's part in the gain of every candidate, largest first, zeros left out; the parts sum to the gain.

    What a probe withheld was not scored and is left out.

    Args:
        checkpoint: of the policy that made the choice.
        observation: what it saw.
        choice: what it picked; says which candidates were drawn before which.
    """
    table = page_table(choosable(observation))
    seen = set(table.ids)
    drawn_N = np.array([d.drawn for d in choice.decisions if d.candidate_id in seen], dtype=bool)
    parts = contributions(checkpoint.weights, table, states_of(table, drawn_N))
    return {id: _sorted(row) for id, row in zip(table.ids, parts, strict=True)}


def _sorted(row: FloatArray) -> tuple[Contribution, ...]:
    order = np.argsort(-np.abs(row), kind="stable")
    return tuple((COLUMNS[place], float(row[place])) for place in order if row[place] != 0.0)

"""Logged slates as JSON lines: what a page offered, what was drawn with which chances, and what it was worth.

A log trains a policy without any model (`dragoman policy train --log`), and values one without running it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dragoman.agent.codec import decode, encode
from dragoman.core.context import FEATURE_VERSION, Observation
from dragoman.core.errors import FormatError, PolicyError
from dragoman.core.whole_file import write_output
from dragoman.policies.scorer import Draws, ScorerSettings
from dragoman.policies.scorer_table import page_table
from dragoman.training.rewards import RewardParts
from dragoman.training.rollouts import Rollout
from dragoman.training.tasks import PageTask

__all__ = ["read_log", "write_log"]


def write_log(rollouts: Iterable[Rollout], path: Path) -> None:
    """Writes the log, by rename."""
    write_output(path, "".join(json.dumps(_plain(rollout), ensure_ascii=False) + "\n" for rollout in rollouts).encode())


def read_log(path: Path) -> tuple[Rollout, ...]:
    """The slates of a log; their pages cannot be translated again.

    Raises:
        FormatError: the file is no log.
        PolicyError: it was written with other features.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return tuple(_rollout(row) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError(
            f"{str(path)!r} is no log of slates ({error!r}): make one with 'dragoman policy log'"
        ) from error


def _plain(rollout: Rollout) -> dict[str, Any]:  # Any: JSON
    draws, task = rollout.draws, rollout.task
    return {
        "feature_version": FEATURE_VERSION,
        "task": task.id,
        "language": task.language,
        "translator": task.translator,
        "observation": encode(task.observation),
        "settings": asdict(rollout.settings),
        "drawn": draws.drawn_G_N.astype(int).tolist(),
        "included": draws.included_G_N.astype(int).tolist(),
        "probability": np.round(draws.probability_G_N, 6).tolist(),
        "gain": np.round(draws.gain_G_N, 6).tolist(),
        "state": np.round(draws.state_G_N_D, 6).tolist(),
        "parts": [asdict(parts) for parts in rollout.parts_G],
    }


def _rollout(row: dict[str, Any]) -> Rollout:  # Any: JSON
    if row["feature_version"] != FEATURE_VERSION:
        raise PolicyError(
            f"a log with features of version {row['feature_version']}, this is {FEATURE_VERSION}: log again"
        )
    observation = decode(Observation, row["observation"])
    task = PageTask(row["task"], row["language"], observation, (), _refuse, row["translator"])
    draws = Draws(
        drawn_G_N=np.array(row["drawn"], dtype=bool),
        included_G_N=np.array(row["included"], dtype=bool),
        probability_G_N=np.array(row["probability"]),
        gain_G_N=np.array(row["gain"]),
        state_G_N_D=np.array(row["state"]),
    )
    parts = tuple(RewardParts(**part) for part in row["parts"])
    return Rollout(task, page_table(observation), ScorerSettings(**row["settings"]), draws, parts)


async def _refuse(_chosen: tuple[str, ...], _pivot: bool) -> tuple[str, ...]:
    raise PolicyError("a page of a log cannot be translated: train with the documents themselves")

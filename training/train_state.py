"""The saved state of a training: one JSON file, written by rename after every stage and every evaluation."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dragoman.core.errors import ChangedRunError
from dragoman.core.whole_file import write_output
from dragoman.policies.scorer_table import COLUMNS, GROUPS, FloatArray
from dragoman.training.adam import AdamState

__all__ = ["CurvePoint", "TrainState", "load_state", "save_state"]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One evaluation on the development pages.

    Attributes:
        stage: "start", "warm start" or "policy gradient".
        update: of the policy gradient, from 0.
        num_translations: page translations used for training so far.
        net: mean net reward of the deterministic policy on the development pages, points.
        quality: chrF, points.
        tokens: context tokens per page.
        seconds: since the run began, or went on.
    """

    stage: str
    update: int
    num_translations: int
    net: float
    quality: float
    tokens: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class TrainState:
    """Everything a cut training needs to go on.

    Attributes:
        weights: of the scorer now.
        best: weights of the best evaluation so far, those of the checkpoint.
        reference: of the warm start, which some estimators stay near.
        heads: bootstrap resamples of the warm start.
        optimizer: its moments.
        update: updates done.
        facts: about the warm start.
        curve: evaluations so far.
    """

    weights: FloatArray
    best: FloatArray
    reference: FloatArray
    heads: FloatArray
    optimizer: AdamState
    update: int = 0
    facts: Mapping[str, float] | None = None
    curve: tuple[CurvePoint, ...] = ()


def save_state(state: TrainState, path: Path, signature: str) -> None:
    """Writes the state; arrays keep their full precision, so that going on gives the same numbers."""
    body = {
        "signature": signature,
        "update": state.update,
        "facts": dict(state.facts or {}),
        "curve": [asdict(point) for point in state.curve],
        "optimizer_steps": state.optimizer.steps,
        **{name: array.tolist() for name, array in _arrays(state).items()},
    }
    write_output(path, json.dumps(body).encode())


def load_state(path: Path, signature: str) -> TrainState:
    """The state in a file.

    Raises:
        ChangedRunError: it was made with other settings or pages, or cannot be read.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        found = body["signature"]
        if found == signature:
            return _state(body)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ChangedRunError(
            f"{str(path)!r} holds no training state ({error!r}): remove it, or use another folder"
        ) from error
    raise ChangedRunError(
        f"{str(path)!r} holds a training with other settings or pages ({found}, this one is {signature}): "
        "use another folder, or remove it to start over"
    )


def _arrays(state: TrainState) -> dict[str, FloatArray]:
    return {
        "weights": state.weights,
        "best": state.best,
        "reference": state.reference,
        "heads": state.heads,
        "first": state.optimizer.first,
        "second": state.optimizer.second,
    }


def _state(body: Mapping[str, Any]) -> TrainState:  # Any: JSON
    names = ("weights", "best", "reference", "heads", "first", "second")
    arrays = {name: np.array(body[name], dtype=np.float64) for name in names}
    return TrainState(
        weights=arrays["weights"],
        best=arrays["best"],
        reference=arrays["reference"],
        heads=arrays["heads"].reshape(-1, len(GROUPS), len(COLUMNS)),
        optimizer=AdamState(arrays["first"], arrays["second"], body["optimizer_steps"]),
        update=body["update"],
        facts=body["facts"],
        curve=tuple(CurvePoint(**point) for point in body["curve"]),
    )

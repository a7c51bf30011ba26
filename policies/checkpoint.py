"""A trained scorer as one JSON file: weights, the names they belong to, settings, and how it was trained.

A file whose names or feature version differ from this program's is refused: weights of other columns mean nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from dragoman.core.context import FEATURE_NAMES, FEATURE_VERSION
from dragoman.core.errors import PolicyError
from dragoman.core.hashing import content_hash, stable_json
from dragoman.core.whole_file import write_output
from dragoman.policies.pivot_features import PIVOT_COLUMNS
from dragoman.policies.scorer_table import COLUMNS, GROUPS, FloatArray

__all__ = ["CHECKPOINT_VERSION", "Checkpoint", "default_checkpoint", "load_checkpoint", "save_checkpoint"]

CHECKPOINT_VERSION = 1
_NAMES: Mapping[str, object] = MappingProxyType(
    {
        "checkpoint_version": CHECKPOINT_VERSION,
        "feature_version": FEATURE_VERSION,
        "feature_names": list(FEATURE_NAMES),
        "groups": [str(group) for group in GROUPS],
        "columns": list(COLUMNS),
        "pivot_columns": list(PIVOT_COLUMNS),
    }
)
_DIGITS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A trained scorer.

    Attributes:
        weights: (len(GROUPS), len(COLUMNS)), points of gain per unit of each column.
        pivot: (len(PIVOT_COLUMNS),) likewise; None when the pivot was not trained and the coverage rule decides.
        heads: (H, len(GROUPS), len(COLUMNS)) weights of as many bootstrap resamples of the training documents; H may
            be 0. Their spread is what `hybrid` takes for uncertainty.
        temperature: of exploration, points.
        training: how it was trained: stages, data, seed, version; plain JSON values.
    """

    weights: FloatArray
    pivot: FloatArray | None = None
    heads: FloatArray = field(default_factory=lambda: np.zeros((0, len(GROUPS), len(COLUMNS))))
    temperature: float = 0.25
    training: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # Any: JSON

    def __post_init__(self) -> None:
        shape = (len(GROUPS), len(COLUMNS))
        if self.weights.shape != shape or self.heads.shape[1:] != shape:
            raise PolicyError(
                f"scorer weights have shapes {self.weights.shape} and {self.heads.shape}: expected {shape} and "
                f"(heads, {shape[0]}, {shape[1]}); train the policy again with this version"
            )
        if self.pivot is not None and self.pivot.shape != (len(PIVOT_COLUMNS),):
            raise PolicyError(f"pivot weights have shape {self.pivot.shape}: expected ({len(PIVOT_COLUMNS)},)")

    @property
    def hash(self) -> str:
        """Of everything that can change a choice."""
        return _hash(self)


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Writes the file, by rename; numbers are rounded to five digits."""
    body = {**_NAMES, "training": dict(checkpoint.training), **_numbers(checkpoint)}
    write_output(path, f"{json.dumps(body, indent=1, ensure_ascii=False)}\n".encode())


def load_checkpoint(path: Path) -> Checkpoint:
    """The scorer in a file.

    Raises:
        PolicyError: the file cannot be read, or belongs to another version of the features.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(
            f"policy checkpoint {str(path)!r} cannot be read: {error.strerror}; make one with 'dragoman policy train'"
        ) from error
    return _parse(text, str(path))


def default_checkpoint() -> Checkpoint:
    """The scorer that ships with the package, trained on generated languages."""
    shipped = resources.files("dragoman.policies") / "learned_default.json"
    return _parse(shipped.read_text(encoding="utf-8"), "the default policy checkpoint")


@lru_cache(maxsize=16)  # by identity: the policy's signature names it with every choice
def _hash(checkpoint: Checkpoint) -> str:
    return content_hash(stable_json(_numbers(checkpoint)), stable_json(dict(_NAMES)), length=8)


def _parse(text: str, name: str) -> Checkpoint:
    try:
        body = json.loads(text)
        _require_names(body, name)
        pivot = None if body["pivot"] is None else np.array(body["pivot"], dtype=np.float64)
        shape = (-1, len(GROUPS), len(COLUMNS))
        heads = np.array(body["heads"], dtype=np.float64).reshape(shape)
        weights = np.array(body["weights"], dtype=np.float64)
        return Checkpoint(weights, pivot, heads, float(body["temperature"]), MappingProxyType(body["training"]))
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyError(
            f"{name!r} is no policy checkpoint ({error!r}): give a file of 'dragoman policy train'"
        ) from error


def _require_names(body: Any, name: str) -> None:  # Any: JSON
    if not isinstance(body, dict):
        raise ValueError("it is not a JSON object")
    for key, expected in _NAMES.items():
        given = body.get(key)
        if given != expected:
            raise PolicyError(
                f"{name!r} was trained with other features: {_difference(key, given, expected)}; "
                "train it again with 'dragoman policy train'"
            )


def _difference(key: str, given: Any, expected: Any) -> str:  # Any: JSON
    """What is other than expected; of two lists of names those that only one of them has."""
    if isinstance(given, list) and isinstance(expected, list):
        lacking = [name for name in expected if name not in given]
        unknown = [name for name in given if name not in expected]
        parts = [f"lacks {_short(lacking)}"] * bool(lacking) + [f"has {_short(unknown)} besides"] * bool(unknown)
        if parts:
            return f"{key} {' and '.join(parts)}"
    return f"{key} is {_short(given)}, this version has {_short(expected)}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _numbers(checkpoint: Checkpoint) -> dict[str, Any]:  # Any: JSON
    return {
        "temperature": checkpoint.temperature,
        "weights": np.round(checkpoint.weights, _DIGITS).tolist(),
        "pivot": None if checkpoint.pivot is None else np.round(checkpoint.pivot, _DIGITS).tolist(),
        "heads": np.round(checkpoint.heads, _DIGITS).tolist(),
    }

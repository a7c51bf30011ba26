"""Ridge regression and folds that keep documents whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.training.arrays import Floats, check_shape

__all__ = ["Moments", "assign_folds", "moments", "ridge_weights"]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """All a ridge regression needs of its rows; those of several parts add up.

    Attributes:
        gram_F_F: weighted sum of `row row^T`.
        moment_F: weighted sum of `row * target`.
        num_rows: sum of the weights.
    """

    gram_F_F: Floats
    moment_F: Floats
    num_rows: float

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.gram_F_F + other.gram_F_F, self.moment_F + other.moment_F, self.num_rows + other.num_rows)


def moments(rows_R_F: Floats, target_R: Floats, weight_R: Floats | None = None) -> Moments:
    """The moments of some rows.

    Args:
        rows_R_F: regressors.
        target_R: what they predict.
        weight_R: of each row, 0 or more; all 1 when left out.

    Raises:
        ShapeError: wrong shapes.
    """
    check_shape("rows_R_F", rows_R_F, (None, None))
    check_shape("target_R", target_R, (len(rows_R_F),))
    if weight_R is None:
        return Moments(rows_R_F.T @ rows_R_F, rows_R_F.T @ target_R, float(len(rows_R_F)))
    weighted = rows_R_F * weight_R[:, None]
    return Moments(weighted.T @ rows_R_F, weighted.T @ target_R, float(weight_R.sum()))


def ridge_weights(found: Moments, ridge: float, *, least_scale: float = 0.0) -> Floats:
    """(F,): minimises `sum weight * (target - rows . w)^2 + ridge * sum_f (rms_f * w_f)^2`.

    `rms_f` is the weighted root mean square of column f, so that `ridge` counts as that many rows whatever the scale
    of the columns. Columns that are always zero get weight 0; with `ridge` 0 the shortest solution is taken.

    Args:
        found: moments of the rows.
        ridge: the penalty, 0 or more.
        least_scale: `rms_f` counts as no less than this, so that a column of which the rows show next to nothing gets
            no weight of hundreds from them.

    Raises:
        ConfigurationError: a negative ridge.
    """
    if ridge < 0.0:
        raise ConfigurationError(f"ridge is {ridge}: expected 0 or more")
    scale_F = np.sqrt(np.diag(found.gram_F_F) / max(found.num_rows, 1e-300))
    safe_F = np.where(scale_F > 0.0, np.maximum(scale_F, least_scale), 1.0)
    gram, moment = found.gram_F_F / np.outer(safe_F, safe_F), found.moment_F / safe_F
    if ridge == 0.0:
        solution = np.linalg.lstsq(gram, moment, rcond=None)[0]
    else:
        solution = np.linalg.solve(gram + ridge * np.eye(len(moment)), moment)
    result: Floats = np.where(scale_F > 0.0, solution / safe_F, 0.0)
    return result


def assign_folds(documents: Sequence[str], num_folds: int, seed: int) -> Mapping[str, int]:
    """Fold of each document, sizes as equal as possible; documents are named, not counted, in the draw.

    Args:
        documents: names, repeated as they come; the order does not matter.
        num_folds: 2 or more; lowered to the number of documents.

    Raises:
        ConfigurationError: fewer than two folds or documents.
    """
    names = sorted(set(documents))
    if num_folds < 2 or len(names) < 2:
        raise ConfigurationError(
            f"{num_folds} folds of {len(names)} documents: cross-fitting needs two of each; log more documents"
        )
    order = np.random.default_rng(seed).permutation(len(names))
    return {names[int(place)]: turn % min(num_folds, len(names)) for turn, place in enumerate(order)}

"""Ridge regression and folds that keep documents whole."""

from collections.abc import Mapping, Sequence

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.training.arrays import Floats, check_shape

__all__ = ["assign_folds", "ridge_weights"]


def ridge_weights(rows_R_F: Floats, target_R: Floats, ridge: float, weight_R: Floats | None = None) -> Floats:
    """(F,): minimises `sum weight * (target - rows . w)^2 + ridge * sum_f (rms_f * w_f)^2`.

    `rms_f` is the weighted root mean square of column f, so that `ridge` counts as that many rows whatever the scale
    of the columns. Columns that are always zero get weight 0; with `ridge` 0 the shortest solution is taken.

    Args:
        rows_R_F: regressors.
        target_R: what they predict.
        ridge: 0 or more.
        weight_R: of each row, 0 or more; all 1 when left out.

    Raises:
        ShapeError: wrong shapes.
        ConfigurationError: a negative ridge.
    """
    check_shape("rows_R_F", rows_R_F, (None, None))
    check_shape("target_R", target_R, (len(rows_R_F),))
    if ridge < 0.0:
        raise ConfigurationError(f"ridge is {ridge}: expected 0 or more")
    root_R = np.ones(len(rows_R_F)) if weight_R is None else np.sqrt(weight_R)
    num_rows = float(root_R @ root_R)
    weighted = rows_R_F * root_R[:, None]
    scale_F = np.sqrt((weighted**2).sum(axis=0) / max(num_rows, 1e-300))
    safe_F = np.where(scale_F > 0.0, scale_F, 1.0)
    scaled = weighted / safe_F
    if ridge == 0.0:
        solution = np.linalg.lstsq(scaled, target_R * root_R, rcond=None)[0]
    else:
        solution = np.linalg.solve(scaled.T @ scaled + ridge * np.eye(scaled.shape[1]), scaled.T @ (target_R * root_R))
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

"""Names for arrays of numbers and one check of their shapes, shared by everything that trains or evaluates a policy.

Axes in names: D depth of a tree or documents, E logged pages, F features, G slates of one page, N candidates, P pairs.
"""

import numpy as np
from numpy.typing import NDArray

from dragoman.core.errors import ShapeError

__all__ = ["Bools", "Floats", "Ints", "check_shape"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def check_shape(name: str, array: NDArray[np.generic], expected: tuple[int | None, ...]) -> None:
    """Accepts an array of the expected shape; None stands for any length.

    Raises:
        ShapeError: another rank or length.
    """
    fits = array.ndim == len(expected) and all(
        wanted is None or wanted == length for wanted, length in zip(expected, array.shape, strict=True)
    )
    if not fits:
        wanted_text = ", ".join("any" if wanted is None else str(wanted) for wanted in expected)
        raise ShapeError(f"{name} has shape {array.shape}: expected ({wanted_text}); reshape or broadcast it first")

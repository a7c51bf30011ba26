"""One score from several searches: a weighted sum of scores that already share the scale 0 to 1.

Source: Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval" (arXiv:2210.11934), who find
the weighted sum better than reciprocal rank fusion (Cormack, Clarke and Buettcher 2009) and hardly sensitive to its
weights. Ranks would also hide from a policy whether the best candidate is any good.
"""

import numpy as np
from numpy.typing import NDArray

from dragoman.memory.settings import MemorySettings

__all__ = ["fuse"]


def fuse(
    settings: MemorySettings, *, lcs: NDArray[np.float64], lexical: NDArray[np.float64], dense: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The fused scores, 0 to 1, of shape (M,) like each of the three; a negative cosine counts as 0."""
    fused: NDArray[np.float64] = (
        settings.weight_lcs * lcs + settings.weight_lexical * lexical + settings.weight_dense * np.maximum(dense, 0.0)
    )
    return fused

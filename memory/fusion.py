"""One score from several searches: a weighted sum of scores that already share the scale 0 to 1.

Source: Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval" (arXiv:2210.11934), who find
the weighted sum better than reciprocal rank fusion (Cormack, Clarke and Buettcher 2009) and hardly sensitive to its
weights. Ranks would also hide from a policy whether the best candidate is any good.
"""

from dragoman.memory.settings import MemorySettings

__all__ = ["fuse"]


def fuse(settings: MemorySettings, *, lcs: float, lexical: float, dense: float) -> float:
    """The fused score, 0 to 1; a negative cosine counts as 0."""
    return (
        settings.weight_lcs * lcs
        + settings.weight_lexical * lexical
        + settings.weight_dense * min(max(dense, 0.0), 1.0)
    )

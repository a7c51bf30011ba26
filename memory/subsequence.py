"""Longest common subsequence of characters, the re-ranking measure for example sentences.

Source: retrieval by longest common subsequence beats sentence embeddings for prompts in unseen languages (Tanzer et
al. 2024, "A Benchmark for Learning to Translate a New Language from One Grammar Book", arXiv:2309.16575).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

__all__ = ["lcs_shares"]


def lcs_shares(line: str, texts: Sequence[str]) -> NDArray[np.float64]:
    """Length of the common subsequence as a share of the longer text, 0 to 1, shape (len(texts),)."""
    if not texts:
        return np.zeros(0)
    shares: NDArray[np.float64] = process.cdist([line], texts, scorer=LCSseq.normalized_similarity, dtype=np.float64)[0]
    return shares

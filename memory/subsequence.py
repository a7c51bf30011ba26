"""Longest common subsequence of characters, the re-ranking measure for example sentences.

Source: retrieval by longest common subsequence beats sentence embeddings for prompts in unseen languages (Tanzer et
al. 2024, "A Benchmark for Learning to Translate a New Language from One Grammar Book", arXiv:2309.16575).
"""

from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import LCSseq

__all__ = ["lcs_shares"]


def lcs_shares(line: str, texts: Sequence[str]) -> list[float]:
    """Length of the common subsequence as a share of the longer text, 0 to 1, for each text."""
    if not texts:
        return []
    scores: list[float] = process.cdist([line], texts, scorer=LCSseq.normalized_similarity)[0].tolist()
    return scores

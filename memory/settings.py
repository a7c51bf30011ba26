"""Settings of memory: one frozen object, part of the memory's fingerprint."""

from dataclasses import asdict, dataclass

from dragoman.core.errors import ConfigurationError
from dragoman.core.hashing import stable_json

__all__ = ["MemorySettings"]


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """How memory is searched.

    Attributes:
        entries_per_word: dictionary entries offered for one word of the page.
        min_word_similarity: of a fuzzy dictionary match, 0 to 1.
        explained_similarity: from which on a fuzzy match counts as explaining its word.
        hits_per_line: sentences taken from each index for one line before they are ranked together.
        max_postings: n-gram postings read for one line.
        max_flat: sentences up to which dense search is exact.
        weight_lcs, weight_lexical, weight_dense: of the fused score; they add up to 1.
    """

    entries_per_word: int = 2
    min_word_similarity: float = 0.65
    explained_similarity: float = 0.75
    hits_per_line: int = 16
    max_postings: int = 6_000
    max_flat: int = 20_000
    weight_lcs: float = 0.4
    weight_lexical: float = 0.4
    weight_dense: float = 0.2

    def __post_init__(self) -> None:
        for name in ("entries_per_word", "hits_per_line", "max_postings", "max_flat"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} is {getattr(self, name)}: give a whole number of at least 1")
        for name in ("min_word_similarity", "explained_similarity", "weight_lcs", "weight_lexical", "weight_dense"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigurationError(f"{name} is {getattr(self, name)}: give a number from 0 to 1")
        total = self.weight_lcs + self.weight_lexical + self.weight_dense
        if abs(total - 1.0) > 1e-9:
            raise ConfigurationError(f"the weights of lcs, lexical and dense add up to {total}: they must add up to 1")

    @property
    def signature(self) -> str:
        """All settings, as JSON."""
        return stable_json(asdict(self))

"""The default embedder: signed hashed character n-grams, for any language, without a download.

Counts are whole numbers, and `quantise` makes whole numbers of unit rows before they are compared: numbers this small
add up exactly in float32, so cosines come out the same on every machine, whatever the order of additions.

Source: Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning" (arXiv:0902.2206); character
n-grams as word features: Bojanowski et al. 2017 (arXiv:1607.04606). Nothing is learned here.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dragoman.core.errors import ConfigurationError
from dragoman.memory.ngrams import ngram_buckets
from dragoman.memory.text import normalise

__all__ = ["SCALE", "HashedNgramEmbedder", "quantise"]

SCALE = 2047  # squared it stays below 2**24, so no sum of products is ever rounded
_VERSION = 1


class HashedNgramEmbedder:
    """Embeds texts by their character n-grams.

    Args:
        width: number of dimensions D.
    """

    def __init__(self, width: int = 128) -> None:
        if width < 8:
            raise ConfigurationError(f"embedding width is {width}: give a whole number of at least 8")
        self.width = width

    @property
    def signature(self) -> str:
        """Name and version; vectors of different signatures are never compared."""
        return f"hashed-ngrams-v{_VERSION}:{self.width}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows, shape (N, D); a text without letters gives a row of zeros."""
        rows, buckets = ngram_buckets([normalise(text) for text in texts])
        half, sign = np.divmod(buckets, 2)
        places = rows * self.width + half % self.width
        sums = np.bincount(places, weights=1.0 - 2.0 * sign, minlength=len(texts) * self.width)
        vectors = sums.reshape(len(texts), self.width)
        lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
        rows_N_D: NDArray[np.float32] = (vectors / np.maximum(lengths, 1.0)).astype(np.float32)
        return rows_N_D


def quantise(vectors_N_D: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit rows as whole numbers up to `SCALE`; the product of two rows is their cosine times `SCALE` squared."""
    whole: NDArray[np.float32] = np.rint(vectors_N_D * np.float32(SCALE)).astype(np.float32)
    return whole

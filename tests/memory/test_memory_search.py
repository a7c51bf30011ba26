"""The searches below recall: n-grams, vectors, common subsequence, words, and that they are the same everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.core.errors import ConfigurationError
from dragoman.memory.dense import DenseIndex
from dragoman.memory.embed import HashedNgramEmbedder
from dragoman.memory.fusion import fuse
from dragoman.memory.ngrams import NgramIndex, ngram_buckets, ngram_query
from dragoman.memory.settings import MemorySettings
from dragoman.memory.subsequence import lcs_shares
from dragoman.memory.text import normalise, tokens, words

TEXTS = st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=30), min_size=1, max_size=20)

WORDS = [
    ("He said: “dog”, 'cat'!", ["He", "said", "dog", "cat"]),
    ("Maria's well-known O’Brien", ["Maria's", "well-known", "O’Brien"]),
    ("हिन्दी भाषा।", ["हिन्दी", "भाषा"]),
    ("nāga e\u0301te\u0301", ["nāga", "e\u0301te\u0301"]),
    ("<x1/>kofal<g2>ka</g2>", ["kofalka"]),
    ("—", []),
]


@pytest.mark.parametrize(("text", "expected"), WORDS)
def test_words_are_letters_marks_and_digits_of_any_script(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_tokens_are_cut_at_hyphens_and_beside_names() -> None:
    assert tokens("Maria's well-known ba'an l'Anna") == ["Maria", "s", "well", "known", "ba'an", "l", "Anna"]


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_hashes_are_the_same_on_every_machine() -> None:
    # Computed once with this code; a change of these numbers changes every saved index and signature.
    rows, buckets = ngram_buckets(["kofal", "北京"])
    assert (rows.tolist(), buckets.tolist()) == GOLDEN_BUCKETS
    assert HashedNgramEmbedder(8).embed(["kofal"]).round(4).tolist() == GOLDEN_VECTOR


GOLDEN_BUCKETS = ([1, 0, 0, 0, 0], [58902, 202755, 600236, 410066, 491592])
GOLDEN_VECTOR = [[0.0, 0.0, 0.0, 0.0, pytest.approx(0.7071), 0.0, pytest.approx(0.7071), 0.0]]


@settings(max_examples=60)
@given(TEXTS, st.integers(1, 5))
def test_ngram_search_gives_scored_rows_best_first_and_never_too_many(texts: list[str], num_hits: int) -> None:
    plain = [normalise(text) for text in texts]
    index = NgramIndex(plain)
    for hits in index.search(ngram_query(plain), num_hits):
        assert len(hits.rows) == len(set(hits.rows.tolist())) <= num_hits
        assert hits.scores.tolist() == sorted(hits.scores.tolist(), reverse=True)
        assert ((hits.scores > 0) & (hits.scores <= 1)).all()


def test_batched_search_equals_one_by_one() -> None:
    texts = [f"kofal number {number} tume" for number in range(200)]
    index = NgramIndex(texts, max_postings=300)
    queries = ["kofal number 7", "", "tume", "zzz", "number 199 tume"]
    for query, hits in zip(queries, index.search(ngram_query(queries), 5), strict=True):
        (alone,) = index.search(ngram_query([query]), 5)
        assert hits.rows.tolist() == alone.rows.tolist()
        assert hits.scores.tolist() == pytest.approx(alone.scores.tolist())


def test_a_text_finds_itself_first_in_any_script() -> None:
    texts = ["kofal tume", "miru sela", "北京大学", "我爱北京", "ฉันอยู่กรุงเทพ", "جاء محمد إلى", "हिन्दी भाषा"]
    assert [hits.rows[0] for hits in NgramIndex(texts).search(ngram_query(texts), 1)] == list(range(len(texts)))


@settings(max_examples=40)
@given(TEXTS)
def test_embeddings_are_unit_rows_or_zero_and_repeatable(texts: list[str]) -> None:
    rows = HashedNgramEmbedder(64).embed(texts)
    assert rows.shape == (len(texts), 64)
    assert rows.dtype == np.float32
    lengths = np.linalg.norm(rows, axis=1)
    assert ((np.abs(lengths - 1) < 1e-5) | (lengths == 0)).all()
    assert (rows == HashedNgramEmbedder(64).embed(texts)).all()
    alone = np.concatenate([HashedNgramEmbedder(64).embed([text]) for text in texts])
    assert (rows == alone).all()


def test_a_width_too_small_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 8"):
        HashedNgramEmbedder(4)


@pytest.mark.parametrize("max_flat", [1000, 10], ids=["flat", "inverted lists"])
def test_dense_search_finds_the_text_itself(max_flat: int) -> None:
    texts = [f"{word} number {number}" for number in range(100) for word in ("kofal", "miru", "sela")]
    embedder = HashedNgramEmbedder()
    index = DenseIndex(texts, embedder, max_flat=max_flat)
    queries = embedder.embed([texts[17], texts[200]])
    found = index.search(queries, 3)
    assert [line[0] for line in found] == [17, 200]
    cosines = index.cosines(queries, np.array([0, 0, 1]), np.array([200, 17, 200]))
    assert cosines.tolist() == pytest.approx([float(queries[0] @ queries[1]), 1.0, 1.0], abs=2e-3)


def test_an_empty_dense_index_finds_nothing() -> None:
    embedder = HashedNgramEmbedder()
    index = DenseIndex([], embedder)
    assert index.search(embedder.embed(["a b c"]), 3) == [[]]


SUBSEQUENCES = [("abcd", "abcd", 1.0), ("abcd", "acd", 0.75), ("abc", "xyz", 0.0), ("ab", "axbxxxxx", 0.25)]


@pytest.mark.parametrize(("line", "text", "share"), SUBSEQUENCES)
def test_the_common_subsequence_is_a_share_of_the_longer_text(line: str, text: str, share: float) -> None:
    assert lcs_shares(line, [text]).tolist() == [pytest.approx(share)]


def test_fusion_weighs_three_scores_and_counts_opposite_vectors_as_nothing() -> None:
    ones = np.ones(2)
    fused = fuse(MemorySettings(), lcs=ones, lexical=np.array([0.5, 1.0]), dense=np.array([-1.0, 1.0]))
    assert fused.tolist() == pytest.approx([0.6, 1.0])

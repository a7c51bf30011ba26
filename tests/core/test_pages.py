"""Pages keep every segment, in order, within their limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.document import Document, Segment, Skeleton
from dragoman.core.errors import ConfigurationError
from dragoman.core.formats import document_from_text
from dragoman.core.languages import ENGLISH, Language
from dragoman.core.pages import split_pages

SIMLISH = Language("x-sim7", "Simlish")


class WordCounter:
    """One token a word."""

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def make_document(paragraphs: list[list[int]]) -> Document:
    """Segments of the given numbers of words."""
    segments = tuple(
        Segment(f"{p}-{s}", " ".join(["word"] * words), paragraph=p)
        for p, paragraph in enumerate(paragraphs)
        for s, words in enumerate(paragraph)
    )
    return Document("d", "text", segments, Skeleton(("",), ()), ENGLISH, SIMLISH)


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        ([], []),
        ([[3]], [1]),
        ([[1]] * 9, [9]),
        ([[1]] * 25, [10, 10, 5]),
        ([[1] * 6, [1] * 6], [6, 6]),  # the border of a paragraph comes first
        ([[1] * 12], [10, 2]),
        ([[30], [1], [1]], [1, 2]),  # too long: a page of its own
        ([[1], [30], [1]], [1, 1, 1]),
        ([[15], [10]], [1, 1]),
        ([[15, 10]], [1, 1]),
    ],
)
def test_pages_have_the_expected_numbers_of_lines(paragraphs: list[list[int]], expected: list[int]) -> None:
    pages = split_pages(make_document(paragraphs), WordCounter(), max_tokens=20, max_lines=10)
    assert [len(page.segments) for page in pages] == expected


@given(
    st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=15), max_size=12), st.integers(1, 30), st.integers(1, 12)
)
def test_pages_keep_all_segments_and_both_limits(paragraphs: list[list[int]], max_tokens: int, max_lines: int) -> None:
    document = make_document(paragraphs)
    pages = split_pages(document, WordCounter(), max_tokens=max_tokens, max_lines=max_lines)
    assert pages == split_pages(document, WordCounter(), max_tokens=max_tokens, max_lines=max_lines)
    assert [segment for page in pages for segment in page.segments] == list(document.segments)
    assert [page.index for page in pages] == list(range(len(pages)))
    for page in pages:
        tokens = sum(len(source.split()) for source in page.sources)
        assert 1 <= len(page.segments) <= max_lines
        assert tokens <= max_tokens or sum(bool(source) for source in page.sources) == 1


@pytest.mark.parametrize("limits", [(0, 10), (10, 0)])
def test_limits_below_one_are_refused(limits: tuple[int, int]) -> None:
    with pytest.raises(ConfigurationError, match="at least 1"):
        split_pages(make_document([]), WordCounter(), max_tokens=limits[0], max_lines=limits[1])


@pytest.mark.parametrize("num_lines", [0, 1, 9])
def test_short_documents_are_one_page_at_most(num_lines: int) -> None:
    text = "".join(f"Line number {i} here.\n" for i in range(num_lines))
    document = document_from_text(text, source_language=ENGLISH, target_language=SIMLISH)
    pages = split_pages(document, WordCounter(), max_tokens=600, max_lines=10)
    assert [len(page.segments) for page in pages] == [num_lines] * bool(num_lines)

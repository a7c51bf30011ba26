"""Which order two neighbours show."""

import pytest

from dragoman.memory.word_order import CLAUSE, contrast, ordered_classes

NOUNS, VERB = CLAUSE


@pytest.mark.parametrize(
    ("pos", "other", "distance", "shown"),
    [
        ("noun", "verb", 1, {VERB}),
        ("pron", "verb", 4, {VERB}),
        ("noun", "noun", 4, {NOUNS}),
        ("noun", "noun", 2, set()),  # "the dog's river"
        ("", "", 1, {NOUNS}),  # a dictionary without parts of speech
        ("adj", "noun", 1, {"adj"}),
        ("noun", "adj", 3, set()),
        ("verb", "adj", 1, set()),
        ("num", "adj", 1, set()),
        ("num", "n", 2, {"num"}),
        ("adp", "n", 2, {"adp"}),
        ("conj", "verb", 5, {"conj"}),
        ("sconj", "pron", 5, {"sconj"}),
        ("adv", "verb", 1, {VERB}),
    ],
)
def test_neighbours_show_the_order_of_their_phrase_or_of_the_clause(
    pos: str, other: str, distance: int, shown: set[str]
) -> None:
    assert ordered_classes(pos, other, distance) == ordered_classes(other, pos, distance) == shown


def test_contrast_is_shrunk_where_little_is_met() -> None:
    assert contrast([]) == 0.0
    assert contrast([(1, 1)]) == pytest.approx(1 / 3)
    assert contrast([(0, 8), (0, 10)]) == pytest.approx(-18 / 20)

"""Affixes that nothing names, found in translated sentences of an invented language."""

import pytest

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.glosser import Glosser, render_gloss
from dragoman.memory.unnamed_affixes import UnnamedAffix, unnamed_affixes

WORDS = {"kofal": "run", "miru": "see", "tenga": "carry", "solpe": "sing", "dabik": "old", "warum": "river"}
ENTRIES = tuple(MemoryRecord(Kind.ENTRY, source, target) for source, target in WORDS.items())


def sentence(source: str, target: str) -> MemoryRecord:
    return MemoryRecord(Kind.EXEMPLAR, source, target)


def said(pattern: str, *headwords: str) -> tuple[MemoryRecord, ...]:
    """One sentence for each headword in the pattern, translated by its sense."""
    return tuple(sentence(pattern.format(word), f"They {WORDS[word]} here.") for word in headwords)


def none_known(letters: str, is_right: bool) -> bool:
    del is_right
    return not letters


def past_known(letters: str, is_right: bool) -> bool:
    return not letters or (is_right and letters == "ta")


FOUR = ("kofal", "miru", "tenga", "solpe")


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        (said("warum {}lo", *FOUR), [UnnamedAffix("lo", True)]),
        (said("warum na{}", *FOUR), [UnnamedAffix("na", False)]),
        (said("warum {}lo", *FOUR[:3]), []),  # three stems may be an accident
        (said("warum {}lo", *FOUR[:3], "kofal"), []),  # so may be one word that is said twice
        (said("warum {}loramita", *FOUR), []),  # too long for one affix
        (said("{}", *FOUR), []),
        (tuple(sentence(f"{word}lo", "Nothing of the sort.") for word in FOUR), []),  # no stem shows its meaning
        ((*said("{}lo", *FOUR), *said("{}ni", *FOUR, "dabik")), [UnnamedAffix("ni", True), UnnamedAffix("lo", True)]),
    ],
)
def test_what_four_stems_leave_over_is_an_affix(
    sentences: tuple[MemoryRecord, ...], expected: list[UnnamedAffix]
) -> None:
    assert list(unnamed_affixes(ENTRIES, sentences, none_known)) == expected


def test_the_affix_that_explains_most_is_taken_and_its_words_count_no_more() -> None:
    """Six stems take "lo"; that five of them end in "o" too shows nothing besides."""
    sentences = said("{}lo", *WORDS)
    assert unnamed_affixes(ENTRIES, sentences, none_known) == (UnnamedAffix("lo", True),)


def test_known_affixes_beyond_it_are_no_part_of_it() -> None:
    sentences = (*said("{}lota", *FOUR), *said("{}ta", *FOUR))
    assert unnamed_affixes(ENTRIES, sentences, past_known) == (UnnamedAffix("lo", True),)


def test_the_order_of_the_sentences_does_not_matter() -> None:
    sentences = (*said("{}lo", *FOUR), *said("ni{}", *FOUR, "dabik"))
    assert unnamed_affixes(ENTRIES, sentences, none_known) == unnamed_affixes(ENTRIES, sentences[::-1], none_known)


PAST = MemoryRecord(Kind.RULE, "Past", "-ta marks the past.", attributes=(("affixes", "-ta=PST"),))


def test_the_glosser_reads_stems_beside_affixes_that_no_grammar_names() -> None:
    sentences = said("{}lota", "kofal", "miru", "tenga", "solpe")
    assert render_gloss(Glosser([*ENTRIES, PAST]).gloss_line("dabiklota warumlo")) == "?-PST ?"
    assert render_gloss(Glosser([*ENTRIES, PAST, *sentences]).gloss_line("dabiklota warumlo")) == "old-PST river"


def test_glossed_text_is_believed_instead() -> None:
    glossed = MemoryRecord(Kind.EXEMPLAR, "warum-sa", "rivers", attributes=(("gloss", "river-PL"),))
    records = [*ENTRIES, PAST, *said("{}lota", "kofal", "miru", "tenga", "solpe"), glossed]
    assert "old" not in render_gloss(Glosser(records).gloss_line("dabiklo"))

"""Examples that show what entries cannot: fixed expressions, and words that nothing explains."""

import pytest
from memory_helpers import COUNTER, entity, entry, exemplar, page, resource, sources

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.store import Memory
from dragoman.memory.usage import UsageIndex

SENTENCES = [f"kofal sela w{number} v{number} u{number}" for number in range(30)]
TEXTS = (*SENTENCES, "miru windo na tela", "duna miru windo", "ralak kofal sela")


def test_a_pair_is_fixed_when_it_stands_together_oftener_than_by_chance() -> None:
    index = UsageIndex(TEXTS)
    assert index.with_pair("miru", "windo") == [30, 31]
    assert index.with_pair("kofal", "sela") == ()  # words of nearly every sentence
    assert index.with_pair("windo", "na") == ()  # met once
    assert index.with_pair("windo", "miru") == ()  # order counts


def test_words_that_many_sentences_hold_need_no_example() -> None:
    index = UsageIndex(TEXTS)
    assert index.with_word("ralak") == [32]
    assert index.with_word("kofal") == ()
    assert index.with_word("unknown") == ()
    assert (index.count("kofal"), index.count("unknown")) == (31, 0)


def first(records: list[MemoryRecord], line: str) -> str:
    view = Memory([resource(*records)]).open_document().view(0)
    found = view.recall(page(line), counter=COUNTER, k={Kind.EXEMPLAR: 4})
    return sources(found.candidates, Kind.EXEMPLAR)[0]


WORDS = [entry(word, f"gloss of {word}") for word in ("kofal", "sela", "miru", "windo", "duna", "tela", "na")]
PAIRS = [exemplar(text, f"translation {row}", row) for row, text in enumerate(TEXTS)]


@pytest.mark.parametrize(
    ("line", "shown", "why"),
    [
        ("kofal sela miru windo", "miru windo", "a fixed pair, each word of which has an entry"),
        ("ralak kofal duna tela", "ralak", "a word that has none"),
    ],
)
def test_the_first_example_shows_what_the_dictionary_cannot(line: str, shown: str, why: str) -> None:
    assert shown in first([*WORDS, *PAIRS], line), why


def test_without_a_dictionary_the_most_similar_example_stays_first() -> None:
    assert first(PAIRS, "kofal sela w7 v7 ralak") == "kofal sela w7 v7 u7"


def test_names_that_the_document_gave_are_glossed_from_the_next_version_on() -> None:
    plural = MemoryRecord(Kind.RULE, "Plural", "-ka marks the plural", attributes=(("affixes", "-ka=PL"),))
    document = Memory([resource(entry("kofal", "dog"), plural)]).open_document()
    document.add(0, [entity("Zope", "Harbert", confidence=0.9)])
    lines = page("Zope kofal Zope-ka zope", index=1)
    glosses = [
        [c.record.target for c in document.view(version).recall(lines, counter=COUNTER, k={Kind.TRACE: 1}).candidates]
        for version in (0, 1)
    ]
    assert glosses == [["? dog ?-PL ?"], ["Harbert dog Harbert-PL ?"]]

"""Last letters of stems before suffixes, from glossed text and from translated sentences; words are invented."""

import pytest

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.glosser import Glosser, render_gloss
from dragoman.memory.stem_ends import StemEnds

SUFFIXES = MemoryRecord(Kind.RULE, "Affixes", "x", attributes=(("affixes", "-uka=PL; -ta=PST"),))
WORDS = (
    SUFFIXES,
    MemoryRecord(Kind.ENTRY, "selmot", "harbour"),
    MemoryRecord(Kind.ENTRY, "selmon", "town"),
    MemoryRecord(Kind.ENTRY, "kirut", "dog"),
    MemoryRecord(Kind.ENTRY, "duvat", "teach"),
)


def sentence(source: str, target: str) -> MemoryRecord:
    return MemoryRecord(Kind.EXEMPLAR, source, target)


VOICED = (
    sentence("Kiruduka duvatta.", "Dogs taught."),
    sentence("Mi kiruduka.", "My dogs."),
    sentence("Duvaduka!", "Those who teach!"),
)


@pytest.mark.parametrize(("times", "written", "cited"), [(2, "lot", []), (3, "lod", ["lot"])])
def test_the_end_of_a_stem_changes_where_text_often_shows_it(times: int, written: str, cited: list[str]) -> None:
    ends = StemEnds()
    assert ends.meet("mit", "mid", "e", times)
    assert ends.meet("mit", "mit", "ka", times)
    assert not ends.meet("mit", "gar", "e")  # another word
    assert not ends.meet("mit", "mid", "")
    assert (ends.written("lot", "an"), ends.cited("lod", "an")) == (written, cited)  # before a vowel
    assert (ends.written("lot", "ka"), ends.cited("lod", "ka")) == ("lot", [])  # before a consonant
    assert ends.written("lon", "an") == "lon"


def test_most_of_the_meetings_decide() -> None:
    ends = StemEnds()
    ends.meet("mit", "mid", "e", 3)
    ends.meet("mit", "mit", "e", 3)
    assert ends.written("lot", "an") == "lot"


def test_translated_sentences_show_ends_where_the_translation_has_a_sense_of_the_headword() -> None:
    ends = StemEnds()
    ends.meet_translated(WORDS, VOICED)
    assert ends.written("selmot", "uka") == "selmod"
    others = StemEnds()
    others.meet_translated(WORDS, [sentence(record.source, "Something else.") for record in VOICED])
    assert others.written("selmot", "uka") == "selmot"


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ((*WORDS, *VOICED), "harbour-PL"),
        (WORDS, "town-PL"),  # the first of two stems that differ in one letter; nothing speaks for either
    ],
)
def test_the_glosser_reads_a_stem_written_otherwise(records: tuple[MemoryRecord, ...], expected: str) -> None:
    assert render_gloss(Glosser(records).gloss_line("selmoduka")) == expected


def test_glossed_text_shows_ends_of_headwords() -> None:
    glossed = [
        MemoryRecord(Kind.EXEMPLAR, word, "x", attributes=(("gloss", gloss),))
        for word, gloss in (("kirud-uka", "dog-PL"), ("kirud-u", "dog-GEN"), ("duvad-u", "teach-GEN"))
    ]
    found = Glosser((*WORDS, *glossed)).gloss_line("selmodu selmodta")
    assert [token.lemma_gloss for token in found] == ["harbour", "town"]  # before a consonant nothing is known

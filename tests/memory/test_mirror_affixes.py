"""Which form of an affix stands where, as glossed text shows it; expected words are written by hand."""

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.flip import flip_records
from dragoman.memory.mirror import MirrorGlosser
from dragoman.memory.mirror_affixes import Affixes


def test_a_form_that_was_met_beside_such_a_stem_comes_first() -> None:
    affixes = Affixes()
    for form in ("-ka", "-uka"):
        affixes.state("PL", form)
    affixes.meet("PL", "-uka", "sel")
    assert affixes.form("PL", "kofel") == "-uka"
    assert affixes.form("PST", "kofel") == ""
    assert set(affixes.labels) == {"PL"}


def test_without_text_a_form_joins_a_vowel_and_a_consonant() -> None:
    affixes = Affixes()
    affixes.state("PL", "-ka")
    affixes.state("PL", "-aka")
    assert (affixes.form("PL", "sel"), affixes.form("PL", "tura")) == ("-aka", "-ka")


def test_the_vowels_of_other_affixes_show_harmony() -> None:
    affixes = Affixes()
    for form in ("-ka", "-ke"):
        affixes.state("PL", form)
    for _ in range(6):
        affixes.meet("PST", "-ta", "lon")
        affixes.meet("PST", "-te", "lin")
    assert (affixes.form("PL", "sinir"), affixes.form("PL", "sonor")) == ("-ke", "-ka")


def test_an_affix_is_met_beside_the_one_before_it() -> None:
    words = (MemoryRecord(Kind.ENTRY, "lon", "dog", attributes=(("pos", "noun"),)),)
    shown = [
        MemoryRecord(Kind.EXEMPLAR, form, english, attributes=(("gloss", gloss), ("segmented", segmented)))
        for form, segmented, gloss, english in (
            ("lonkin", "lon-ki-n", "dog-PL-ACC", "dogs"),
            ("lonun", "lon-un", "dog-ACC", "dog"),
        )
    ]
    rule = MemoryRecord(Kind.RULE, "Case", "The suffix -un, -n (ACC) marks the object. The suffix -ki (PL) the plural.")
    found = MirrorGlosser(flip_records([*words, rule, *shown]))
    assert found.write_line("it sees the dogs, it sees the dog").count("lonkin") == 1

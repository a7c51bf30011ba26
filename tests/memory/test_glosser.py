"""The glosser on invented words; expected glosses are written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.glosser import UNKNOWN, Glosser, render_gloss


def glossed(segmented: str, gloss: str, surface: str = "") -> MemoryRecord:
    attributes = (("gloss", gloss), ("segmented", segmented)) if surface else (("gloss", gloss),)
    return MemoryRecord(Kind.EXEMPLAR, surface or segmented, "a translation", attributes=attributes)


def entry(source: str, target: str, variants: str = "") -> MemoryRecord:
    return MemoryRecord(Kind.ENTRY, source, target, attributes=(("variants", variants),))


TEXT = (
    glossed("kofal-ka miru-ta", "dog-PL see-PST"),
    glossed("kofal miru-ta", "dog see-PST"),
    glossed("sel-ka na-dosu-ta", "child-PL 1SG-hear-PST"),
    glossed("Tamok-ri tura", "PN-ERG river"),
    glossed("tu", "3SG.M"),
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kofal", "dog"),
        ("KOFAL,", "dog"),  # case and punctuation do not matter
        ("“kofal-ka” miru-ta.", "dog-PL see-PST"),
        ("kofalka miruta", "dog-PL see-PST"),  # seen segmented, met unsegmented
        ("selri", "child-ERG"),  # stem and affix seen, but never together
        ("nadosuka", "1SG-hear-PL"),
        ("turaka", "river-PL"),
        ("tamokka", "Tamok-PL"),  # PN says less than the name itself
        ("kofalkata", "dog-PL-PST"),  # two affixes never seen side by side
        ("kofalkatari", "?-PST-ERG"),  # three: glossed text would show them together
        ("kofal-kata", "dog-PL-PST"),  # a hyphen at the border, as names have it
        ("turo", "river"),  # one letter off
        ("kofal Turo", "dog ?"),  # a name is not one letter off
        ("xyzzy", "?"),
        ("12", "12"),
        ("3,5", "3,5"),
        ("kofal — miruta", "dog see-PST"),  # a bare sign gets no gloss
        ("<g1>kofal</g1> <x2/>", "dog"),
        ("", ""),
    ],
)
def test_a_line_gets_one_gloss_a_word(line: str, expected: str) -> None:
    assert render_gloss(Glosser(TEXT).gloss_line(line)) == expected


def test_without_glossed_text_any_number_of_stated_affixes_is_cut_off() -> None:
    rule = MemoryRecord(Kind.RULE, "Affixes", "x", attributes=(("affixes", "-ka=PL; -ta=PST; -ri=ERG"),))
    assert render_gloss(Glosser([entry("kofal", "dog"), rule]).gloss_line("kofalkatari")) == "dog-PL-PST-ERG"


def test_a_known_word_is_exact_and_surer_than_a_cut_one_and_an_unknown_one_has_no_confidence() -> None:
    known, cut, unknown = Glosser(TEXT).gloss_line("kofal turaka xyzzy")
    assert known.exact
    assert not cut.exact
    assert 1.0 >= known.confidence > cut.confidence > unknown.confidence == 0.0
    assert (cut.lemma_gloss, cut.affix_glosses) == ("river", ("PL",))
    assert unknown.lemma_gloss == UNKNOWN


def test_the_most_frequent_gloss_of_a_word_wins_and_doubt_lowers_confidence() -> None:
    records = [glossed("bal", "bank"), glossed("bal", "bank"), glossed("bal", "shore"), glossed("mor", "sun")]
    ambiguous, plain = Glosser(records).gloss_line("bal mor")
    assert ambiguous.gloss == "bank"
    assert ambiguous.confidence < plain.confidence


def test_a_stem_inside_a_circumfix_is_learned_with_its_frame() -> None:
    glosser = Glosser([*TEXT, glossed("a\\trik/wé", "1SG:PST\\tell"), glossed("lum", "run"), entry("dosu", "hear")])
    (token,) = glosser.gloss_line("adosuwé")
    assert (token.gloss, token.lemma_gloss, token.affix_glosses) == ("1SG:PST-hear", "hear", ("1SG:PST",))


def test_the_surface_line_teaches_stems_changed_by_sandhi() -> None:
    records = [*TEXT, glossed("ŋafe-ri", "father-ERG", "ŋafyri")]
    assert render_gloss(Glosser(records).gloss_line("ŋafyri ŋafyka")) == "father-ERG father-PL"


def test_a_stem_one_letter_away_is_found_last() -> None:
    (token,) = Glosser([*TEXT, entry("dorelum", "mountain")]).gloss_line("dorilumka")
    assert token.gloss == "mountain-PL"
    assert not token.exact


@pytest.mark.parametrize(
    ("records", "word", "expected"),
    [
        ([entry("tura", "river; water")], "tura", "river"),
        ([entry("tura", "be afraid (of)")], "tura", "be.afraid"),
        ([entry("tura", "river", "turo; ture")], "ture", "river"),
        ([entry("tura", "river"), entry("-ka", "PL")], "turaka", "river-PL"),
        ([entry("tura", "river"), entry("na-", "1SG.POSS")], "natura", "1SG.POSS-river"),
        ([MemoryRecord(Kind.ENTITY, "Tamok", "Thomas")], "Tamok", "Thomas"),
        (
            [
                entry("tura", "river"),
                MemoryRecord(Kind.RULE, "Plural", "", attributes=(("affixes", "-ka=PL; na-=1SG"),)),
            ],
            "naturaka",
            "1SG-river-PL",
        ),
        (
            [MemoryRecord(Kind.RULE, "tura-ka", "rivers", attributes=(("gloss", "river-PL"), ("rule", "x")))],
            "tura",
            "river",
        ),
        ([MemoryRecord(Kind.STYLE, "", "be polite")], "tura", "?"),
        ([glossed("one two", "only.one")], "one", "?"),  # tiers of unequal length teach nothing
    ],
)
def test_every_kind_of_record_teaches_what_it_knows(records: list[MemoryRecord], word: str, expected: str) -> None:
    assert render_gloss(Glosser(records).gloss_line(word)) == expected


def test_unicode_forms_of_a_word_are_the_same_word() -> None:
    assert render_gloss(Glosser([entry("caf\u00e9", "house")]).gloss_line("CAFE\u0301")) == "house"


@pytest.mark.parametrize("script", ["собака-лар", "कुत्ता-ओं", "ძაღლ-ები"])
def test_any_script_can_be_glossed(script: str) -> None:
    glosser = Glosser([glossed(script, "dog-PL")])
    assert render_gloss(glosser.gloss_line(script.replace("-", ""))) == "dog-PL"


def test_the_order_of_records_does_not_matter() -> None:
    records = [*TEXT, glossed("bal", "bank"), glossed("bal", "shore"), entry("kofal", "hound")]
    line = "bal kofal selri turaka nadosuka kofalkata"
    assert Glosser(records).gloss_line(line) == Glosser(records[::-1]).gloss_line(line)


@given(st.text(max_size=40))
def test_any_text_gets_one_well_formed_token_per_word(text: str) -> None:
    tokens = Glosser(TEXT).gloss_line(text)
    assert len(render_gloss(tokens).split()) == len(tokens)
    assert all(0.0 <= token.confidence <= 1.0 and (token.gloss != UNKNOWN or not token.exact) for token in tokens)


def test_words_are_found_among_twenty_thousand_records() -> None:
    letters = "aeioukmnprst"
    words = ["".join(letters[(i * 7 + i // 12**j + j) % 12] for j in range(7)) for i in range(20_000)]
    glosser = Glosser([glossed(f"{word}-ka", f"gloss{i}-PL") for i, word in enumerate(words)])
    for place in (0, 9_999, 19_999):
        assert render_gloss(glosser.gloss_line(f"{words[place]}ka")) == f"gloss{words.index(words[place])}-PL"


@pytest.mark.parametrize("word", ["पानी", "kɔ̀", "كِتَابٌ"])
def test_marks_at_the_end_of_a_word_belong_to_it(word: str) -> None:
    glosser = Glosser([entry(word, "water"), entry(word[:-1], "leaf")])
    assert render_gloss(glosser.gloss_line(f"{word}, “{word}”?")) == "water water"

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
    """Before the known "ta" both "lo" and "lota" are possible: "lo" has more stems, then no word is left for "lota"."""
    sentences = (*said("{}lota", *FOUR), *said("{}lo", "dabik"))
    assert unnamed_affixes(ENTRIES, sentences, past_known) == (UnnamedAffix("lo", True),)


def test_a_single_known_letter_beyond_it_is_taken_for_a_part_of_it() -> None:
    def dative_known(letters: str, is_right: bool) -> bool:
        return not letters or (is_right and letters == "o")

    assert unnamed_affixes(ENTRIES, said("{}lo", *FOUR), dative_known) == (UnnamedAffix("lo", True),)


def test_a_word_of_the_dictionary_that_is_said_too_is_no_affix() -> None:
    stick = MemoryRecord(Kind.ENTRY, "ram", "stick")
    sentences = tuple(sentence(f"{word}ram", f"They {WORDS[word]} with a stick.") for word in FOUR)
    assert unnamed_affixes((*ENTRIES, stick), sentences, none_known) == ()


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("{}-lo", "lo"),  # a hyphen at the border is no part of it
        ("{}[1]", None),
        ("{}12", None),
    ],
)
def test_affixes_are_made_of_letters(pattern: str, form: str | None) -> None:
    found = unnamed_affixes(ENTRIES, said(pattern, *FOUR), none_known)
    assert [affix.form for affix in found] == ([] if form is None else [form])


@pytest.mark.parametrize(
    "headwords",
    [("kɔ̀fal", "mirù", "tɛ̀nga", "sôlpe"), ("कितब", "पनई", "लड़क", "शहर"), ("ba'an", "mi'ir", "to'eg", "su'ul")],
)
def test_headwords_may_hold_marks_and_apostrophes(headwords: tuple[str, ...]) -> None:
    pairs = zip(headwords, ("run", "see", "carry", "sing"), strict=True)
    entries = [MemoryRecord(Kind.ENTRY, word, sense) for word, sense in pairs]
    sentences = [sentence(f"{entry.source}वो", f"They {entry.target}.") for entry in entries]
    assert unnamed_affixes(entries, sentences, none_known) == (UnnamedAffix("वो", True),)


def test_odd_records_are_passed_over() -> None:
    odd = [
        MemoryRecord(Kind.ENTRY, "", "nothing"),
        MemoryRecord(Kind.ENTRY, "kofal", ""),
        MemoryRecord(Kind.ENTRY, "a", "one letter"),
        MemoryRecord(Kind.ENTRY, "kofal miru", "two words"),
    ]
    sentences = [sentence("kofallo", ""), sentence("", "They run."), sentence("x" * 5000, "y")]
    assert unnamed_affixes(odd, sentences, none_known) == ()


def test_many_ways_to_cut_a_side_take_no_time() -> None:
    rule = MemoryRecord(Kind.RULE, "Affixes", "x", attributes=(("affixes", "-a=PL; -aa=PST; -aaa=DAT"),))
    cry = MemoryRecord(Kind.ENTRY, "waa", "cry")
    records = [cry, rule, *(sentence(f"wa{'a' * n}h", "They cry.") for n in range(30, 38))]
    assert render_gloss(Glosser(records).gloss_line("waaa")) == "cry-PL"


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


def test_affixes_that_glossed_text_names_keep_their_names() -> None:
    glossed = MemoryRecord(Kind.EXEMPLAR, "warum-sa", "rivers", attributes=(("gloss", "river-PL"),))
    records = [*ENTRIES, glossed, *said("{}sa", *FOUR), *said("{}lo", *FOUR)]
    assert render_gloss(Glosser(records).gloss_line("dabiksa dabiklo")) == "old-PL old"


def test_a_stem_between_two_unnamed_affixes_is_read() -> None:
    sentences = (*said("{}lo", *FOUR, "warum"), *said("na{}lo", *FOUR))
    assert render_gloss(Glosser([*ENTRIES, *sentences]).gloss_line("nadabiklo nawarum")) == "old river"

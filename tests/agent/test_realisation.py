"""Glosses into English; expected lines are written by hand."""

import pytest

from dragoman.agent.realisation.clause import realise
from dragoman.agent.realisation.grouping import Typology
from dragoman.agent.realisation.labels import read_word
from dragoman.agent.realisation.matching import Match, TranslationMemory, substitute
from dragoman.agent.realisation.words import Tense
from dragoman.memory import english
from dragoman.memory.source_line import split_at_tags, split_words

VERB_FINAL = Typology()


def english_of(gloss: str, order: Typology = VERB_FINAL) -> str:
    return realise([read_word(f"w{i}", piece) for i, piece in enumerate(gloss.split())], order)


@pytest.mark.parametrize(
    ("gloss", "expected"),
    [
        ("girl-ERG brother-PL-LAT say-PST", "The girl said to the brothers"),
        ("girl-ERG mirror buy-PST", "The girl bought the mirror"),
        ("dog see-PST.1SG", "I saw the dog"),
        ("1SG:NPST:IPFV\\tell", "I tell"),
        ("2|3PL>1SG.IO:PST:IPFV\\show", "They showed me"),
        ("SG>3SG.F:PST:DUR\\see", "He saw her"),
        ("man house-LOC sleep-PST", "The man slept in the house"),
        ("man house-IN.ABL come-PST", "The man came from the house"),
        ("brother-GEN1 daughter cry-PRS", "The brother's daughter cries"),
        ("1SG.POSS house", "My house"),
        ("3SG.POSS-father come-PST", "His father came"),
        ("FUT man come-1SG", "I will come the man"),
        ("man go-NEG.PST", "The man did not go"),
        ("go-IMP", "Go"),
        ("go-NEG.IMP", "Do not go"),
        ("go-SM take-SM come-IRR-3PL", "They would go and would take and would come"),
        ("woman eat-PFV.CVB sleep-PST", "Ate the woman and slept"),
        ("this big man", "This big man"),
        ("two dog-PL", "The two dogs"),
        ("DEM man come-PST", "This man came"),
        ("me-GEN1 house", "My house"),
        ("be_inside-PST.3SG", "He was inside"),
        ("good", "Good"),
        ("there-PST.3SG", "He was there"),
        ("?", "W0"),
        ("EMPH", "W0"),
        ("?-PST.3SG", "He w0"),
    ],
)
def test_a_gloss_becomes_english(gloss: str, expected: str) -> None:
    assert english_of(gloss) == expected


@pytest.mark.parametrize(
    ("gloss", "order", "expected"),
    [
        ("see-PST man dog-ACC", Typology(verb_final=False, verb_first=True), "The man saw the dog"),
        ("man see-PST dog", Typology(verb_final=False), "The man saw the dog"),
        ("dog big sleep-PST", Typology(adjective_after_noun=True), "The big dog slept"),
        ("dog-ACC man see-PST", Typology(object_first=True), "The man saw the dog"),
        ("man house in sleep-PST", Typology(), "The man slept in the house"),
        (
            "sleep-PST man in house",
            Typology(verb_final=False, verb_first=True, postpositions=False),
            "The man slept in the house",
        ),
        ("man NEG come-PST", Typology(), "The man did not come"),
        ("man DEF dog see-PST", Typology(has_article=True), "The man saw a dog"),
        ("man-PL dog-DEF see-PST", Typology(has_article=True), "Men saw the dog"),
        ("man GEN dog sleep-PST", Typology(), "The man's dog slept"),
        ("man POSS-dog sleep-PST", Typology(possessed_marked=True), "The man's dog slept"),
        ("man sleep", Typology(unmarked_tense=Tense.PRESENT), "The man the sleep"),
        ("man sleep-DUR", Typology(unmarked_tense=Tense.PRESENT), "The man sleeps"),
    ],
)
def test_the_stated_word_order_is_undone(gloss: str, order: Typology, expected: str) -> None:
    assert english_of(gloss, order) == expected


@pytest.mark.parametrize(
    ("base", "past", "gerund", "third"),
    [
        ("go", "went", "going", "goes"),
        ("stop", "stopped", "stopping", "stops"),
        ("carry", "carried", "carrying", "carries"),
        ("open", "opened", "opening", "opens"),
        ("lie", "lay", "lying", "lies"),
        ("take out", "took out", "taking out", "takes out"),
        ("be inside", "was inside", "being inside", "is inside"),
        ("see", "saw", "seeing", "sees"),
        ("make", "made", "making", "makes"),
    ],
)
def test_english_verbs_are_inflected(base: str, past: str, gerund: str, third: str) -> None:
    assert (english.past(base), english.gerund(base), english.present(base)) == (past, gerund, third)


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("dog", "dogs"),
        ("child", "children"),
        ("city", "cities"),
        ("day", "days"),
        ("box", "boxes"),
        ("old man", "old men"),
    ],
)
def test_english_nouns_are_made_plural(noun: str, expected: str) -> None:
    assert english.plural(noun) == expected


def test_a_line_is_cut_at_its_tags_and_words_keep_their_punctuation() -> None:
    line = "“Kofal, <g1>miru</g1>!” — 3 <x2/>"
    pieces = split_at_tags(line)
    assert "".join(pieces) == line
    assert pieces[1::2] == ["<g1>", "</g1>", "<x2/>"]
    words = split_words("“Kofal, miru!” — 3")
    assert [(word.opening, word.form, word.closing) for word in words] == [
        ("“", "Kofal", ","),
        ("", "miru", "!” —"),
        ("", "3", ""),
    ]


def test_translation_memory_finds_equal_and_near_lines() -> None:
    memory = TranslationMemory([("kofal miru tura sel ba", "The dog saw the river"), ("sel", "child")])
    assert memory.best("Kofal miru tura sel ba!") == Match("The dog saw the river", 1.0)
    near = memory.best("kofal miru lumi sel ba")
    assert near is not None
    assert (round(near.similarity, 2), near.replaced, near.complete) == (0.8, (("tura", "lumi"),), True)
    words = {"tura": "river", "lumi": "mountain"}
    assert substitute(near, lambda word: words.get(word, "")) == "The dog saw the mountain"
    assert substitute(near, lambda word: "") is None
    assert TranslationMemory([]).best("sel") is None

"""The gloss of English lines in the words of an invented language; expected glosses are written by hand."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_helpers import COUNTER, entry, page, resource

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.flip import flip_records
from dragoman.memory.glosser import GlossToken, render_gloss
from dragoman.memory.mirror import MirrorGlosser, is_english
from dragoman.memory.morphology import glossable
from dragoman.memory.store import Memory


def rule(heading: str, text: str) -> MemoryRecord:
    return MemoryRecord(Kind.RULE, heading, text)


WORDS = (
    entry("kofal", "dog", pos="noun"), entry("sel", "child", pos="noun"), entry("tura", "river", pos="noun"),
    entry("miru", "see", pos="verb"), entry("dosu", "take", pos="verb"), entry("ala", "be", pos="verb"),
    entry("bel", "big", pos="adj"), entry("tri", "three", pos="num"), entry("po", "to", pos="adp"),
    entry("mek", "and", pos="conj"),
    entry("na", "I", pos="pron"), entry("tu", "he; she; it", pos="pron"), entry("ze", "they", pos="pron"),
    entry("lim", "look after", pos="verb"), entry("wor", "work", pos="noun"), entry("wora", "work", pos="verb"),
)  # fmt: skip
AFFIXES = (
    rule("Plural", "The suffix -ka (PL) marks the plural of nouns."),
    rule("Past tense", "The suffix -ta (PST) marks the past."),
    rule("Case", "The prefix un- (ACC) marks the object."),
    rule("Negation", "The particle tije (NEG) negates."),
    rule("Definiteness", "The particle gus (DEF) makes it definite."),
    rule("Possession", "The particle kif (GEN) stands between."),
    rule("Questions", "The particle kip (Q) ends a question."),
)


def mirror(*records: MemoryRecord) -> MirrorGlosser:
    return MirrorGlosser(flip_records(records))


GLOSSER = mirror(*WORDS, *AFFIXES)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("The dog sees a child.", "gus kofal miru _ un-sel"),
        ("Three children took the big dogs.", "tri sel-ka dosu-ta gus bel un-kofal-ka"),  # irregular forms
        ("I did not see him.", "na _ tije miru-ta un-tu"),
        ("They didn't see the river.", "ze tije miru-ta gus un-tura"),
        ("Did she take the dogs?", "kip tu dosu-ta gus un-kofal-ka"),
        ("Was he big?", "ala-ta=kip tu bel"),
        ("The child's dog was big.", "gus sel=kif kofal ala-ta bel"),
        ("They saw his dog and he took her dog.", "ze miru-ta tu=kif un-kofal mek tu dosu-ta tu=kif un-kofal"),
        ("He took a dog to the river.", "tu dosu-ta _ un-kofal po gus tura"),  # what a preposition governs is no object
        ("I look after the dogs.", "na lim _ gus un-kofal-ka"),  # a headword of two words
        ("The zebra sees it.", "gus ?zebra miru un-tu"),
        ("The work was big.", "gus wor ala-ta bel"),  # a noun after an article,
        ("They worked and he works.", "ze wora-ta mek tu wora"),  # a verb after a subject
        ("Works, he took works.", "wor-ka tu dosu-ta un-wor-ka"),
        ("Was the dog big?", "ala-ta=kip gus kofal bel"),  # the subject stands behind the verb
        ("", ""),
    ],
)
def test_each_english_word_gets_stem_affixes_or_particle(line: str, expected: str) -> None:
    assert render_gloss(GLOSSER.gloss_line(line)) == expected


def test_names_of_the_document_take_affixes_too() -> None:
    tokens = GLOSSER.gloss_line("Elena saw Barden.", {"Barden": "Tlotris", "Elena": "Kexiri"})
    assert render_gloss(tokens) == "Kexiri miru-ta un-Tlotris"


def test_names_of_a_glossary_are_known_and_the_document_has_the_last_word() -> None:
    glossary = MemoryRecord(Kind.ENTITY, "Tlotris", "Barden")
    glosser = mirror(*WORDS, *AFFIXES, glossary)
    assert render_gloss(glosser.gloss_line("They saw Barden's dog.")) == "ze miru-ta Tlotris=kif un-kofal"
    assert render_gloss(glosser.gloss_line("Barden saw.", {"Barden": "Xutlon"})) == "Xutlon miru-ta"


def test_without_a_grammar_number_and_tense_stay_as_labels() -> None:
    assert render_gloss(mirror(*WORDS).gloss_line("The dogs took him.")) == "_ kofal-PL dosu-PST tu"


def test_future_and_possession_go_on_the_word_that_bears_them() -> None:
    grammar = (rule("Future", "The suffix -zi (FUT) marks the future."), rule("Possession", "The suffix -ra (POSS)."))
    found = mirror(*WORDS, *grammar).gloss_line("He will take my dog.")
    assert render_gloss(found) == "tu _ dosu-zi na kofal-ra"


def test_glossed_text_decides_which_form_of_an_affix_stands_where() -> None:
    grammar = rule("Plural", "The suffix -ka, -uka (PL) marks the plural.")
    text = MemoryRecord(
        Kind.EXEMPLAR, "Seluka.", "Children.", attributes=(("gloss", "child-PL"), ("segmented", "sel-uka"))
    )
    glosser = mirror(*WORDS, grammar, text)
    assert render_gloss(glosser.gloss_line("The dogs, the rivers.")) == "_ kofal-uka _ tura-ka"


def test_labels_of_the_tokens_lead_recall_to_the_rules() -> None:
    found = Memory([resource(*WORDS, *AFFIXES)], flip=True).open_document().view(0)
    kinds = {Kind.RULE: 9, Kind.TRACE: 9, Kind.ENTRY: 9}
    recall = found.recall(page("They took the dogs."), counter=COUNTER, k=kinds)
    by_kind = {kind: [c.record for c in recall.candidates if c.record.kind is kind] for kind in kinds}
    assert {record.source for record in by_kind[Kind.RULE]} >= {"Plural", "Past tense"}
    assert [record.target for record in by_kind[Kind.TRACE]] == ["Ze dosuta gus unkofalka."]
    assert {record.source for record in by_kind[Kind.ENTRY]} >= {"take", "dog"}  # from "took" and "dogs"


def test_other_languages_keep_the_plain_glosser() -> None:
    german = (entry("kofal", "Hund"), entry("na", "ich"), entry("miru", "sehen"))
    assert not is_english(flip_records(german))
    found = Memory([resource(*german)], flip=True).open_document().view(0)
    recall = found.recall(page("ich Hund"), counter=COUNTER, k={Kind.TRACE: 9})
    assert [c.record.target for c in recall.candidates] == ["na kofal"]


@given(st.text(max_size=60))
def test_any_line_gets_one_token_a_word(line: str) -> None:
    tokens: Sequence[GlossToken] = GLOSSER.gloss_line(line)
    assert len(tokens) == len(glossable(line))
    assert all(token.gloss and not any(map(str.isspace, token.gloss)) for token in tokens)

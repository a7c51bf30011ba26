"""What translated sentences say about entries, rules of order and examples; every figure by hand."""

import pytest
from memory_helpers import ALL, COUNTER, entry, exemplar, page, resource

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.evidence import NO_EVIDENCE, Evidence, EvidenceIndex, senses
from dragoman.memory.rules import order_contrast
from dragoman.memory.store import Memory

WORDS = (
    entry("kofal", "dog", pos="n"),
    entry("sela", "see; notice", pos="v"),
    entry("mira", "river", pos="n"),
    entry("duna", "give", pos="v"),
    entry("lop", "in", pos="adp"),
    entry("-ta", "PL"),
)
PAIRS = (
    exemplar("kofal mira lop sela", "A dog sees in a river.", 1),
    exemplar("kofalta mira lop duna", "Dogs gave in the river.", 2),
    exemplar("kofal hoi hoi sela", "Pray tell, a dog saw.", 3),
    exemplar("mira hoi hoi sela", "Pray tell, the river saw.", 4),
)


def evidence_of(*records: MemoryRecord) -> EvidenceIndex:
    return Memory([resource(*records)]).index.evidence


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("kofal", "dog", Evidence(3 / 4, 0.0)),  # three sentences, one with an ending on both sides
        ("kofal", "cat", Evidence(0.0, 3 / 4)),
        ("kofal", "cat; hound, dog", Evidence(3 / 4, 0.0)),  # one sense is enough
        ("duna", "to give (a thing)", Evidence(1 / 2, 0.0)),  # "gave"
        ("duna", "give quickly", Evidence(0.0, 1 / 2)),  # the longest word decides
        ("zzz", "dog", NO_EVIDENCE),
        ("kofal", "(?)", NO_EVIDENCE),
    ],
)
def test_the_share_of_sentences_with_a_word_whose_translations_hold_a_sense(
    source: str, target: str, expected: Evidence
) -> None:
    assert evidence_of(*WORDS, *PAIRS).of_record(entry(source, target)) == expected


def test_a_memory_without_sentences_says_nothing() -> None:
    evidence = evidence_of(*WORDS)
    assert evidence.of_record(WORDS[0]) == NO_EVIDENCE
    assert (evidence.turned(None), evidence.shown([("hoi", "hoi")])) == (0.0, 0.0)


def test_order_is_read_from_neighbours_with_one_sure_counterpart() -> None:
    evidence = evidence_of(*WORDS, *PAIRS)
    # (river, in) twice; (in, see) and (in, give) are no phrase: (2 * 2 - 2) / (2 + 2)
    assert order_contrast("Adpositions", evidence) == pytest.approx(1 / 2)
    # Verb and noun in sentences 3 and 4 stand as in English, so do (dog, river) in 1 and 2: (2 * 0 - 2) / (2 + 2)
    assert order_contrast("Word order", evidence) == pytest.approx(-1 / 2)
    assert order_contrast("Plural", evidence) == 0.0


@pytest.mark.parametrize(
    ("sentences", "heading", "expected"),
    [
        # The verb before its subject is enough, although subject and object stand as in English.
        ([("Sela kofal mira.", "A dog sees the river.")], "Word order", 1 / 3),
        ([("Kofal mira sela.", "The dog sees a river.")], "Word order", 1 / 3),  # (river, see)
        ([("Kofal sela mira.", "The dog sees a river.")], "Word order", -2 / 4),
        ([("Mira kofal.", "The dog's river.")], "Word order", 0.0),  # possession, no clause
        ([("Kofal bim.", "A big dog.")], "Adjectives", 1 / 3),
        ([("Bim kofal.", "A big dog.")], "Adjectives", -1 / 3),
        ([("Sela bim kofal.", "The big dog sees.")], "Adjectives", -1 / 3),  # (see, big) is about the clause
        ([("Kofal bim mira sela.", "A dog sees the big river.")], "Adjectives", -1 / 3),  # (dog, big) is no phrase
    ],
)
def test_words_of_a_phrase_show_the_order_of_phrases_and_others_that_of_the_clause(
    sentences: list[tuple[str, str]], heading: str, expected: float
) -> None:
    pairs = [exemplar(*sentence, line) for line, sentence in enumerate(sentences, start=1)]
    evidence = evidence_of(*WORDS, entry("bim", "big", pos="adj"), *pairs)
    assert order_contrast(heading, evidence) == pytest.approx(expected)


def test_a_dictionary_without_parts_of_speech_tells_of_the_clause_only() -> None:
    evidence = evidence_of(entry("kofal", "dog"), entry("sela", "see"), exemplar("Sela kofal.", "The dog sees.", 1))
    assert order_contrast("Word order", evidence) == pytest.approx(1 / 3)
    assert order_contrast("Adjectives", evidence) == 0.0


def test_what_a_pair_always_brings_and_no_entry_explains_is_shown() -> None:
    many = [exemplar(f"w{n} v{n} u{n}", f"a{n} b{n} c{n}", 10 + n) for n in range(30)]
    evidence = evidence_of(*WORDS, *PAIRS, *many)
    assert evidence.shown([("hoi", "hoi")]) == 1.0  # "pray" and "tell"
    assert evidence.shown([("mira", "lop")]) == 0.0
    assert evidence.shown([]) == 0.0


def test_senses_are_known_by_their_longest_word() -> None:
    assert senses("to look after; an axe (tool) / hatchet") == {"after", "axe", "hatchet"}


def test_recall_tells_candidates_what_memory_says_of_them() -> None:
    wrong = entry("mira", "axe", 2, pos="n")
    rule = MemoryRecord(Kind.RULE, "Adpositions", "They follow their noun.")
    many = [exemplar(f"w{n} v{n} u{n}", f"a{n} b{n} c{n}", 10 + n) for n in range(30)]
    view = Memory([resource(*WORDS, *PAIRS, *many, wrong, rule)]).open_document().view(0)
    found = view.recall(page("mira lop hoi hoi kofal"), counter=COUNTER, k=ALL).candidates
    features = {(c.record.source, c.record.target): c.features for c in found}
    assert features["mira", "river"].support > 0.5 > features["mira", "river"].against
    assert features["mira", "axe"].against > 0.5 > features["mira", "axe"].support
    assert features["Adpositions", rule.target].contrast == 0.5
    assert features[PAIRS[3].source, PAIRS[3].target].contrast == 1.0
    assert features[PAIRS[0].source, PAIRS[0].target].contrast == 0.0

"""English lines written in the words and the order that rules state; expected lines are written by hand."""

from collections import Counter
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_helpers import COUNTER, entry, page, resource

from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.tags import check_tags
from dragoman.memory.english_clause import EnglishWord, read_clauses
from dragoman.memory.flip import flip_records
from dragoman.memory.mirror import MirrorGlosser
from dragoman.memory.mirror_tables import MirrorTables
from dragoman.memory.reordering import Placed, reordered
from dragoman.memory.store import Memory
from dragoman.memory.target_order import TargetOrder, stated_order

WORDS = (
    entry("kofal", "dog", pos="noun"), entry("sel", "child", pos="noun"), entry("tura", "river", pos="noun"),
    entry("miru", "see", pos="verb"), entry("bel", "big", pos="adj"), entry("tri", "three", pos="num"),
    entry("po", "in", pos="adp"), entry("mek", "and", pos="conj"), entry("tu", "he", pos="pron"),
    entry("fi", "often", pos="adv"), entry("ala", "be", pos="verb"),
)  # fmt: skip
FORMS = (
    "The suffix -ka (PL) marks the plural of nouns.",
    "The suffix -ta (PST) marks the past.",
    "The particle gus (DEF) makes it definite.",
    "The particle tije (NEG) negates.",
    "The particle kif (GEN) marks a possessor.",
    "The particle kip (Q) asks.",
)
LAST = "The basic order is SOV. The full order of a clause is: subject, adverb, adposition phrase, object, verb."
FIRST = "The basic order is VSO. The full order of a clause is: verb, subject, object, adposition phrase, adverb."
FOLLOW = "Adjectives and numerals follow their noun; a numeral stands before an adjective."
POSTPOSITIONS = "There are postpositions: words such as in follow their noun phrase."
OWNER_LAST = "The particle kif (GEN) stands between. The possessor comes after the possessed noun."
ARTICLE_LAST = "The particle gus (DEF) after the noun phrase makes it definite, English the."
NOT_LAST = "The particle tije (NEG) after the verb negates the clause."
ASKED_LAST = "The particle kip (Q) at the end of the sentence makes a yes-no question."
LINK_LAST = "A conjunction stands at the end of the second clause."
HYPHEN = "Affixes of names are written with a hyphen and leave the name as it is."
OBJECT = "The prefix un- (ACC) marks the object of a verb."


@lru_cache
def glosser(*rules: str) -> MirrorGlosser:
    stated = (MemoryRecord(Kind.RULE, f"Rule {n}", rule) for n, rule in enumerate((*FORMS, *rules)))
    return MirrorGlosser(flip_records([*WORDS, *stated]))


@pytest.mark.parametrize(
    ("line", "rules", "expected"),
    [
        ("He saw a dog.", (), "Tu miruta kofal."),  # nothing stated: English order
        ("He saw a dog.", (LAST,), "Tu kofal miruta."),
        ("He often saw a dog in a river.", (LAST,), "Tu fi po tura kofal miruta."),
        ("He saw a dog in a river.", (FIRST, POSTPOSITIONS), "Miruta tu kofal tura po."),
        ("He saw three big dogs.", (FOLLOW,), "Tu miruta kofalka tri bel."),
        ("He saw the big dog.", (ARTICLE_LAST,), "Tu miruta bel kofal gus."),
        ("He saw the child's dog.", (OWNER_LAST,), "Tu miruta kofal kif gus sel."),
        ("He did not see a dog.", (NOT_LAST, FIRST), "Miruta tije tu kofal."),
        ("Was he big?", (ASKED_LAST, LAST), "Tu bel alata kip?"),
        ("He saw a dog and he saw a child.", (LINK_LAST, LAST), "Tu kofal miruta tu sel miruta mek."),
        ("He saw a dog, “a big” child.", (LAST,), "Tu kofal miruta, “bel” sel."),  # not across punctuation
        ("“A”, dog. He saw.", (LAST,), "“”,Kofal. Tu miruta."),
        ("A!", (LAST,), "?A!"),  # never an empty line
        ("", (LAST,), ""),
        ("He saw 12 dogs.", (LAST,), "Tu 12 kofalka miruta."),
        ("Today the zebra saw.", (LAST,), "?Today gus ?zebra miruta."),
        # a name that nobody knows shows how its affixes are written; "?" ends where they begin
        ("He saw Elena.", (LAST, OBJECT, HYPHEN), "Tu un-?Elena miruta."),
        ("He saw Elena.", (LAST, OBJECT), "Tu un+?Elena miruta."),
        ("Elena's dog saw.", (LAST,), "?Elena kif kofal miruta."),
    ],
)  # fmt: skip
def test_a_line_is_written_in_the_order_of_the_rules(line: str, rules: tuple[str, ...], expected: str) -> None:
    assert glosser(*rules).write_line(line) == expected


def test_known_names_are_put_in_with_their_affixes() -> None:
    names = {"Elena": "Kexiri", "Barden": "Anu-Lo"}
    assert glosser(LAST, OBJECT, HYPHEN).write_line("He saw Elena.", names) == "Tu un-Kexiri miruta."
    assert glosser(LAST, OBJECT).write_line("He saw Barden.", names) == "Tu unAnu-Lo miruta."  # the name keeps its own


def test_tags_stay_where_they_are() -> None:
    line = "He saw <g1>the big dog</g1> in a river <x2/>."
    found = glosser(LAST, FOLLOW).write_line(line)
    assert found == "Tu miruta <g1>gus kofal bel</g1> po tura <x2/>."
    assert check_tags(line, found) is None


def test_examples_show_whether_sentences_begin_with_a_capital() -> None:
    shown = [MemoryRecord(Kind.EXEMPLAR, target, "He saw.") for target in ("tu", "tu a", "Tu b")]
    assert MirrorGlosser(flip_records([*WORDS, *shown])).write_line("A dog saw.") == "kofal miru."


OPENINGS = [
    ("Vesi lom tu kofal miru.", "All at once, he saw a dog."),
    ("Vesi lom sel kofal miru.", "All at once, a child saw a dog."),
    ("Vesi lom kofal tu miru.", "All at once, a dog saw him."),
    ("Tu sel miru oru.", "If you please, he saw a child."),
    ("Kofal miru oru.", "If you please, a dog saw."),
    ("Bel sel miru oru.", "If you please, a big child saw."),
    ("Tu miru.", "Often, he saw."),  # shown too rarely
    ("Sel miru.", "Now, a child saw."),
    ("Kofal miru.", "Now, a dog saw."),
    ("Tu miru.", "Now, he saw."),  # nothing shared
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("All at once, the child saw.", "Vesi lom gus sel miruta."),
        ("All at once, Elena saw.", "Vesi lom Kexiri miruta."),
        ("If you please, the child saw. He saw.", "Gus sel miruta oru. Tu miruta."),
        ("If you please, the child saw", "Gus sel miruta oru"),
        ("Often, the child saw.", "Fi, gus sel miruta."),
        ("Now, the child saw.", "?Now, gus sel miruta."),
    ],
)
def test_what_opens_a_sentence_goes_over_as_a_whole(line: str, expected: str) -> None:
    shown = [MemoryRecord(Kind.EXEMPLAR, target, english) for target, english in OPENINGS]
    rules = (MemoryRecord(Kind.RULE, f"Rule {n}", rule) for n, rule in enumerate((*FORMS, LAST)))
    found = MirrorGlosser(flip_records([*WORDS, *rules, *shown]))
    assert found.write_line(line, {"Elena": "Kexiri"}) == expected
    assert len(found.gloss_line(line)) == len(line.split())


def test_prompts_show_the_written_line_with_its_tags() -> None:
    rules = [MemoryRecord(Kind.RULE, f"Rule {n}", rule) for n, rule in enumerate((*FORMS, LAST))]
    common = (entry("na", "I"), entry("ze", "they"), entry("ko", "the"), entry("lu", "to"), entry("em", "not"))
    view = Memory([resource(*WORDS, *rules, *common)], flip=True).open_document().view(0)
    recall = view.recall(page("He saw <x1/> a dog."), counter=COUNTER, k={Kind.TRACE: 9})
    assert [candidate.record.target for candidate in recall.candidates] == ["Tu miruta <x1/> kofal."]


def test_prose_that_only_mentions_an_order_states_none() -> None:
    text = "SOV order is rare here; a postposition may have come from a verb, and adjectives are few."
    assert not stated_order([MemoryRecord(Kind.RULE, "Order", text)]).is_stated


def test_examples_of_rules_state_no_order() -> None:
    example = MemoryRecord(Kind.RULE, "x", "There are postpositions.", attributes=(("rule", "r1"),))
    assert not stated_order([example, MemoryRecord(Kind.EXEMPLAR, "x", "There are postpositions.")]).is_stated


ORDERS = st.builds(
    TargetOrder,
    clause=st.sampled_from([(), tuple("SOV"), tuple("VSOXA"), tuple("AXOVS")]),
    noun_first=st.booleans(),
    postpositions=st.booleans(),
    owner_last=st.booleans(),
    last=st.frozensets(st.sampled_from(["DEF", "NEG", "Q"])),
    link_last=st.booleans(),
)
LEXIS = MirrorTables(flip_records(WORDS))
ENGLISH_WORDS = (
    "the a dog dogs child's her saw did not will big three in and often he was because Elena, river?".split()  # noqa: SIM905 - reads better
)


@given(st.lists(st.sampled_from(ENGLISH_WORDS), max_size=12), ORDERS)
def test_every_word_comes_back_once_in_any_order(line: list[str], order: TargetOrder) -> None:
    read: list[EnglishWord] = read_clauses(line, LEXIS)
    placed = [Placed(f"w{n}", word, (f"p{n}",) if n % 3 == 0 else ()) for n, word in enumerate(read)]
    expected = Counter(piece for word in placed for piece in (word.text, *word.particles))
    assert Counter(piece for words in reordered(placed, order) for piece in words.split()) == expected


@given(st.text(alphabet="He saw the dog, .?<g1>/x2“” -", max_size=60))
def test_any_line_keeps_its_tags_and_says_something(line: str) -> None:
    found = glosser(LAST).write_line(line)
    assert check_tags(line, found) is None
    assert bool(found.strip()) == bool(line.strip())

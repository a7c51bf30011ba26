"""Lines of the mirrored gloss put into the order that rules state; expected lines are written by hand."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.agent.answers import parse_lines
from dragoman.agent.backends.gloss import GlossBackend
from dragoman.agent.prompt import PromptPage, parse_prompt, translate_messages
from dragoman.memory.reordering import Placed, reordered
from dragoman.memory.target_order import TargetOrder, stated_order
from dragoman.core.context import Candidate, Features
from dragoman.core.exchange import Request
from dragoman.core.languages import parse_language
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.tags import check_tags
from dragoman.memory.english_clause import EnglishWord, read_clauses
from dragoman.memory.mirror_tables import MirrorTables

VESH, ENGLISH = parse_language("qaa-x-vesh:Vesh"), parse_language("en")
WORDS = (
    ("dog", "kofal", "noun"), ("child", "sel", "noun"), ("river", "tura", "noun"), ("see", "miru", "verb"),
    ("big", "bel", "adj"), ("three", "tri", "num"), ("in", "po", "adp"), ("and", "mek", "conj"), ("he", "tu", "pron"),
    ("often", "fi", "adv"), ("be", "ala", "verb"),
)  # fmt: skip
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


def item(kind: Kind, source: str, target: str, lines: tuple[int, ...] = (), **attributes: str) -> Candidate:
    return Candidate(MemoryRecord(kind, source, target, attributes=tuple(attributes.items())), Features(), 5, lines)


def messages(line: str, gloss: str, *rules: str):
    words = [item(Kind.ENTRY, source, target, pos=pos) for source, target, pos in WORDS]
    stated = [item(Kind.RULE, f"Rule {n}", rule) for n, rule in enumerate(rules)]
    names = [item(Kind.ENTITY, "Elena", "Kexiri", gender="f")]
    candidates = (*stated, *names, *words, item(Kind.TRACE, line, gloss, (1,)))
    return translate_messages(PromptPage(ENGLISH, VESH, {1: line}, candidates))


async def written(line: str, gloss: str, *rules: str) -> str:
    reply = await GlossBackend().generate(Request(messages(line, gloss, *rules), line_numbers=(1,)))
    return parse_lines(reply.text, (1,)).lines[1]


@pytest.mark.parametrize(
    ("line", "gloss", "rules", "expected"),
    [
        ("He saw a dog.", "tu miru-ta _ kofal", (), "Tu miruta kofal."),  # nothing stated: English order
        ("He saw a dog.", "tu miru-ta _ kofal", (LAST,), "Tu kofal miruta."),
        ("He often saw a dog in a river.", "tu fi miru-ta _ kofal po _ tura", (LAST,), "Tu fi po tura kofal miruta."),
        ("He saw a dog in a river.", "tu miru-ta _ kofal po _ tura", (FIRST, POSTPOSITIONS),
         "Miruta tu kofal tura po."),
        ("He saw three big dogs.", "tu miru-ta tri bel kofal-ka", (FOLLOW,), "Tu miruta kofalka tri bel."),
        ("He saw the big dog.", "tu miru-ta gus bel kofal", (ARTICLE_LAST,), "Tu miruta bel kofal gus."),
        ("He saw the child's dog.", "tu miru-ta gus sel=kif kofal", (OWNER_LAST,), "Tu miruta kofal kif gus sel."),
        ("He did not see a dog.", "tu _ tije miru-ta _ kofal", (NOT_LAST, FIRST), "Miruta tije tu kofal."),
        ("Was he big?", "ala-ta=kip tu bel", (ASKED_LAST, LAST), "Tu bel alata kip?"),
        ("He saw a dog and he saw a child.", "tu miru _ kofal mek tu miru _ sel", (LINK_LAST, LAST),
         "Tu kofal miru tu sel miru mek."),
        ("He saw Elena.", "tu miru-ta un-Kexiri", (LAST, HYPHEN), "Tu un-Kexiri miruta."),
        ("He saw Elena.", "tu miru-ta ?elena", (LAST,), "Tu Kexiri miruta."),  # the name stands in Names
        ("He saw a dog, “a big” child.", "tu miru _ kofal _ bel sel", (LAST,), "Tu kofal miru, “bel” sel."),
        ("“The”, dog.", "_ kofal", (LAST,), "“”,kofal."),
        ("The!", "_", (LAST,), "The!"),  # never an empty line
    ],
)  # fmt: skip
async def test_words_stand_where_the_rules_say(line: str, gloss: str, rules: tuple[str, ...], expected: str) -> None:
    assert await written(line, gloss, *rules) == expected


async def test_tags_stay_where_they_are() -> None:
    line = "He saw ⟦1⟧the big dog⟦/1⟧ in a river."
    found = await written(line, "tu miru-ta gus bel kofal po _ tura", LAST, FOLLOW)
    assert check_tags(line, found) is None


def test_prose_that_only_mentions_an_order_states_none() -> None:
    rule = "SOV order is rare here; a postposition may have come from a verb, and adjectives are few."
    assert not stated_order(parse_prompt(messages("He saw.", "tu miru", rule))).is_stated


ORDERS = st.builds(
    TargetOrder,
    clause=st.sampled_from([(), tuple("SOV"), tuple("VSOXA"), tuple("AXOVS")]),
    noun_first=st.booleans(),
    postpositions=st.booleans(),
    owner_last=st.booleans(),
    last=st.frozensets(st.sampled_from(["DEF", "NEG", "Q"])),
    link_last=st.booleans(),
)
LEXIS = MirrorTables(
    MemoryRecord(Kind.ENTRY, source, target, attributes=(("pos", pos),)) for source, target, pos in WORDS
)
ENGLISH_WORDS = (
    "the a dog dogs child's her saw did not will big three in and often he was because Elena, river?".split()  # noqa: SIM905 - reads better
)


@given(st.lists(st.sampled_from(ENGLISH_WORDS), max_size=12), ORDERS)
def test_every_word_comes_back_once_in_any_order(line: list[str], order: TargetOrder) -> None:
    read: list[EnglishWord] = read_clauses(line, LEXIS)
    placed = [Placed(f"w{n}", word, (f"p{n}",) if n % 3 == 0 else ()) for n, word in enumerate(read)]
    expected = Counter(piece for word in placed for piece in (word.text, *word.particles))
    assert Counter(piece for words in reordered(placed, order) for piece in words.split()) == expected

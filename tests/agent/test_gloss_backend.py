"""The gloss backend behind the wire: prompts are made by the prompt builder, answers read by the strict parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.agent.answers import parse_lines, parse_update
from dragoman.agent.backends import make_backend
from dragoman.agent.backends.gloss import GlossBackend
from dragoman.agent.prompt import (
    PromptPage,
    RememberPage,
    complete_messages,
    pivot_messages,
    remember_messages,
    repair_messages,
    translate_messages,
)
from dragoman.core.context import Candidate, Features
from dragoman.core.errors import BadRequestError
from dragoman.core.exchange import FinishReason, Message, Purpose, Request
from dragoman.core.languages import parse_language
from dragoman.core.protocols import Backend, StreamingBackend
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.tags import check_tags

VESH, ENGLISH = parse_language("qaa-x-vesh:Vesh"), parse_language("en")


def item(kind: Kind, source: str, target: str, lines: tuple[int, ...] = (), **attributes: str) -> Candidate:
    return Candidate(MemoryRecord(kind, source, target, attributes=tuple(attributes.items())), Features(), 5, lines)


def page(lines: dict[int, str], *candidates: Candidate, source=VESH, target=ENGLISH) -> PromptPage:
    return PromptPage(source, target, lines, candidates)


async def answer(messages: tuple[Message, ...], numbers: tuple[int, ...] = (1,), purpose: Purpose = Purpose.TRANSLATE):
    reply = await GlossBackend().generate(Request(messages, purpose=purpose, line_numbers=numbers))
    parsed = parse_lines(reply.text, numbers)
    assert (parsed.missing, parsed.unexpected, parsed.malformed) == ((), (), ())
    return parsed.lines


WORDS = (
    item(Kind.ENTRY, "kofal", "dog"),
    item(Kind.ENTRY, "miru", "see", pos="v"),
    item(Kind.ENTRY, "tura", "river; water"),
)


@pytest.mark.parametrize(
    ("line", "candidates", "expected"),
    [
        ("kofal tura", (), "Kofal tura"),  # nothing known: copied
        ("kofal tura miru", WORDS, "The dog saw the river"),
        ("Tamok tura miru.", (*WORDS, item(Kind.ENTITY, "Tamok", "Thomas", gender="m")), "Thomas saw the river."),
        ("kofalka tura", (*WORDS, item(Kind.RULE, "Plural", "-ka marks the plural.")), "The dogs the river"),
        ("kofalesh", WORDS, "The dog"),  # longest shared beginning
        ("kofal tura", (item(Kind.EXEMPLAR, "kofal tura", "A dog in the water"),), "A dog in the water"),
        (
            "kofal miru ba lo tura",
            (
                *WORDS,
                item(Kind.ENTRY, "sel", "child"),
                item(Kind.EXEMPLAR, "sel miru ba lo tura", "A child looks at water"),
            ),
            "A dog looks at water",
        ),
        ("ba lo", (item(Kind.TRACE, "", "dog-ERG 3SG:PST\\sleep", (1,)),), "The dog slept"),
        (
            "Tamok lo",
            (item(Kind.ENTITY, "Tamok", "Thomas"), item(Kind.TRACE, "", "? 3SG:PST\\sleep", (1,))),
            "Thomas slept",
        ),
        ("ba lo", (item(Kind.TRACE, "", "dog", (1,)),), "Ba lo"),  # a gloss that does not fit the line is not used
        ("kofal 12 <x1/> tura", WORDS, "The dog 12 <x1/> The river"),
        ("tura na kofal", (item(Kind.ENTRY, "tura na", "goodbye"), *WORDS), "Goodbye the dog"),
    ],
)
async def test_what_the_prompt_holds_decides_the_line(
    line: str, candidates: tuple[Candidate, ...], expected: str
) -> None:
    assert await answer(translate_messages(page({1: line}, *candidates))) == {1: expected}


async def test_word_order_follows_the_rules_section() -> None:
    rule = item(Kind.RULE, "Word order", "The order is VSO.")
    verb_first = page({1: "miru Tamok tura"}, *WORDS, rule, item(Kind.ENTITY, "Tamok", "Thomas"))
    assert await answer(translate_messages(verb_first)) == {1: "Thomas saw the river"}


@pytest.mark.parametrize(
    ("glosses", "expected"),
    [
        (("go-PST man house to",), {1: "The man went to the house"}),  # verbs stand first on this page
        (("man DEF go-PST home", "dog sleep-DUR there"), {1: "The man went home", 2: "A dog sleeps there"}),
    ],
)
async def test_the_glosses_of_a_page_show_the_type_of_the_language(
    glosses: tuple[str, ...], expected: dict[int, str]
) -> None:
    traces = [item(Kind.TRACE, "", gloss, (number,)) for number, gloss in enumerate(glosses, 1)]
    lines = {number: "ba lo su mi"[: 3 * len(gloss.split()) - 1] for number, gloss in enumerate(glosses, 1)}
    assert await answer(translate_messages(page(lines, *traces)), tuple(lines)) == expected


async def test_brackets_stay_around_their_word() -> None:
    assert await answer(translate_messages(page({1: "kofal (Tamok) tura miru!"}, *WORDS))) == {
        1: "The dog saw (Tamok) the river!"
    }


async def test_into_another_language_words_are_exchanged_one_by_one() -> None:
    back = page(
        {1: "the dog, sees"},
        item(Kind.ENTRY, "dog", "kofal"),
        item(Kind.ENTRY, "see", "miru"),
        source=ENGLISH,
        target=VESH,
    )
    assert await answer(translate_messages(back)) == {1: "the kofal, miru"}


@pytest.mark.parametrize(
    ("gloss", "expected"),
    [
        ("Tu kofal miruta.", "Tu kofal miruta."),  # nothing is left to do
        ("?Elena un-?Elena miruta, ?zebra.", "Kexiri un-Kexiri miruta, zebra."),
        ("?Elena-lan tu+?Elena+po miru?", "Kexiri-lan tuKexiripo miru?"),
        ("?Anne-Marie-lan miru.", "Xu-Lo-lan miru."),
        ("?permission, “?Barden” miru ?", "permission, “Barden” miru ?"),  # no rendering is known: it stays
        ("dog ? sees", "dog, Elena sees"),  # the plain glosser's: a gloss for each word
    ],
)
async def test_out_of_english_names_are_put_into_the_gloss(gloss: str, expected: str) -> None:
    names = (item(Kind.ENTITY, "Elena", "Kexiri", gender="f"), item(Kind.ENTITY, "Anne-Marie", "Xu-Lo"))
    made = page({1: "dog, Elena sees"}, *names, item(Kind.TRACE, "", gloss, (1,)), source=ENGLISH, target=VESH)
    assert await answer(translate_messages(made)) == {1: expected.replace("dog, Elena", "dog, Kexiri")}


async def test_a_gloss_without_the_tags_of_its_line_is_not_used() -> None:
    entries = (item(Kind.ENTRY, "dog", "kofal"), item(Kind.TRACE, "", "Kofal.", (1,)))
    made = page({1: "the <x1/> dog"}, *entries, source=ENGLISH, target=VESH)
    assert await answer(translate_messages(made)) == {1: "the <x1/> kofal"}


async def test_between_other_languages_the_stems_keep_their_order() -> None:
    german, names = parse_language("de"), item(Kind.ENTITY, "Elena", "Kexiri")
    gloss = item(Kind.TRACE, "", "miru-PST PL ? bel.kofal", (1,))
    made = page({1: "Sah (die) Elena, Hund!"}, names, gloss, source=german, target=VESH)
    assert await answer(translate_messages(made)) == {1: "Miru() Kexiri, bel kofal!"}


async def test_every_kind_of_request_gets_an_answer() -> None:
    two = page({1: "kofal", 2: "tura"}, *WORDS)
    assert await answer(translate_messages(two), (1, 2)) == {1: "The dog", 2: "The river"}
    assert await answer(complete_messages(two, [2]), (2,), Purpose.COMPLETE) == {2: "The river"}
    repair = repair_messages(two, {2: "x"}, {2: "copy"})
    assert await answer(repair, (2,), Purpose.REPAIR) == {2: "The river"}
    assert await answer(pivot_messages(VESH, {1: "kofal"}), (1,), Purpose.PIVOT) == {1: "Kofal"}
    choose = await GlossBackend().generate(Request(translate_messages(two), purpose=Purpose.CHOOSE))
    assert choose.text == ""


async def test_the_memory_call_lists_names_that_stand_on_both_sides() -> None:
    remember = RememberPage(VESH, ENGLISH, {1: "Kofal Tamok Sela miru"}, {1: "Tamok saw the dog"})
    reply = await GlossBackend().generate(Request(remember_messages(remember), purpose=Purpose.REMEMBER))
    (entity,) = parse_update(reply.text).entities
    assert (entity.source, entity.target, entity.gender, entity.type) == ("Tamok", "Tamok", "", "")


async def test_the_reply_counts_tokens_and_says_that_it_is_a_gloss() -> None:
    backend = make_backend("gloss")
    assert isinstance(backend, Backend)
    assert isinstance(backend, StreamingBackend)
    request = Request(translate_messages(page({1: "kofal", 2: "tura"}, *WORDS)), line_numbers=(1, 2))
    reply = await backend.generate(request)
    assert backend.name == reply.model == "gloss:6"
    assert (reply.usage.calls, reply.finish_reason) == (1, FinishReason.STOP)
    assert reply.usage.prompt_tokens > reply.usage.output_tokens > 0
    assert reply == await backend.generate(request)
    deltas = [delta async for delta in backend.stream(request)]
    assert "".join(delta.text for delta in deltas) == reply.text
    assert deltas[-1].reply == reply
    await backend.close()


async def test_a_foreign_prompt_is_refused_with_the_reason() -> None:
    with pytest.raises(BadRequestError, match="only Dragoman's own prompts"):
        await GlossBackend().generate(Request((Message("system", "Be nice."), Message("user", "Hello"))))


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60))
async def test_no_line_of_text_comes_back_empty_and_tags_are_kept(text: str) -> None:
    line = f"<g1>kofal {text}</g1> <x2/>".strip()
    messages = translate_messages(page({1: line}, *WORDS))
    reply = await GlossBackend().generate(Request(messages, line_numbers=(1,)))
    translated = reply.text.removeprefix("1\t")
    assert translated.strip()
    assert check_tags(line, translated) is None

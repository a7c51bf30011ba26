"""The simulated translator: a stated law, the same through a prompt as through its fast path."""

from itertools import pairwise

import pytest

from dragoman.agent.answers import parse_lines, parse_update
from dragoman.agent.prompt import (
    PromptPage,
    RememberPage,
    pivot_messages,
    remember_messages,
    repair_messages,
    translate_messages,
)
from dragoman.core.context import Candidate, Features
from dragoman.core.errors import BadRequestError, ConfigurationError
from dragoman.core.exchange import Message, Purpose, Request
from dragoman.core.languages import ENGLISH, Language
from dragoman.core.protocols import Backend
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.training.simlang import SimDocument, generate_document, generate_language
from dragoman.training.simlang.keys import PIVOT_KEY
from dragoman.training.simlang.needs import ItemReader, familiar_keys, oracle_needs
from dragoman.training.simlang.records import page_records, resource_records
from dragoman.training.simulated import HALF, MAX_CORRUPTION, SimulatedTranslator, corruption, simulate
from dragoman.training.simulated_offers import OfferTable

PAGE = 2


@pytest.fixture(scope="module")
def document() -> SimDocument:
    return generate_document(generate_language(7, split="test"), seed=7, pages=4)


@pytest.fixture(scope="module")
def needed(document: SimDocument) -> tuple[MemoryRecord, ...]:
    """Records that answer a need of the page, and nothing else."""
    reader = ItemReader(document)
    wanted = {key for sentence in document.pages[PAGE] for key in sentence.needs}
    known = (*resource_records(document), *page_records(document, 0), *page_records(document, 1))
    return tuple({record.id: record for record in known if reader.record_keys(record) & wanted}.values())


def lines_of(document: SimDocument, page: int = PAGE) -> dict[int, str]:
    return {number: sentence.source for number, sentence in enumerate(document.pages[page], 1)}


def prompt_page(document: SimDocument, records: tuple[MemoryRecord, ...]) -> PromptPage:
    candidates = tuple(Candidate(record, Features(), 1, tuple(lines_of(document))) for record in records)
    return PromptPage(document.language.language, ENGLISH, lines_of(document), candidates)


async def translated(backend: SimulatedTranslator, messages: tuple[Message, ...], purpose: Purpose) -> dict[int, str]:
    reply = await backend.generate(Request(messages, purpose=purpose))
    parsed = parse_lines(reply.text, range(1, 11))
    assert not parsed.malformed
    return parsed.lines


async def test_a_prompt_with_what_the_page_needs_gives_the_reference(
    document: SimDocument, needed: tuple[MemoryRecord, ...]
) -> None:
    backend = SimulatedTranslator([document])
    lines = await translated(backend, translate_messages(prompt_page(document, needed)), Purpose.TRANSLATE)
    assert lines == {number: sentence.reference for number, sentence in enumerate(document.pages[PAGE], 1)}


async def test_a_prompt_without_context_gives_what_the_fast_path_gives(document: SimDocument) -> None:
    backend = SimulatedTranslator([document])
    lines = await translated(backend, translate_messages(prompt_page(document, ())), Purpose.TRANSLATE)
    assert list(lines.values()) == [simulate(sentence, frozenset()) for sentence in document.pages[PAGE]]


async def test_useless_items_add_errors_in_proportion_to_their_tokens(
    document: SimDocument, needed: tuple[MemoryRecord, ...]
) -> None:
    backend = SimulatedTranslator([document])
    noise = tuple(MemoryRecord(Kind.EXEMPLAR, f"kofal {n}", "nothing to do with it") for n in range(400))
    tokens = sum(backend.count_tokens(f"{r.source} => {r.target}") for r in noise)
    lines = await translated(backend, translate_messages(prompt_page(document, needed + noise)), Purpose.TRANSLATE)
    expected = [simulate(s, s.needs, tokens) for s in document.pages[PAGE]]
    assert list(lines.values()) == expected
    assert expected != [sentence.reference for sentence in document.pages[PAGE]]


def test_corruption_follows_the_stated_law() -> None:
    assert corruption(0) == 0
    assert corruption(HALF) == pytest.approx(MAX_CORRUPTION / 2)
    assert corruption(10**9) == pytest.approx(MAX_CORRUPTION, abs=1e-6)


def test_more_distraction_only_adds_errors() -> None:
    document = generate_document(generate_language(3), seed=1, pages=20)
    wrong = [
        {s.id for s in document.sentences if simulate(s, s.needs, tokens) != s.reference}
        for tokens in (0, 50, 200, 1000, 10**6)
    ]
    assert all(fewer <= more for fewer, more in pairwise(wrong))
    assert [len(ids) for ids in wrong] == sorted({len(ids) for ids in wrong})


def test_the_pivot_gives_senses_and_structure_but_no_names(document: SimDocument) -> None:
    sentence = next(s for s in document.sentences if any(key.startswith("name:") for key in s.needs))
    entries = frozenset(key for key in sentence.needs if key.startswith("entry:"))
    names = frozenset(key for key in sentence.needs if key.startswith(("name:", "gender:", "exemplar:")))
    assert simulate(sentence, entries | names | {PIVOT_KEY}) == sentence.reference
    assert simulate(sentence, entries | {PIVOT_KEY}) != sentence.reference


async def test_the_memory_call_lists_the_names_that_stand_on_the_page(document: SimDocument) -> None:
    page = 1
    lines = lines_of(document, page)
    messages = remember_messages(RememberPage(document.language.language, ENGLISH, lines, lines))
    reply = await SimulatedTranslator([document]).generate(Request(messages, purpose=Purpose.REMEMBER))
    update = parse_update(reply.text)
    introduced = next(s.introduces for s in document.pages[page] if s.introduces)
    assert [(e.source, e.target) for e in update.entities] == [
        (document.language.name_form(introduced.english), introduced.english)
    ]
    assert document.page_topic(page) in reply.text.splitlines()[-1]


async def test_a_repair_is_not_distracted(document: SimDocument, needed: tuple[MemoryRecord, ...]) -> None:
    noise = tuple(MemoryRecord(Kind.EXEMPLAR, f"kofal {n}", "nothing to do with it") for n in range(400))
    page = prompt_page(document, needed + noise)
    messages = repair_messages(page, {1: "draft"}, {1: "fault"})
    lines = await translated(SimulatedTranslator([document]), messages, Purpose.REPAIR)
    assert lines == {1: document.pages[PAGE][0].reference}


async def test_a_fluent_one_needs_no_context_as_a_pivot_does(document: SimDocument) -> None:
    messages = pivot_messages(document.language.language, lines_of(document))
    lines = await translated(SimulatedTranslator([document], fluent=True), messages, Purpose.PIVOT)
    assert list(lines.values()) == [sentence.reference for sentence in document.pages[PAGE]]


async def test_an_unknown_line_comes_back_and_other_languages_are_refused(document: SimDocument) -> None:
    backend = SimulatedTranslator([document])
    page = PromptPage(document.language.language, ENGLISH, {1: "Nobody wrote this."})
    assert await translated(backend, translate_messages(page), Purpose.TRANSLATE) == {1: "Nobody wrote this."}
    into_french = PromptPage(document.language.language, Language("fr", "French"), {1: "x"})
    with pytest.raises(BadRequestError, match="into English only"):
        await backend.generate(Request(translate_messages(into_french)))


def test_it_is_a_backend_that_calls_itself_a_simulation(document: SimDocument) -> None:
    backend = SimulatedTranslator([document])
    assert isinstance(backend, Backend)
    assert "simulation" in backend.name
    assert backend.name != SimulatedTranslator([document], fluent=True).name
    with pytest.raises(ConfigurationError, match="without documents"):
        SimulatedTranslator([])


def test_offers_hold_what_every_need_asks_for_and_translate_exactly(document: SimDocument) -> None:
    table = OfferTable(document, EstimatedTokenCounter(), distractors=1.0)
    for page, sentences in enumerate(document.pages):
        observation = table.observation(page, seed=1)
        assert observation == table.observation(page, seed=1)
        assert observation != table.observation(page, seed=2)
        ids = [candidate.id for candidate in observation.candidates]
        assert len(ids) == len(set(ids))
        wanted = {key for sentence in sentences for key in sentence.requires}
        useful = [record_id for record_id in ids if table.keys(record_id) & wanted]
        assert table.translate(page, useful) == tuple(sentence.reference for sentence in sentences)
        assert table.translate(page, []) == tuple(simulate(sentence, frozenset()) for sentence in sentences)
        assert len(useful) < len(ids)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.0])
def test_what_a_translator_knows_needs_no_context(document: SimDocument, share: float) -> None:
    known = familiar_keys(document.language, share)
    table = OfferTable(document, EstimatedTokenCounter(), distractors=0.0, known=known)
    for page, sentences in enumerate(document.pages):
        ids = [candidate.id for candidate in table.observation(page).candidates]
        assert table.translate(page, ids) == tuple(sentence.reference for sentence in sentences)
        assert all(table.keys(record_id) - known for record_id in ids)
        for line, sentence in zip(table.translate(page, []), sentences, strict=True):
            assert (line == sentence.reference) == (not oracle_needs(sentence, known=known))


def test_knowledge_is_nested_and_never_holds_names(document: SimDocument) -> None:
    less, more = (familiar_keys(document.language, share) for share in (0.3, 0.6))
    assert less < more
    assert {key.partition(":")[0] for key in familiar_keys(document.language, 1.0)} == {"entry", "rule"}

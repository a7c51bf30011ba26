"""The whole agent on a generated document with the simulated translator: context pays, memory carries names on."""

from pathlib import Path

import pytest

from dragoman.agent.page import PageAgent, PageJob
from dragoman.agent.settings import RunSettings
from dragoman.core.document import Document, Page
from dragoman.core.formats import read_document
from dragoman.core.languages import parse_language
from dragoman.core.pages import split_pages
from dragoman.core.records import Kind
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.core.trajectory import PageResult
from dragoman.memory.resources import load_resource
from dragoman.memory.store import DocumentMemory, Memory
from dragoman.policies import make_policy
from dragoman.training.simlang import SimDocument, SimFolder, generate_document, generate_language, write_folder
from dragoman.training.simulated import SimulatedTranslator

SEED, PAGES = 7, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> SimFolder:
    return write_folder(SEED, pages=PAGES, folder=tmp_path_factory.mktemp("sim"))


@pytest.fixture(scope="module")
def truth() -> SimDocument:
    return generate_document(generate_language(SEED, split="test"), seed=SEED, pages=PAGES)


@pytest.fixture(scope="module")
def memory(folder: SimFolder) -> Memory:
    kinds = ("dictionary", "grammar", "parallel", "glossed", "glossary")
    return Memory([load_resource(kind, getattr(folder, kind)) for kind in kinds])


@pytest.fixture(scope="module")
def document(folder: SimFolder) -> Document:
    source, target = parse_language(folder.language), parse_language("en")
    return read_document(Path(folder.document), source_language=source, target_language=target)


async def run(
    policy: str, document: Document, memory: DocumentMemory, truth: SimDocument
) -> tuple[list[str], list[PageResult]]:
    settings = RunSettings(budget_tokens=1500, max_repairs=0)
    agent = PageAgent(SimulatedTranslator([truth]), make_policy(policy), settings)
    pages: tuple[Page, ...] = split_pages(document, EstimatedTokenCounter(), max_tokens=600, max_lines=10)
    lines: list[str] = []
    results = []
    for number, page in enumerate(pages):
        result = await agent.run_page(PageJob(document, page, len(pages), memory.view(number), SEED))
        memory.add(number, result.records, result.withdrawn)
        lines += [line.translation for line in result.lines]
        results.append(result)
    return lines, results


def right_words(lines: list[str], truth: SimDocument) -> float:
    """Share of the reference's words that stand in the translation."""
    pairs = [(line.split(), s.reference.split()) for line, s in zip(lines, truth.sentences, strict=True)]
    return sum(word in line for line, words in pairs for word in words) / sum(len(words) for _, words in pairs)


async def test_chosen_context_beats_none_by_far(document: Document, memory: Memory, truth: SimDocument) -> None:
    without, _ = await run("none", document, memory.open_document(), truth)
    chosen, _ = await run("top-k", document, memory.open_document(), truth)
    assert right_words(chosen, truth) > right_words(without, truth) + 0.25


async def test_names_and_topic_that_a_page_gives_are_remembered_for_the_next(
    document: Document, memory: Memory, truth: SimDocument
) -> None:
    opened = memory.open_document()
    await run("top-k", document, opened, truth)
    records = opened.view(PAGES).records()
    introduced = {(truth.language.name_form(e.english), e.english) for e in truth.introduced}
    remembered = {(r.source, r.target) for r in records if r.kind is Kind.ENTITY and r.provenance.page is not None}
    assert introduced <= remembered
    assert any(r.kind is Kind.ESSENCE and truth.page_topic(0) in r.target for r in records)

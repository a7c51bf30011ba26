"""The page agent with the real memory, policy and prompt, over several pages."""

import pytest

from dragoman.agent.backends.scripted import ScriptedBackend, text_lines
from dragoman.agent.page import PageAgent, PageJob
from dragoman.agent.prompt import parse_prompt
from dragoman.agent.settings import RunSettings
from dragoman.core.document import Page
from dragoman.core.exchange import Purpose, Request
from dragoman.core.records import Kind, MemoryRecord, Provenance, Resource
from dragoman.core.trajectory import PageResult
from dragoman.memory.store import Memory
from dragoman.policies.fixed import TopKPolicy

BROUGHT = Provenance("resource", "line 1")
RULE = MemoryRecord(Kind.RULE, "Plural", "-en on the noun", provenance=BROUGHT)
RECORDS = (
    RULE,
    MemoryRecord(Kind.RULE, "kofalen", "dogs", attributes=(("rule", RULE.id),), provenance=BROUGHT),
    MemoryRecord(Kind.ENTRY, "kofal", "dog", provenance=BROUGHT),
    MemoryRecord(Kind.ENTRY, "pemu", "sees", provenance=BROUGHT),
    MemoryRecord(Kind.EXEMPLAR, "Il pemu kofal.", "He sees a dog.", "", (("gloss", "3SG see dog"),), BROUGHT),
)
PAGES = ("Tamok pemu kofal.\nIl pemu Tamok.", "Lo Tamok pemu kofalen.\nTamok dru.")


def script(request: Request) -> str:
    """Knows the name on the first page, forgets it on the second until a repair names it."""
    if request.purpose is Purpose.REMEMBER:
        return "Tamok = Thomas (he, person)\nabout: Dogs are seen."
    lines = text_lines(request)
    forgets = "Tamok dru." in lines.values() and request.purpose is not Purpose.REPAIR
    return "\n".join(f"{number}\t{'Tom' if forgets else 'Thomas'} does thing {number}." for number in lines)


@pytest.fixture
async def results(bench) -> tuple[list[PageResult], ScriptedBackend]:
    memory = Memory((Resource("dictionary", "words.tsv", "hash", RECORDS),)).open_document()
    backend, policy = ScriptedBackend(script), TopKPolicy()
    agent, done = PageAgent(backend, policy, RunSettings()), []
    for index, text in enumerate(PAGES):
        document = bench(text=text, source="qaa-x-sim:Simlish", target="English").document()
        job = PageJob(document, Page(index, document.segments), len(PAGES), memory.view(index), seed=0)
        done.append(await agent.run_page(job))
        memory.add(index, done[-1].records, done[-1].withdrawn)
    return done, backend


async def test_what_the_user_brought_is_in_the_prompt(results) -> None:
    _, backend = results
    first = parse_prompt(backend.requests[0].messages)
    assert "kofal = dog" in first.items(Kind.ENTRY)
    assert "Il pemu kofal. => He sees a dog." in first.items(Kind.EXEMPLAR)
    assert all("\t" in item for item in first.items(Kind.TRACE))


async def test_a_name_learned_on_one_page_is_held_to_on_the_next(results) -> None:
    (_, second), backend = results
    prompts = [request for request in backend.requests if request.purpose is not Purpose.REMEMBER]
    assert [request.purpose.value for request in prompts] == ["translate", "translate", "repair"]
    assert "Tamok = Thomas (he, person)" in parse_prompt(prompts[1].messages).items(Kind.ENTITY)
    assert "names not rendered as before: Tamok = Thomas" in parse_prompt(prompts[2].messages).faults[1]
    assert [line.translation for line in second.lines] == ["Thomas does thing 1.", "Thomas does thing 2."]
    assert all(line.issues == () for line in second.lines)


async def test_a_page_without_new_names_makes_no_memory_call(results) -> None:
    (first, second), _ = results
    assert Purpose.REMEMBER in first.usage
    assert Purpose.REMEMBER not in second.usage
    assert {record.kind for record in second.records} == {Kind.EXEMPLAR}

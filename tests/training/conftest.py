"""Small real documents for the tests of training: a scripted model, a dictionary, a reference."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dragoman.agent.backends.scripted import ScriptedBackend
from dragoman.agent.settings import RunSettings
from dragoman.core.exchange import Request
from dragoman.core.formats import document_from_text
from dragoman.core.languages import parse_language
from dragoman.core.pages import split_pages
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.resources import load_resource
from dragoman.memory.store import Memory
from dragoman.policies import make_policy
from dragoman.training.agent_tasks import TrainingDocument, agent_tasks
from dragoman.training.tasks import PageTask

WORDS = {"kofal": "dog", "mira": "river", "tamok": "Thomas", "ber": "sees", "sola": "boat"}
LINES = ("tamok ber kofal", "kofal ber mira", "mira ber sola", "sola ber tamok kofal", "kofal tamok ber sola mira")
TinyDocuments = Callable[[], Awaitable[tuple[tuple[PageTask, ...], list[Request], tuple[str, ...]]]]


def gloss_script(request: Request) -> str:
    """Translates the words whose entries stand in the prompt; the others stay."""
    user = request.messages[-1].content
    known = {word: gloss for word, gloss in WORDS.items() if f"\n{word} = {gloss}" in user}
    text = user.partition("## Text\n")[2].splitlines()
    rows = (line.partition("\t") for line in text if "\t" in line)
    return "\n".join(f"{n}\t{' '.join(known.get(w, w) for w in line.split())}" for n, _, line in rows)


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    """Five words."""
    path = tmp_path / "words.tsv"
    path.write_text("headword\tgloss\n" + "".join(f"{w}\t{g}\n" for w, g in WORDS.items()), encoding="utf-8")
    return path


@pytest.fixture
def tiny_documents(dictionary: Path) -> TinyDocuments:
    """Makes the tasks of one document of five lines, the requests its model gets, and the references."""

    async def make() -> tuple[tuple[PageTask, ...], list[Request], tuple[str, ...]]:
        requests: list[Request] = []

        def script(request: Request) -> str:
            requests.append(request)
            return gloss_script(request)

        source, target = parse_language("qaa-x-tiny:Tiny"), parse_language("en")
        document = document_from_text("\n".join(LINES), source_language=source, target_language=target)
        references = tuple(" ".join(f"the {WORDS[word]}" for word in line.split()) for line in LINES)
        pages = split_pages(document, EstimatedTokenCounter(), max_tokens=600, max_lines=2)
        given = TrainingDocument(document, pages, references)
        memory = Memory([load_resource("dictionary", dictionary)])
        settings = RunSettings(remember="never", max_repairs=0, budget_tokens=400)
        tasks = await agent_tasks(given, memory, ScriptedBackend(script), settings, base_policy=make_policy("none"))
        return tasks, requests, references

    return make

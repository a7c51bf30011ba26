"""Small real documents, memories and page agents for the tests of journal and loop; also used by `kill_driver.py`."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dragoman.agent.backends.scripted import text_lines
from dragoman.core.context import (
    Candidate,
    ChoiceStatus,
    ContextChoice,
    Decision,
    Features,
    Observation,
    PivotVerdict,
)
from dragoman.core.document import Document, Hole, Page, Segment, Skeleton
from dragoman.core.exchange import Purpose, Request, Usage
from dragoman.core.formats import document_from_text
from dragoman.core.hashing import content_hash
from dragoman.core.languages import ENGLISH, Language
from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.core.trajectory import LineResult, PageResult

LINES_PER_PAGE = 3
KOF = Language("x-kof", "Kof")


def letters(number: int) -> str:
    """A word for a number, so that no check on digits speaks."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def text_document(number: int, pages: int) -> Document:
    """A generated document; each page has a name that later pages use again, the first word names the document."""
    lines = [
        f"Kofal{letters(number)} Tamok{letters(line // LINES_PER_PAGE % 7)} morun sel{letters(line)} dorat venim"
        for line in range(pages * LINES_PER_PAGE)
    ]
    text = "".join(f"{line}\n" for line in lines)
    return document_from_text(text, source_language=KOF, target_language=ENGLISH, name=f"{number}.txt")


def prompt_hash(request: Request) -> str:
    """Of everything the model sees."""
    return content_hash(*(message.content for message in request.messages), length=12)


def first_word(request: Request) -> str:
    """Of the page: names its document."""
    return next(iter(text_lines(request).values()), "").split(" ")[0]


def answer(request: Request) -> str:
    """A script whose every answer depends on the whole prompt, so on all that memory holds."""
    lines = text_lines(request)
    if request.purpose is Purpose.REMEMBER:
        name = next(iter(lines.values()), "").split(" ")[1]
        return f"about: a page of {first_word(request)}\n{name} = Thomas{name[5:]} (he, person)"
    told = "".join(chr(ord("a") + int(digit, 16)) for digit in prompt_hash(request))
    return "\n".join(f"{number}\tthe {line.lower()} was {told}" for number, line in lines.items())


def make_document(num_lines: int, *, name: str = "text.txt", word: str = "line") -> Document:
    """A document of one segment per line."""
    segments = tuple(Segment(f"{name}-{index}", f"{word} {index} of {name}") for index in range(num_lines))
    literals = ("", *["\n"] * num_lines)
    holes = tuple(Hole(segment.id, segment.source) for segment in segments)
    return Document(name, "text", segments, Skeleton(literals, holes), KOF, ENGLISH)


def cut(document: Document, lines_per_page: int = 2) -> tuple[Page, ...]:
    """Pages of a fixed number of lines."""
    segments = document.segments
    starts = range(0, len(segments), lines_per_page)
    return tuple(Page(index, segments[start : start + lines_per_page]) for index, start in enumerate(starts))


@dataclass(frozen=True)
class PlainView:
    """What pages before left."""

    version: int
    deltas: tuple[MemoryRecord, ...]

    def records(self, kind: Kind | None = None) -> tuple[MemoryRecord, ...]:
        """All records."""
        return self.deltas


class PlainDocumentMemory:
    """Versions by page; asking for one whose pages are not there is an error."""

    def __init__(self) -> None:
        self.deltas: dict[int, tuple[MemoryRecord, ...]] = {}

    def add(self, page_index: int, records: Sequence[MemoryRecord], withdrawn: object = ()) -> None:
        """Keeps the delta of a page."""
        assert page_index not in self.deltas, "a page is added once"
        self.deltas[page_index] = tuple(records)

    def view(self, version: int) -> PlainView:
        """The deltas of pages 0 to version - 1."""
        return PlainView(version, tuple(record for page in range(version) for record in self.deltas[page]))


class PlainMemory:
    """Opens empty document memories and keeps them for the test to look at."""

    def __init__(self) -> None:
        self.opened: list[PlainDocumentMemory] = []

    def open_document(self) -> PlainDocumentMemory:
        """A new one."""
        self.opened.append(PlainDocumentMemory())
        return self.opened[-1]


def page_result(job: object) -> PageResult:
    """A result that depends on everything a page may depend on: its sources, its seed and the memory it read."""
    memory = content_hash(*(record.target for record in job.view.records()), length=8)
    lines = tuple(
        LineResult(segment.id, segment.source, f"{segment.source} / {job.seed} / {job.view.version} / {memory}")
        for segment in job.page.segments
    )
    record = MemoryRecord(
        Kind.ENTITY, f"name {job.page.index}", lines[0].translation, provenance=Provenance("document", page=0)
    )
    candidate = Candidate(record, Features(similarity=0.5), tokens=4, lines=(1,), reason="a reason")
    observation = Observation(job.document.hash, job.page, job.num_pages, (candidate,), 400)
    choice = ContextChoice(
        ChoiceStatus.CHOSE,
        (candidate.id,),
        (Decision(candidate.id, True, 1.0, True),),
        PivotVerdict(False, 1.0),
        4,
        "plain",
        job.seed,
    )
    usage = {Purpose.TRANSLATE: Usage(calls=1, prompt_tokens=10, output_tokens=5)}
    return PageResult(job.page.index, lines, observation, choice, None, (record,), (), usage, 0.0)


@dataclass
class PlainAgent:
    """Translates pages after a random pause and remembers which pages it was asked for.

    Attributes:
        pause_s: longest pause.
        seed: of the pauses only.
        before: called with each job; what it raises is the page's error.
    """

    pause_s: float = 0.0
    seed: int = 0
    before: Callable[[object], None] = lambda job: None
    asked: list[tuple[str, int]] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    async def run_page(self, job: object, *, on_event: object = None, approve: object = None) -> PageResult:
        """The page's result."""
        self.asked.append((job.document.name, job.page.index))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            pause = random.Random(f"{self.seed} {job.document.name} {job.page.index}").random() * self.pause_s
            await asyncio.sleep(pause)
            self.before(job)
            return page_result(job)
        finally:
            self.in_flight -= 1

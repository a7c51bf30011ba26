"""Hand-made pages for the tests of the public face."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

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
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.languages import Language
from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.core.trajectory import Issue, IssueCode, LineResult, PageResult

SOURCES = ("Tamok a kofal", "lu mira <b>ten</b>", "sa", "kofal-i ve Tamok")
TRANSLATIONS = ("Thomas has a dog", "the river is <i>old</i>", "sa", "Thomas's dogs")
SCRIPT = "<script>alert('x')</script>"


def make_document(num_pages: int = 1, sources: tuple[str, ...] = SOURCES) -> Document:
    """A text document of equal pages, one line per segment."""
    segments = tuple(
        Segment(f"s{page}-{number}", source) for page in range(num_pages) for number, source in enumerate(sources)
    )
    holes = tuple(Hole(segment.id, segment.source) for segment in segments)
    literals = ("", *("\n" for _ in segments))
    return Document(
        "tale.txt",
        "text",
        segments,
        Skeleton(literals, holes),
        Language("x-simlish", "Simlish"),
        Language("ar", "Arabic", direction="rtl"),
    )


def make_record(kind: Kind, source: str, target: str, page: int | None = None) -> MemoryRecord:
    """A record of the given kind; a page makes it one that the document taught."""
    attributes = (("gender", "he"), ("type", "person")) if kind is Kind.ENTITY else ()
    origin = Provenance("document", f"page {page}", page) if page is not None else Provenance("words.tsv", "line 3")
    return MemoryRecord(kind, source, target, attributes=attributes, provenance=origin)


CANDIDATES = (
    Candidate(make_record(Kind.RULE, "Plural", f"-i marks it {SCRIPT}"), Features(0.4), 21, (), "section 3"),
    Candidate(make_record(Kind.ENTITY, "Tamok", "Thomas"), Features(0.9, exact=1.0), 8, (1, 4), "name on the page"),
    Candidate(make_record(Kind.ENTRY, "kofal", "dog"), Features(0.7), 5, (1, 4), "headword"),
    Candidate(make_record(Kind.ENTRY, "mira", "river"), Features(0.6), 5, (2,), "prefix match"),
)


def make_choice() -> ContextChoice:
    """Two items chosen, one dropped by the budget, one not drawn."""
    rule, name, dog, river = (candidate.id for candidate in CANDIDATES)
    decisions = (
        Decision(rule, included=False, probability=0.0, drawn=False, reason="not wanted"),
        Decision(name, included=True, probability=0.75, drawn=True, gain=1.25, reason="number 1 of its kind"),
        Decision(dog, included=True, probability=0.5, drawn=True, reason="number 1 of its kind"),
        Decision(river, included=False, probability=0.5, drawn=True, reason="over the budget"),
    )
    verdict = PivotVerdict(call=True, probability=0.9, reason="dictionary explains 80% of the words")
    return ContextChoice(ChoiceStatus.CHOSE, (name, dog), decisions, verdict, 13, "top-k:1", 7)


def make_page(document: Document, index: int, *, faults: bool = True) -> PageResult:
    """A page with one clean line, one line with an issue and one failed line."""
    segments = document.segments[index * len(SOURCES) : (index + 1) * len(SOURCES)]
    lines = tuple(
        LineResult(segment.id, segment.source, translation)
        for segment, translation in zip(segments, TRANSLATIONS, strict=True)
    )
    if faults:
        lines = (
            lines[0],
            _with(lines[1], IssueCode.TAGS, "tag <b> is lost"),
            _with(lines[2], IssueCode.MISSING, "no answer"),
            lines[3],
        )
    observation = Observation(
        document.hash, Page(index, segments), 2, CANDIDATES, 15, has_dictionary=True, dictionary_coverage=0.8
    )
    return PageResult(
        page_index=index,
        lines=lines,
        observation=observation,
        choice=make_choice(),
        pivot_lines=("He", "the river", "sa", "dogs"),
        records=(
            make_record(Kind.ENTITY, "Tamok", "Thomas" if index != 1 else "Tom", index),
            make_record(Kind.EXEMPLAR, SOURCES[0], f"line {SCRIPT}", index),
        ),
        usage={
            Purpose.TRANSLATE: Usage(1, 300, 128, 60, 0.001),
            Purpose.REMEMBER: Usage(1, 150, 0, 20, 0.0005, saved_calls=1),
        },
        seconds=1.5,
    )


def _with(line: LineResult, code: IssueCode, message: str) -> LineResult:
    return LineResult(line.segment_id, line.source, line.translation, (Issue(line.segment_id, code, message),))


@pytest.fixture
def document_of() -> Callable[..., Document]:
    return make_document


@pytest.fixture
def page_of() -> Callable[..., PageResult]:
    return make_page


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def dragoman(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs the command line in this process: `dragoman("translate", path, ...)`."""
    for name in ("DRAGOMAN_API_KEY", "OPENAI_API_KEY", "DRAGOMAN_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Ran:
        from dragoman.cli import main

        monkeypatch.setattr("sys.argv", ["dragoman", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def tale(tmp_path: Path) -> Path:
    """A file of nine lines."""
    path = tmp_path / "tale.txt"
    path.write_text("".join(f"Line number {number} of the tale.\n" for number in range(1, 10)), encoding="utf-8")
    return path


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A small dictionary."""
    path = tmp_path / "words.tsv"
    path.write_text("headword\tpos\tglosses\nkofal\tnoun\tdog\nmira\tnoun\triver\nten\tadj\told\n", encoding="utf-8")
    return path

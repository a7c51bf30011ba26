"""Two whole novels through the SDK and an HTTP server: nothing is lost or moved, and it does not take long.

The texts are read from the data folder, made plain text here, and never leave the test's own folder.
"""

import re
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dragoman import AsyncTranslator
from dragoman.agent.events import PageFinished, Resumed, RunFinished
from dragoman.core.environment import data_folder
from dragoman.core.exchange import Purpose
from dragoman.core.formats import document_from_text
from dragoman.core.languages import parse_language

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

BOOKS = {
    # file: least number of words, of paragraphs (counted by the makers of the data folder)
    "austen.pride-and-prejudice.en.epub": (121_000, 2_043),
    "melville.moby-dick.en.epub": (208_000, 2_730),
}
MAX_SECONDS = 45.0  # of processor time, so that a busy machine does not fail the test; a quiet one takes less than 60
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "dt", "dd")
_XHTML = "{http://www.w3.org/1999/xhtml}"


def read_epub(path: Path) -> str:
    """The book as plain text: its parts in reading order, a line for each paragraph, blank lines between them."""
    with zipfile.ZipFile(path) as book:
        container = ElementTree.fromstring(book.read("META-INF/container.xml"))
        (package_path,) = (element.attrib["full-path"] for element in container.iter() if "full-path" in element.attrib)
        package = ElementTree.fromstring(book.read(package_path))
        hrefs = {e.attrib["id"]: e.attrib["href"] for e in package.iter() if e.tag.endswith("}item")}
        spine = [hrefs[e.attrib["idref"]] for e in package.iter() if e.tag.endswith("}itemref")]
        folder = package_path.rpartition("/")[0]
        parts = [ElementTree.fromstring(book.read(f"{folder}/{href}")) for href in spine]
    return "\n\n".join(paragraph for part in parts for paragraph in paragraphs(part)) + "\n"


def paragraphs(part: ElementTree.Element) -> list[str]:
    """The text of every block that holds no other block."""
    blocks = [element for name in _BLOCKS for element in part.iter(_XHTML + name)]
    inner = [block for block in part.iter() if block in blocks and not any(b in blocks for b in list(block.iter())[1:])]
    texts = (" ".join("".join(block.itertext()).split()) for block in inner)
    return [text for text in texts if text]


def book_path(name: str) -> Path:
    path = data_folder() / "books" / name
    if not path.is_file():
        pytest.skip(f"no {path}: set DRAGOMAN_DATA to the data folder")
    return path


def without_echo(text: str) -> str:
    """What the echo put around every line, taken away."""
    return re.sub("[«»]", "", text)


@pytest.mark.parametrize("name", BOOKS)
async def test_a_whole_novel_comes_back_whole_and_in_order(name: str, echo_server_url: str, tmp_path: Path) -> None:
    text = read_epub(book_path(name))
    num_words, num_paragraphs = BOOKS[name]
    assert len(text.split()) >= num_words
    assert text.count("\n\n") >= num_paragraphs
    assert not set("«»") & set(text)
    source = document_from_text(text, source_language=parse_language("English"), target_language=parse_language("x-yo"))
    options = {"model": "served", "base_url": echo_server_url, "journal": tmp_path / "journal.sqlite", "wave": 4}
    started, wall = time.process_time(), time.perf_counter()
    async with AsyncTranslator("English", "x-yo", **options) as translator:  # type: ignore[arg-type]  # keywords
        result = await translator.translate(source)
    seconds, wall = time.process_time() - started, time.perf_counter() - wall

    assert [line.segment_id for line in result.segments] == [segment.id for segment in source.segments]
    assert [line.source for line in result.segments] == [segment.source for segment in source.segments]
    assert result.failed == ()
    assert [without_echo(line.translation) for line in result.segments] == [s.source for s in source.segments]
    assert without_echo(result.text) == text
    assert result.text.count("«") > len(result.segments) * 0.99  # lines without a letter are not sent
    assert sum(not line.translation.startswith("«") for line in result.segments) < 100

    calls = {purpose: usage.calls for purpose, usage in result.usage_by_purpose.items()}
    assert calls[Purpose.TRANSLATE] == len(result.pages)
    assert calls[Purpose.REMEMBER] <= len(result.pages)
    assert result.usage.calls == sum(calls.values()) <= 0.25 * len(result.segments)
    assert result.usage.prompt_tokens > num_words
    assert seconds < MAX_SECONDS, (
        f"{len(result.pages)} pages took {seconds:.0f} s of processor time, {wall:.0f} s in all"
    )


async def test_a_finished_novel_is_not_paid_again(echo_server_url: str, tmp_path: Path) -> None:
    text = read_epub(book_path("austen.pride-and-prejudice.en.epub"))
    text = text[: len(text) // 10]
    options = {"model": "served", "base_url": echo_server_url, "journal": tmp_path / "journal.sqlite"}
    runs = []
    for _ in range(2):
        async with AsyncTranslator("English", "x-yo", **options) as translator:  # type: ignore[arg-type]  # keywords
            runs.append([event async for event in translator.stream(text)])
    first, second = (run[-1] for run in runs)
    assert isinstance(first, RunFinished)
    assert isinstance(second, RunFinished)
    assert first.usage.calls > 0
    assert second.usage.calls == 0
    assert second.documents[0].usage == first.documents[0].usage
    assert any(isinstance(event, Resumed) for event in runs[1])
    assert not any(isinstance(event, PageFinished) for event in runs[1])

"""Whatever comes in goes out byte for byte when nothing is translated, in every format."""

import json
import lzma
import re
import tarfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dragoman.core.document import Document
from dragoman.core.environment import data_folder
from dragoman.core.formats import document_from_text, read_document
from dragoman.core.languages import Language
from dragoman.core.tags import TAG, check_tags

ENGLISH = Language("en", "English", script="Latn")
SIMLISH = Language("x-sim7", "Simlish")

# Pieces that meet rules of the readers, beside plain random text.
_JOINED = (
    "\r\n¦\r¦\n¦\n\n¦\f¦\v¦\t¦\u2028¦\u2029¦\u0085¦\ufeff¦\u200b¦\u00a0¦\u3000¦ ¦  \n¦\\\n¦    ¦# ¦## x ##¦- ¦* ¦1. "
    "¦> ¦>¦```\n¦~~~¦---\n¦===¦***¦**¦*¦_¦~~¦`¦``¦[¦]¦](¦(¦)¦![¦[ref]¦[ref]: /u\n¦[^1]¦[^1]: ¦[x] ¦|¦\\|¦\n|-|-|\n¦"
    "| a | b |\n|---|---|\n| c | d |\n¦a | b\n-|-\nc | d\n¦<b>¦</b>¦<br/>¦<div>\n¦<!-- c -->¦<x1/>¦<g2>¦</g2>¦"
    "&amp;¦&¦\\¦\\*¦{x}¦{{x}}¦%s¦%(n)s¦${x}¦#PRS_ORG#¦https://a.b/c_(d).¦a@b.co¦!!! note\n¦::: tip\n¦[!NOTE]\n¦"
    "{: .c}¦---\ntitle: T\n---\n¦Word. Next! ¦Mr. ¦“Q.” ¦(a) ¦。¦؟¦你好¦word¦é¦e\u0301¦👩\u200d👩¦1984¦'¦\"¦\x01¦\x1c"
)
_PIECES = _JOINED.split("¦")
ANY_TEXT = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=30).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
)


def echoed(document: Document) -> Mapping[str, str]:
    return {segment.id: segment.source for segment in document.segments}


def assert_identity(document: Document, data: bytes) -> None:
    assert document.join({}) == data
    assert document.join(echoed(document)) == data
    assert len({segment.id for segment in document.segments}) == len(document.segments)
    for segment in document.segments:
        assert segment.source == " ".join(segment.source.split())
        assert [TAG.fullmatch(tag) is not None for tag, _ in segment.tags] == [True] * len(segment.tags)
        assert sorted(tag for tag, _ in segment.tags) == sorted(match[0] for match in TAG.finditer(segment.source))
        assert check_tags(segment.source, segment.source) is None


@pytest.mark.parametrize("format_name", ["text", "markdown", "markdown:title"])
@given(text=ANY_TEXT)
@settings(max_examples=400)
def test_identity_gives_back_the_same_bytes_for_any_text(format_name: str, text: str) -> None:
    document = document_from_text(text, source_language=ENGLISH, target_language=SIMLISH, format=format_name)
    assert_identity(document, text.encode("utf-8"))


@st.composite
def json_lines(draw: st.DrawFn) -> str:
    """Valid JSON Lines with odd spacing, escapes of every kind, nested values, lists and duplicate keys."""
    lines = []
    for value in draw(st.lists(ANY_TEXT, min_size=1, max_size=4)):
        written = json.dumps(value, ensure_ascii=draw(st.booleans()))
        space = draw(st.sampled_from(["", " ", "\t ", " \r"]))
        other = draw(
            st.sampled_from(["1", "null", '{"text": [1, "x"]}', '"\\ud800 lone"', '["", "a", {}]', "-0.50e+1"])
        )
        line = draw(
            st.sampled_from(
                [
                    f'{{"text":{space}{written}}}',
                    f'{space}{{{space}"a"{space}:{other},{space}"text":{written}{space}}}{space}',
                    f'{{"text": [{space}{written},{other}{space}], "text": "Again."}}',
                    f'{{"source": {written}, "n": {other}}}',
                    f'{{"text": "\\ud83d\\ude00\\/ \\u00e9\\n {written[1:-1]}"}}',
                    f"{{}}\n{other}\n{space}",
                ]
            )
        )
        lines.append(line)
    lines.append('{"text": "\\udc00"}\n{"text": "x"}')
    return draw(st.sampled_from(["\n", "\r\n", "\n\n"])).join(lines) + draw(st.sampled_from(["", "\n"]))


@given(text=json_lines())
@settings(max_examples=400)
def test_identity_gives_back_the_same_bytes_for_json_lines(text: str) -> None:
    document = document_from_text(text, source_language=ENGLISH, target_language=SIMLISH, format="jsonl")
    assert_identity(document, text.encode("utf-8"))


@given(text=json_lines(), translation=ANY_TEXT)
@settings(max_examples=200)
def test_any_translation_leaves_json_lines_valid(text: str, translation: str) -> None:
    document = document_from_text(text, source_language=ENGLISH, target_language=SIMLISH, format="jsonl")
    written = document.join({segment.id: translation for segment in document.segments}).decode("utf-8")
    for before, after in zip(text.split("\n"), written.split("\n"), strict=True):
        if before.strip(" \t\r"):
            assert type(json.loads(before)) is type(json.loads(after))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252", "iso-8859-15"])
@pytest.mark.parametrize("extension", ["txt", "md", "jsonl"])
def test_encodings_and_marks_come_back(tmp_path: Path, encoding: str, extension: str) -> None:
    content = '{"text": "Grüße. Zwei."}\r\n' if extension == "jsonl" else "Grüße aus Köln.\r\nZwei"
    path = tmp_path / f"file.{extension}"
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    path.write_bytes(mark + content.encode(encoding))
    known_by_mark = encoding.startswith("utf")
    document = read_document(
        path, source_language=ENGLISH, target_language=SIMLISH, encoding=None if known_by_mark else encoding
    )
    assert len(document.segments) == 2
    assert "Grüße" in document.segments[0].source
    assert_identity(document, path.read_bytes())


def _real_files() -> Iterator[tuple[str, str, bytes]]:
    """(name, format, bytes) of every real Markdown and text file of the data folder."""
    folder = data_folder()
    for path in sorted([*folder.rglob("*.md"), *folder.rglob("*.txt")]):
        yield path.name, "markdown" if path.suffix == ".md" else "text", path.read_bytes()
    with tarfile.open(folder / "docs" / "opensource-guide.md.tar.xz", "r:xz") as archive:
        for member in archive:
            stream = archive.extractfile(member)
            if stream is not None and member.name.endswith(".md"):
                yield member.name, "markdown", stream.read()


def _books() -> Iterator[tuple[str, str, bytes]]:
    for path in sorted((data_folder() / "books").glob("*.chapters.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as stream:
            rows = [json.loads(line) for line in stream]
        text = "\n\n".join(paragraph for row in rows for paragraph in row.get("paras") or row["src"])
        yield path.name, "text", text.encode("utf-8")
        yield path.name, "markdown", text.replace("\n", "\r\n").encode("utf-8")


needs_data = pytest.mark.skipif(not data_folder().is_dir(), reason="the data folder (DRAGOMAN_DATA) is not there")


@needs_data
@pytest.mark.slow
def test_identity_on_all_real_files(tmp_path: Path) -> None:
    count = 0
    for name, format_name, data in [*_real_files(), *_books()]:
        path = tmp_path / "file"
        path.write_bytes(data)
        document = read_document(path, source_language=ENGLISH, target_language=SIMLISH, format=format_name)
        assert document.segments, name
        assert_identity(document, data)
        count += 1
    assert count > 100


@needs_data
@pytest.mark.slow
def test_identity_on_real_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "book.jsonl"
    for packed in sorted((data_folder() / "books").glob("*.chapters.jsonl.xz")):
        path.write_bytes(lzma.decompress(packed.read_bytes()))
        fields = "jsonl:src" if "alice" in packed.name else "jsonl:title,paras"
        document = read_document(path, source_language=ENGLISH, target_language=SIMLISH, format=fields)
        assert len(document.segments) > 500
        assert_identity(document, path.read_bytes())


@pytest.mark.parametrize(
    ("format_name", "sentence"),
    [
        ("text", "Mr. Smith (the “first”) went home at last. "),
        ("text", "word "),
        ("text", "(“"),
        ("markdown", "A *sentence* with `code` and a [link](http://a.b). "),
        ("markdown", "word "),
        ("jsonl", "Mr. Smith went \\u0068ome at last. "),
    ],
)
def test_a_paragraph_of_a_megabyte_is_read_in_seconds(format_name: str, sentence: str) -> None:
    text = sentence * (1_000_000 // len(sentence))
    text = f'{{"text": "{text}"}}' if format_name == "jsonl" else text
    start = time.monotonic()
    document = document_from_text(text, source_language=ENGLISH, target_language=SIMLISH, format=format_name)
    assert document.join({}) == text.encode()
    assert time.monotonic() - start < 15  # about 2 on an idle core; the margin is for busy machines


def _shape(text: str) -> list[tuple[str, str]]:
    """Blocks, and what inline markup points at; not the words."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    found = []
    for token in parser.parse(text):
        found.append((token.type, ""))
        found.extend(
            (child.type, str(child.attrs.get("href") or child.attrs.get("src") or ""))
            for child in token.children or ()
            if child.type not in ("text", "softbreak") and not child.type.startswith(("em_", "strong_", "s_"))
        )
    return found


@needs_data
@pytest.mark.slow
def test_structure_of_real_markdown_survives_a_translation() -> None:
    for name, format_name, data in _real_files():
        if format_name == "markdown":
            text = data.decode("utf-8")
            document = document_from_text(text, source_language=ENGLISH, target_language=SIMLISH, format=format_name)
            pieces = {segment.id: re.split(r"(<[^>]*>)", segment.source) for segment in document.segments}
            swapped = {
                key: "".join(piece if index % 2 else piece.swapcase() for index, piece in enumerate(parts))
                for key, parts in pieces.items()
            }
            assert _shape(document.join(swapped).decode("utf-8")) == _shape(text), name

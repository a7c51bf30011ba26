"""What each format takes for text, and how translations are written."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dragoman.core.document import Document
from dragoman.core.errors import ConfigurationError, EncodingError, FormatError, InputError, UnknownNameError
from dragoman.core.formats import FORMATS, document_from_text, read_document
from dragoman.core.languages import Language, parse_language

ENGLISH = Language("en", "English", script="Latn")
SIMLISH = Language("x-sim7", "Simlish")


def read(text: str, format_name: str) -> Document:
    return document_from_text(text, source_language=ENGLISH, target_language=SIMLISH, format=format_name)


def sources(text: str, format_name: str) -> list[str]:
    return [segment.source for segment in read(text, format_name).segments]


def translated(text: str, format_name: str, translate: Callable[[str], str]) -> str:
    document = read(text, format_name)
    return document.join({segment.id: translate(segment.source) for segment in document.segments}).decode()


WRAPPED = (
    "The quick brown fox jumps over the lazy dog and runs\n"
    "far away from it. Then it sleeps under a tree, dreaming of\n"
    "the dog."
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n \t\r\n", []),
        ("1984\n\n***\n", []),
        ("One. Two!  Three?", ["One.", "Two!", "Three?"]),
        ("Mr. Smith met Dr. Jones. They left.", ["Mr. Smith met Dr. Jones.", "They left."]),
        ("Roses are red\nViolets are blue", ["Roses are red", "Violets are blue"]),
        (
            WRAPPED,
            [
                "The quick brown fox jumps over the lazy dog and runs far away from it.",
                "Then it sleeps under a tree, dreaming of the dog.",
            ],
        ),
        ("See https://a.b/c?d=e. Mail x.y@z.org!", ["See <x1/>.", "Mail <x1/>!"]),
        ("Hi {name}, %(n)d of %s: ${x} {{y}} #PRS_ORG#", ["Hi <x1/>, <x2/> of <x3/>: <x4/> <x5/> <x6/>"]),
        ("A <b>bold</b> word<br/>", ["A <g1>bold</g1> word<x2/>"]),
        ("Like <x1/> or </g2> here", ["Like <x1/> or <x2/> here"]),
        ("100% sure, 5% off", ["100% sure, 5% off"]),
        ("a < b and c > d", ["a < b and c > d"]),
        ("he said `so' and `that' too", ["he said `so' and `that' too"]),
    ],
)
def test_plain_text_is_cut_as_expected(text: str, expected: list[str]) -> None:
    assert sources(text, "text") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Title #\n\nText *one* here.\n", ["Title", "Text <g1>one</g1> here."]),
        ("Title\n=====\n", ["Title"]),
        ("- one\n- two\n  continued\n    - three", ["one", "two continued", "three"]),
        ("> quoted\n> text\nlazy", ["quoted text lazy"]),
        ("- [x] done\n- [ ] open", ["done", "open"]),
        ("| A | B |\n|---|:-:|\n| c \\| d | `e` f |\n", ["A", "B", "c \\| d", "<x1/> f"]),
        ("> a | b\n> --|--\n> c | d\n", ["a", "b", "c", "d"]),
        ('[text](http://u.v "t") and [text][r].\n\n[r]: /x\n', ["<g1>text</g1> and <g2>text</g2>."]),
        ("![alt text](i.png)", ["<g1>alt text</g1>"]),
        ("Use `a b` and ``c`d``.", ["Use <x1/> and <x2/>."]),
        ("**a** _b_ ***c*** ~~d~~", ["<g1>a</g1> <g2>b</g2> <g3><g4>c</g4></g3> <g5>d</g5>"]),
        ("snake_case and 2 * 3 * 4", ["snake_case and 2 * 3 * 4"]),
        ("Poem line  \nnext line\\\nlast", ["Poem line", "next line", "last"]),
        ("```py\nx = 1\n```\n\n    code\n\n<div>\nkept\n</div>\n", []),
        ("---\ntitle: Kept\n---\nBody", ["Body"]),
        ("!!! note\n    Inside.\n", ["Inside."]),
        ("> [!NOTE]\n> Inside.\n", ["Inside."]),
        ("::: tip\nInside\n:::\n", ["Inside"]),
        ("Text[^1].\n\n[^1]: Foot note here.\n", ["Text<x1/>.", "Foot note here."]),
        ("## Head {#anchor}\n", ["Head <x1/>"]),
        ("A &copy; <b>c</b>", ["A <x1/> <g2>c</g2>"]),
        ("**Bold. Two.** Three.", ["Bold.", "Two.", "Three."]),
        ("A **bold. Two** more.", ["A <x1/>bold.", "Two<x1/> more."]),
    ],
)
def test_markdown_is_cut_as_expected(text: str, expected: list[str]) -> None:
    assert sources(text, "markdown") == expected


def test_front_matter_values_are_text_when_asked_for() -> None:
    text = "---\ntitle: Plain words\ndescription: \"Quoted words\"\nsub: 'Single'\nlang: en\nlist: [a]\n---\n"
    assert sources(text, "markdown:title,description,sub,list") == ["Plain words", "Quoted words", "Single"]
    written = translated(text, "markdown:title,description,sub", lambda source: f'{source}: it\'s "so" #1')
    assert written.split("\n")[1:4] == [
        'title: "Plain words: it\'s \\"so\\" #1"',
        'description: "Quoted words: it\'s \\"so\\" #1"',
        "sub: 'Single: it''s \"so\" #1'",
    ]


@pytest.mark.parametrize(
    ("text", "translation", "expected"),
    [
        ("Text", "# no head", "\\# no head"),
        ("Text", "- no item", "\\- no item"),
        ("Text", "1. no item", "1\\. no item"),
        ("Text", "> no quote", "\\> no quote"),
        ("Text", "    no code", "no code"),
        ("Text", "---", "\\---"),
        ("Text", "[a]: b", "\\[a]: b"),
        ("Text", "<div>", "\\<div>"),
        ("Text", "two\nlines\u2028three", "two lines three"),
        ("Text", "end\\", "end\\\\"),
        ("Text", "*fine*", "*fine*"),
        ("# Text", "- fine", "# - fine"),
        ("# Text", "hash #", "# hash \\#"),
        ("| T |\n|---|\n| Text |", "a | b", "| a \\| b |\n|---|\n| a \\| b |"),
        ("| T |\n|---|\n| Text |", "a \\| b", "| a \\| b |\n|---|\n| a \\| b |"),
    ],
)
def test_a_translation_does_not_become_another_block(text: str, translation: str, expected: str) -> None:
    assert translated(text, "markdown", lambda _: translation) == expected


_BLOCKS = (
    "paragraph_open",
    "heading_open",
    "td_open",
    "th_open",
    "list_item_open",
    "fence",
    "code_block",
    "html_block",
    "hr",
)
_DOCUMENT = (
    "# Head\n\nOne. Two.\nThree.\n\n- item\n  more\n\n> quote\n> more\n\n"
    "| a | b |\n|---|---|\n| c | d |\n\nx | y\n--|--\nz | w\n"
)


@given(translation=st.text(st.sampled_from("ab #-*+>=_~`|\\<!/.1)[]:&\n\t("), min_size=1, max_size=12))
@example(translation="**")
@example(translation="_ _")
@settings(max_examples=400)
def test_blocks_stay_the_same_whatever_is_translated(translation: str) -> None:
    parser = MarkdownIt("commonmark").enable(["table"])
    written = translated(_DOCUMENT, "markdown", lambda _: translation)
    before = [token.type for token in parser.parse(_DOCUMENT) if token.type in _BLOCKS]
    assert [token.type for token in parser.parse(written) if token.type in _BLOCKS] == before


def test_a_link_found_by_its_own_label_keeps_its_target() -> None:
    text = "See [docs] and [docs][].\n\n[docs]: http://a.b\n"
    written = translated(text, "markdown", lambda source: source.replace("docs", "libro"))
    assert written == "See [libro][docs] and [libro][docs].\n\n[docs]: http://a.b\n"


def test_tags_come_back_as_text_in_another_order_and_spelling() -> None:
    written = translated("Use `a` in [b](c).", "markdown", lambda _: "In <g2>B</ g2> use <X1 />!")
    assert written == "In [B](c) use `a`!"


def test_lost_and_invented_tags_do_not_damage_the_file() -> None:
    assert translated("Use `a` in [b](c).", "markdown", lambda _: "<g2>B <x7/>there") == "B there"


@pytest.mark.parametrize(
    ("line", "fields", "expected"),
    [
        ('{"text": "One. Two."}', "", ["One.", "Two."]),
        ('{"source": "S", "other": "O"}', "", ["S"]),
        ('{"text": "T", "source": "S"}', "", ["T"]),
        ('{"a": "A", "b": ["B", 1, "C"], "text": "T"}', ":a,b", ["A", "B", "C"]),
        ('{"text": "caf\\u00e9 \\ud83d\\ude00\\nnext \\"q\\""}', "", ["café 😀", 'next "q"']),
        ('{"text": "\\ud800 lone"}\n{"text": "x"}', "", ["x"]),
        ('[1]\n"s"\n\n{"text": "x"}', "", ["x"]),
    ],
)
def test_json_lines_give_the_chosen_fields(line: str, fields: str, expected: list[str]) -> None:
    assert sources(line, f"jsonl{fields}") == expected


def test_json_translations_are_escaped_in_the_style_of_the_value() -> None:
    text = '{"text":"caf\\u00e9 {x}"}\n{"text" : "café {x}"}'
    written = translated(text, "jsonl", lambda source: source.replace("café", 'ñ "\\'))
    assert written == '{"text":"\\u00f1 \\"\\\\ {x}"}\n{"text" : "ñ \\"\\\\ {x}"}'
    assert json.loads(written.split("\n")[0])["text"] == 'ñ "\\ {x}'


def test_segments_without_translation_keep_their_text_and_blank_ones_too() -> None:
    document = read("One. Two.  Three.", "text")
    first, second, _ = document.segments
    assert document.join({first.id: "Uno.", second.id: " "}) == b"Uno. Two.  Three."


def test_ids_depend_on_place_text_and_occurrence_only() -> None:
    twice = read("Yes. Yes.", "text").segments
    assert twice[0].id != twice[1].id
    assert [s.id for s in read("Yes. Yes.\n\nNo.", "text").segments][:2] == [s.id for s in twice]


def test_paragraph_numbers_rise_with_the_blocks() -> None:
    assert [segment.paragraph for segment in read("Ab cd. Ef gh.\n\nIj.", "text").segments] == [0, 0, 1]


@pytest.fixture
def reading(tmp_path: Path) -> Callable[..., Document]:
    def read_bytes(data: bytes, name: str = "file.txt", **options: str) -> Document:
        path = tmp_path / name
        path.write_bytes(data)
        return read_document(path, source_language=ENGLISH, target_language=SIMLISH, **options)  # type: ignore[arg-type]

    return read_bytes


@pytest.mark.parametrize(
    ("data", "name", "options", "error", "message"),
    [
        (b"abc\xff", "f.txt", {}, EncodingError, "byte 0xff at offset 3.*--encoding"),
        (b"\xef\xbb\xbfab\xff", "f.txt", {}, EncodingError, "offset 5"),
        (b"abc", "f.txt", {"encoding": "klingon"}, EncodingError, "unknown encoding 'klingon'"),
        (b"abc", "f.txt", {"encoding": "base64"}, EncodingError, "cannot be read as base64|unknown encoding"),
        (b"+AGE-", "f.txt", {"encoding": "utf-7"}, EncodingError, "convert it to UTF-8"),
        (b"ab\0c", "f.txt", {}, FormatError, "binary file .byte 0 at offset 2"),
        (b"\x89PNG\r\n\0", "f.md", {}, FormatError, "binary file"),
        (b"a", "f.docx", {}, UnknownNameError, "'.docx': known are .txt"),
        (b"a", "f", {}, UnknownNameError, "--format"),
        (b"a", "f.txt", {"format": "markdwn"}, UnknownNameError, "did you mean 'markdown'"),
        (b"a", "f.txt", {"format": "text:a"}, ConfigurationError, "has no options"),
        (b'{"text": "a"}\n{"text": }\n', "f.jsonl", {}, FormatError, "line 2 is not valid JSON"),
        (b'{"text": "a\n"}', "f.jsonl", {}, FormatError, "line 1 is not valid JSON"),
        (b'{"body": "a"}', "f.jsonl", {}, FormatError, "no line has a string in 'text' or 'source'"),
        (b'{"title": "a", "body": "b"}', "f.jsonl", {}, FormatError, "'f.jsonl': .*'title', 'body'.*jsonl:title,body"),
        (b'{"n": 1}', "f.jsonl", {}, FormatError, "no field holds strings"),
        (b'{"text": ' + b"[" * 100_000, "f.jsonl", {}, FormatError, "line 1 is not valid JSON"),
    ],
)
def test_bad_files_give_one_line_with_the_way_out(
    reading: Callable[..., Document],
    data: bytes,
    name: str,
    options: dict[str, str],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message) as caught:
        reading(data, name, **options)
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "no.txt", "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(InputError, match=message):
            read_document(path, source_language=ENGLISH, target_language=SIMLISH, format="text")


def test_a_file_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:  # the tests may run as root, whom no permission stops
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match="may not be read"):
        read_document(tmp_path / "a.txt", source_language=ENGLISH, target_language=SIMLISH)


@pytest.mark.parametrize("format_name", sorted(FORMATS))
def test_an_empty_file_is_a_document_without_segments(reading: Callable[..., Document], format_name: str) -> None:
    document = reading(b"", format=format_name)
    assert (document.segments, document.join({})) == ((), b"")


def test_a_character_the_encoding_lacks_is_named(reading: Callable[..., Document]) -> None:
    document = reading(b"Caf\xe9 here", encoding="latin-1")
    with pytest.raises(EncodingError, match=r"U\+4F60.*convert the source file to UTF-8"):
        document.join({document.segments[0].id: "你"})


def test_lone_surrogates_in_a_string_are_refused() -> None:
    with pytest.raises(EncodingError, match="lone surrogate U\\+D800 at position 1"):
        read("a\ud800", "text")


@pytest.mark.parametrize(
    ("text", "translations", "expected"),
    [
        ("他回家了。她也来了。\n", ["He went home.", "She came too."], "He went home. She came too.\n"),
        ("他回家了。她也来了。\n", ["He went home.", "她也来了。"], "He went home.她也来了。\n"),
        ("他回家了。她也来了。\n", ["彼は帰った。", "彼女も来た。"], "彼は帰った。彼女も来た。\n"),
        ("他回家了。她也来了。\n", ["他回家了。", "她也来了。"], "他回家了。她也来了。\n"),
        ("他回家了。\n", ["He went home."], "He went home.\n"),
        ("Er ging. Sie kam.\n", ["He left.", "She came."], "He left. She came.\n"),
    ],
)
def test_sentences_that_touch_are_set_apart_where_words_are(text: str, translations: list[str], expected: str) -> None:
    document = document_from_text(text, source_language=parse_language("zh"), target_language=parse_language("en"))
    by_id = dict(zip((segment.id for segment in document.segments), translations, strict=True))
    assert document.join(by_id).decode() == expected


def test_sentences_that_touch_around_a_dash_stay_as_the_author_set_them() -> None:
    text = "What do you see?\u2060—Posted like sentinels, they stand.\n"
    document = document_from_text(text, source_language=parse_language("en"), target_language=parse_language("de"))
    assert document.join({segment.id: f"«{segment.source}»" for segment in document.segments}).decode().count(" ") == 7

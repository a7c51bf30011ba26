"""Which way round resources are read, decided by the words of the document or said by the user."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dragoman import Translator
from dragoman.agent.events import Event, Notice
from dragoman.core.errors import UnknownNameError
from dragoman.core.formats import document_from_text
from dragoman.core.languages import parse_language
from dragoman.direction import Vocabulary, is_turned
from dragoman.memory.export import export_records
from dragoman.memory.resources import load_resource

Cli = Callable[..., Any]


@pytest.fixture
def quechua(tmp_path: Path) -> Path:
    """A dictionary of one language in the words of another, neither of them English."""
    path = tmp_path / "quechua.tsv"
    path.write_text(
        "headword\tpos\tglosses\nallqu\tn\tperro\nmayu\tn\trío\nhatun\tadj\tgrande\nwasi\tn\tcasa\n", encoding="utf-8"
    )
    return path


def translated(source: str, target: str, text: str, dictionary: Path, **more: Any) -> tuple[str, list[Event]]:
    events: list[Event] = []
    with Translator(source, target, dictionary=dictionary, on_event=events.append, **more) as translator:
        return translator.translate(text).text, [event for event in events if isinstance(event, Notice)]


@pytest.mark.parametrize(
    ("source", "target", "text", "expected"),
    [
        ("Quechua", "Spanish", "hatun wasi", "grande casa"),
        ("Spanish", "Quechua", "grande casa", "hatun wasi"),
        ("Quechua", "Portuguese", "hatun wasi", "grande casa"),  # the dictionary is what it is, whatever was asked
        ("English", "Quechua", "hatun wasi", "grande casa"),  # headwords on the page beat the rule for English
    ],
)
def test_words_of_the_document_decide(source: str, target: str, text: str, expected: str, quechua: Path) -> None:
    text, notices = translated(source, target, text, quechua)
    assert (text, notices) == (expected, [])


def test_one_translator_reads_both_directions(quechua: Path) -> None:
    with Translator("Spanish", "Quechua", dictionary=quechua) as translator:
        assert translator.translate("grande casa").text == "hatun wasi"
        assert translator.translate("hatun wasi").text == "grande casa"


DECIDED = [
    ("one two three", {"one", "two"}, {"six"}, False),
    ("one two three", {"six"}, {"one", "two"}, True),
    ("one two three", {"one"}, {"six"}, None),  # one word may be a coincidence
    ("one", {"one"}, {"six"}, False),
    ("one two three four five six", {"one", "two", "three"}, {"four", "five"}, None),
    ("狗大", {"狗", "大"}, {"dog"}, False),
    ("?!", {"one"}, {"two"}, None),
]


@pytest.mark.parametrize(("text", "described", "explaining", "expected"), DECIDED)
@pytest.mark.parametrize("otherwise", [False, True])
def test_the_side_with_clearly_more_words_wins(
    text: str, described: set[str], explaining: set[str], expected: bool | None, otherwise: bool
) -> None:
    pair = (parse_language("es"), parse_language("qu"))
    document = document_from_text(text, source_language=pair[0], target_language=pair[1])
    found = is_turned(Vocabulary(frozenset(described), frozenset(explaining)), document, otherwise=otherwise)
    assert found is (otherwise if expected is None else expected)


def test_the_user_has_the_last_word(quechua: Path) -> None:
    forced, notices = translated("Spanish", "Quechua", "grande casa", quechua, glosses_in="target")
    assert forced == "grande casa"
    (notice,) = notices
    assert "explains no word on the first pages" in notice.message
    assert "headwords are Spanish" in notice.message
    with pytest.raises(UnknownNameError, match="auto, target, source"):
        Translator("es", "qu", glosses_in="english")


def test_a_run_is_not_gone_on_with_the_other_way_round(dragoman: Cli, quechua: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("grande casa\n", encoding="utf-8")
    command = ("translate", text, "--from", "es", "--to", "qu", "--dictionary", quechua)
    assert dragoman(*command).code == 0
    assert dragoman(*command, "--glosses-in", "source").code == 0, "the same direction is the same run"
    refused = dragoman(*command, "--glosses-in", "target")
    assert refused.code == 2
    assert "resources are read from: glosses -> headwords" in refused.err


def test_an_exported_memory_is_in_the_direction_of_the_run(quechua: Path, tmp_path: Path) -> None:
    remembered = tmp_path / "memory.jsonl"
    names = tmp_path / "names.tsv"
    names.write_text("source\ttarget\nTomás\tTumas\n", encoding="utf-8")
    export_records(load_resource("glossary", names).records, remembered)
    text, _ = translated("Spanish", "Quechua", "Tomás grande casa", quechua, remembered=remembered)
    assert text == "Tumas hatun wasi"

"""What the command line says besides its result: hints, notes, names that tell files apart, and ends of pipes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dragoman import Translator
from dragoman.agent.backends import FORMS
from dragoman.core.errors import ConfigurationError, InputError
from dragoman.outputs import plan_outputs

PAIR = ("--from", "x-simlish", "--to", "English")
SCRIPTED = (*PAIR, "--model", "scripted")
Cli = Callable[..., Any]


def test_a_resumed_run_says_that_nothing_new_was_paid(dragoman: Cli, tale: Path) -> None:
    first, second = (dragoman("translate", tale, *SCRIPTED) for _ in range(2))
    assert "nothing new was paid" not in first.out
    assert second.out.rstrip().endswith("all saved before: nothing new was paid")


def test_a_gloss_that_changes_nothing_says_what_is_missing(dragoman: Cli, tale: Path) -> None:
    ran = dragoman("translate", tale, *PAIR)
    assert ran.code == 0
    assert "the output is a copy of the source" in ran.err
    assert "--dictionary" in ran.err
    assert "which segments have issues" in ran.err
    assert "which segments" not in dragoman("translate", tale, *PAIR, "--report", tale.parent / "r.html").err


def test_scripted_is_not_offered_to_users() -> None:
    assert not any("scripted" in form for form in FORMS)


def test_one_matched_file_goes_to_a_file(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("one")
    (job,) = plan_outputs([str(tmp_path / "*.md")], tmp_path / "out.md", "en", (".md",))
    assert job.output == tmp_path / "out.md"


@pytest.mark.parametrize(("inputs", "output"), [(["-"], None), (["a.txt"], "-")])
def test_standard_input_and_output_are_refused_clearly(inputs: list[str], output: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"standard input and output \(-\)"):
        plan_outputs(inputs, output, "en", (".txt",))


def test_translations_of_before_are_no_sources(dragoman: Cli, tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.mkdir()
    for name in ("a.txt", "a.en.txt", "b.en.txt"):
        (book / name).write_text("A line.\n")
    ran = dragoman("translate", book, *SCRIPTED, "-o", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").glob("*.txt")) == ["a.en.txt", "b.en.en.txt"]
    assert "a.en.txt left out" in ran.err


def test_documents_of_one_name_are_told_apart(dragoman: Cli, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "README.md").write_text("A line.\n")
    (tmp_path / "other.md").write_text("A line.\n")
    ran = dragoman("translate", tmp_path, *SCRIPTED, "-o", tmp_path.parent / "out-apart", "--json")
    names = {event["name"] for event in ran.events if event["event"] == "page_finished"}
    assert names == {"one/README.md", "two/README.md", "other.md"}


def test_documents_that_a_stop_left_untouched_are_counted(dragoman: Cli, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text("A line.\n")
    ran = dragoman("translate", tmp_path, *SCRIPTED, "-o", tmp_path / "out", "--max-tokens", "1", "--workers", "1")
    assert ran.code == 4
    assert "documents not begun" in ran.err
    assert ran.err.count("pages done") + ran.err.count("0 of 1 page") == 0
    (reason,) = (
        line for line in ran.err.splitlines() if "--max-tokens" in line or ("tokens" in line and "limit" in line)
    )
    assert not reason.startswith("stopping")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "en", "--to", "en"), "English is translated into itself"),
        (("--from", "fr", "--to", "en", "--pivot", "always"), "--pivot always has no effect"),
    ],
)
def test_languages_that_make_no_sense_are_noted_once(dragoman: Cli, tale: Path, options: Any, said: str) -> None:
    ran = dragoman("translate", tale, "--model", "scripted", *options)
    assert (ran.code, ran.err.count(said)) == (0, 1)


def test_a_reader_that_went_away_ends_the_command_quietly(tale: Path) -> None:
    command = [sys.executable, "-m", "dragoman", "translate", str(tale), *SCRIPTED, "--json", "--page-lines", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process:
        said = process.stderr.read()
    assert (process.returncode, "Traceback" in said, "error" in said) == (141, False, False)


def test_an_empty_export_can_be_imported(dragoman: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    ran = dragoman("memory", "import", tmp_path / "empty.jsonl", "-o", tmp_path / "merged.jsonl")
    assert (ran.code, ran.out.split(": ")[1][:9]) == (0, "0 records")


def test_nothing_is_no_text() -> None:
    with Translator("en", "de") as translator, pytest.raises(InputError, match="not NoneType"):
        translator.translate(None)  # type: ignore[arg-type]  # what the test is about

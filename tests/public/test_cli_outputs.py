"""Where translations go, and that nothing of somebody else's is replaced."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent.journal import Journal
from dragoman.core.errors import ConfigurationError, InputError
from dragoman.outputs import Job, OutputLog, default_journal, plan_outputs

Cli = Callable[..., Any]
SUFFIXES = (".txt", ".md")
BOOK = {
    "book/deep/three.txt": "out/deep/three.en.txt",
    "book/one.md": "out/one.en.md",
    "book/two.txt": "out/two.en.txt",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "book/one.md", "book/two.txt", "book/deep/three.txt", "book/cover.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("inputs", "output", "expected"),
    [
        (["a.txt"], "out.txt", {"a.txt": "out.txt"}),
        (["a.txt"], "out/", {"a.txt": "out/a.en.txt"}),
        (["a.txt"], None, {"a.txt": "a.en.txt"}),
        (["book/"], "out", BOOK),
        (["book/*.txt"], "out", {"book/two.txt": "out/two.en.txt"}),
        (["book/**/*.txt"], "out", {"book/deep/three.txt": "out/deep/three.en.txt", "book/two.txt": "out/two.en.txt"}),
        (["a.txt", "book/one.md"], "out", {"a.txt": "out/a.en.txt", "book/one.md": "out/one.en.md"}),
        (["book/one.md", "book/two.txt"], None, {"book/one.md": "book/one.en.md", "book/two.txt": "book/two.en.txt"}),
        (["a.txt", "a.txt"], "out", {"a.txt": "out/a.en.txt"}),
    ],
)  # fmt: skip
def test_each_input_has_its_output(
    folder: Path, inputs: list[str], output: str | None, expected: dict[str, str]
) -> None:
    jobs = plan_outputs(inputs, output, "en", SUFFIXES)
    assert {str(job.source): str(job.output) for job in jobs} == expected


def test_a_second_run_does_not_translate_its_own_outputs(folder: Path) -> None:
    first = plan_outputs(["book"], None, "en", SUFFIXES)
    for job in first:
        job.output.write_text("translated")
    assert plan_outputs(["book"], None, "en", SUFFIXES) == first
    inside = plan_outputs(["book"], Path("book/out"), "en", SUFFIXES)
    for job in inside:
        job.output.parent.mkdir(parents=True, exist_ok=True)
        job.output.write_text("translated")
    assert len(plan_outputs(["book"], Path("book/out"), "en", SUFFIXES)) == len(inside)


@pytest.mark.parametrize(
    ("inputs", "output", "error", "words"),
    [
        (["nope.txt"], None, InputError, "nope.txt is not there"),
        (["nope*.txt"], None, InputError, "nothing matches"),
        (["empty"], "out", InputError, "holds no document"),
        (["a.txt"], "a.txt", ConfigurationError, "would replace it"),
        (["book"], "a.txt", ConfigurationError, "is a file"),
        (["a.txt", "other/a.txt"], "out", ConfigurationError, "would both be written"),
    ],
)
def test_impossible_plans_are_refused(
    folder: Path, inputs: list[str], output: str | None, error: type[Exception], words: str
) -> None:
    (folder / "empty").mkdir()
    (folder / "other").mkdir()
    (folder / "other" / "a.txt").write_text("a")
    with pytest.raises(error, match=words):
        plan_outputs(inputs, output, "en", SUFFIXES)


@pytest.mark.parametrize(
    ("outputs", "given", "expected"),
    [
        (["x/out.txt"], "x/out.txt", "x/out.txt.dragoman.sqlite"),
        (["x/a.en.txt"], None, "x/a.en.txt.dragoman.sqlite"),
        (["x/a.en.txt"], "x", "x/dragoman.sqlite"),
        (["x/a.en.txt", "x/y/b.en.txt"], "x", "x/dragoman.sqlite"),
        (["x/a.en.txt", "x/y/b.en.txt"], None, "x/dragoman.sqlite"),
    ],
)
def test_journal_has_one_place_for_one_command(outputs: list[str], given: str | None, expected: str) -> None:
    jobs = [Job(Path("s"), Path(output)) for output in outputs]
    assert default_journal(jobs, given) == Path(expected)


def test_output_log_knows_what_it_wrote_until_somebody_changes_it(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_bytes(b"mine")
    with Journal(tmp_path / "j.sqlite") as journal:
        log = OutputLog(journal.engine)
        assert not log.wrote(path)
        log.note(path, b"old")
        log.note(path, b"mine")
        assert log.wrote(path)
        assert OutputLog(journal.engine).wrote(path)
        path.write_bytes(b"edited by hand")
        assert not log.wrote(path)
        path.write_bytes(b"old")  # a crash came between the note and the file
        assert log.wrote(path)
        with pytest.raises(InputError, match="cannot be read"):
            log.wrote(tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        ["translate", "a.txt", "--from", "de", "--to", "en", "--report", "a.txt"],
        ["translate", "a.txt", "--from", "de", "--to", "en", "--report", "a.en.txt"],
        ["report", "a.en.txt.dragoman.sqlite", "-o", "a.txt"],
        ["memory", "export", "a.en.txt.dragoman.sqlite", "-o", "a.txt"],
        ["memory", "import", "memory.jsonl", "-o", "a.txt"],
    ],
)
def test_no_report_or_export_takes_the_place_of_another_file(
    folder: Path, dragoman: Callable[..., Any], command: list[str]
) -> None:
    assert dragoman("translate", "a.txt", "--from", "de", "--to", "en", "--model", "scripted").code == 0
    assert dragoman("memory", "export", "a.en.txt.dragoman.sqlite", "-o", "memory.jsonl").code == 0
    translation = Path("a.en.txt").read_bytes()
    ran = dragoman(*command)
    assert ran.code == 2
    assert "give" in ran.err
    assert (Path("a.txt").read_text(), Path("a.en.txt").read_bytes()) == ("a.txt", translation)


def test_reports_and_exports_replace_their_own_kind(folder: Path, dragoman: Callable[..., Any]) -> None:
    for _ in range(2):
        ran = dragoman(
            "translate", "a.txt", "--from", "de", "--to", "en", "--model", "scripted", "--report", "new/r.html"
        )
        assert ran.code == 0, ran.err
        assert dragoman("report", "a.en.txt.dragoman.sqlite", "-o", "new/r.html").code == 0
        assert dragoman("memory", "export", "a.en.txt.dragoman.sqlite", "-o", "new/m.jsonl").code == 0
        assert dragoman("memory", "import", "new/m.jsonl", "-o", "new/m.jsonl").code == 0
    assert dragoman("report", "a.en.txt.dragoman.sqlite", "-o", "new").code == 1


def test_simlang_replaces_only_folders_of_its_own(folder: Path, dragoman: Callable[..., Any]) -> None:
    assert [dragoman("simlang", "--pages", 1, "-o", "land").code for _ in range(2)] == [0, 0]
    Path("land/meta.json").unlink()
    ran = dragoman("simlang", "--pages", 1, "-o", "land")
    assert (ran.code, "land/document.txt exists" in ran.err) == (2, True)
    ran = dragoman("simlang", "--pages", 1, "-o", "a.txt")
    assert (ran.code, "a.txt cannot be written" in ran.err) == (1, True)


def test_another_language_never_replaces_a_finished_translation(dragoman: Cli, tale: Path) -> None:
    place = tale.parent / "out.txt"
    options = ("--from", "x-simlish", "--model", "scripted", "-o", place)
    assert dragoman("translate", tale, "--to", "German", *options).code == 0
    data = place.read_bytes()
    refused = dragoman("translate", tale, "--to", "English", *options)
    assert refused.code == 2
    assert "languages: x-simlish -> English was x-simlish -> German" in refused.err
    assert place.read_bytes() == data
    assert dragoman("translate", tale, "--to", "English", *options, "--fresh").code == 0

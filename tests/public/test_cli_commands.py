"""The commands on good input: files, resume, reports, memory, limits, interruption, and what they print."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAIR = ("--from", "x-simlish", "--to", "English")
SCRIPTED = (*PAIR, "--model", "scripted")
Cli = Callable[..., Any]


def test_translate_writes_beside_the_input_and_says_so(dragoman: Cli, tale: Path) -> None:
    ran = dragoman("translate", tale, *SCRIPTED)
    assert ran.code == 0, ran.err
    output = tale.parent / "tale.en.txt"
    assert output.read_text(encoding="utf-8") == "".join(f"«Line number {n} of the tale.»\n" for n in range(1, 10))
    assert ran.out.startswith(f"{output}: translated 9 segments, 0 with issues, 0 failed, ")
    assert (tale.parent / "tale.en.txt.dragoman.sqlite").exists()


def test_default_model_says_that_it_is_a_gloss(dragoman: Cli, tale: Path, words: Path) -> None:
    ran = dragoman("translate", tale, *PAIR, "--dictionary", words, "--report", tale.parent / "r.html")
    assert ran.code == 0, ran.err
    assert "note: model gloss puts words" in ran.err
    assert "glossed 9 segments" in ran.out
    assert "This is a gloss" in (tale.parent / "r.html").read_text(encoding="utf-8")


def test_second_run_pays_nothing_and_writes_the_same(dragoman: Cli, tale: Path) -> None:
    first = dragoman("translate", tale, *SCRIPTED, "--page-lines", "3")
    output = tale.parent / "tale.en.txt"
    data = output.read_bytes()
    output.unlink()
    second = dragoman("translate", tale, *SCRIPTED, "--page-lines", "3")
    assert (first.code, second.code) == (0, 0)
    assert "resumed, 3 of 3 pages are done already" in second.err
    assert output.read_bytes() == data


def test_quiet_prints_nothing(dragoman: Cli, tale: Path) -> None:
    ran = dragoman("translate", tale, *SCRIPTED, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_json_prints_events_only(dragoman: Cli, tale: Path) -> None:
    ran = dragoman("translate", tale, *SCRIPTED, "--json", "--page-lines", "3")
    kinds = [event["event"] for event in ran.events]
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_finished"
    assert kinds.count("page_finished") == 3


def test_folder_is_translated_with_its_places(dragoman: Cli, tmp_path: Path) -> None:
    for name in ("one.md", "deep/two.txt"):
        path = tmp_path / "book" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# Title\n\nA line.\n" if name.endswith("md") else "A line.\n")
    ran = dragoman("translate", tmp_path / "book", *SCRIPTED, "-o", tmp_path / "out")
    assert ran.code == 0, ran.err
    assert (tmp_path / "out" / "one.en.md").read_text(encoding="utf-8") == "# «Title»\n\n«A line.»\n"
    assert (tmp_path / "out" / "deep" / "two.en.txt").read_text(encoding="utf-8") == "«A line.»\n"
    assert (tmp_path / "out" / "dragoman.sqlite").exists()


def test_foreign_output_is_not_replaced_without_force(dragoman: Cli, tale: Path) -> None:
    output = tale.parent / "mine.txt"
    output.write_text("my own work")
    ran = dragoman("translate", tale, *SCRIPTED, "-o", output)
    assert ran.code == 2
    assert "--force to replace it" in ran.err
    assert output.read_text() == "my own work"
    ran = dragoman("translate", tale, *SCRIPTED, "-o", output, "--force")
    assert ran.code == 0
    assert f"note: replacing {output}" in ran.err
    assert "«" in output.read_text(encoding="utf-8")
    assert dragoman("translate", tale, *SCRIPTED, "-o", output).code == 0


def test_own_output_edited_by_hand_is_not_replaced(dragoman: Cli, tale: Path) -> None:
    assert dragoman("translate", tale, *SCRIPTED).code == 0
    (tale.parent / "tale.en.txt").write_text("corrected by hand")
    assert dragoman("translate", tale, *SCRIPTED).code == 2
    assert (tale.parent / "tale.en.txt").read_text() == "corrected by hand"


def test_dry_run_needs_no_key_and_writes_nothing(dragoman: Cli, tale: Path) -> None:
    before = sorted(tale.parent.iterdir())
    model = (
        "--model",
        "some-model",
        "--base-url",
        "http://127.0.0.1:9/v1",
        "--prompt-price",
        "1",
        "--output-price",
        "2",
    )
    ran = dragoman("translate", tale, *PAIR, *model, "--dry-run", "--page-lines", "3")
    assert ran.code == 0, ran.err
    assert f"{tale} -> {tale.parent / 'tale.en.txt'} (text, 9 segments)" in ran.out
    for row in ("segments:       9\n", "pages:          3\n", "model calls:    3 to ", "US dollars"):
        assert row in ran.out
    assert sorted(tale.parent.iterdir()) == before


def test_estimate_and_dry_run_agree(dragoman: Cli, tale: Path, words: Path) -> None:
    arguments = (tale, *PAIR, "--dictionary", words, "--json")
    assert dragoman("estimate", *arguments).out == dragoman("translate", *arguments, "--dry-run").out


def test_limit_stops_with_4_and_the_rest_follows_later(dragoman: Cli, tale: Path) -> None:
    arguments = ("translate", tale, *SCRIPTED, "--page-lines", "1")
    ran = dragoman(*arguments, "--max-tokens", "300")
    assert ran.code == 4, ran.err
    assert "run the same command with a higher --max-tokens" in ran.err
    assert not (tale.parent / "tale.en.txt").exists()
    again = dragoman(*arguments, "--max-tokens", "300")
    assert again.code == 4  # what the first part spent counts
    ran = dragoman(*arguments)
    assert ran.code == 0, ran.err
    assert "resumed" in ran.err


def test_report_of_a_stopped_run_shows_what_is_there(dragoman: Cli, tale: Path, tmp_path: Path) -> None:
    dragoman("translate", tale, *SCRIPTED, "--page-lines", "1", "--max-tokens", "300", "--report", tmp_path / "r.html")
    assert "The run stopped early" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_report_command_equals_the_report_of_the_run(dragoman: Cli, tale: Path, tmp_path: Path) -> None:
    dragoman("translate", tale, *SCRIPTED, "--report", tmp_path / "a.html")
    journal = tale.parent / "tale.en.txt.dragoman.sqlite"
    ran = dragoman("report", journal, "-o", tmp_path / "b.html", "--run", "tale.txt")
    assert ran.code == 0, ran.err
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert dragoman("report", journal, "-o", tmp_path / "c.html", "--run", "other").code == 1
    assert dragoman("report", tmp_path / "none.sqlite", "-o", tmp_path / "c.html").code == 1


def test_memory_goes_from_one_document_to_the_next(dragoman: Cli, tale: Path, tmp_path: Path) -> None:
    dragoman("translate", tale, *SCRIPTED)
    journal, exported, merged = tale.parent / "tale.en.txt.dragoman.sqlite", tmp_path / "m.jsonl", tmp_path / "n.jsonl"
    shown = dragoman("memory", "show", journal)
    assert shown.code == 0, shown.err
    assert "exemplar" in shown.out
    assert dragoman("memory", "show", journal, "--kind", "nonsense").code == 2
    assert dragoman("memory", "export", journal, "-o", exported, "--kind", "exemplar").code == 0
    ran = dragoman("memory", "import", exported, exported, "-o", merged)
    assert ran.code == 0, ran.err
    assert len(merged.read_text(encoding="utf-8").splitlines()) == len(
        exported.read_text(encoding="utf-8").splitlines()
    )
    ran = dragoman("translate", tale, *PAIR, "--memory", merged, "-o", tmp_path / "out.txt")
    assert ran.code == 0, ran.err
    # The gloss backend answers a line that memory holds with its remembered translation.
    assert "«Line number 1 of the tale.»" in (tmp_path / "out.txt").read_text(encoding="utf-8")


def test_policies_are_listed_with_the_default(dragoman: Cli) -> None:
    out = dragoman("policy", "list").out
    assert "top-k (default)" in out
    assert len(out.splitlines()) == 8


def test_version_and_help(dragoman: Cli) -> None:
    assert dragoman("--version").out == "dragoman 0.1.0\n"
    ran = dragoman("translate", "--help")
    assert ran.code == 0
    assert "--dictionary" in ran.out


def test_simlang_writes_a_folder_that_translates(dragoman: Cli, tmp_path: Path) -> None:
    ran = dragoman("simlang", "--seed", "7", "--pages", "1", "-o", tmp_path)
    assert ran.code == 0, ran.err
    language = ran.out.splitlines()[-1].removeprefix("language: ")
    arguments = (
        tmp_path / "document.txt",
        "--from",
        language,
        "--to",
        "English",
        "--dictionary",
        tmp_path / "dictionary.tsv",
    )
    assert dragoman("translate", *arguments, "-o", tmp_path / "out.txt").code == 0


@pytest.mark.slow  # starts the command line twice
def test_interrupted_run_ends_with_130_and_the_same_command_goes_on(
    tmp_path: Path, tale: Path, scripted_server: Callable[..., Any], fake_server: Any
) -> None:
    answered = threading.Event()

    def slow(request: dict[str, Any]) -> Any:
        answered.set()
        return fake_server.Answer(fake_server.echo(request), delay_s=0.1)

    server = scripted_server(slow)
    command = [sys.executable, "-m", "dragoman", "translate", str(tale), *PAIR, "--page-lines", "1"]
    command += ["--model", "m", "--base-url", server.base_url, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert answered.wait(60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "run the same command again to go on" in err
    done = sum('"event": "page_finished"' in line for line in out.splitlines())
    assert 1 <= done < 9
    again = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert again.returncode == 0, again.stderr
    resumed = next(json.loads(line) for line in again.stdout.splitlines() if '"event": "resumed"' in line)
    assert resumed["done_pages"] == done
    assert (tale.parent / "tale.en.txt").read_text(encoding="utf-8").count("«") == 9


def test_python_dash_m_runs_the_command_line() -> None:
    ran = subprocess.run([sys.executable, "-m", "dragoman", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("dragoman ")


def test_closed_pipe_is_no_fault(tale: Path) -> None:
    command = f"{sys.executable} -m dragoman estimate {tale} {' '.join(PAIR)} | true"
    began = time.monotonic()
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in ran.stderr
    assert "fault" not in ran.stderr
    assert time.monotonic() - began < 30

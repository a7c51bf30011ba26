"""Bad input on the public path: each case ends with its exit code, one line with the way out, and a whole journal."""

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent.journal import Journal

PAIR = ("--from", "x-simlish", "--to", "English")
Cli = Callable[..., Any]
Servers = Callable[..., Any]

NUMBERED = re.compile(r"^(\d+)\t(.*)$", re.MULTILINE)


def error_line(ran: Any) -> str:
    """The only error line; a traceback would be more than that."""
    lines = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, ran.err
    assert "Traceback" not in ran.err
    return lines[0]


def text_lines(request: dict[str, Any]) -> list[tuple[str, str]]:
    section = request["messages"][-1]["content"].rpartition("## Text\n")[2].partition("\n## ")[0]
    return NUMBERED.findall(section)


def is_translation(request: dict[str, Any]) -> bool:
    return "## Translation" not in request["messages"][-1]["content"]


def numbered(lines: list[tuple[str, str]]) -> str:
    return "\n".join(f"{number}\t«{text}»" for number, text in lines)


def assert_whole(journal: Path, num_pages: int) -> None:
    """The journal opens, its pages load, and there are so many."""
    with Journal(journal) as opened:
        pages = [page for info in opened.runs() for page in opened.results(info.id)]
    assert len(pages) == num_pages
    for page in pages:
        assert all(line.translation for line in page.lines)


def test_missing_file(dragoman: Cli, tmp_path: Path) -> None:
    ran = dragoman("translate", tmp_path / "no.txt", *PAIR)
    assert ran.code == 1
    assert "no.txt is not there: give a file" in error_line(ran)


def test_binary_file(dragoman: Cli, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\x7fELF\0\0\0")
    ran = dragoman("translate", path, *PAIR)
    assert ran.code == 1
    assert "binary file" in error_line(ran)


def test_wrong_encoding_and_its_way_out(dragoman: Cli, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Grüße\n".encode("cp1252"))
    ran = dragoman("translate", path, *PAIR)
    assert ran.code == 1
    assert "--encoding" in error_line(ran)
    ran = dragoman("translate", path, *PAIR, "--encoding", "cp1252", "--model", "scripted")
    assert ran.code == 0
    assert (tmp_path / "a.en.txt").read_bytes() == "«Grüße»\n".encode("cp1252")


def test_translation_that_the_encoding_cannot_hold_does_not_stop_the_others(dragoman: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(b"word\n")
    (tmp_path / "in" / "b.txt").write_bytes(b"12\n")  # nothing to translate, so nothing that ASCII cannot hold
    arguments = ("translate", tmp_path / "in", *PAIR, "--model", "scripted", "-o", tmp_path / "out")
    ran = dragoman(*arguments, "--encoding", "ascii")
    assert ran.code == 1
    assert "a.en.txt: the translation cannot be written in ascii" in ran.err
    assert "finished pages are not paid twice" in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "out" / "a.en.txt").exists()
    assert (tmp_path / "out" / "b.en.txt").read_bytes() == b"12\n"


def test_empty_file_gives_an_empty_output(dragoman: Cli, tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_bytes(b"")
    ran = dragoman("translate", path, *PAIR, "-o", tmp_path / "out.txt", "--report", tmp_path / "r.html")
    assert ran.code == 0, ran.err
    assert "0 segments" in ran.out
    assert (tmp_path / "out.txt").read_bytes() == b""
    assert (tmp_path / "r.html").exists()


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--format", "docx", "unknown format 'docx': known are text, markdown, jsonl"),
        ("--policy", "topk", "did you mean 'top-k'?"),
        ("--policy", "oracle", "it is for evaluation only"),
        ("--model", "gpt-9", "--base-url"),
        ("--base-url", "http://localhost:1/v1", "no model: give --model"),
        ("--pivot", "sometimes", "known are never, always, auto"),
        ("--remember", "often", "known are auto, always, never"),
        ("--budget", "much", "a number of tokens per page, or auto"),
        ("--budget", "-1", "budget_tokens is -1"),
        ("--wave", "0", "wave is 0"),
        ("--workers", "0", "workers is 0"),
        ("--max-cost", "1", "a cost limit needs prices"),
        ("--prompt-price", "1", "prices are incomplete"),
        ("--backend-option", "x", "NAME=VALUE"),
    ],
)
def test_unknown_names_and_impossible_values(dragoman: Cli, tale: Path, option: str, value: str, words: str) -> None:
    ran = dragoman("translate", tale, *PAIR, option, value)
    assert ran.code == 2
    assert words in error_line(ran)
    assert not (tale.parent / "tale.en.txt").exists()


def test_language_that_cannot_be_understood(dragoman: Cli, tale: Path) -> None:
    ran = dragoman("translate", tale, "--from", "  ", "--to", "English")
    assert ran.code == 2
    assert "give a BCP-47 tag" in error_line(ran)


@pytest.mark.parametrize("arguments", [("--from", "en"), ("--nonsense",)])
def test_wrong_usage_ends_with_2(dragoman: Cli, tale: Path, arguments: tuple[str, ...]) -> None:
    assert dragoman("translate", tale, *arguments).code == 2


def test_malformed_dictionary_row_is_named_and_the_rest_loaded(dragoman: Cli, tale: Path, tmp_path: Path) -> None:
    path = tmp_path / "words.tsv"
    path.write_text("headword\tpos\tglosses\nLine\tnoun\trow\nbroken\nnumber\tnoun\tcount\n", encoding="utf-8")
    ran = dragoman("translate", tale, *PAIR, "--dictionary", path, "--json")
    assert ran.code == 0, ran.err
    warning = next(line for line in ran.err.splitlines() if line.startswith("warning: "))
    assert "1 row of the resources could not be read" in warning
    assert re.search(r"line 3", warning)
    assert ran.events[-1]["event"] == "run_finished"
    assert "row" in (tmp_path / "tale.en.txt").read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("content", ["", "\n\n", "headword\tpos\tglosses\n"])
def test_dictionary_without_anything_usable(dragoman: Cli, tale: Path, tmp_path: Path, content: str) -> None:
    path = tmp_path / "words.tsv"
    path.write_text(content, encoding="utf-8")
    ran = dragoman("translate", tale, *PAIR, "--dictionary", path)
    assert ran.code == 1
    assert "words.tsv" in error_line(ran)


def refused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_refused_connection_ends_with_5_and_the_same_command_resumes(
    dragoman: Cli, tale: Path, scripted_server: Servers
) -> None:
    model = ("--model", "m", "--attempts", "1")
    ran = dragoman("translate", tale, *PAIR, *model, "--base-url", f"http://127.0.0.1:{refused_port()}/v1")
    assert ran.code == 5
    assert "start the server" in error_line(ran)
    assert_whole(tale.parent / "tale.en.txt.dragoman.sqlite", 0)
    ran = dragoman("translate", tale, *PAIR, *model, "--base-url", scripted_server().base_url)
    assert ran.code == 0, ran.err
    assert (tale.parent / "tale.en.txt").read_text(encoding="utf-8").startswith("«Line number 1")


@pytest.mark.parametrize(
    ("status", "code", "key", "words"),
    [
        (401, 1, "", "no key was given: set DRAGOMAN_API_KEY"),
        (401, 1, "wrong", "check the key"),
        (429, 1, "", "use fewer --workers or try again later"),
        (500, 5, "", "read the server's log"),
        (404, 1, "", "no such model: it offers scripted"),
    ],
)
def test_server_faults_stop_the_run_and_say_what_to_do(
    dragoman: Cli,
    tale: Path,
    scripted_server: Servers,
    fake_server: Any,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: int,
    key: str,
    words: str,
) -> None:
    if key:
        monkeypatch.setenv("DRAGOMAN_API_KEY", key)
    server = scripted_server(lambda request: fake_server.Fault(status))
    ran = dragoman("translate", tale, *PAIR, "--model", "m", "--attempts", "1", "--base-url", server.base_url)
    assert ran.code == code
    assert words in ran.err
    assert "Traceback" not in ran.err
    if key:
        assert key not in ran.err
    assert not (tale.parent / "tale.en.txt").exists()
    assert_whole(tale.parent / "tale.en.txt.dragoman.sqlite", 0)


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": "0"}, {"status": 500}, {"drop": True}])
def test_burst_of_faults_passes(
    dragoman: Cli, tale: Path, scripted_server: Servers, fake_server: Any, fault: dict[str, Any]
) -> None:
    calls: list[int] = []

    def script(request: dict[str, Any]) -> Any:
        calls.append(1)
        return fake_server.Fault(**fault) if len(calls) <= 2 else fake_server.echo(request)

    server = scripted_server(script)
    ran = dragoman("translate", tale, *PAIR, "--model", "m", "--base-url", server.base_url)
    assert ran.code == 0, ran.err
    assert_whole(tale.parent / "tale.en.txt.dragoman.sqlite", 1)


def run_with(dragoman: Cli, tale: Path, server: Any, *more: str) -> Any:
    return dragoman("translate", tale, *PAIR, "--model", "m", "--base-url", server.base_url, *more)


def test_context_overflow_is_met_with_less_context_and_smaller_pages(
    dragoman: Cli, tale: Path, scripted_server: Servers, fake_server: Any
) -> None:
    def script(request: dict[str, Any]) -> Any:
        if is_translation(request) and len(text_lines(request)) > 3:
            return fake_server.Fault(400, "This model's maximum context length is 64 tokens", "context_length_exceeded")
        return fake_server.echo(request)

    ran = run_with(dragoman, tale, scripted_server(script))
    assert ran.code == 0, ran.err
    assert (tale.parent / "tale.en.txt").read_text(encoding="utf-8").count("«") == 9


def test_line_that_never_fits_is_listed_as_failed(
    dragoman: Cli, tale: Path, scripted_server: Servers, fake_server: Any
) -> None:
    def script(request: dict[str, Any]) -> Any:
        if is_translation(request) and any("number 5" in text for _, text in text_lines(request)):
            return fake_server.Fault(400, "maximum context length is 64 tokens", "context_length_exceeded")
        return fake_server.echo(request)

    ran = run_with(dragoman, tale, scripted_server(script))
    assert ran.code == 3, ran.err
    assert sum(line.startswith("failed: tale.txt") for line in ran.err.splitlines()) == 1
    written = (tale.parent / "tale.en.txt").read_text(encoding="utf-8").splitlines()
    assert written[4] == "Line number 5 of the tale."
    assert written[5] == "«Line number 6 of the tale.»"


def first_call_only(change: Callable[[list[tuple[str, str]]], Any], fake_server: Any) -> Callable[..., Any]:
    """A script that answers the first translation call with `change`, every other call well."""
    calls: list[int] = []

    def script(request: dict[str, Any]) -> Any:
        if is_translation(request):
            calls.append(1)
            if len(calls) == 1:
                return change(text_lines(request))
        return fake_server.echo(request)

    return script


CURABLE: dict[str, Callable[[list[tuple[str, str]], Any], Any]] = {
    "length": lambda lines, fake: fake.Answer(numbered(lines[:4]) + "\n5\t«Line nu", "length"),
    "swapped lines": lambda lines, fake: numbered([lines[1], lines[0], *lines[2:]]),
    "missing lines": lambda lines, fake: numbered(lines[:3] + lines[6:]),
    "chatter around": lambda lines, fake: f"Here you are:\n{numbered(lines)}\nI hope this helps!",
    "nothing": lambda lines, fake: "",
    "echo": lambda lines, fake: "\n".join(f"{number}\t{text}" for number, text in lines),
}


@pytest.mark.parametrize("fault", CURABLE)
def test_faulty_answers_are_put_right(
    dragoman: Cli, tale: Path, scripted_server: Servers, fake_server: Any, fault: str
) -> None:
    script = first_call_only(lambda lines: CURABLE[fault](lines, fake_server), fake_server)
    ran = run_with(dragoman, tale, scripted_server(script))
    assert ran.code == 0, ran.err
    expected = [f"«Line number {number} of the tale.»" for number in range(1, 10)]
    assert (tale.parent / "tale.en.txt").read_text(encoding="utf-8").splitlines() == expected
    assert_whole(tale.parent / "tale.en.txt.dragoman.sqlite", 1)


def test_model_that_answers_nothing_keeps_the_source_and_lists_every_segment(
    dragoman: Cli, tale: Path, scripted_server: Servers, tmp_path: Path
) -> None:
    ran = run_with(dragoman, tale, scripted_server(lambda request: ""), "--report", str(tmp_path / "r.html"))
    assert ran.code == 3, ran.err
    assert sum(line.startswith("failed: ") for line in ran.err.splitlines()) == 9
    assert (tale.parent / "tale.en.txt").read_bytes() == tale.read_bytes()
    assert_whole(tale.parent / "tale.en.txt.dragoman.sqlite", 1)
    assert "9" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_model_that_echoes_has_issues_on_its_lines(dragoman: Cli, tale: Path, scripted_server: Servers) -> None:
    def script(request: dict[str, Any]) -> str:
        return "\n".join(f"{number}\t{text}" for number, text in text_lines(request)) if is_translation(request) else ""

    ran = run_with(dragoman, tale, scripted_server(script), "--json")
    assert ran.code == 0, ran.err
    page = next(event for event in ran.events if event["event"] == "page_finished")
    assert all(line["issues"][0]["code"] == "copy" for line in page["result"]["lines"])


@pytest.mark.parametrize("num_lines", [0, 1, 9])
def test_short_documents(dragoman: Cli, tmp_path: Path, num_lines: int) -> None:
    path = tmp_path / "short.txt"
    path.write_text("".join(f"Word {number}.\n" for number in range(num_lines)), encoding="utf-8")
    ran = dragoman("translate", path, *PAIR, "--model", "scripted", "-o", tmp_path / "out.txt")
    assert ran.code == 0, ran.err
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").count("«") == num_lines


def test_missing_extra_or_folder_of_a_local_model(dragoman: Cli, tale: Path) -> None:
    ran = dragoman("translate", tale, *PAIR, "--model", f"hf:{tale.parent / 'nowhere'}")
    assert ran.code in (1, 2)
    assert "nowhere" in error_line(ran) or "pip install" in error_line(ran)


def test_journal_that_is_no_journal(dragoman: Cli, tale: Path, tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    path.write_text("this is a letter, and it is long enough to be looked at" * 100)
    ran = dragoman("translate", tale, *PAIR, "--journal", path)
    assert ran.code == 1
    assert "--journal" in error_line(ran)
    assert path.read_text().startswith("this is a letter")


def test_changed_settings_are_named_and_refused(dragoman: Cli, tale: Path) -> None:
    model = ("--model", "scripted")
    assert dragoman("translate", tale, *PAIR, *model).code == 0
    ran = dragoman("translate", tale, *PAIR, *model, "--budget", "50")
    assert ran.code == 2
    assert "budget_tokens: 400 -> 50" in error_line(ran)
    assert "--fresh" in error_line(ran)
    assert dragoman("translate", tale, *PAIR, *model, "--budget", "50", "--fresh").code == 0


def test_one_bad_file_does_not_stop_the_batch(dragoman: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.txt").write_bytes(b"\xff\xfe\xfa\xfb\x00")
    (tmp_path / "in" / "good.txt").write_text("Good.\n")
    ran = dragoman("translate", tmp_path / "in", *PAIR, "--model", "scripted", "-o", tmp_path / "out")
    assert ran.code == 1
    assert "bad.txt" in error_line(ran)
    assert (tmp_path / "out" / "good.en.txt").read_text(encoding="utf-8") == "«Good.»\n"
    assert not (tmp_path / "out" / "bad.en.txt").exists()


def test_unexpected_faults_are_one_line_without_debug(
    dragoman: Cli, tale: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("inner")

    monkeypatch.setattr("dragoman.cli.carry_out.equip", broken)
    ran = dragoman("translate", tale, *PAIR)
    assert ran.code == 1
    assert "fault in dragoman; run again with --debug" in error_line(ran)
    assert "Traceback" in dragoman("translate", tale, *PAIR, "--debug").err


def test_json_events_stay_json_when_the_run_fails(dragoman: Cli, tale: Path) -> None:
    url = f"http://127.0.0.1:{refused_port()}/v1"
    ran = dragoman("translate", tale, *PAIR, "--model", "m", "--attempts", "1", "--base-url", url, "--json")
    assert ran.code == 5
    last = json.loads(ran.out.splitlines()[-1])
    assert last["event"] == "run_finished"
    assert last["error"]["type"] == "BackendUnreachableError"

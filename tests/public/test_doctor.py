"""The doctor: one line each, with the way out, and an exit code."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dragoman.doctor import Check, State, examine

Cli = Callable[..., Any]


def checks(**options: Any) -> dict[str, Check]:
    return {check.name: check for check in examine(**options)}


def test_healthy_machine_ends_with_0(dragoman: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_STATE", str(tmp_path / "state"))
    ran = dragoman("doctor")
    assert ran.code == 0, ran.out
    assert ran.out.splitlines()[0].startswith("ok       python: 3.")
    assert "all is there" in ran.out
    assert not (tmp_path / "state").exists()


def test_every_dependency_is_looked_at() -> None:
    found = checks()
    for name in ("langgraph", "faiss-cpu", "openai", "sqlalchemy", "sacrebleu", "torch", "vllm", "psycopg"):
        assert found[name].state in (State.OK, State.OPTIONAL)


def test_missing_extra_is_optional_and_names_its_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.doctor._EXTRAS", (("no_such_package", "torch", "--model hf:"),))
    check = checks()["no_such_package"]
    assert (check.state, check.way_out) == (State.OPTIONAL, "pip install 'dragoman[torch]'")


def test_missing_dependency_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.doctor.metadata.requires", lambda _: ["no-such-thing>=1", "other; extra == 'x'"])
    found = checks()
    assert found["no-such-thing"] == Check(
        "no-such-thing", State.MISSING, "not installed", "pip install 'no-such-thing>=1'"
    )
    assert "other" not in found


def test_server_that_answers(dragoman: Cli, scripted_server: Callable[..., Any]) -> None:
    check = checks(base_url=scripted_server().base_url)["backend"]
    assert check.state is State.OK
    assert "answers (200)" in check.detail


def test_server_that_is_not_there(dragoman: Cli) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
    ran = dragoman("doctor", "--base-url", url)
    assert ran.code == 1
    line = next(line for line in ran.out.splitlines() if " backend: " in line)
    assert line.startswith("missing")
    assert "start the server or correct --base-url" in line


def test_address_that_is_none() -> None:
    check = checks(base_url="localhost:8000")["backend"]
    assert (check.state, check.way_out) == (State.MISSING, "begin it with http:// or https://")


def test_server_without_a_list_of_models_is_fine(scripted_server: Callable[..., Any]) -> None:
    url = scripted_server().base_url.removesuffix("/v1") + "/other"
    assert checks(base_url=url)["backend"].state is State.OK


def test_journal_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    check = checks(journal=tmp_path / "file" / "j.sqlite")["journal"]
    assert check.state is State.MISSING
    assert "--journal" in check.way_out


def test_missing_data_folder_is_optional(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DRAGOMAN_DATA", str(tmp_path / "none"))
    assert checks()["data folder"].state is State.OPTIONAL


def test_a_journal_on_a_server_is_connected_to(postgres_url: str) -> None:
    check = checks(journal=postgres_url)["journal"]
    assert (check.state, check.detail) == (State.OK, "postgresql server answers")


def test_a_journal_on_a_server_that_is_not_there_is_missing(dragoman: Cli) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"postgresql://nobody:secret@127.0.0.1:{probe.getsockname()[1]}/none"
    ran = dragoman("doctor", "--journal", url)
    assert ran.code == 1
    (line,) = (line for line in ran.out.splitlines() if "journal" in line)
    assert line.startswith("missing")
    assert "--journal" in line
    assert "secret" not in line

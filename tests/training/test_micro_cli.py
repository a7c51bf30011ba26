"""The commands of `dragoman micro`."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dragoman.cli.app import app


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "--run", "RUN"], "no checkpoint in"),
        (["evaluate", "--model", "gloss", "--conditions", "into_french"], "unknown condition 'into_french'"),
        (["evaluate", "--model", "micro"], "no weights of model 'micro' are installed"),
    ],
)
def test_a_wrong_order_is_one_line_with_the_way_out(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setenv("DRAGOMAN_STATE", str(tmp_path))
    monkeypatch.setattr("dragoman.agent.backends.micro.shipped_folder", lambda: tmp_path / "nothing")
    result = CliRunner().invoke(app, ["micro", *(str(tmp_path) if part == "RUN" else part for part in arguments)])
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_any_backend_can_be_measured() -> None:
    pytest.importorskip("sacrebleu")
    arguments = ["micro", "evaluate", "--model", "gloss", "--languages", "1", "--conditions", "no_dictionary"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    assert result.stdout.startswith("no_dictionary")
    assert "10 lines" in result.stdout


@pytest.mark.parametrize("command", ["train", "export"])
def test_a_missing_library_names_the_extra(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.json").write_text("{}")
    (tmp_path / "checkpoint.pt").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "torch", None)
    result = CliRunner().invoke(app, ["micro", command, "--run", str(tmp_path)])
    assert result.exit_code != 0
    assert "pip install 'dragoman[train]'" in result.stderr

"""The commands of `dragoman micro`."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dragoman.cli.app import app
from dragoman.training.micro.train import TrainConfig


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "--run", "RUN"], "no checkpoint in"),
        (["train", "--run", "RUN", "--no-real", "--cool-down", "0"], "cool_down is 0.0: give a share of the run"),
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


@pytest.mark.parametrize(
    ("options", "fused", "cool_down"),
    [([], False, 0.35), (["--fused", "--cool-down", "0.5"], True, 0.5), (["--no-fused"], False, 0.35)],
)
def test_the_options_of_a_training_reach_it(
    options: list[str], fused: bool, cool_down: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    given: list[TrainConfig] = []

    def keep(run: Path, config: TrainConfig) -> Path:
        given.append(config)
        return run / "checkpoint.pt"

    monkeypatch.setattr("dragoman.training.micro.train.train", keep)
    monkeypatch.setattr("dragoman.training.micro.run.prepare", lambda run, english: None)
    result = CliRunner().invoke(app, ["micro", "train", "--run", str(tmp_path), "--no-real", *options])
    assert result.exit_code == 0, result.output
    assert (given[0].fused, given[0].cool_down) == (fused, cool_down)


@pytest.mark.parametrize("command", ["train", "export"])
def test_a_missing_library_names_the_extra(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.json").write_text("{}")
    (tmp_path / "checkpoint.pt").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "torch", None)
    result = CliRunner().invoke(app, ["micro", command, "--run", str(tmp_path)])
    assert result.exit_code != 0
    assert "pip install 'dragoman[train]'" in result.stderr

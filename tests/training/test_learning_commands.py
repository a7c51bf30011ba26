"""`dragoman policy log`, `train`, `evaluate` and `explain`, end to end on small inputs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dragoman.cli.app import app
from dragoman.policies import make_policy
from dragoman.training.simlang import write_folder

Run = Callable[..., tuple[int, str, str]]
SMALL = ("--languages", "2", "--slates", "4", "--log-pages", "8")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            app(["policy", *map(str, arguments)])
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


@pytest.mark.slow
def test_log_train_evaluate_on_generated_languages(run: Run, tmp_path: Path) -> None:
    log, policy, plot = tmp_path / "log.jsonl", tmp_path / "p.json", tmp_path / "f.svg"
    code, out, err = run("log", "-o", log, *SMALL)
    assert code == 0, err
    assert "translations of 8 pages" in out
    assert run("train", "-o", policy, "--log", log)[0] == 0
    assert make_policy(str(policy)).signature.startswith("learned:1")
    code, out, err = run("evaluate", "--checkpoint", policy, "--languages", 2, "--frontier", plot)
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()] == [
        *("policy", "none", "recency", "top-k", "full", "random", "learned")
    ]
    assert plot.read_text("utf-8").startswith("<svg")


@pytest.mark.slow
def test_train_shows_a_table_saves_a_curve_and_goes_on(run: Run, tmp_path: Path) -> None:
    policy = tmp_path / "p.json"
    command = ("train", "-o", policy, *SMALL, "--updates", 1)
    code, out, err = run(*command)
    assert code == 0, err
    assert "warm start" in err
    assert f"trained {policy} with" in out
    assert (tmp_path / "p.json.train" / "curve.jsonl").exists()
    before = policy.read_bytes()
    code, _, err = run(*command)
    assert code == 0
    assert "warm start" not in err
    assert policy.read_bytes() == before


def test_a_dry_run_says_what_it_would_take(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("train", "-o", tmp_path / "p.json", "--dry-run")
    assert code == 0
    assert "at most 3,456 page translations" in out
    assert list(tmp_path.iterdir()) == []


def test_too_few_generated_languages_are_refused(run: Run, tmp_path: Path) -> None:
    code, _, err = run("train", "-o", tmp_path / "p.json", "--languages", "1")
    assert code == 2
    assert "1 generated languages to learn from: give at least 2 (--languages)" in err
    assert not (tmp_path / "p.json").exists()


@pytest.mark.slow
def test_train_on_own_documents_with_the_gloss_model(run: Run, tmp_path: Path) -> None:
    folder = write_folder(3, pages=12, folder=tmp_path / "sim")
    documents = (folder.document, "--reference", folder.reference, "--from", folder.language, "--to", "English")
    own = (*documents, "--dictionary", folder.dictionary, "--grammar", folder.grammar, "--model", "gloss")
    policy = tmp_path / "p.json"
    code, out, err = run("train", *own, "-o", policy, "--slates", 3, "--log-pages", 6, "--updates", 0)
    assert code == 0, err
    assert "trained" in out
    scores = [json.loads(line) for line in (tmp_path / "p.json.train" / "scores.jsonl").read_text().splitlines()]
    assert {"at", "quality", "rubric"} == set(scores[0])
    code, out, err = run("evaluate", *own, "--checkpoint", policy, "--json")
    assert code == 0, err
    assert json.loads(out.splitlines()[-1])["name"] == "learned"


def test_references_that_do_not_fit_are_named(run: Run, tmp_path: Path) -> None:
    folder = write_folder(3, pages=1, folder=tmp_path / "sim")
    short = tmp_path / "short.txt"
    short.write_text("one line\n", "utf-8")
    pair = ("--from", folder.language, "--to", "English")
    code, _, err = run("train", folder.document, "--reference", short, *pair, "-o", tmp_path / "p.json")
    assert code == 1
    assert "10 segments and its reference 1" in err
    code, _, err = run("train", folder.document, *pair, "-o", tmp_path / "p.json")
    assert code == 2
    assert "1 documents and 0 references" in err
    code, _, err = run("train", folder.document, "-o", tmp_path / "p.json")
    assert code == 2
    assert "give --from and --to" in err


def test_explain_shows_every_candidate_with_its_parts(run: Run, tmp_path: Path) -> None:
    folder = write_folder(3, pages=1, folder=tmp_path / "sim")
    pair = ("--from", folder.language, "--to", "English", "--dictionary", folder.dictionary, "--budget", 60)
    code, out, err = run("explain", folder.document, *pair)
    assert code == 0, err
    head, *rows = out.splitlines()
    assert head.endswith("tokens of 60")
    assert {row[0] for row in rows} == {"+", "-"}
    assert all("gain" in row and "tokens:" in row for row in rows)
    code, _, err = run("explain", folder.document, *pair, "--page", 9)
    assert code == 2
    assert "give --page from 1 to 1" in err

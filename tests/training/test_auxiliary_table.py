"""Auxiliaries by name, and the switches of `dragoman policy train` that use them."""

from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.cli.app import app
from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.policies.checkpoint import load_checkpoint
from dragoman.training.auxiliary_table import AUXILIARIES, extras
from dragoman.training.gradient_stage import uniform_pages
from dragoman.training.rollouts import Collector
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.train_settings import TrainSettings
from dragoman.training.trainer import train_policy

SMALL = TrainSettings(num_slates=4, log_pages=6, updates=2, pages_per_update=2, num_heads=0)


def test_no_names_add_nothing() -> None:
    added = extras((), SMALL, Collector())
    assert added.auxiliaries == ()
    assert added.pick_pages is uniform_pages


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        (("hints",), UnknownNameError, "unknown auxiliary 'hints': known are contrast"),
        (("curriculum", "difficulty"), ConfigurationError, "more than one picks the pages"),
        (("rubric",), ConfigurationError, "with_rubric=True"),
    ],
)
def test_names_that_cannot_be_used(names: tuple[str, ...], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        extras((), TrainSettings(auxiliaries=names), Collector())


@pytest.mark.parametrize("name", sorted(AUXILIARIES))
async def test_every_auxiliary_trains(name: str) -> None:
    tasks = mixed_tasks("train", 2, pages=2, mix=(SimTerms(budget_tokens=400),), seed=1)
    settings = replace(SMALL, auxiliaries=(name,))
    collector = Collector(with_rubric=name == "rubric")
    added = extras(tasks, settings, collector)
    run = await train_policy(
        tasks, tasks[:1], settings, collector=collector, pick_pages=added.pick_pages, auxiliaries=added.auxiliaries
    )
    assert run.checkpoint.training["settings"]["auxiliaries"] == [name]
    assert run.checkpoint.weights.any()


@pytest.mark.slow
def test_the_command_trains_a_pivot_head(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "p.json"
    sizes = ("--languages", "6", "--slates", "4", "--log-pages", "8", "--updates", "1")
    with pytest.raises(SystemExit) as ended:
        app(["policy", "train", "-o", str(policy), *sizes, "--pivot", "--auxiliary", "replay"])
    assert not ended.value.code
    assert "pivot head from 18 pages" in capsys.readouterr().err
    checkpoint = load_checkpoint(policy)
    assert checkpoint.pivot is not None
    assert checkpoint.training["settings"]["auxiliaries"] == ["replay"]

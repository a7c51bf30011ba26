"""Fixtures of the tests of journal and loop."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from dragoman.agent.journal import Journal
from dragoman.agent.run_config import RunConfig

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def world() -> ModuleType:
    """The module `world.py`: documents, memories and agents."""
    spec = importlib.util.spec_from_file_location("running_world", FOLDER / "world.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["running_world"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def config() -> RunConfig:
    """A small configuration."""
    return RunConfig({"budget_tokens": "400", "policy": "top-k"}, {"dictionary words.tsv": "aa"})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty journal in a file."""
    with Journal(tmp_path / "journal.db") as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def any_journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    """A journal in each of the databases; the PostgreSQL one may hold rows of other tests."""
    location = tmp_path / "journal.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with Journal(location) as opened:
        yield opened

"""`import dragoman` and the help text stay light: the limits are generous, what is loaded is exact."""

import json
import subprocess
import sys
import time

import pytest

HEAVY = ("torch", "transformers", "trl", "vllm", "langgraph", "faiss")
HELP_HEAVY = (*HEAVY, "openai", "sqlalchemy", "numpy", "tiktoken", "sacrebleu")

HELP = """
import sys
from dragoman.cli import main
sys.argv = ["dragoman", "translate", "--help"]
try:
    main()
except SystemExit:
    pass
"""


def modules_after(code: str) -> tuple[set[str], float]:
    """Top-level modules that a fresh interpreter has loaded after `code`, and its seconds."""
    began = time.perf_counter()
    script = f"{code}\nimport json, sys\nsys.stderr.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    names = {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}
    return names, time.perf_counter() - began


def test_plain_import_loads_nothing_heavy() -> None:
    loaded, seconds = modules_after("import dragoman")
    assert loaded.isdisjoint(HELP_HEAVY)
    assert seconds < 5


def test_help_loads_nothing_heavy() -> None:
    loaded, seconds = modules_after(HELP)
    assert loaded.isdisjoint(HELP_HEAVY)
    assert seconds < 10


def test_translator_class_loads_no_model_library() -> None:
    loaded, _ = modules_after("from dragoman import Translator")
    assert loaded.isdisjoint({"torch", "transformers", "trl", "vllm", "openai"})


def test_public_names_are_exactly_those_listed() -> None:
    import dragoman

    assert sorted(dragoman.__all__) == dir(dragoman)
    for name in dragoman.__all__:
        assert getattr(dragoman, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Traducteur'"):
        dragoman.Traducteur  # noqa: B018


def test_public_list_and_its_homes_agree() -> None:
    import dragoman

    assert set(dragoman._HOMES) | {"__version__"} == set(dragoman.__all__)

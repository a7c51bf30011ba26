"""The code keeps its size: every module imports, functions stay short, nothing heavy is loaded by the package."""

import ast
import importlib
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("src/dragoman", "agent", "memory", "policies", "training", "benchmarks")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if not path.is_symlink())


def modules() -> list[str]:
    names = []
    for folder in FOLDERS[:-1]:
        base = ROOT / folder
        for path in base.rglob("*.py"):
            if any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(base) and parent != base):
                continue
            parts = path.relative_to(ROOT / "src" if folder.startswith("src") else ROOT).with_suffix("").parts
            names.append(".".join(part for part in (*parts,) if part != "__init__"))
    return sorted(name if name.startswith("dragoman") else f"dragoman.{name}" for name in names)


@pytest.mark.parametrize("name", modules())
def test_every_module_imports(name: str) -> None:
    assert importlib.import_module(name).__doc__, f"{name} has no docstring"


def lengths() -> list[tuple[int, str]]:
    return [
        ((node.end_lineno or 0) - node.lineno + 1, f"{path.relative_to(ROOT)}:{node.name}")
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_function_is_longer_than_sixty_lines() -> None:
    assert [row for row in lengths() if row[0] > 60] == []


def test_the_median_function_has_at_most_twelve_lines() -> None:
    assert statistics.median(number for number, _ in lengths()) <= 12


def test_no_file_is_longer_than_320_lines() -> None:
    long = [(path.name, n) for path in FILES if (n := len(path.read_text(encoding="utf-8").splitlines())) > 320]
    assert long == []


def test_plain_import_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'transformers', 'trl', 'vllm', 'langgraph', 'faiss'}"
    code = f"import sys, dragoman; sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    subprocess.run([sys.executable, "-c", code], check=True)

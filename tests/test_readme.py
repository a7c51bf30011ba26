"""The README's examples run: `sh` blocks line by line, `python` blocks as they are, in order, in an empty folder.

Blocks marked `console` need a network, a model of the reader's own or minutes; make demo and make test run in CI.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_shell(block: str, folder: Path) -> None:
    for line in filter(None, block.splitlines()):
        program, *arguments = shlex.split(line)
        assert program == "dragoman", f"the README runs {program}"
        said = run([sys.executable, "-m", "dragoman", *arguments], folder)
        for name in re.findall(r"^language: (.+)$", said, re.MULTILINE):
            assert f"--from {name} " in block, f"the README calls {name} by another name"


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert done.stdout, f"{command} printed nothing"
    return done.stdout


@pytest.mark.slow
def test_the_examples_of_the_readme_run(tmp_path: Path) -> None:
    blocks = _BLOCK.findall(README.read_text(encoding="utf-8"))
    assert {language for language, _ in blocks} == {"sh", "python"}
    for language, block in blocks:
        if language == "sh":
            run_shell(block, tmp_path)
        else:
            run([sys.executable, "-c", block], tmp_path)


def test_every_file_the_readme_names_is_there() -> None:
    links = re.findall(r"\]\(([\w./-]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []

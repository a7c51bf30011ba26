"""The weights that ship with the package: through both engines, and from an installed wheel without a network."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from dragoman.agent.backends import make_backend
from dragoman.agent.backends.micro import shipped_folder
from dragoman.core.exchange import Request, Sampling
from dragoman.core.protocols import Backend
from dragoman.core.tokens import load_token_counter
from dragoman.training.micro.evaluate import Asked, EvaluateConfig, asked_pages, evaluate
from dragoman.training.micro.scores import condition_chrf

ROOT = Path(__file__).resolve().parents[2]
MAX_WHEEL_BYTES = 25_000_000
WEIGHTS = shipped_folder()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.torch,
    pytest.mark.skipif(not (WEIGHTS / "config.json").is_file(), reason="no weights of micro are shipped yet"),
    pytest.mark.filterwarnings("default"),  # vLLM warns about its own dependencies
]


@pytest.fixture(scope="module")
def prompts() -> list[Asked]:
    """Eight pages of held-out languages, into English and out of it."""
    config = EvaluateConfig(languages=4, split="dev", page=0)
    return asked_pages(config, load_token_counter(WEIGHTS), ["into_english", "out_of_english"])


async def answers(backend: Backend, prompts: Sequence[Asked]) -> list[str]:
    """One after the other, so that no padding moves the arithmetic."""
    replies = [await backend.generate(Request(asked.messages, Sampling(max_tokens=80))) for asked in prompts]
    await backend.close()
    return [reply.text for reply in replies]


@pytest.mark.vllm
async def test_transformers_and_vllm_answer_alike(prompts: list[Asked]) -> None:
    pytest.importorskip("vllm")
    mine = await answers(make_backend(f"hf:{WEIGHTS}", dtype="float32"), prompts)
    theirs = await answers(make_backend(f"vllm:{WEIGHTS}", dtype="float32", kv_cache_gib=0.5), prompts)
    assert mine == theirs


def test_it_reads_its_prompt() -> None:
    pytest.importorskip("sacrebleu")
    conditions = ["into_english", "no_dictionary"]
    scored = evaluate(make_backend(f"hf:{WEIGHTS}"), EvaluateConfig(languages=3, split="dev"), conditions)
    read, guessed = (condition_chrf(scored, condition).value for condition in conditions)
    assert read > guessed + 20


def test_an_installed_wheel_translates_with_it_and_without_a_network(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path)
    assert wheel.stat().st_size <= MAX_WHEEL_BYTES
    with zipfile.ZipFile(wheel) as archive:
        assert "dragoman/weights/micro/model.safetensors" in archive.namelist()
    site = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run(install, check=True)
    (tmp_path / "words.tsv").write_text("headword\tgloss\nkofal\tdog\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text("kofal\n", encoding="utf-8")
    code = "import json, dragoman; from dragoman.cli import main; print(json.dumps(dragoman.__file__)); main()"
    order = ["translate", "text.txt", "--from", "Simlish", "--to", "English", "--dictionary", "words.tsv"]
    command = [sys.executable, "-c", code, *order, "--model", "micro", "-o", "out.txt"]
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    environment = {**os.environ, **nowhere, "PYTHONPATH": str(site), "DRAGOMAN_STATE": str(tmp_path / "state")}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[0]).startswith(str(site))
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").strip()


def build_wheel(scratch: Path) -> Path:
    """From a copy of the tree, so that no build folder is left in it."""
    tree = scratch / "tree"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("agent", "memory", "policies", "training", "src"):
        shutil.copytree(ROOT / name, tree / name, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, tree / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(scratch), "."]
    subprocess.run(command, cwd=tree, check=True)
    return next(scratch.glob("dragoman-*.whl"))

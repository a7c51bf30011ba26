"""Do transformers and vLLM give the same greedy answers with the weights of the small neural model?

Unit: prompts whose answers are equal, letter for letter, to those of transformers. The prompts are those of
`benchmarks/micro.py`: pages of held-out languages, into English with and without gloss, out of it, between two
languages, and without notes. For every number type the engines are transformers in this process (padded batches of
16), vLLM in this process, and vLLM's own HTTP server.

Where an answer differs, `gap` is how far apart the logits of the two tokens at the first difference are, computed in
float32 with the common text in front, and `step` is the distance between neighbouring bfloat16 numbers of that size.
A gap of a few steps is rounding: sums taken in another order part two tokens that are equally good.

    .venv/bin/python benchmarks/micro_engines.py [--quick] [--seed N] [--out FILE] [--model FOLDER] [--dtypes NAME ...]
"""

import argparse
import asyncio
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from common import add_common_arguments, finish, from_root, skip

from dragoman.agent.backends import make_backend
from dragoman.agent.backends.chat_template import render_chat
from dragoman.agent.backends.micro import micro_folder
from dragoman.core.errors import ConfigurationError
from dragoman.core.exchange import Request, Sampling
from dragoman.core.protocols import Backend
from dragoman.core.tokens import load_token_counter
from dragoman.training.micro.evaluate import MAIN_CONDITIONS, Asked, EvaluateConfig, asked_pages

PROMPTS, QUICK_PROMPTS, BATCH = 200, 20, 16
LIBRARIES = ("torch", "transformers", "vllm")
SERVED_NAME = "micro-weights"
START_S = 300.0


def main() -> int:
    """Asks every engine, compares, prints, then the JSON line; 77 where an engine or the weights are missing."""
    options = _options()
    started = time.perf_counter()
    if missing := [name for name in LIBRARIES if find_spec(name) is None]:
        return skip(f"{', '.join(missing)} not installed")
    try:
        folder = options.model or micro_folder()
    except ConfigurationError as error:
        return skip(str(error))
    prompts = _prompts(folder, options)
    result = {dtype: _compare(folder, prompts, dtype, options.max_tokens) for dtype in options.dtypes}
    settings = {key: value for key, value in vars(options).items() if key not in ("out", "model")}
    finish(
        "micro_engines", settings | {"model": from_root(folder), "prompts": len(prompts)}, result, started, options.out
    )
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--model", type=Path, default=None, help="model folder (default: what --model micro loads)")
    parser.add_argument("--dtypes", nargs="+", default=["bfloat16", "float32"], help="number types, both by default")
    parser.add_argument("--max-tokens", type=int, default=256, help="of an answer (default 256)")
    return parser.parse_args()


def _prompts(folder: Path, options: argparse.Namespace) -> list[Asked]:
    number = QUICK_PROMPTS if options.quick else PROMPTS
    languages = math.ceil(number / (2 * len(MAIN_CONDITIONS)))
    config = EvaluateConfig(languages=languages, start=options.seed, pages=2)
    return asked_pages(config, load_token_counter(folder), MAIN_CONDITIONS)[:number]


def _compare(folder: Path, prompts: Sequence[Asked], dtype: str, max_tokens: int) -> dict[str, object]:
    """Equal answers and the differences of both ways to run vLLM."""
    mine = _answers(make_backend(f"hf:{folder}", dtype=dtype, max_batch=BATCH), prompts, max_tokens)
    vllm = make_backend(f"vllm:{folder}", dtype=dtype, kv_cache_gib=1.0, max_batch=BATCH)
    theirs = {"vllm": _answers(vllm, prompts, max_tokens)}
    with _server(folder, dtype) as url:
        served = make_backend(SERVED_NAME, base_url=url, tokenizer=str(folder), max_context_tokens=4096)
        theirs["vllm_server"] = _answers(served, prompts, max_tokens)
    return {name: _report(folder, prompts, f"{dtype} {name}", mine, found) for name, found in theirs.items()}


def _answers(backend: Backend, prompts: Sequence[Asked], max_tokens: int) -> list[str]:
    async def ask_all() -> list[str]:
        gate = asyncio.Semaphore(4 * BATCH)

        async def ask(asked: Asked) -> str:
            async with gate:
                return (await backend.generate(Request(asked.messages, Sampling(max_tokens=max_tokens)))).text

        try:
            return list(await asyncio.gather(*map(ask, prompts)))
        finally:
            await backend.close()

    return asyncio.run(ask_all())


@contextmanager
def _server(folder: Path, dtype: str) -> Iterator[str]:
    """The base URL of vLLM's own server in processes of its own, which all end with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder)]
    command += ["--served-model-name", SERVED_NAME, "--host", "127.0.0.1", "--port", str(port), "--dtype", dtype]
    command += ["--max-num-seqs", str(BATCH), "--enforce-eager", "--kv-cache-memory-bytes", str(1 << 30)]
    environment = {"VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR", **os.environ}
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        try:
            _wait(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError(f"vLLM's server did not start within {START_S:.0f} s")


def _report(
    folder: Path, prompts: Sequence[Asked], name: str, mine: Sequence[str], theirs: Sequence[str]
) -> dict[str, object]:
    different = [place for place, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]
    print(f"{name}: {len(mine) - len(different)} of {len(mine)} answers equal those of transformers")
    judge = _Judge(folder) if different else None
    found = [judge.parting(prompts[place], mine[place], theirs[place]) for place in different] if judge else []
    for row in found:
        print("   " + "  ".join(f"{key} {value}" for key, value in row.items()))
    return {"equal": len(mine) - len(different), "of": len(mine), "differences": found}


class _Judge:
    """The same weights in float32: how close the two tokens were at which two answers part."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)  # Any: a transformers tokenizer
        self._model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)  # Any: a model
        self._model.eval()  # type: ignore[no-untyped-call]  # the library leaves it untyped

    def parting(self, asked: Asked, mine: str, theirs: str) -> Mapping[str, object]:
        """Where they part, the two tokens, their ranks and the gap between their logits."""
        import torch

        end = self._tokenizer.eos_token_id  # an answer that is the other's beginning parts at its end token
        a, b = ([*self._ids(text), end] for text in (mine, theirs))
        at = next(n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y)
        prompt = self._ids(render_chat(self._tokenizer, asked.messages, where="micro"))
        with torch.inference_mode():
            logits = self._model(torch.tensor([[*prompt, *a[:at]]]), logits_to_keep=1).logits[0, -1]
        ranks = [int((logits > logits[token]).sum()) + 1 for token in (a[at], b[at])]
        step = 2.0 ** (math.floor(math.log2(abs(float(logits[a[at]])) or 1.0)) - 7)
        return {
            "condition": asked.condition,
            "token": at,
            "tokens": [self._tokenizer.decode([token]) for token in (a[at], b[at])],
            "ranks": ranks,
            "gap": round(float(logits[a[at]] - logits[b[at]]), 4),
            "step": round(step, 4),
        }

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False))


if __name__ == "__main__":
    sys.exit(main())

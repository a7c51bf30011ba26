"""What a sentence costs: calls and tokens of Dragoman beside two honest baselines, and how full waves keep the slots.

Question: how many model calls, prompt tokens, uncached prompt tokens and output tokens does a sentence cost on a
document of 50 lines and on one of 1,300, and how large does a prompt get? Baselines: `sentence` (each line alone) and
`multiturn` (source-primed: the whole source in the system message, then ten numbered lines a turn). The model is
scripted, with answers of realistic length and a simulated prefix cache in blocks of 128 tokens: the figures say nothing
about quality. Second question: with 16 documents of unequal length and 16 slots, how many requests are in flight?

    .venv/bin/python benchmarks/cost.py [--quick] [--seed N] [--out FILE]
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Sequence

from common import add_common_arguments, finish
from prose import scripted_translation, write_prose

from dragoman import AsyncTranslator
from dragoman.agent.backends.scripted import NO_LATENCY, Latency, ScriptedBackend
from dragoman.agent.meter import FlightStatistics, Meter, MeteredBackend
from dragoman.agent.prefix_cache import PrefixCache
from dragoman.core.exchange import Message, Request, Sampling, Usage
from dragoman.core.formats import document_from_text
from dragoman.core.languages import parse_language
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.session import Errand

SOURCE, TARGET = "English", "German"
LINES_PER_TURN = 10
CACHE_TOKENS = 400_000
SLOTS, NUM_DOCUMENTS, WAVE = 16, 16, 4
SHORTEST, LONGEST = 16, 400  # lines of the unequal documents, log-uniform
BUDGET = {"calls_per_sentence": 0.25, "prompt_tokens_per_sentence": 220, "uncached_prompt_tokens_per_sentence": 150}
MAX_PROMPT_TOKENS = 4000

Cost = dict[str, float]


def main() -> int:
    """Runs both parts and prints table and JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    options = parser.parse_args()
    started = time.perf_counter()
    lengths = (50, 1300)
    table: dict[str, dict[str, Cost]] = {"dragoman": {}, "sentence": {}, "multiturn": {}}
    for num_lines in lengths:
        lines = write_prose(num_lines, seed=options.seed)
        table["dragoman"][str(num_lines)] = asyncio.run(cost_of_dragoman(lines))
        table["sentence"][str(num_lines)] = asyncio.run(cost_of_sentences(lines))
        table["multiturn"][str(num_lines)] = asyncio.run(cost_of_multiturn(lines))
    flight = asyncio.run(measure_flight(options.seed, scale=0.5 if options.quick else 1.0))
    print_tables(table, flight)
    settings = {
        "seed": options.seed,
        "quick": options.quick,
        "policy": "top-k",
        "budget_tokens": "auto",
        "lines_per_turn": LINES_PER_TURN,
        "wave_of_the_flight_part": WAVE,
        "tokenizer": "estimate",
    }
    in_flight = {"slots": SLOTS, "mean": round(flight.mean, 2), "most": flight.most}
    finish("cost", settings, table | {"in_flight": in_flight}, started, options.out)
    return 0


def make_backend(*, latency: Latency = NO_LATENCY) -> ScriptedBackend:
    """The scripted model with its simulated prefix cache."""
    cache = PrefixCache(EstimatedTokenCounter(), capacity_tokens=CACHE_TOKENS)
    return ScriptedBackend(scripted_translation(), latency=latency, prefix_cache=cache)


async def cost_of_dragoman(lines: Sequence[str]) -> Cost:
    """The whole agent with its default settings and no language resources."""
    backend = make_backend()
    async with AsyncTranslator(SOURCE, TARGET, backend=backend) as translator:
        result = await translator.translate("\n".join(lines))
    if len(result.segments) != len(lines) or result.failed:
        raise RuntimeError(f"{len(lines)} lines became {len(result.segments)}, {len(result.failed)} failed")
    largest = max(sum(backend.count_tokens(m.content) for m in request.messages) for request in backend.requests)
    return per_sentence(result.usage, len(lines), largest)


async def cost_of_sentences(lines: Sequence[str]) -> Cost:
    """Each line alone, with the same instructions."""
    system = Message("system", f"Translate {SOURCE} into {TARGET}. Answer with one line: number, tab, translation.")
    backend, usage, largest = make_backend(), Usage(), 0
    for line in lines:
        reply = await backend.generate(Request((system, Message("user", f"## Text\n1\t{line}")), line_numbers=(1,)))
        usage += reply.usage
        largest = max(largest, reply.usage.prompt_tokens)
    return per_sentence(usage, len(lines), largest)


async def cost_of_multiturn(lines: Sequence[str]) -> Cost:
    """Source-primed multi-turn chat (Hu et al. 2025, "Source-primed multi-turn conversation", arXiv:2503.10494)."""
    source = "\n".join(lines)
    task = f"Translate {SOURCE} into {TARGET}, ten lines a turn: number, tab, translation. The whole text:\n{source}"
    messages = [Message("system", task)]
    backend, usage, largest = make_backend(), Usage(), 0
    for start in range(0, len(lines), LINES_PER_TURN):
        numbered = dict(enumerate(lines[start : start + LINES_PER_TURN], start=start + 1))
        turn = "\n".join(f"{number}\t{line}" for number, line in numbered.items())
        messages.append(Message("user", f"## Text\n{turn}"))
        request = Request(tuple(messages), Sampling(max_tokens=4096), line_numbers=tuple(numbered))
        reply = await backend.generate(request)
        messages.append(Message("assistant", reply.text))
        usage += reply.usage
        largest = max(largest, reply.usage.prompt_tokens)
    return per_sentence(usage, len(lines), largest)


def per_sentence(usage: Usage, num_sentences: int, largest: int) -> Cost:
    """The row of one system and one document length."""
    return {
        "calls_per_sentence": round(usage.calls / num_sentences, 3),
        "prompt_tokens_per_sentence": round(usage.prompt_tokens / num_sentences, 1),
        "uncached_prompt_tokens_per_sentence": round(usage.uncached_tokens / num_sentences, 1),
        "output_tokens_per_sentence": round(usage.output_tokens / num_sentences, 1),
        "max_prompt_tokens": largest,
    }


async def measure_flight(seed: int, *, scale: float) -> FlightStatistics:
    """Requests in flight while 16 documents of 16 to 400 lines are translated side by side."""
    rng = random.Random(f"flight:{seed}")
    lengths = [round(SHORTEST * (LONGEST / SHORTEST) ** rng.random()) for _ in range(NUM_DOCUMENTS)]
    source, target = parse_language(SOURCE), parse_language(TARGET)
    errands = [
        Errand(
            document_from_text(
                "\n".join(write_prose(length, seed=number)), source_language=source, target_language=target
            ),
            f"document {number}",
        )
        for number, length in enumerate(lengths)
    ]
    meter = Meter()
    backend = MeteredBackend(make_backend(latency=Latency(scale=scale)), meter, workers=SLOTS)
    async with AsyncTranslator(SOURCE, TARGET, backend=backend, workers=SLOTS, wave=WAVE) as translator:
        async for _ in translator.stream(errands):
            pass
    return meter.flight_statistics


def print_tables(table: dict[str, dict[str, Cost]], flight: FlightStatistics) -> None:
    """For people."""
    print(
        f"{'system':<10} {'lines':>6} {'calls':>7} {'prompt':>9} {'uncached':>9} {'output':>7} {'largest prompt':>15}"
    )
    for system, rows in table.items():
        for num_lines, row in rows.items():
            calls, prompt, uncached, output, largest = row.values()
            shown = f"{calls:>7.3f} {prompt:>9.1f} {uncached:>9.1f} {output:>7.1f} {largest:>8,.0f}"
            print(f"{system:<10} {num_lines:>6} {shown}")
    limits = ", ".join(f"{name.replace('_', ' ')} {limit}" for name, limit in BUDGET.items())
    kept = all(row[name] <= limit for row in table["dragoman"].values() for name, limit in BUDGET.items())
    kept = kept and all(row["max_prompt_tokens"] <= MAX_PROMPT_TOKENS for row in table["dragoman"].values())
    print(f"budget ({limits}, largest prompt {MAX_PROMPT_TOKENS}): {'kept' if kept else 'NOT kept'}")
    print(f"in flight, {NUM_DOCUMENTS} unequal documents, wave {WAVE}: mean {flight.mean:.1f} of {SLOTS} slots")


if __name__ == "__main__":
    sys.exit(main())

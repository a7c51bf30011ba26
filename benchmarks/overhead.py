"""What the agent itself costs a page when the model costs nothing.

Question: how many milliseconds does a page of ten lines of twelve words take, and how much memory does the process
hold, with 10, 1,000 and 100,000 records in memory, half dictionary entries and half parallel sentences? Everything is
real but the model: the graph, recall, the policy "top-k", checks, meter and call cache, and a journal in a SQLite file
that is written through to the disk. `ms_per_page` is processor time of the whole process, `wall_ms_per_page` is what a
clock shows, waiting for the disk included; both are medians over pages on one core, with the middle half of the pages
as spread. `recall_ms`, `choose_ms` and so on are processor time of the graph's steps, with what the graph does before
each; `commit_ms` is that of the journal. Excluded: imports, reading and indexing the records (`index_s`), and the first
pages. Each number of records has a process of its own.

    .venv/bin/python benchmarks/overhead.py [--quick] [--seed N] [--out FILE] [--profile]
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from common import add_common_arguments, finish
from prose import make_words, scripted_translation, zipf

from dragoman.agent.backends.scripted import ScriptedBackend
from dragoman.agent.call_cache import CallCache
from dragoman.agent.document_work import DocumentTask
from dragoman.agent.events import PageFinished
from dragoman.agent.journal import Journal, Run
from dragoman.agent.loop import translate_documents
from dragoman.agent.meter import Meter, with_meter
from dragoman.agent.page import NodeFinished, PageAgent, PageJob, TextDelta
from dragoman.agent.run_config import run_config
from dragoman.agent.settings import RunSettings
from dragoman.agent.wrapper import BackendWrapper
from dragoman.core.document import Document
from dragoman.core.exchange import FinishReason, Reply, Request, Usage
from dragoman.core.formats import document_from_text
from dragoman.core.languages import parse_language
from dragoman.core.pages import split_pages
from dragoman.core.records import Kind, MemoryRecord, Provenance, Resource
from dragoman.core.trajectory import PageResult
from dragoman.memory.store import Memory
from dragoman.options import RESOURCE_BUDGET
from dragoman.policies import make_policy

RECORDS = (10, 1_000, 100_000)
LINES_PER_PAGE, WORDS_PER_LINE = 10, 12
WARM_UP_PAGES = 3
STEPS = ("recall", "choose", "translate", "check", "propose", "remember", "commit")
TARGET_MS = 25.0  # a page at 100,000 records
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_DRAWS_PER_WORD = 2  # many draws give a word that is there already
_MIN_WORDS = 400  # a small memory does not make the text's vocabulary small


@dataclass(slots=True)
class Clock:
    """Times of one run in seconds: of pages, and processor time of the steps inside."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    steps: dict[str, list[float]] = field(default_factory=dict)
    _last: tuple[float, float] | None = None

    def page(self) -> None:
        """A page ended; pages follow each other without a pause."""
        now = (time.process_time(), time.perf_counter())
        if self._last is not None:
            self.cpu.append(now[0] - self._last[0])
            self.wall.append(now[1] - self._last[1])
        self._last = now

    def step(self, name: str, seconds: float) -> None:
        """A step of a page ended."""
        self.steps.setdefault(name, []).append(seconds)


class InstantModel(BackendWrapper):
    """A scripted model that counts no prompts: what a model or its server does is not the agent's time."""

    def __init__(self) -> None:
        self._script = scripted_translation()
        super().__init__(ScriptedBackend(self._script))

    async def generate(self, request: Request) -> Reply:
        """The script's answer."""
        answer = self._script(request)
        assert isinstance(answer, str), "this script neither fails nor writes its own replies"
        return Reply(answer, FinishReason.STOP, Usage(calls=1), self.name)


class TimedAgent:
    """A page agent whose steps are timed; steps of one page follow each other, so each begins where the last ended."""

    def __init__(self, agent: PageAgent, clock: Clock) -> None:
        self._agent = agent
        self._clock = clock

    async def run_page(
        self,
        job: PageJob,
        *,
        on_event: Callable[[Any], None] | None = None,  # Any: see PageRunner
        approve: Any = None,  # Any: see PageRunner
    ) -> PageResult:
        """As the agent does."""
        last = time.thread_time()

        def see(event: NodeFinished | TextDelta) -> None:
            nonlocal last
            now = time.thread_time()
            if isinstance(event, NodeFinished):
                self._clock.step(event.node, now - last)
            last = now
            if on_event is not None:
                on_event(event)

        return await self._agent.run_page(job, on_event=see, approve=approve)


class TimedJournal(Journal):
    """A journal that tells how long its commits take."""

    def __init__(self, location: Path, clock: Clock) -> None:
        super().__init__(location)
        self._clock = clock

    def commit(self, run: Run, result: PageResult) -> bool:
        """As the journal does."""
        started = time.thread_time()
        written = super().commit(run, result)
        self._clock.step("commit", time.thread_time() - started)
        return written


def main() -> int:
    """Measures each number of records in a process of its own; prints table and JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--pages", type=int, default=None, help="pages of the document (default 200, quick 60)")
    parser.add_argument("--records", type=int, nargs="+", default=RECORDS, help="numbers of records in memory")
    parser.add_argument("--profile", action="store_true", help="print where the time goes instead of measuring")
    options = parser.parse_args()
    started = time.perf_counter()
    os.environ |= dict.fromkeys(_THREADS, "1")  # for the processes that measure
    pages = options.pages or (60 if options.quick else 200)
    if options.profile:
        print_profile(options.records[-1], pages, options.seed)
        return 0
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as processes:
        rows = {str(n): processes.submit(measure, n, pages, options.seed).result() for n in options.records}
    print_table(rows)
    settings = {
        "seed": options.seed,
        "quick": options.quick,
        "pages": pages,
        "lines_per_page": LINES_PER_PAGE,
        "words_per_line": WORDS_PER_LINE,
        "policy": "top-k",
        "budget_tokens": RESOURCE_BUDGET,
        "journal": "sqlite, synchronous=FULL",
    }
    finish("overhead", settings, rows, started, options.out)
    return 0


def measure(num_records: int, num_pages: int, seed: int) -> dict[str, float]:
    """One row of the table; call it in a fresh process, whose size is part of the answer."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    words = make_vocabulary(num_records, seed)
    started = time.perf_counter()
    memory = make_memory(words, num_records, seed)
    index_s = time.perf_counter() - started
    clock = asyncio.run(translate(make_document(words, num_pages, seed), memory))
    return _row(clock) | {"index_s": round(index_s, 2), "rss_mb": round(resident_mb(), 1)}


def make_vocabulary(num_records: int, seed: int) -> list[str]:
    """At least as many words as there will be dictionary entries."""
    words = make_words(random.Random(f"overhead:{seed}"), _DRAWS_PER_WORD * max(num_records, _MIN_WORDS))
    assert len(words) >= num_records // 2, f"{len(words)} words are too few for {num_records} records"
    return words


def make_memory(words: Sequence[str], num_records: int, seed: int) -> Memory:
    """Half dictionary entries for the frequent words, half parallel sentences made of all words."""
    rng = random.Random(f"records:{seed}")
    num_entries = num_records // 2
    entries = [_entry(rng, word, row) for row, word in enumerate(words[:num_entries])]
    pairs = [_pair(rng, words, row) for row in range(num_records - num_entries)]
    return Memory(
        (
            Resource("dictionary", "words.tsv", f"{seed}", tuple(entries)),
            Resource("parallel", "pairs.tsv", f"{seed}", tuple(pairs)),
        )
    )


def make_document(words: Sequence[str], num_pages: int, seed: int) -> Document:
    """Lines of twelve words by Zipf's law, each page a paragraph."""
    rng = random.Random(f"document:{seed}")
    pages = ("\n".join(_sentence(rng, words) for _ in range(LINES_PER_PAGE)) for _ in range(num_pages))
    source, target = parse_language("qaa-x-overhead:Overhead"), parse_language("English")
    return document_from_text("\n\n".join(pages), source_language=source, target_language=target)


async def translate(document: Document, memory: Memory) -> Clock:
    """Translates the document with everything real but the model."""
    clock, settings = Clock(), RunSettings(budget_tokens=RESOURCE_BUDGET)
    policy = make_policy("top-k")
    with tempfile.TemporaryDirectory() as folder, TimedJournal(Path(folder) / "journal.sqlite", clock) as journal:
        backend = with_meter(InstantModel(), Meter(), cache=CallCache(journal.engine))
        agent = TimedAgent(PageAgent(backend, policy, settings), clock)
        pages = split_pages(document, backend, max_tokens=settings.page_tokens, max_lines=settings.page_lines)
        config = run_config(settings, policy=policy.signature, backend=backend.name, resources=memory.resources)
        task = DocumentTask(document, pages, "overhead", memory)
        events = translate_documents([task], agent=agent, settings=settings, config=config, journal=journal)
        async for event in events:
            if isinstance(event, PageFinished):
                clock.page()
    return clock


def resident_mb() -> float:
    """Memory of this process, MiB; the largest it had where the system does not say how large it is."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_table(rows: dict[str, dict[str, float]]) -> None:
    """For people."""
    steps = " ".join(f"{name:>9}" for name in STEPS)
    print(f"{'records':>8} {'ms a page':>10} {'middle half':>14} {'wall':>7} {steps} {'index s':>8} {'RSS MiB':>8}")
    for records, row in rows.items():
        spread = f"{row['ms_per_page_q1']:.1f} to {row['ms_per_page_q3']:.1f}"
        times = " ".join(f"{row[f'{name}_ms']:>9.1f}" for name in STEPS)
        print(
            f"{int(records):>8,} {row['ms_per_page']:>10.1f} {spread:>14} {row['wall_ms_per_page']:>7.1f} {times} "
            f"{row['index_s']:>8.1f} {row['rss_mb']:>8,.0f}"
        )
    largest = rows.get(str(RECORDS[-1]))
    if largest is not None:
        kept = "kept" if largest["ms_per_page"] <= TARGET_MS else "NOT kept"
        print(f"at most {TARGET_MS:g} ms a page at {RECORDS[-1]:,} records: {kept}")


def print_profile(num_records: int, num_pages: int, seed: int) -> None:
    """Where the time of the pages goes; threads other than the event loop's are not seen."""
    words = make_vocabulary(num_records, seed)
    memory, document = make_memory(words, num_records, seed), make_document(words, num_pages, seed)
    profile = cProfile.Profile()
    profile.enable()
    asyncio.run(translate(document, memory))
    profile.disable()
    statistics_ = pstats.Stats(profile)
    for order in ("cumulative", "tottime"):
        statistics_.sort_stats(order).print_stats(45)


def _row(clock: Clock) -> dict[str, float]:
    cpu, wall = clock.cpu[WARM_UP_PAGES:], clock.wall[WARM_UP_PAGES:]
    first, _, third = statistics.quantiles(cpu, n=4)
    times = {
        "ms_per_page": statistics.median(cpu),
        "ms_per_page_q1": first,
        "ms_per_page_q3": third,
        "wall_ms_per_page": statistics.median(wall),
        **{f"{name}_ms": statistics.median(clock.steps[name]) for name in STEPS},
    }
    return {name: round(1000 * seconds, 2) for name, seconds in times.items()}


def _entry(rng: random.Random, word: str, row: int) -> MemoryRecord:
    provenance = Provenance("words.tsv", f"line {row + 1}")
    return MemoryRecord(Kind.ENTRY, word, word[::-1], "", (("pos", rng.choice(["n", "v", "adj"])),), provenance)


def _pair(rng: random.Random, words: Sequence[str], row: int) -> MemoryRecord:
    source = _sentence(rng, words)
    target = " ".join(word[::-1] for word in source.split())
    return MemoryRecord(Kind.EXEMPLAR, source, target, "", (), Provenance("pairs.tsv", f"line {row + 1}"))


def _sentence(rng: random.Random, words: Sequence[str]) -> str:
    """Twelve words; every fourth has an ending that the dictionary lacks, the first and some last ones a capital."""
    chosen = rng.choices(words, cum_weights=zipf(len(words)), k=WORDS_PER_LINE)
    inflected = [word + rng.choice(["ta", "nin", "ek"]) if rng.random() < 0.25 else word for word in chosen]
    if rng.random() < 0.5:
        inflected[-1] = inflected[-1].capitalize()  # like a name
    return " ".join([inflected[0].capitalize(), *inflected[1:]]) + "."


if __name__ == "__main__":
    sys.exit(main())

"""How long the glosser learns from many records, and how long it takes for a line.

Unit: processor time; seconds to learn, milliseconds a line of eight words, median of five groups of lines with their
range. The records are one-word examples of a made-up affixing language; nothing is read from disk. Targets: two
seconds for 20,000 records, a millisecond a line.

    .venv/bin/python benchmarks/glosser.py [--quick] [--seed N] [--out FILE]
"""

import argparse
import random
import time
from statistics import median

from common import add_common_arguments, finish

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.glosser import Glosser

LETTERS = "aeioukmnprst"
WORDS_A_LINE, LINES, GROUPS = 8, 40, 5


def main() -> None:
    """Measures, prints the table, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    options = parser.parse_args()
    started = time.perf_counter()
    sizes = (1_000,) if options.quick else (1_000, 20_000)
    print(f"{'records':>8} {'learning, s':>12} {'a line, ms':>11}   range")
    result = {str(size): measure(size, options.seed) for size in sizes}
    finish("glosser", {"seed": options.seed, "quick": options.quick}, result, started, options.out)


def measure(size: int, seed: int) -> dict[str, float]:
    """Figures of one size."""
    chance = random.Random(seed)
    words = [_word(n) for n in range(size)]
    began = time.process_time()
    glosser = Glosser([_example(word, n) for n, word in enumerate(words)])
    learned_s = time.process_time() - began
    lines_ms = sorted(1000 * _line_s(glosser, words, chance) for _ in range(GROUPS))
    print(f"{size:>8,} {learned_s:>12.2f} {median(lines_ms):>11.2f}   {lines_ms[0]:.2f} to {lines_ms[-1]:.2f}")
    return {"learning_s": round(learned_s, 3), "line_ms": round(median(lines_ms), 3)}


def _word(number: int) -> str:
    """Words that share their beginnings and ends with many others: the hard case."""
    return "".join(LETTERS[(number * 7 + number // 12**place + place) % 12] for place in range(7))


def _example(word: str, number: int) -> MemoryRecord:
    return MemoryRecord(Kind.EXEMPLAR, f"{word}-ka", "a translation", attributes=(("gloss", f"gloss{number}-PL"),))


def _line_s(glosser: Glosser, words: list[str], chance: random.Random) -> float:
    lines = [" ".join(f"{word}ka" for word in chance.sample(words, WORDS_A_LINE)) for _ in range(LINES)]
    began = time.process_time()
    for line in lines:
        glosser.gloss_line(line)
    return (time.process_time() - began) / LINES


if __name__ == "__main__":
    main()

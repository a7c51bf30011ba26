"""How fast are SimLang and the simulated translator?

Units: sentences per second of processor time on one core (generation: source, gloss, needs and reference) and pages of
ten sentences per minute (simulation: `simulate` with a part of the needs and 200 irrelevant tokens; offers: the whole
loop of observation, random choice and translation). Excluded: start-up, imports and the reading of the resources of a
document into its offer table, which happens once a document and is given in milliseconds.

    .venv/bin/python benchmarks/simlang.py [--quick] [--seed N] [--out FILE]
"""

import argparse
import statistics
import time
from collections.abc import Callable

from common import add_common_arguments, finish

from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.training.simlang import SimDocument, generate_document, pack
from dragoman.training.simulated import simulate
from dragoman.training.simulated_offers import OfferTable

PAGES = 12


def main() -> None:
    """Measures, prints a table, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    options = parser.parse_args()
    started = time.perf_counter()
    num_languages = 5 if options.quick else 40
    languages = list(pack("test", num_languages, start=options.seed))
    documents = [generate_document(language, seed=options.seed, pages=PAGES) for language in languages]
    tables = [OfferTable(document, EstimatedTokenCounter()) for document in documents]
    sentences = PAGES * 10
    result = {
        "sentences_per_s": sentences
        / median_s(lambda n: generate_document(languages[n], seed=1, pages=PAGES), num_languages),
        "language_ms": 1000 * median_s(lambda n: list(pack("test", 1, start=n)), num_languages),
        "offer_table_ms": 1000 * median_s(lambda n: OfferTable(documents[n], EstimatedTokenCounter()), num_languages),
        "simulated_pages_per_min": 60 * PAGES / median_s(lambda n: simulate_all(documents[n]), num_languages),
        "offered_pages_per_min": 60 * PAGES / median_s(lambda n: offer_all(tables[n]), num_languages),
    }
    for name, value in result.items():
        print(f"{name:26} {value:12,.1f}")
    settings = {"languages": num_languages, "pages": PAGES, "seed": options.seed, "quick": options.quick}
    finish("simlang", settings, {name: round(value, 2) for name, value in result.items()}, started, options.out)


def median_s(work: Callable[[int], object], repeats: int) -> float:
    """Median processor seconds of `work(0)` ... `work(repeats - 1)`, after one warm-up."""
    work(0)
    seconds = []
    for number in range(repeats):
        started = time.process_time()
        work(number)
        seconds.append(time.process_time() - started)
    return statistics.median(seconds)


def simulate_all(document: SimDocument) -> None:
    """Every sentence with all needs but its rules, somewhat distracted."""
    for sentence in document.sentences:
        simulate(sentence, frozenset(key for key in sentence.needs if not key.startswith("rule:")), 200)


def offer_all(table: OfferTable) -> None:
    """Observation, every second candidate chosen, translation, for every page."""
    for page in range(PAGES):
        observation = table.observation(page)
        table.translate(page, [candidate.id for candidate in observation.candidates[::2]])


if __name__ == "__main__":
    main()

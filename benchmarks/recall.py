"""Does recall offer what each sentence needs, and does "top-k" choose it?

Made-up languages know exactly which items a sentence needs (`training.simlang.needs`): words, rules, names, genders,
the topic that settles a sense, an example of the fixed expression, an example of the polite register. For every need
of every sentence: is an item that answers it among the candidates (`offered`), and among what the policy "top-k" takes
within 400 or 1,600 context tokens a page (`chosen`)? Shares are in per cent of the needs of that kind. Resources are
written as files and read as a user's would be, with glossed text and without it; after each page memory gets what a
perfect memory call would give, so that only recall and choice are measured. chrF is that of the SIMULATED translator
with the chosen items, mean over sentences: it says how well needs were met under its law, nothing about a real model.
Languages are of the split "dev"; nothing may be tuned on "test". Times cover everything but imports.

    .venv/bin/python benchmarks/recall.py [--quick] [--seed N] [--out FILE] [--languages N] [--rules]
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from common import add_common_arguments, finish

from dragoman.agent.settings import DEFAULT_K
from dragoman.core.context import Candidate, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.records import Kind
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.resources import load_resource
from dragoman.memory.store import DocumentMemory, Memory
from dragoman.policies import make_policy
from dragoman.training.chrf import page_chrf
from dragoman.training.simlang import SimDocument, SimFolder, generate_document, generate_language, write_folder
from dragoman.training.simlang.keys import IDIOM_KEY, POLITE_KEY
from dragoman.training.simlang.needs import ItemReader
from dragoman.training.simlang.records import page_records
from dragoman.training.simulated import simulate

BUDGETS = (400, 1_600)
PAGES = 8
LANGUAGES, QUICK_LANGUAGES = 24, 6
RESOURCES = {
    "glossed": ("dictionary", "grammar", "parallel", "glossed", "glossary"),
    "plain": ("dictionary", "grammar", "parallel", "glossary"),
}
KINDS = {"entry": "word", "rule": "rule", "name": "name", "gender": "gender", "sense": "sense"}
KINDS_OF_EXAMPLES = {IDIOM_KEY: "expression", POLITE_KEY: "register"}

Found = Mapping[int, frozenset[str]]  # line of the page (0-based) to the keys that some items answer for it


@dataclass(slots=True)
class Tally:
    """Counts over all pages of one set of resources.

    Attributes:
        needs: needs by kind.
        met: needs that are met, by (level, kind); a level is "offered" or a budget.
        chrf: sentence scores by level, a mean for each page.
        tokens: context tokens of each page by level.
    """

    needs: Counter[str] = field(default_factory=Counter)
    met: Counter[tuple[str, str]] = field(default_factory=Counter)
    chrf: dict[str, list[float]] = field(default_factory=dict)
    tokens: dict[str, list[int]] = field(default_factory=dict)

    def row(self, kind: str) -> dict[str, float]:
        """Number of needs and the shares that are met."""
        shares = {level: round(100 * self.met[level, kind] / max(1, self.needs[kind]), 1) for level in self.chrf}
        return {"needs": self.needs[kind], **shares}

    def means(self, values: Mapping[str, list[float]] | Mapping[str, list[int]]) -> dict[str, float]:
        """Mean over pages, by level."""
        return {level: round(fmean(numbers), 2) for level, numbers in values.items()}


def main() -> None:
    """Measures each set of resources, prints its table, then the JSON line."""
    options = parse()
    started = time.perf_counter()
    num_languages = options.languages or (QUICK_LANGUAGES if options.quick else LANGUAGES)
    result: dict[str, object] = {}
    for name, kinds in RESOURCES.items():
        tally = Tally()
        for seed in range(options.seed, options.seed + num_languages):
            measure(seed, kinds, tally)
        result[name] = report(name, tally, with_rules=options.rules)
    settings = {"seed": options.seed, "split": "dev", "languages": num_languages, "pages": PAGES, "policy": "top-k"}
    finish("recall", {**settings, "quick": options.quick, "chrf": "simulation"}, result, started, options.out)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--languages", type=int, default=None, help=f"default {LANGUAGES}, quick {QUICK_LANGUAGES}")
    parser.add_argument("--rules", action="store_true", help="a row for each rule of the grammar too")
    return parser.parse_args()


def measure(seed: int, kinds: Iterable[str], tally: Tally) -> None:
    """Adds the pages of one language's document to the counts."""
    language = generate_language(seed, split="dev")
    document = generate_document(language, seed=seed, pages=PAGES)
    with tempfile.TemporaryDirectory() as name:
        memory = read_memory(write_folder(seed, pages=PAGES, folder=Path(name), split="dev"), kinds)
    reader = ItemReader(document)
    for number, observation in enumerate(observations(document, memory)):
        count_page(document, number, observation, reader, tally)


def read_memory(folder: SimFolder, kinds: Iterable[str]) -> DocumentMemory:
    """The resources as a user's, and an empty memory of the document."""
    return Memory([load_resource(kind, getattr(folder, kind)) for kind in kinds]).open_document()


def observations(document: SimDocument, memory: DocumentMemory) -> Iterator[Observation]:
    """What the policy sees of each page; a perfect memory call follows."""
    counter = EstimatedTokenCounter()
    for number, sentences in enumerate(document.pages):
        page = Page(number, tuple(Segment(s.id, s.source, paragraph=s.paragraph) for s in sentences))
        recalled = memory.view(number).recall(page, counter=counter, k=DEFAULT_K)
        yield Observation(
            document_id=document.language.tag,
            page=page,
            num_pages=len(document.pages),
            candidates=recalled.candidates,
            budget_tokens=0,
            dictionary_coverage=recalled.dictionary_coverage,
            has_dictionary=recalled.has_dictionary,
        )
        memory.add(number, page_records(document, number))


def count_page(document: SimDocument, number: int, observation: Observation, reader: ItemReader, tally: Tally) -> None:
    """Adds one page at every level."""
    levels = {"offered": tuple(observation.candidates)}
    levels |= {str(budget): chosen(observation, budget) for budget in BUDGETS}
    sentences = document.pages[number]
    for key in (key for sentence in sentences for key in sentence.needs):
        tally.needs.update(names_of(key))
    for level, items in levels.items():
        found = keys_by_line(items, reader, len(sentences))
        for line, sentence in enumerate(sentences):
            for key in sentence.needs & found[line]:
                tally.met.update((level, name) for name in names_of(key))
        wanted = frozenset(key for sentence in sentences for key in sentence.requires)
        irrelevant = sum(i.tokens for i in items if not is_relevant(i, reader, wanted)) if level != "offered" else 0
        lines = [simulate(sentence, found[line], irrelevant) for line, sentence in enumerate(sentences)]
        tally.chrf.setdefault(level, []).append(page_chrf(lines, [sentence.reference for sentence in sentences]))
        tally.tokens.setdefault(level, []).append(sum(item.tokens for item in items))


def names_of(key: str) -> tuple[str, ...]:
    """The rows of the table that a need counts in: its kind, and for a rule the rule too."""
    kind = KINDS_OF_EXAMPLES.get(key) or KINDS[key.partition(":")[0]]
    return (kind, key) if kind == "rule" else (kind,)


def chosen(observation: Observation, budget: int) -> tuple[Candidate, ...]:
    """What the policy takes."""
    offered = Observation(
        observation.document_id, observation.page, observation.num_pages, observation.candidates, budget
    )
    ids = frozenset(make_policy("top-k").choose(offered, seed=0).chosen)
    return tuple(candidate for candidate in observation.candidates if candidate.id in ids)


def keys_by_line(items: Iterable[Candidate], reader: ItemReader, num_lines: int) -> Found:
    """What the items answer for each line; a gloss answers for its own line only."""
    everywhere: frozenset[str] = frozenset()
    found = dict.fromkeys(range(num_lines), everywhere)
    for item in items:
        keys = reader.record_keys(item.record)
        if item.record.kind is Kind.TRACE:
            found[item.lines[0] - 1] |= keys
        else:
            everywhere |= keys
    return {line: keys | everywhere for line, keys in found.items()}


def is_relevant(item: Candidate, reader: ItemReader, wanted: frozenset[str]) -> bool:
    """Whether the simulated translator counts the item as no distraction."""
    return item.record.kind is Kind.TRACE or bool(reader.record_keys(item.record) & wanted)


def report(name: str, tally: Tally, *, with_rules: bool) -> dict[str, object]:
    """Prints the table of one set of resources and returns it."""
    rules = sorted(kind for kind in tally.needs if kind.startswith("rule:"))
    kinds = [*dict.fromkeys((*KINDS.values(), *KINDS_OF_EXAMPLES.values()))]
    rows = {kind: tally.row(kind) for kind in (*kinds, *rules)}
    print(f"{name:<18} {'needs':>7} {'offered':>8}" + "".join(f"{f'top-k {budget}':>12}" for budget in BUDGETS))
    for kind in (*kinds, *(rules if with_rules else ())):
        values = rows[kind]
        shares = "".join(f"{values[str(budget)]:>12.1f}" for budget in BUDGETS)
        print(f"{kind:<18} {values['needs']:>7} {values['offered']:>8.1f}{shares}")
    chrf, tokens = tally.means(tally.chrf), tally.means(tally.tokens)
    for label, means in (("chrF (simulation)", chrf), ("tokens a page", tokens)):
        print(f"{label:<18} {'':>7} {means['offered']:>8.1f}" + "".join(f"{means[str(b)]:>12.1f}" for b in BUDGETS))
    print()
    return {**rows, "chrf": chrf, "tokens": tokens}


if __name__ == "__main__":
    main()

"""Does the learned policy choose by structure, and does it leave alone what helps nobody?

SIMULATION for what a candidate is worth (generated languages, exact needs); the memory and its features are the real
ones in `recalled` rows and drawn in `drawn` rows. The policy is the shipped checkpoint, or `--checkpoint FILE`. Units:

- `renamed`: Jaccard index of the chosen sets before and after every name and every number of text and resources was
  replaced, per page, mean and share of pages at .95 or more; `offered` is the same of what memory offers, which no
  policy can make up for. Gate: mean .95. With drawn offers the features stay and only text and tokens change.
- `reordered`: the same when the user's records come in another order. `shuffled`: share of pages where the same
  candidates in another order give the same choice in the same order. Gate: 1.
- `corrupted`: share of damaged candidates that are chosen when offered, and of the same candidates undamaged
  (`intact`). `gloss`: an entry with the gloss of another word, the right one gone; `beside`: the same beside the right
  one; `headword`: an entry whose headword is another made-up word; `trace`: a line glossed with the damaged
  dictionary so that some word is wrong. Gate: .05.
- `false_picks`: share of the candidates that were retrieved and answer no need of the page (the hard tier) that are
  chosen, by budget, and the same for top-k. `cost` is what they take from the page, points of net reward. Gate: .15.

    .venv/bin/python benchmarks/robustness.py [--quick] [--seed N] [--checkpoint FILE] [--out FILE]
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from pathlib import Path

from common import add_common_arguments, finish
from robustness_picks import BUDGETS, Plan, corrupted, false_picks

from dragoman.core.context import Observation
from dragoman.core.document import Segment
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.rendering import render_item
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.policies.learned import learned_policy
from dragoman.training.perturbed import NamedPage, jaccard, recalled_pages, renaming
from dragoman.training.simlang import generate_document, pack
from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.records import resource_records
from dragoman.training.simulated_offers import OfferTable

GATES = {"renamed": 0.95, "shuffled": 1.0, "corrupted": 0.05, "false_picks": 0.15}
OFFERS = ("recalled", "drawn")
ENOUGH = 0.95
COUNTER = EstimatedTokenCounter()


def main() -> None:
    """Measures, prints, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--checkpoint", type=Path, default=None, metavar="FILE", help="default: the one that ships")
    options = parser.parse_args()
    started = time.perf_counter()
    languages = pack("test", 2 if options.quick else 12)
    documents = tuple(generate_document(language, seed=options.seed, pages=4) for language in languages)
    plan = Plan(documents, learned_policy(options.checkpoint))
    result: dict[str, object] = {
        "renamed": {"recalled": renamed(plan), "drawn": renamed_drawn(plan)},
        "reordered": {"recalled": reordered(plan, options.seed)},
        "shuffled": {"recalled": shuffled(plan, recalled(plan)), "drawn": shuffled(plan, drawn(plan))},
        "corrupted": corrupted(plan),
        "false_picks": {name: asyncio.run(false_picks(plan, recalled=name == "recalled")) for name in OFFERS},
        "gates": GATES,
    }
    for name, figures in result.items():
        print(name, figures)
    settings = {
        "documents": len(documents),
        "pages": 4,
        "policy": plan.policy.signature,
        "budgets": list(BUDGETS),
        "seed": options.seed,
        "quick": options.quick,
        "simulation": True,
    }
    finish("robustness", settings, result, started, options.out)


def recalled(plan: Plan) -> list[Observation]:
    """All pages as the real memory offers them, at each budget."""
    return [page.at(budget).observation for d in plan.documents for page in recalled_pages(d) for budget in BUDGETS]


def drawn(plan: Plan) -> list[Observation]:
    """All pages with drawn features, at each budget."""
    return [
        table.observation(page, budget_tokens=budget)
        for document in plan.documents
        for table in [OfferTable(document, COUNTER)]
        for page in range(len(document.pages))
        for budget in BUDGETS
    ]


def chosen(plan: Plan, page: NamedPage) -> frozenset[str]:
    """Names of what the policy chooses."""
    return page.chosen(plan.policy.choose(page.observation, seed=0).chosen)


def renamed(plan: Plan) -> dict[str, float]:
    """Names and numbers replaced in text and resources, the memory built anew; lines get a number to be replaced."""
    picks, offers = [], []
    for document in plan.documents:
        rename = renaming(document)
        before = recalled_pages(document, edit=edited(numbered), rewrite=numbered)
        after = recalled_pages(document, edit=edited(numbered, rename), rewrite=both(numbered, rename))
        picks += alike(plan, before, after)
        offers += [jaccard(names(a), names(b)) for a, b in zip(before, after, strict=True)]
    return {**shares(picks), "offered": round(statistics.fmean(offers), 4)}


def alike(plan: Plan, before: Sequence[NamedPage], after: Sequence[NamedPage]) -> list[float]:
    """Jaccard index of the chosen sets, page by page, at each budget."""
    pairs = zip(before, after, strict=True)
    return [jaccard(chosen(plan, a.at(budget)), chosen(plan, b.at(budget))) for a, b in pairs for budget in BUDGETS]


def numbered(text: str) -> str:
    """The text with a number of its own; one in three texts gets one."""
    place = Chance("number", text).below(300)
    return text if place >= 100 or not text.endswith(".") else f"{text[:-1]} {10 + place}."


def both(first: Callable[[str], str], second: Callable[[str], str]) -> Callable[[str], str]:
    """One after the other."""
    return lambda text: second(first(text))


def edited(*changes: Callable[[str], str]) -> Callable[[MemoryRecord], MemoryRecord]:
    """The same changes in source and target of a record; both sides of a sentence get the same number."""

    def edit(record: MemoryRecord) -> MemoryRecord:
        source, target = record.source, record.target
        for change in changes:
            if change is not numbered:
                source, target = change(source), change(target)
            elif record.kind is Kind.EXEMPLAR and numbered(source) != source:
                source, number = numbered(source), numbered(source)[len(source) - 1 :]
                target = f"{target.rstrip('.')}{number}"
        return replace(record, source=source, target=target)

    return edit


def names(page: NamedPage) -> frozenset[str]:
    """Of everything offered."""
    return frozenset(page.names.values())


def shares(found: Sequence[float]) -> dict[str, float]:
    """Mean, least, and share of pages that are the same as good as."""
    return {
        "mean": round(statistics.fmean(found), 4),
        "least": round(min(found), 4),
        "share_of_pages": round(sum(value >= ENOUGH for value in found) / len(found), 4),
        "pages": len(found),
    }


def renamed_drawn(plan: Plan) -> dict[str, float]:
    """Names replaced in text and records while the drawn features stay."""
    found = []
    for document in plan.documents:
        rename, table = renaming(document), OfferTable(document, COUNTER)
        for page in range(len(document.pages)):
            for budget in BUDGETS:
                seen = table.observation(page, budget_tokens=budget)
                other, ids = with_new_names(seen, rename)
                one = frozenset(plan.policy.choose(seen, seed=0).chosen)
                two = frozenset(ids[id] for id in plan.policy.choose(other, seed=0).chosen)
                found.append(jaccard(one, two))
    return shares(found)


def with_new_names(seen: Observation, rename: Callable[[str], str]) -> tuple[Observation, dict[str, str]]:
    """The page under other names, and new id to old id."""
    candidates, ids = [], {}
    for candidate in seen.candidates:
        old = candidate.record
        record = replace(old, source=rename(old.source), target=rename(old.target))
        candidates.append(replace(candidate, record=record, tokens=COUNTER.count_tokens(render_item(record))))
        ids[record.id] = old.id
    segments = tuple(Segment(s.id, rename(s.source), paragraph=s.paragraph) for s in seen.page.segments)
    return replace(seen, candidates=tuple(candidates), page=replace(seen.page, segments=segments)), ids


def reordered(plan: Plan, seed: int) -> dict[str, float]:
    """The user's records in another order, which files may well have; the memory built anew."""
    found = []
    for document in plan.documents:
        records = Chance("order", seed).shuffled(list(resource_records(document)))
        after = recalled_pages(document, edit=unless({record.id for record in records}), extra=records)
        found += alike(plan, recalled_pages(document), after)
    return shares(found)


def unless(ids: Set[str]) -> Callable[[MemoryRecord], MemoryRecord | None]:
    """Leaves some records out."""
    return lambda record: None if record.id in ids else record


def shuffled(plan: Plan, pages: Iterable[Observation]) -> dict[str, float]:
    """Share of pages with the same choice in the same order."""
    same = []
    for seen in pages:
        mixed = tuple(Chance("mixed", seen.document_id, seen.page.index).shuffled(list(seen.candidates)))
        one = plan.policy.choose(seen, seed=0).chosen
        same.append(one == plan.policy.choose(replace(seen, candidates=mixed), seed=0).chosen)
    return {"same": round(statistics.fmean(same), 4), "pages": len(same)}


if __name__ == "__main__":
    main()

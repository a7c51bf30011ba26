"""What `robustness.py` says about candidates that help nobody: damaged ones, and retrieved ones nobody needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dragoman.core.context import Candidate
from dragoman.core.protocols import ContextPolicy
from dragoman.core.records import Kind, MemoryRecord
from dragoman.policies import make_policy
from dragoman.training.perturbed import NamedPage, damage, recalled_pages
from dragoman.training.rollouts import Collector
from dragoman.training.simlang import SimDocument
from dragoman.training.simlang.needs import ItemReader, trace_keys
from dragoman.training.simlang.records import resource_records
from dragoman.training.simlang_tasks import SimOffers, SimTerms
from dragoman.training.tasks import PageTask

__all__ = ["BUDGETS", "Plan", "corrupted", "false_picks"]

BUDGETS = (200, 400, 800, 1600)
_DAMAGED = 0.3  # share of the dictionary


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    documents: tuple[SimDocument, ...]
    policy: ContextPolicy


def corrupted(plan: Plan) -> dict[str, dict[str, float]]:
    """How often damaged candidates are taken, and the same ones when they are intact."""
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    for document in plan.documents:
        wrong = damage(resource_records(document), share=_DAMAGED)
        turned = {id: replace(record, source=record.source[::-1]) for id, record in wrong.items()}
        worlds = {
            "gloss": (recalled_pages(document, edit=instead(wrong)), set(wrong)),
            "beside": (recalled_pages(document, extra=wrong.values()), {record.id for record in wrong.values()}),
            "headword": (recalled_pages(document, edit=instead(turned)), set(wrong)),
        }
        intact = recalled_pages(document)
        before = picks(plan, intact, [set(wrong)] * len(intact))
        for name, (pages, marked) in worlds.items():
            found.setdefault(name, []).append((*picks(plan, pages, [marked] * len(pages)), *before))
        glossed, _ = worlds["gloss"]
        lines = [wrong_lines(page, other) for page, other in zip(glossed, intact, strict=True)]
        row = (*picks(plan, glossed, lines), *picks(plan, intact, lines))
        found.setdefault("trace", []).append(row)
    return {name: rates(rows) for name, rows in found.items()}


def instead(changed: Mapping[str, MemoryRecord]) -> Callable[[MemoryRecord], MemoryRecord]:
    """Puts other records in the place of some."""
    return lambda record: changed.get(record.id, record)


def picks(plan: Plan, pages: Sequence[NamedPage], marked: Sequence[set[str]]) -> tuple[int, int]:
    """Candidates with the marked names of their page that were chosen, and that were offered, over all budgets."""
    taken, offered = 0, 0
    for page, names in zip(pages, marked, strict=True):
        here = {id for id, name in page.names.items() if name in names}
        for budget in BUDGETS:
            taken += len(here & set(plan.policy.choose(page.at(budget).observation, seed=0).chosen))
            offered += len(here)
    return taken, offered


def wrong_lines(page: NamedPage, intact: NamedPage) -> set[str]:
    """Names of the glosses that the damage changed."""
    return {name for name, text in glosses(page).items() if glosses(intact).get(name) != text}


def glosses(page: NamedPage) -> dict[str, str]:
    """Text of each gloss by its name."""
    traces = (c for c in page.observation.candidates if c.record.kind is Kind.TRACE)
    return {page.names[c.id]: c.record.target for c in traces}


def rates(rows: Sequence[tuple[int, int, int, int]]) -> dict[str, float]:
    """Shares from counts."""
    taken, offered, intact_taken, intact_offered = (sum(row[place] for row in rows) for place in range(4))
    return {
        "picked": round(taken / max(1, offered), 4),
        "offered": offered,
        "intact": round(intact_taken / max(1, intact_offered), 4),
    }


@dataclass(slots=True)
class Tally:
    """Of one policy at one budget: hard candidates chosen and offered, by kind, and what the chosen ones cost."""

    kinds: dict[str, list[int]] = field(default_factory=dict)
    costs: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Share of the hard candidates that were chosen."""
        return round(sum(taken for taken, _ in self.kinds.values()) / max(1, self.offered), 4)

    @property
    def offered(self) -> int:
        """Hard candidates."""
        return sum(offered for _, offered in self.kinds.values())


async def false_picks(plan: Plan, *, recalled: bool) -> dict[str, dict[str, object]]:
    """Retrieved candidates that answer no need of their page, by budget."""
    found: dict[str, dict[str, object]] = {}
    for budget in BUDGETS:
        mine, theirs, collector = Tally(), Tally(), Collector()
        for document in plan.documents:
            reader = ItemReader(document)
            offers = SimOffers(document, SimTerms(budget_tokens=budget, recalled=recalled))
            for number, task in enumerate(offers.tasks()):
                hard = [c for c in task.observation.candidates if not answers(document, reader, number, c)]
                await count(plan.policy, task, hard, mine, collector)
                await count(make_policy("top-k"), task, hard, theirs, collector)
        found[str(budget)] = {
            "learned": mine.rate,
            "top_k": theirs.rate,
            "offered": mine.offered,
            "cost": round(sum(mine.costs) / len(mine.costs), 3),
            "top_k_cost": round(sum(theirs.costs) / len(theirs.costs), 3),
            "by_kind": {kind: [round(taken / of, 3), of] for kind, (taken, of) in sorted(mine.kinds.items())},
        }
    return found


def answers(document: SimDocument, reader: ItemReader, page: int, candidate: Candidate) -> bool:
    """Whether a candidate gives anything that a sentence of the page needs."""
    sentences = document.pages[page]
    if candidate.record.kind is Kind.TRACE:
        sentence = sentences[candidate.lines[0] - 1]
        return bool(trace_keys(sentence, candidate.record.target) & sentence.requires)
    return bool(reader.record_keys(candidate.record) & frozenset(key for s in sentences for key in s.requires))


async def count(
    policy: ContextPolicy, task: PageTask, hard: Sequence[Candidate], tally: Tally, collector: Collector
) -> None:
    """Adds one page to a tally; the cost is what the page would gain without the hard candidates."""
    chosen = policy.choose(task.observation, seed=0).chosen
    for candidate in hard:
        row = tally.kinds.setdefault(str(candidate.record.kind), [0, 0])
        row[0] += candidate.id in chosen
        row[1] += 1
    useless = {candidate.id for candidate in hard}
    kept = [id for id in chosen if id not in useless]
    tally.costs.append((await collector.value(task, kept)).net - (await collector.value(task, chosen)).net)

"""The shipped policy on the real memory: names, numbers and order do not matter to it, and what it does not see."""

import statistics
from dataclasses import replace

import pytest

from dragoman.core.records import Kind, MemoryRecord
from dragoman.policies.learned import LearnedPolicy, learned_policy
from dragoman.training.perturbed import NamedPage, damage, jaccard, recalled_pages, renaming
from dragoman.training.simlang import SimDocument, generate_document, pack
from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.needs import ItemReader
from dragoman.training.simlang.records import resource_records
from dragoman.training.simulated_offers import OfferTable

BUDGETS = (200, 800, 1600)


@pytest.fixture(scope="module")
def policy() -> LearnedPolicy:
    return learned_policy()


@pytest.fixture(scope="module")
def documents() -> tuple[SimDocument, ...]:
    return tuple(generate_document(language, seed=3, pages=2) for language in pack("test", 3))


@pytest.fixture(scope="module")
def pages(documents: tuple[SimDocument, ...]) -> list[tuple[NamedPage, ...]]:
    return [recalled_pages(document) for document in documents]


def chosen(policy: LearnedPolicy, page: NamedPage) -> frozenset[str]:
    return page.chosen(policy.choose(page.observation, seed=0).chosen)


def test_renaming_everybody_leaves_most_of_the_choice(policy, documents, pages) -> None:
    found = []
    for document, before in zip(documents, pages, strict=True):
        rename = renaming(document)

        def edit(record: MemoryRecord, rename=rename) -> MemoryRecord:
            return replace(record, source=rename(record.source), target=rename(record.target))

        after = recalled_pages(document, edit=edit, rewrite=rename)
        assert all(a.observation.page.sources != b.observation.page.sources for a, b in zip(before, after, strict=True))
        for a, b in zip(before, after, strict=True):
            found += [jaccard(chosen(policy, a.at(budget)), chosen(policy, b.at(budget))) for budget in BUDGETS]
    assert (
        statistics.fmean(found) >= 0.9
    )  # benchmarks/robustness.py has the figure; an unknown name may look like a word


def test_records_in_another_order_give_nearly_the_same_choice(policy, documents, pages) -> None:
    found = []
    for document, before in zip(documents, pages, strict=True):
        records = Chance("order").shuffled(list(resource_records(document)))
        ids = {record.id for record in records}
        after = recalled_pages(document, edit=lambda r, ids=ids: None if r.id in ids else r, extra=records)
        found += [jaccard(chosen(policy, a), chosen(policy, b)) for a, b in zip(before, after, strict=True)]
    assert statistics.fmean(found) >= 0.98  # sentences that are equally near are offered in the order of the file


def test_candidates_in_another_order_give_the_same_choice(policy, documents, pages) -> None:
    seen = [page.at(budget).observation for document in pages for page in document for budget in BUDGETS]
    seen += [OfferTable(document, Letters()).observation(1) for document in documents]
    for observation in seen:
        mixed = Chance("mixed", observation.document_id).shuffled(list(observation.candidates))
        other = policy.choose(replace(observation, candidates=tuple(mixed)), seed=0)
        assert other.chosen == policy.choose(observation, seed=0).chosen


class Letters:
    def count_tokens(self, text: str) -> int:
        return len(text) // 4


def test_a_scarce_budget_goes_to_what_is_needed(policy, documents, pages) -> None:
    picked = offered = 0
    for document, of_document in zip(documents, pages, strict=True):
        reader = ItemReader(document)
        for number, page in enumerate(of_document):
            wanted = {key for sentence in document.pages[number] for key in sentence.requires}
            candidates = [c for c in page.observation.candidates if c.record.kind is not Kind.TRACE]
            hard = {c.id for c in candidates if not reader.record_keys(c.record) & wanted}
            picked += len(hard & set(policy.choose(page.at(200).observation, seed=0).chosen))
            offered += len(hard)
    assert offered > 50
    assert picked / offered <= 0.15


def test_a_wrong_gloss_is_seen_where_the_sentences_hold_the_word(policy, documents) -> None:
    """Documented limit: a word that no sentence holds has neither evidence for nor against its gloss."""
    document = documents[0]
    wrong = damage(resource_records(document), share=1.0)
    told, picked = [], []
    for page in recalled_pages(document, edit=lambda record: wrong.get(record.id, record)):
        chosen = policy.choose(page.at(1600).observation, seed=0).chosen
        entries = [c for c in page.observation.candidates if c.record.kind is Kind.ENTRY]
        told += [c for c in entries if c.features.against > c.features.support]
        picked += [c for c in told if c.id in chosen]
        assert all(c.features.support == 0.0 for c in entries if c.features.against == 0.0)
    assert len(told) >= 20
    assert len(picked) <= 0.02 * len(told)


def test_damage_leaves_no_entry_with_its_own_gloss(documents) -> None:
    records = resource_records(documents[0])
    wrong = damage(records, share=0.5, seed=1)
    entries = {record.id: record for record in records if record.kind is Kind.ENTRY}
    assert len(wrong) == round(0.5 * len(entries))
    assert all(entries[id].source == record.source for id, record in wrong.items())
    assert sum(entries[id].target == record.target for id, record in wrong.items()) <= 1  # two words for one thing


def test_renaming_is_one_to_one_and_reaches_numbers(documents) -> None:
    rename = renaming(documents[0], seed=4)
    names = sorted(documents[0].entities)
    assert len({rename(name) for name in names}) == len(names)
    assert rename("12 of 12") == rename("12") + " of " + rename("12")
    assert rename("12") != "12"
    assert rename(f"{names[0]}s") == f"{names[0]}s"  # another word


@pytest.mark.parametrize(("one", "other", "expected"), [("", "", 1.0), ("ab", "b", 0.5), ("a", "b", 0.0)])
def test_jaccard_by_hand(one: str, other: str, expected: float) -> None:
    assert jaccard(frozenset(one), frozenset(other)) == expected

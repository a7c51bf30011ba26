"""A probe on generated pages: it withholds what the simulated translator knows, and the pages pay for it."""

import pytest

from dragoman.core.records import Kind
from dragoman.policies import make_policy
from dragoman.policies.probing import choosable, sample_lines, try_words
from dragoman.training.evaluate import score_policy, summarise
from dragoman.training.probed import probed
from dragoman.training.rollouts import Collector
from dragoman.training.simlang import pack
from dragoman.training.simlang_tasks import SimTerms, simlang_tasks
from dragoman.training.tasks import PageTask


async def pages(known: float) -> tuple[tuple[PageTask, ...], tuple[PageTask, ...]]:
    tasks = simlang_tasks(pack("dev", 1, start=50), pages=2, terms=SimTerms(known=known, recalled=True), seed=11)
    return tasks, await probed(tasks)


@pytest.mark.parametrize(("known", "low", "high"), [(0.0, 0.0, 0.2), (0.5, 0.3, 0.7)])
async def test_about_as_many_tried_entries_are_withheld_as_the_translator_knows(
    known: float, low: float, high: float
) -> None:
    _, (first, _) = await pages(known)
    asked = sample_lines(first.observation, range(1, len(first.sources) + 1))
    tried = {word.record_id for word in try_words(first.observation, dict.fromkeys(asked, "what came out"))}
    withheld = {id for id, _ in first.observation.withheld}
    assert withheld <= tried  # neither rules nor glosses, nor words of lines that were not asked
    assert low <= len(withheld) / len(tried) <= high


@pytest.mark.parametrize(("known", "calls"), [(0.0, 1), (0.3, 1), (1.0, 2)])
async def test_the_whole_page_is_asked_only_of_a_translator_that_knows_most(known: float, calls: int) -> None:
    after = (await pages(known))[1]
    assert sum(page.probe_calls for page in after) == pytest.approx(calls)


async def test_a_translator_that_knows_the_language_is_left_with_names_and_expressions() -> None:
    for page in (await pages(1.0))[1]:
        left = choosable(page.observation).candidates
        assert {candidate.record.kind for candidate in left} <= {Kind.ENTITY, Kind.ESSENCE, Kind.EXEMPLAR, Kind.STYLE}
        assert all(c.features.contrast == 1.0 for c in left if c.record.kind is Kind.EXEMPLAR)


async def test_the_pages_share_call_and_tokens_of_the_probe() -> None:
    tasks, after = await pages(0.0)
    assert sum(page.probe_calls for page in after) == pytest.approx(1.0)
    assert after[0].probe_tokens == after[1].probe_tokens > 25
    policy, collector = make_policy("none"), Collector()
    before, paid = [summarise(await score_policy(policy, each, collector)) for each in (tasks, after)]
    assert paid.calls == pytest.approx(before.calls + 0.5)
    assert paid.net == pytest.approx(before.net - 0.15 * after[0].probe_tokens / 100)
    assert paid.tokens >= after[0].probe_tokens

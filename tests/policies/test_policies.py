"""One suite over every policy that asks no model."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.context import Candidate, ChoiceStatus, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.core.protocols import ContextPolicy
from dragoman.core.records import Kind, MemoryRecord
from dragoman.policies import POLICIES, make_policy
from dragoman.policies.budget import fit_budget
from dragoman.policies.fixed import TopKPolicy

PAGE = Page(0, (Segment("s1", "Bo kofal na."), Segment("s2", "Tamok ber.")))


def candidate(
    number: int, kind: Kind = Kind.ENTRY, *, tokens: int = 10, rank: int = 0, recency: float = 0.0
) -> Candidate:
    record = MemoryRecord(kind, f"word{number}", f"gloss{number}")
    return Candidate(record, Features(similarity=1 / (1 + rank), rank=float(rank), recency=recency), tokens)


def observation(*candidates: Candidate, budget: int = 100) -> Observation:
    return Observation("doc", PAGE, 3, candidates, budget)


candidates_strategy = st.lists(
    st.builds(
        lambda kind, tokens, rank, recency: (kind, tokens, rank, recency),
        st.sampled_from(list(Kind)),
        st.integers(1, 60),
        st.integers(0, 30),
        st.sampled_from([0.0, 0.5, 1.0]),
    ),
    max_size=30,
).map(
    lambda rows: tuple(
        candidate(n, kind, tokens=tokens, rank=rank, recency=recency)
        for n, (kind, tokens, rank, recency) in enumerate(rows)
    )
)


@pytest.mark.parametrize("name", [name for name in POLICIES if name not in ("prompted", "hybrid")])
@given(offered=candidates_strategy, budget=st.integers(0, 300), seed=st.integers(0, 2**32))
def test_every_policy_keeps_its_contract(name: str, offered: tuple[Candidate, ...], budget: int, seed: int) -> None:
    policy = make_policy(name)
    seen = observation(*offered, budget=budget)
    choice = policy.choose(seen, seed=seed)
    by_id = {c.id: c for c in offered}
    assert isinstance(policy, ContextPolicy)
    assert choice == policy.choose(seen, seed=seed)
    assert len(set(choice.chosen)) == len(choice.chosen)
    assert choice.tokens == sum(by_id[id].tokens for id in choice.chosen) <= budget
    assert [d.candidate_id for d in choice.decisions] == [c.id for c in offered]
    assert {d.candidate_id for d in choice.decisions if d.included} == set(choice.chosen)
    assert all(d.drawn for d in choice.decisions if d.included)
    assert all(0.0 <= d.probability <= 1.0 for d in choice.decisions)
    assert choice.policy == policy.signature
    assert choice.seed == seed


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("none", set()),
        ("full", {"word0", "word1", "word2"}),
        ("recency", {"word2"}),
        ("top-k", {"word0", "word1", "word2"}),
    ],
)
def test_fixed_policies_choose_what_their_name_says(name: str, chosen: set[str]) -> None:
    offered = (candidate(0), candidate(1, Kind.RULE), candidate(2, Kind.EXEMPLAR, recency=1.0))
    choice = make_policy(name).choose(observation(*offered), seed=1)
    assert {c.record.source for c in offered if c.id in choice.chosen} == chosen


def test_nothing_offered_and_nothing_chosen_are_two_values() -> None:
    policy = make_policy("none")
    assert policy.choose(observation(), seed=0).status is ChoiceStatus.NOT_ASKED
    assert policy.choose(observation(candidate(1)), seed=0).status is ChoiceStatus.CHOSE_NOTHING
    assert make_policy("full").choose(observation(candidate(1)), seed=0).status is ChoiceStatus.CHOSE


def test_a_drop_by_the_budget_is_written_down() -> None:
    big, small = candidate(1, tokens=90), candidate(2, tokens=20)
    choice = make_policy("full").choose(observation(big, small, budget=100), seed=0)
    assert choice.chosen == (big.id,)
    assert (choice.decisions[1].drawn, choice.decisions[1].included) == (True, False)
    assert "over the budget" in choice.decisions[1].reason


def test_a_candidate_too_large_does_not_shut_out_the_rest() -> None:
    large, small = candidate(1, tokens=500), candidate(2, tokens=5)
    assert fit_budget((large, small), 10) == (small,)


def test_top_k_takes_no_more_than_k_of_a_kind_and_no_kind_crowds_out_another() -> None:
    words = [candidate(n, tokens=10, rank=n) for n in range(20)]
    sentences = [candidate(100 + n, Kind.EXEMPLAR, tokens=10, rank=n) for n in range(4)]
    policy = TopKPolicy({Kind.ENTRY: 10, Kind.EXEMPLAR: 2})
    all_fit = policy.choose(observation(*words, *sentences, budget=1000), seed=0)
    assert len(all_fit.chosen) == 12
    tight = policy.choose(observation(*words, *sentences, budget=60), seed=0)
    kinds = [next(c for c in (*words, *sentences) if c.id == id).record.kind for id in tight.chosen]
    assert kinds.count(Kind.EXEMPLAR) == 1
    assert kinds.count(Kind.ENTRY) == 5


def test_random_draws_with_the_stated_probability_and_by_the_seed() -> None:
    offered = tuple(candidate(n, tokens=1) for n in range(1000))
    policy = make_policy("random", probability=0.3)
    choice = policy.choose(observation(*offered, budget=10_000), seed=7)
    assert 250 < len(choice.chosen) < 350  # binomial: mean 300, standard deviation 14.5
    assert {d.probability for d in choice.decisions} == {0.3}
    assert choice.chosen != policy.choose(observation(*offered, budget=10_000), seed=8).chosen


@pytest.mark.parametrize(
    ("allowed", "has_dictionary", "coverage", "call"),
    [
        (False, True, 0.1, False),
        (True, False, 0.0, False),
        (True, True, 0.49, True),
        (True, True, 0.5, False),
    ],
)
def test_the_pivot_rule_looks_at_dictionary_coverage(
    allowed: bool, has_dictionary: bool, coverage: float, call: bool
) -> None:
    seen = replace(
        observation(candidate(1)), pivot_allowed=allowed, has_dictionary=has_dictionary, dictionary_coverage=coverage
    )
    assert make_policy("top-k").choose(seen, seed=0).pivot.call is call


def test_unknown_names_and_settings_say_what_would_work() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown policy 'topk': known are none, .* did you mean 'top-k'"):
        make_policy("topk")
    with pytest.raises(ConfigurationError, match="for evaluation only"):
        make_policy("oracle")
    with pytest.raises(ConfigurationError, match="does not take these settings"):
        make_policy("none", probability=0.5)
    with pytest.raises(ConfigurationError, match="above 0, at most 1"):
        make_policy("random", probability=0)

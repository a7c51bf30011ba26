"""The learned policy: exact propensities, the budget, explanations, checkpoints, robustness."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dragoman.core.context import Candidate, ChoiceStatus, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.errors import ConfigurationError, PolicyError
from dragoman.core.records import Kind, MemoryRecord
from dragoman.policies import make_policy
from dragoman.policies.checkpoint import Checkpoint, default_checkpoint, load_checkpoint, save_checkpoint
from dragoman.policies.explain import explain_choice
from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.pivot_features import PIVOT_COLUMNS
from dragoman.policies.scorer import ScorerSettings, draw, logits, spread
from dragoman.policies.scorer_table import COLUMNS, GROUPS, page_table
from dragoman.training.learning_job import SIM_LANGUAGES, SIM_SETTINGS, simlang_split
from dragoman.training.trainer import pages_hash, train_policy

PAGE = Page(0, (Segment("s1", "Bo kofal na."), Segment("s2", "Tamok ber.")))


def candidate(
    source: str, kind: Kind = Kind.ENTRY, *, similarity: float = 0.5, tokens: int = 10, lines: tuple[int, ...] = (1,)
) -> Candidate:
    return Candidate(MemoryRecord(kind, source, f"gloss of {source}"), Features(similarity=similarity), tokens, lines)


def observation(*candidates: Candidate, budget: int = 100, price: float = 0.0) -> Observation:
    return Observation("doc", PAGE, 3, candidates, budget, price_per_100_tokens=price)


def weights(**by_column: float) -> np.ndarray:
    """The same weights for every kind."""
    made = np.zeros((len(GROUPS), len(COLUMNS)))
    for column, value in by_column.items():
        made[:, COLUMNS.index(column)] = value
    return made


SIMILARITY = Checkpoint(weights(similarity=10.0, always=-5.0), temperature=1.0)  # gain 0 at similarity one half
OFFERED = (
    candidate("good", similarity=0.9),
    candidate("bad", similarity=0.1),
    candidate("fair", Kind.EXEMPLAR, similarity=0.6, tokens=30),
    candidate("rule", Kind.RULE, similarity=0.8, tokens=20),
)


def test_it_takes_what_is_worth_its_tokens_best_per_token_first() -> None:
    choice = LearnedPolicy(SIMILARITY).choose(observation(*OFFERED), seed=0)
    by_id = {c.id: c.record.source for c in OFFERED}
    assert [by_id[id] for id in choice.chosen] == ["good", "rule", "fair"]
    assert [d.gain for d in choice.decisions] == [4.0, -4.0, 1.0, 3.0]
    assert [d.probability for d in choice.decisions] == [1.0, 0.0, 1.0, 1.0]


def test_the_price_is_an_input() -> None:
    policy = LearnedPolicy(SIMILARITY)
    cheap = policy.choose(observation(*OFFERED, price=0.1), seed=0)
    dear = policy.choose(observation(*OFFERED, price=10.0), seed=0)  # 3 points for the exemplar, which brings 1
    assert len(cheap.chosen) == 3
    assert len(dear.chosen) == 2


def test_the_budget_drops_the_lowest_gain_per_token_and_says_so() -> None:
    choice = LearnedPolicy(SIMILARITY).choose(observation(*OFFERED, budget=35), seed=0)
    assert choice.tokens == 30
    dropped = choice.decisions[2]
    assert dropped.drawn
    assert not dropped.included
    assert dropped.reason.endswith("over the budget")


def test_three_kinds_of_empty() -> None:
    policy = LearnedPolicy(SIMILARITY)
    assert policy.choose(observation(), seed=0).status is ChoiceStatus.NOT_ASKED
    assert policy.choose(observation(OFFERED[1]), seed=0).status is ChoiceStatus.CHOSE_NOTHING
    assert policy.choose(observation(OFFERED[0]), seed=0).status is ChoiceStatus.CHOSE


def test_logged_propensities_are_the_frequencies_of_the_draws() -> None:
    policy = LearnedPolicy(SIMILARITY, explore=True, epsilon=0.2)
    choices = [policy.choose(observation(*OFFERED), seed=seed) for seed in range(3000)]
    drawn = np.mean([[d.drawn for d in choice.decisions] for choice in choices], axis=0)
    stated = [d.probability for d in choices[0].decisions]
    expected = 0.1 + 0.8 / (1 + np.exp(-np.array([4.0, -4.0, 1.0, 3.0])))
    assert stated == pytest.approx(expected.tolist(), abs=1e-9)
    assert drawn == pytest.approx(stated, abs=0.03)


def test_later_kinds_see_what_was_drawn_before() -> None:
    made = weights(always=1.0)
    made[GROUPS.index(Kind.ENTRY), COLUMNS.index("glossed already")] = -5.0
    trace = candidate("Bo kofal na.", Kind.TRACE, lines=(1,))
    glossed, other = candidate("kofal", lines=(1,)), candidate("Tamok", lines=(2,))
    choice = LearnedPolicy(Checkpoint(made)).choose(observation(trace, glossed, other), seed=0)
    assert set(choice.chosen) == {trace.id, other.id}


def test_the_gradient_of_the_logits_is_exact() -> None:
    table = page_table(observation(*OFFERED, price=0.5))
    generator = np.random.default_rng(3)
    start = generator.normal(size=(len(GROUPS), len(COLUMNS)))
    draws = draw(start, table, ScorerSettings(), uniforms_G_N=generator.random((5, 4)))
    pull = generator.normal(size=(5, 4))
    gradient = spread(table, draws.state_G_N_D, pull)
    direction, step = generator.normal(size=start.shape), 1e-6
    moved = logits(start + step * direction, table, draws.state_G_N_D)
    change = ((moved - logits(start, table, draws.state_G_N_D)) * pull).sum() / step
    assert change == pytest.approx((gradient * direction).sum(), rel=1e-5)


def test_contributions_sum_to_the_gain() -> None:
    policy = LearnedPolicy(default_checkpoint())
    seen = observation(*OFFERED, budget=40)
    choice = policy.choose(seen, seed=0)
    parts = explain_choice(policy.checkpoint, seen, choice)
    for decision in choice.decisions:
        total = sum(value for _, value in parts[decision.candidate_id])
        assert total == pytest.approx(decision.gain, abs=1e-3)


def test_the_order_of_the_candidates_does_not_matter() -> None:
    for explore in (False, True):
        policy = LearnedPolicy(default_checkpoint(), explore=explore)
        forward = policy.choose(observation(*OFFERED, budget=40), seed=5)
        backward = policy.choose(observation(*reversed(OFFERED), budget=40), seed=5)
        assert forward.chosen == backward.chosen


def test_names_and_numbers_do_not_matter() -> None:
    def renamed(c: Candidate) -> Candidate:
        return replace(c, record=replace(c.record, source=c.record.source[::-1] + "7", target="42"))

    policy = LearnedPolicy(default_checkpoint())
    before = policy.choose(observation(*OFFERED), seed=0)
    after = policy.choose(observation(*(renamed(c) for c in OFFERED)), seed=0)
    assert [d.included for d in before.decisions] == [d.included for d in after.decisions]


def test_without_pivot_weights_the_coverage_rule_decides_and_with_them_the_head() -> None:
    seen = replace(
        observation(*OFFERED), pivot_allowed=True, has_dictionary=True, dictionary_coverage=0.9, pivot_price=0.5
    )
    assert LearnedPolicy(SIMILARITY).choose(seen, seed=0).pivot.reason.startswith("dictionary coverage")
    head = np.zeros(len(PIVOT_COLUMNS))
    head[0] = 2.0
    policy = LearnedPolicy(replace(SIMILARITY, pivot=head))
    assert policy.choose(seen, seed=0).pivot.call
    assert not policy.choose(replace(seen, pivot_price=3.0), seed=0).pivot.call
    assert not policy.choose(replace(seen, pivot_allowed=False), seed=0).pivot.call


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    heads = np.ones((2, len(GROUPS), len(COLUMNS)))
    saved = Checkpoint(weights(similarity=1.25), np.arange(len(PIVOT_COLUMNS)) / 4, heads, 0.5, {"pages": 3})
    save_checkpoint(saved, tmp_path / "p.json")
    loaded = load_checkpoint(tmp_path / "p.json")
    assert loaded.hash == saved.hash
    assert loaded.training == {"pages": 3}
    assert np.array_equal(loaded.heads, heads)
    assert make_policy(str(tmp_path / "p.json")).signature.startswith(f"learned:1 {saved.hash}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"feature_version": 0}, "feature_version is 0, this version has 2; train it again"),
        ({"columns": [*COLUMNS[1:], "gone"]}, r'columns lacks \["always"\] and has \["gone"\] besides; train it again'),
        ({"columns": [*COLUMNS[1:], COLUMNS[0]]}, "columns is .*, this version has"),
        ({"checkpoint_version": 99}, "checkpoint_version is 99"),
        ({"weights": [[1.0]]}, "scorer weights have shapes"),
    ],
)
def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path, change: dict, message: str) -> None:
    path = tmp_path / "p.json"
    save_checkpoint(SIMILARITY, path)
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(PolicyError, match=message):
        load_checkpoint(path)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("[]", "utf-8")
    with pytest.raises(PolicyError, match="no policy checkpoint"):
        load_checkpoint(tmp_path / "p.json")
    with pytest.raises(PolicyError, match="cannot be read"):
        make_policy(str(tmp_path / "absent.json"))


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigurationError, match="from 0 to below 1"):
        make_policy("learned", epsilon=1.0)


def test_the_shipped_policy_has_heads_and_a_training_signature() -> None:
    shipped = default_checkpoint()
    assert len(shipped.heads) >= 4
    assert shipped.training["num_translations"] > 0
    assert all(language.startswith("qaa-x-simt") for language in shipped.training["languages"])


def test_the_shipped_policy_was_trained_on_the_pages_that_the_program_makes_now() -> None:
    shipped = default_checkpoint().training  # else seed 0 gives another file: train it again and log the figures
    split = simlang_split(SIM_LANGUAGES, seed=shipped["settings"]["seed"])
    assert shipped["pages_hash"] == pages_hash(split.train)


@pytest.mark.slow
async def test_training_with_the_seed_of_the_shipped_policy_gives_its_weights() -> None:
    split, shipped = simlang_split(SIM_LANGUAGES, seed=0), default_checkpoint()
    run = await train_policy(split.train, split.develop, SIM_SETTINGS)
    np.testing.assert_allclose(run.checkpoint.weights, shipped.weights, atol=2e-3)


@pytest.mark.parametrize(("support", "against", "is_taken"), [(0.0, 0.0, True), (0.5, 0.5, True), (0.0, 0.5, False)])
def test_an_entry_that_the_sentences_contradict_has_to_be_worth_more(
    support: float, against: float, is_taken: bool
) -> None:
    features = Features(similarity=1.0, support=support, against=against)
    offered = Candidate(MemoryRecord(Kind.ENTRY, "kofal", "dog"), features, 5, (1,))
    choice = LearnedPolicy(Checkpoint(weights(always=1.0))).choose(observation(offered), seed=0)
    assert bool(choice.chosen) is is_taken
    assert ("1.2 points more asked" in choice.decisions[0].reason) is not is_taken


@pytest.mark.parametrize(("contrast", "asked"), [(-0.9, 10.0), (-0.5, 0.0), (0.0, 0.0), (0.9, 0.0)])
def test_more_is_asked_of_a_rule_that_says_what_the_target_language_has_anyway(contrast: float, asked: float) -> None:
    rule = Candidate(MemoryRecord(Kind.RULE, "Order", "SVO"), Features(1.0, contrast=contrast), tokens=20)
    seen = Observation("doc", Page(0, (Segment("s", "kofa"),)), 1, (rule,), 400)
    assert page_table(seen).caution_N.tolist() == [asked]

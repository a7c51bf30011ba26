"""Distractor tiers, rubric, curriculum, selection of pages and replay."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.errors import ConfigurationError, ShapeError, UnknownNameError
from dragoman.policies.scorer import sigmoid
from dragoman.training.auxiliaries.curriculum import (
    CurriculumSettings,
    difficulty_levels,
    draw_pages,
    level_probabilities,
)
from dragoman.training.auxiliaries.difficulty import net_variance, predict_scores, selection_probabilities
from dragoman.training.auxiliaries.distractors import (
    Tier,
    draw_pool,
    false_pick_rate,
    item_effects,
    mine_tiers,
    positive_only_reward,
)
from dragoman.training.auxiliaries.replay import ReplayBuffer, ReplaySettings, StoredGroup, effective_share
from dragoman.training.estimators import Group, make_group


def simple_group(rewards: list[float], logits: float = 0.0, noise: float = 0.0) -> Group:
    draws = np.random.default_rng(0).random((len(rewards), 2)) < 0.5
    return make_group(
        features=np.eye(2), tokens=[1, 1], draws=draws, logits=[logits, logits], rewards=rewards, noise=noise
    )


def test_tiers_follow_need_before_retrieval_before_presence() -> None:
    tiers = mine_tiers(offered=["a", "b"], needed=["b", "d"], of_document=["a", "b", "c"])
    assert tiers == {"a": Tier.HARD, "b": Tier.NEEDED, "c": Tier.EASY, "d": Tier.NEEDED}


def test_a_pool_holds_all_that_is_needed_and_the_wanted_distractors() -> None:
    tiers = {f"n{i}": Tier.NEEDED for i in range(3)} | {f"h{i}": Tier.HARD for i in range(9)} | {"e0": Tier.EASY}
    pool = draw_pool(tiers, num_hard=4, num_easy=5, generator=np.random.default_rng(1))
    assert sorted(id[0] for id in pool) == ["e", "h", "h", "h", "h", "n", "n", "n"]
    assert len(set(pool)) == len(pool)
    assert pool == draw_pool(tiers, num_hard=4, num_easy=5, generator=np.random.default_rng(1))
    chosen = [id for id in pool if id[0] == "n"] + [next(id for id in pool if id[0] == "h")]
    assert false_pick_rate(tiers, pool, chosen, Tier.HARD) == 0.25
    with pytest.raises(ConfigurationError, match="not retrieved"):
        false_pick_rate(tiers, ["n0"], [], Tier.EASY)


def test_item_effects_are_exact_on_average() -> None:
    """Every group of two slates of two items; the reward interacts, so the effect is an average over the other item."""
    p = np.array([0.3, 0.6])
    slates = np.array(list(itertools.product((0, 1), repeat=2)), dtype=bool)
    rewards = np.array([0.0, 1.0, 2.0, 7.0])
    chance = np.where(slates, p, 1 - p).prod(axis=1)
    total = np.zeros(2)
    for i, j in itertools.product(range(4), repeat=2):
        group = make_group(features=np.eye(2), tokens=[1, 1], draws=slates[[i, j]], logits=[0, 0],
                           rewards=rewards[[i, j]], propensities=p)  # fmt: skip
        total += chance[i] * chance[j] * item_effects(group).effect_N
    np.testing.assert_allclose(total, [0.4 * 2.0 + 0.6 * 6.0, 0.7 * 1.0 + 0.3 * 5.0], atol=1e-12)


def test_needed_items_are_found_in_a_large_log_and_forced_ones_are_not_judged() -> None:
    generator = np.random.default_rng(0)
    draws = generator.random((400, 4)) < 0.5
    draws[:, 3] = True
    rewards = draws @ [2.0, 0.0, -2.0, 9.0] + generator.normal(size=400)
    group = make_group(features=np.eye(4), tokens=np.ones(4), draws=draws, logits=np.zeros(4), rewards=rewards,
                       trainable=[True, True, True, False])  # fmt: skip
    effects = item_effects(group)
    assert effects.needed().tolist() == [True, False, False, False]
    np.testing.assert_allclose(effects.effect_N[:3], [2.0, 0.0, -2.0], atol=4 * effects.error_N[:3].max())


def test_the_rubric_only_scales_gains() -> None:
    scaled = positive_only_reward(np.array([40.0, 50.0, 60.0, 60.0]), 50.0, np.array([1.0, 1.0, 0.5, 0.0]), share=0.3)
    np.testing.assert_allclose(scaled, [40.0, 50.0, 58.5, 57.0])
    nothing_found = positive_only_reward(np.array([60.0]), 50.0, np.array([0.0]))
    assert nothing_found.tolist() == [57.0]


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1)), min_size=1, max_size=8), st.floats(0, 100))
def test_the_rubric_never_moves_a_page_across_no_context(rows: list[tuple[float, float]], nothing: float) -> None:
    quality, found = (np.array(column) for column in zip(*rows, strict=True))
    scaled = positive_only_reward(quality, nothing, found)
    assert np.all((scaled > nothing) == (quality > nothing))
    assert np.all(scaled <= quality + 1e-12)


def test_a_list_of_every_entity_does_not_pay_under_the_gate_but_does_without() -> None:
    """The cheat mentions all names and is a bad translation; the honest slate finds half of them."""
    quality, found, nothing = np.array([20.0, 55.0]), np.array([1.0, 0.5]), 50.0
    ungated = quality + 100.0 * found
    assert ungated.argmax() == 0
    assert positive_only_reward(quality, nothing, found).argmax() == 1


@pytest.mark.parametrize("num_levels", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("progress", [0.0, 0.1, 0.37, 0.5, 0.9, 1.0])
def test_cosine_matches_the_closed_form(num_levels: int, progress: float) -> None:
    total = num_levels * (num_levels + 1) / 2
    alpha = (1 + math.cos(math.pi * progress)) / 2
    floor = 2 / (num_levels * (num_levels + 1))
    raw = [max(alpha * (num_levels - i) / total + (1 - alpha) * (i + 1) / total, floor) for i in range(num_levels)]
    got = level_probabilities(progress, CurriculumSettings(num_levels))
    np.testing.assert_allclose(got, [value / sum(raw) for value in raw], rtol=0, atol=1e-9)


@pytest.mark.parametrize("num_levels", [2, 3, 5, 8])
@pytest.mark.parametrize("progress", [0.0, 0.1, 0.37, 0.5, 0.9, 1.0])
def test_gaussian_matches_the_closed_form(num_levels: int, progress: float) -> None:
    gamma, sigma = 0.5, 0.5
    centre = progress**gamma * (num_levels - 1)
    raw = [math.exp(-((i - centre) ** 2) / (2 * sigma**2)) for i in range(num_levels)]
    floor = 2 / (num_levels * (num_levels + 1))
    expected = [floor + (num_levels - 1) / (num_levels + 1) * value / sum(raw) for value in raw]
    got = level_probabilities(progress, CurriculumSettings(num_levels, "gaussian"))
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


def test_schedules_go_from_easy_to_hard_and_a_floor_of_zero_frees_the_gaussian() -> None:
    for name in ("cosine", "gaussian"):
        settings = CurriculumSettings(4, name)
        assert level_probabilities(0.0, settings).argmax() == 0
        assert level_probabilities(1.0, settings).argmax() == 3
    assert level_probabilities(0.0, CurriculumSettings(2, "gaussian")).tolist() == pytest.approx(
        [0.627, 0.373], abs=1e-3
    )
    assert level_probabilities(0.0, CurriculumSettings(2, "gaussian", floor=0.0))[0] > 0.88
    assert level_probabilities(0.3, CurriculumSettings(4, "balanced")).tolist() == [0.25] * 4


def test_unknown_or_impossible_curricula_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="gaussian"):
        CurriculumSettings(3, "gausian")
    with pytest.raises(ConfigurationError):
        CurriculumSettings(3, floor=0.4)
    with pytest.raises(ConfigurationError):
        level_probabilities(1.1, CurriculumSettings(3))


def test_levels_are_quantiles_and_pages_are_drawn_by_level() -> None:
    levels = difficulty_levels(np.array([5.0, 1.0, 3.0, 2.0, 9.0, 4.0, 0.0]), 3)
    assert levels.tolist() == [2, 0, 1, 0, 2, 1, 0]
    drawn = draw_pages(levels, np.array([0.5, 0.0, 0.5]), num_pages=4000, generator=np.random.default_rng(0))
    shares = np.bincount(drawn, minlength=7) / 4000
    np.testing.assert_allclose(shares, [0.25, 1 / 6, 0, 1 / 6, 0.25, 0, 1 / 6], atol=0.025)
    with pytest.raises(ConfigurationError):
        draw_pages(np.zeros(3, np.int64), np.array([0.0, 1.0]), num_pages=1, generator=np.random.default_rng(0))


def test_net_variance_takes_the_noise_off_and_is_unbiased() -> None:
    assert net_variance(np.array([1.0, 3.0]), np.array([0.0, 1.0])) == 2.0 - 0.5
    assert net_variance(np.array([1.0, 1.1]), np.array([1.0, 1.0])) == 0.0
    generator = np.random.default_rng(0)
    true, noise = generator.normal(size=(4000, 8)) * 2.0, generator.normal(size=(4000, 8))
    mean = np.mean([net_variance(row, np.ones(8)) for row in true + noise])
    assert mean == pytest.approx(4.0, abs=0.2)
    with pytest.raises(ShapeError):
        net_variance(np.array([1.0]), np.array([1.0]))


def test_selection_matches_its_closed_form_and_keeps_every_page_possible() -> None:
    got = selection_probabilities(np.array([4.0, 2.0, 0.0]), temperature=0.5, uniform_share=0.1)
    soft = np.array([math.e**2, math.e, 1.0])
    np.testing.assert_allclose(got, 0.9 * soft / soft.sum() + 0.1 / 3, atol=1e-12)
    assert selection_probabilities(np.zeros(4)).tolist() == [0.25] * 4
    with pytest.raises(ConfigurationError, match="temperature"):
        selection_probabilities(np.ones(2), temperature=0.001)


def test_prediction_ranks_pages_and_halves_the_share_that_teaches_nothing() -> None:
    """Spread of a page depends on its features; two thirds of the pages have none."""
    generator = np.random.default_rng(3)
    keys = np.where(generator.random((600, 1)) < 2 / 3, -1.0, 1.0) * np.ones(8) + 0.5 * generator.normal(size=(600, 8))
    truth = np.where(keys.mean(axis=1) > 0, 1.0 + keys[:, 0] ** 2, 0.0)
    predicted = predict_scores(keys[256:] * 2, keys[:256], truth[:256])
    ranks = [np.argsort(np.argsort(values)) for values in (predicted, truth[256:])]
    assert np.corrcoef(*ranks)[0, 1] >= 0.5
    chances = selection_probabilities(predicted)
    assert chances @ (truth[256:] == 0.0) <= 0.5 * np.mean(truth[256:] == 0.0)


def test_attention_by_hand() -> None:
    keys, reference = np.array([[2.0, 0.0, 0.0, 0.0]]), np.array([[1.0, 0, 0, 0], [-1.0, 0, 0, 0]])
    expected = 3.0 * sigmoid(np.array(2.0)) + 1.0 * sigmoid(np.array(-2.0))  # difference of attentions is 2
    assert predict_scores(keys, reference, np.array([3.0, 1.0]))[0] == pytest.approx(float(expected))


def test_replay_keeps_what_teaches_in_order_and_drops_the_stale() -> None:
    buffer = ReplayBuffer(ReplaySettings(max_groups=3, max_age=2))
    for time, rewards in enumerate([[1.0, 1.0], [1.0, 2.0], [3.0, 0.0], [5.0, 1.0], [0.0, 9.0]]):
        buffer = buffer.with_group(simple_group(rewards), page=f"p{time}", drawn_at=time)
    assert [stored.page for stored in buffer.stored] == ["p2", "p3", "p4"]
    generator = np.random.default_rng(0)
    replayed = buffer.replayed(9, now=5, current=lambda s: s.group, generator=generator)
    assert sorted(stored.page for stored in replayed) == ["p3", "p4"]
    assert buffer.replayed(9, now=4, current=lambda s: s.group, generator=generator)[-1].page in ("p2", "p3")
    assert buffer.with_group(simple_group([1.0, 1.1], noise=1.0), page="p", drawn_at=9) is buffer


def test_replay_leaves_out_groups_the_policy_has_left_behind_and_keeps_logged_propensities() -> None:
    def moved(stored: StoredGroup) -> Group:
        return replace(stored.group.with_logits([shift, shift]), propensities_G_N=np.full((8, 2), 0.99))

    buffer = ReplayBuffer().with_group(simple_group([float(i) for i in range(8)]), page="p", drawn_at=0)
    shift, generator = 0.2, np.random.default_rng(0)
    (kept,) = buffer.replayed(1, now=1, current=moved, generator=generator)
    np.testing.assert_array_equal(kept.group.propensities_G_N, np.full((8, 2), 0.5))
    assert kept.group.logits_G_N[0, 0] == 0.2
    shift = 9.0
    assert buffer.replayed(1, now=1, current=moved, generator=generator) == ()


def test_effective_share_by_hand() -> None:
    group = make_group(features=np.eye(1), tokens=[1], draws=[[1], [0]], logits=[math.log(3.0)], rewards=[1, 0],
                       propensities=[0.5])  # fmt: skip
    assert effective_share(group) == pytest.approx((1.5 + 0.5) ** 2 / (2 * (2.25 + 0.25)))


def test_half_of_a_batch_is_replayed_by_default() -> None:
    assert ReplayBuffer().num_replayed(6) == 6
    assert ReplayBuffer(ReplaySettings(fresh_share=0.75)).num_replayed(6) == 2
    with pytest.raises(ConfigurationError):
        ReplaySettings(fresh_share=0.0)

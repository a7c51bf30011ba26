"""Contrastive pairs, imitation, stuck pages, step credit and hints."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from dragoman.core.errors import ConfigurationError, ShapeError
from dragoman.policies.scorer import sigmoid
from dragoman.training.arrays import Floats
from dragoman.training.auxiliaries.contrast import (
    ContrastSettings,
    contrast,
    one_item_pairs,
    pair_accuracy,
    single_flips,
    winners,
)
from dragoman.training.auxiliaries.hints import (
    HintSettings,
    HintSwitch,
    conjunctive_gate,
    hint_share,
    hinted_draws,
    num_hinted,
)
from dragoman.training.auxiliaries.imitation import imitate
from dragoman.training.auxiliaries.step_credit import closed_step_credit, step_credit, step_credit_gradient
from dragoman.training.auxiliaries.stuck import StuckBuffer, is_stuck
from dragoman.training.estimators import ESTIMATORS, EstimatorSettings, Group, make_group

PLAIN = EstimatorSettings()
DRAWS = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 1, 1]], dtype=bool)


def group_of(rewards: list[float], logits: object = (0.5, -1.0, 2.0), **more: object) -> Group:
    draws = DRAWS[: len(rewards)]
    return make_group(features=np.eye(3), tokens=[1, 1, 1], draws=draws, logits=logits, rewards=rewards, **more)  # type: ignore[arg-type] # a table of keyword arguments


def slope(objective: object, at: Floats) -> Floats:
    units = np.eye(at.size).reshape(at.size, *at.shape) * 1e-5
    return np.array([(objective(at + u) - objective(at - u)) / 2e-5 for u in units]).reshape(at.shape)  # type: ignore[operator] # any function


def test_pairs_differ_in_one_item_and_by_more_than_noise() -> None:
    group = group_of([0.0, 3.0, 9.0, 3.5], noise=[0.0, 0.3, 0.3, 0.3])
    pairs = one_item_pairs(group, ContrastSettings())
    assert pairs.tolist() == [[1, 0], [2, 3]]  # 3.5 - 3.0 is within the noise; 2 against 1 differs in two items
    assert one_item_pairs(group, ContrastSettings(min_margin=4.0)).tolist() == [[2, 3]]


def test_pair_loss_is_its_closed_form_and_stops_at_the_clip() -> None:
    """Slate 1 adds item 1, of log-odds -1 / temperature."""
    group = group_of([0.0, 3.0], temperature=0.5)
    gradient = contrast(group, ContrastSettings())
    assert gradient.objective == pytest.approx(np.log(sigmoid(np.array(-2.0))))
    np.testing.assert_allclose(gradient.ascent_G_N.sum(axis=0), [0.0, sigmoid(np.array(2.0)) / 0.5, 0.0])
    clipped = contrast(group, ContrastSettings(clip=1.5))
    assert not clipped.ascent_G_N.any()
    assert clipped.num_terms == 1


def test_pair_gradient_is_the_slope_of_its_objective() -> None:
    at = np.random.default_rng(0).normal(size=(4, 3))
    group = group_of([0.0, 3.0, 9.0, 2.0], logits=at)
    expected = slope(lambda x: contrast(group.with_logits(x), ContrastSettings()).objective, at)
    np.testing.assert_allclose(contrast(group, ContrastSettings()).ascent_G_N, expected, atol=1e-8)


def test_pair_accuracy_counts_ties_half() -> None:
    group = group_of([0.0, 3.0, 9.0, 2.0], logits=(0.0, 0.0, 0.4))
    pairs = one_item_pairs(group, ContrastSettings())
    assert pairs.tolist() == [[1, 0], [1, 3], [2, 3]]
    assert pair_accuracy(group, pairs) == pytest.approx((0.5 + 0.0 + 0.5) / 3)
    with pytest.raises(ConfigurationError, match="no pairs"):
        pair_accuracy(group, pairs[:0])


def test_single_flips_differ_in_one_item_each() -> None:
    flips = single_flips(DRAWS[0], 5, np.random.default_rng(0))
    assert (flips != DRAWS[0]).sum(axis=1).tolist() == [1, 1, 1]
    assert len(np.unique(flips, axis=0)) == 3


def test_pairs_learn_the_sign_of_every_item_where_pairs_as_targets_do_not() -> None:
    """Held out: pairs on fresh pages. Item worth is linear in two features; the price makes most items not pay."""
    truth = np.array([-1.0, 2.0])
    weights = {"contrast": np.zeros(2), "imitation": np.zeros(2)}
    generator = np.random.default_rng(5)
    for _ in range(150):
        group = _flipped_page(generator, truth)
        for name in weights:
            moved = group.with_logits(group.features_G_N_F[0] @ weights[name])
            pairs = one_item_pairs(moved, ContrastSettings())
            gradient = contrast(moved, ContrastSettings()) if name == "contrast" else imitate(winners(moved, pairs))
            rows = moved if name == "contrast" else winners(moved, pairs)
            weights[name] = weights[name] + 0.3 * gradient.to_weights(rows)
    accuracy = {name: _held_out_accuracy(w, truth) for name, w in weights.items()}
    assert accuracy["contrast"] >= 0.9
    assert accuracy["imitation"] < accuracy["contrast"]


def _flipped_page(generator: np.random.Generator, truth: Floats) -> Group:
    features = np.stack([np.ones(6), generator.normal(size=6)], axis=1)
    first = generator.random(6) < 0.5
    draws = np.concatenate([first[None], single_flips(first, 4, generator)])
    return make_group(features=features, tokens=np.ones(6), draws=draws, logits=np.zeros(6),
                      rewards=draws @ (features @ truth))  # fmt: skip


def _held_out_accuracy(weights: Floats, truth: Floats) -> float:
    generator = np.random.default_rng(99)
    groups = [_flipped_page(generator, truth) for _ in range(50)]
    scored = [group.with_logits(group.features_G_N_F[0] @ weights) for group in groups]
    return float(np.mean([pair_accuracy(g, one_item_pairs(g, ContrastSettings())) for g in scored]))


def test_imitation_is_the_slope_of_the_log_likelihood() -> None:
    at = np.array([[0.5, -1.0, 2.0]])
    group = group_of([0.0], logits=at, epsilon=0.1)
    expected = slope(lambda x: imitate(group.with_logits(x)).objective, at)
    np.testing.assert_allclose(imitate(group).ascent_G_N, expected, atol=1e-8)


@pytest.mark.parametrize(
    ("rewards", "oracle", "margin", "expected"),
    [
        ([-1.0, 0.0], 2.0, 0.0, True),
        ([-1.0, 0.1], 2.0, 0.0, False),
        ([-1.0, 0.1], 2.0, 0.5, True),
        ([-1.0, 0.1], 0.4, 0.5, False),  # the oracle finds nothing either
    ],
)
def test_a_page_is_stuck_when_only_the_oracle_gains(
    rewards: list[float], oracle: float, margin: float, expected: bool
) -> None:
    assert is_stuck(np.array(rewards), oracle, margin) is expected


def test_the_buffer_keeps_each_page_once_and_lets_go_of_solved_ones() -> None:
    buffer = StuckBuffer(max_pages=2)
    for page, stuck in (("a", True), ("b", True), ("a", True), ("a", False)):
        buffer = buffer.with_page(page, stuck=stuck)
    assert buffer.pages == ("b",)
    assert buffer.with_page("c", stuck=True).is_full
    assert buffer.with_page("c", stuck=True).with_page("d", stuck=True).pages == ("c", "d")
    assert not buffer.emptied().pages


def rare_pair(draws: Floats) -> Floats:
    """Worth 5 points with both of the first two of eight items; every item costs 0.3."""
    return 5.0 * (draws[:, 0] & draws[:, 1]) - 0.3 * draws.sum(axis=1)


def learn(
    seed: int, *, num_steps: int = 300, with_demonstrations: bool = False, hints: str = "never"
) -> tuple[float, float]:
    """Exact worth of the learned policy without hints, and the share of demonstrated slates."""
    generator = np.random.default_rng(seed)
    logits, buffer, num_demonstrations = np.full(8, -3.0), StuckBuffer(max_pages=4), 0
    oracle, steps = np.arange(8) < 2, np.array([0, 1, 1, 1, 1, 1, 1, 1])
    for step in range(num_steps):
        draws = generator.random((8, 8)) < sigmoid(logits)
        share = {"never": 0.0, "always": 0.5, "fading": hint_share(step, num_steps * 2 // 3)}[hints]
        hinted = hinted_draws(draws, oracle, steps, num_hinted(share, 2, HintSwitch()))
        rewards = rare_pair(hinted.draws_G_N)
        group = make_group(features=np.eye(8), tokens=np.ones(8), draws=hinted.draws_G_N, logits=logits,
                           rewards=rewards, trainable=hinted.trainable_G_N)  # fmt: skip
        logits = logits + 0.2 * ESTIMATORS["leave-one-out"](group, PLAIN).ascent_G_N.sum(axis=0)
        logits = np.clip(logits, -4.0, 4.0)
        buffer = buffer.with_page(str(step), stuck=is_stuck(rewards, 4.4)) if with_demonstrations else buffer
        if buffer.is_full:
            shown = make_group(features=np.eye(8), tokens=np.ones(8), draws=[oracle], logits=logits, rewards=[0.0])
            logits = logits + 1.0 * imitate(shown).ascent_G_N.sum(axis=0)
            num_demonstrations, buffer = num_demonstrations + len(buffer.pages), buffer.emptied()
    p = sigmoid(logits)
    return float(5.0 * p[0] * p[1] - 0.3 * p.sum()), num_demonstrations / (8 * num_steps)


def test_a_supervised_pass_on_stuck_pages_finds_the_rare_pair() -> None:
    """Plain policy gradient misses it in most seeds."""
    plain = [learn(seed)[0] for seed in range(5)]
    helped = [learn(seed, with_demonstrations=True) for seed in range(5)]
    assert sum(worth < 0.5 for worth in plain) >= 4
    assert sum(worth > 3.5 for worth, _ in helped) >= 4
    assert max(share for _, share in helped) <= 0.2


def test_fading_hints_find_it_too_and_hints_that_never_end_leave_a_crutch() -> None:
    fading = [learn(seed, hints="fading")[0] for seed in range(5)]
    permanent = [learn(seed, hints="always")[0] for seed in range(5)]
    assert min(fading) > 3.5
    assert max(permanent) < 1.0


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 1.0), (25, 0.5 + 0.5 * 0.5**0.5), (50, 0.5), (100, 0.0), (300, 0.0)]
)
def test_hints_decay_by_cosine(step: int, expected: float) -> None:
    assert hint_share(step, 100) == pytest.approx(expected, abs=1e-12)


def test_hinted_decisions_are_whole_and_end_with_the_switch() -> None:
    assert [num_hinted(share, 5, HintSwitch()) for share in (1.0, 0.99, 0.6, 0.2 - 1e-12, 0.0)] == [5, 4, 3, 1, 0]
    assert num_hinted(1.0, 5, HintSwitch(is_off=True)) == 0


def test_a_language_leaves_hints_for_good() -> None:
    settings = HintSettings(smoothing=0.5, threshold=0.6, margin=1.0)
    states = list(
        itertools.accumulate(
            [[2.0, 1.0], [2.0, 3.0], [2.0, 3.0], [0.0, 0.0], []],
            lambda switch, rewards: switch.after(np.array(rewards), settings),
            initial=HintSwitch(),
        )
    )
    assert [s.solved for s in states] == pytest.approx([0.0, 0.25, 0.625, 0.8125, 0.40625, 0.40625])
    assert [s.is_off for s in states] == [False, False, True, True, True, True]


def test_only_the_hinted_steps_are_forced() -> None:
    hinted = hinted_draws(DRAWS, np.array([False, True, False]), np.array([0, 0, 1]), 1)
    assert hinted.draws_G_N[:, :2].tolist() == [[False, True]] * 4
    np.testing.assert_array_equal(hinted.draws_G_N[:, 2], DRAWS[:, 2])
    assert hinted.trainable_G_N[0].tolist() == [False, False, True]


def test_the_gate_needs_every_check() -> None:
    passed = np.array([[True, True], [True, False], [False, False]])
    assert conjunctive_gate(np.array([3.0, 4.0, 5.0]), passed).tolist() == [3.0, 0.0, 0.0]


def test_step_credit_by_hand() -> None:
    scores = np.array([[1.0, 4.0], [3.0, 3.0]])
    np.testing.assert_allclose(step_credit(scores, start=0.5), [[0.5 - 2.5, 3.0 - 0.0], [2.5 - 0.5, 0.0 - 3.0]])
    closed = closed_step_credit(np.array([[1.0, 4.0, 2.0]]))
    np.testing.assert_allclose(closed, [[-1.0, 3.0, -2.0]])
    assert closed.sum() == 0.0


def test_step_credit_has_the_exact_gradient_on_average_when_scores_add_up() -> None:
    """Two steps of one item each, every group of two slates enumerated."""
    logits, gains = np.array([0.3, -0.6]), np.array([2.0, -1.0])
    slates = np.array(list(itertools.product((0, 1), repeat=2)))
    p = sigmoid(logits)
    chance = np.where(slates, p, 1 - p).prod(axis=1)
    total = np.zeros(2)
    for i, j in itertools.product(range(4), repeat=2):
        draws = slates[[i, j]]
        after = np.cumsum(draws * gains, axis=1)
        group = make_group(features=np.eye(2), tokens=[1, 1], draws=draws, logits=logits, rewards=after[:, -1],
                           steps=[0, 1])  # fmt: skip
        total += chance[i] * chance[j] * step_credit_gradient(group, step_credit(after, 0.0)).ascent_G_N.sum(axis=0)
    np.testing.assert_allclose(total, gains * p * (1 - p), atol=1e-12)


def test_step_credit_refuses_steps_it_was_not_given() -> None:
    group = replace(group_of([1.0, 2.0]), steps_N=np.array([0, 1, 2]))
    with pytest.raises(ConfigurationError, match="score the slates"):
        step_credit_gradient(group, np.zeros((2, 2)))
    with pytest.raises(ShapeError):
        step_credit(np.zeros(3), 0.0)

"""Candidate pools with distractors from our own logs, and a rubric that can only reward.

Three tiers: what a page needed, what was retrieved for it and did not help (hard), what the same document's memory
held and nobody retrieved (easy). A selector trained on pools of all three meets what it will meet.

Source: LongTraceRL (arXiv:2605.31584): distractors from search logs in two tiers, and a rubric bonus for correct
answers only. Continuous rewards have no "correct", so the gate is "not below the translation without context"; and
the rubric scales the *gain*, because scaling the whole score would rank a page that passes the gate below one that
just fails it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.training.arrays import Bools, Floats, check_shape
from dragoman.training.estimators.advantages import leave_one_out_advantages
from dragoman.training.estimators.group import Group

__all__ = ["ItemEffects", "Tier", "draw_pool", "false_pick_rate", "item_effects", "mine_tiers", "positive_only_reward"]


class Tier(StrEnum):
    """How close a candidate comes to being useful for a page."""

    NEEDED = "needed"
    HARD = "retrieved, not needed"
    EASY = "same document, not retrieved"


@dataclass(frozen=True, slots=True, eq=False)
class ItemEffects:
    """What drawing each candidate did to the reward of one page, points, with standard errors."""

    effect_N: Floats
    error_N: Floats

    def needed(self, min_z: float = 2.0) -> Bools:
        """Whose effect is positive by more than `min_z` standard errors."""
        result: Bools = self.effect_N > min_z * self.error_N
        return result


def item_effects(group: Group) -> ItemEffects:
    """Mean change of reward by drawing an item, everything else as the policy drew it; unbiased for any propensity.

    `effect_i = mean_G A_g (a_gi - p_gi) / (p_gi (1 - p_gi))`, A the leave-one-out advantages. Items that were forced
    in any slate have an infinite error. The error is the standard error of that mean.

    Raises:
        ShapeError: fewer than two slates.
    """
    p = np.where(group.trainable_G_N, group.propensities_G_N, 0.5)
    weight = (group.draws_G_N - p) / (p * (1.0 - p))
    terms_G_N = leave_one_out_advantages(group.rewards_G)[:, None] * weight
    free_N = group.trainable_G_N.all(axis=0)
    error_N = terms_G_N.std(axis=0, ddof=1) / np.sqrt(group.num_slates)
    return ItemEffects(np.where(free_N, terms_G_N.mean(axis=0), 0.0), np.where(free_N, error_N, np.inf))


def mine_tiers(*, offered: Iterable[str], needed: Iterable[str], of_document: Iterable[str]) -> Mapping[str, Tier]:
    """The tier of every record id that belongs to a page or its document.

    Args:
        offered: ids that were retrieved for the page.
        needed: ids that helped, by measurement or by construction; they need not have been offered.
        of_document: ids that the document's memory held.
    """
    tiers = dict.fromkeys(of_document, Tier.EASY)
    tiers.update(dict.fromkeys(offered, Tier.HARD))
    tiers.update(dict.fromkeys(needed, Tier.NEEDED))
    return dict(sorted(tiers.items()))


def draw_pool(
    tiers: Mapping[str, Tier], *, num_hard: int, num_easy: int, generator: np.random.Generator
) -> tuple[str, ...]:
    """All needed ids and up to so many of the other tiers, in mixed order."""
    pool = [id for id, tier in tiers.items() if tier is Tier.NEEDED]
    for tier, wanted in ((Tier.HARD, num_hard), (Tier.EASY, num_easy)):
        members = [id for id in tiers if tiers[id] is tier]
        pool += [members[place] for place in generator.permutation(len(members))[:wanted]]
    return tuple(pool[place] for place in generator.permutation(len(pool)))


def false_pick_rate(tiers: Mapping[str, Tier], pool: Iterable[str], chosen: Iterable[str], tier: Tier) -> float:
    """Share of the pool's candidates of a tier that were chosen.

    Raises:
        ConfigurationError: the pool holds none of that tier.
    """
    members = {id for id in pool if tiers[id] is tier}
    if not members:
        raise ConfigurationError(f"the pool holds no candidate of the tier {tier.value!r}: draw it with some")
    return len(members & set(chosen)) / len(members)


def positive_only_reward(quality_G: Floats, nothing: float, found_G: Floats, share: float = 0.3) -> Floats:
    """Quality whose gain over no context is scaled by how much of the rubric was found; below that, quality as it is.

    `Q(nothing) + gain * ((1 - share) + share * found / max(found))` where the gain is positive. So mentioning what the
    rubric asks for never lifts a translation that is worse than none would be.

    Args:
        quality_G: points, already behind the gates of language and alignment.
        nothing: Q(nothing) of the page, points.
        found_G: share of the rubric found, 0 to 1.
        share: of the gain that hangs on the rubric, 0 to 1.

    Raises:
        ShapeError: wrong shapes.
        ConfigurationError: share out of range.
    """
    check_shape("quality_G", quality_G, (None,))
    check_shape("found_G", found_G, quality_G.shape)
    if not 0.0 <= share <= 1.0:
        raise ConfigurationError(f"share is {share}: expected 0 to 1")
    most = float(found_G.max(initial=0.0))
    relative_G = found_G / most if most > 0.0 else np.zeros_like(found_G)
    gain_G = quality_G - nothing
    result: Floats = nothing + gain_G * np.where(gain_G > 0.0, 1.0 - share + share * relative_G, 1.0)
    return result

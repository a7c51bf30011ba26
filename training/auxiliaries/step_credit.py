"""Credit for each selection step: how much the score rose when the step's items were added.

A slate is scored after every step, for example by a rubric made from the reference that no prompt sees, or by a
translation of the part drawn so far.

Source: Xi et al., "ExpRL" (arXiv:2606.17024), process form: `A_t = s_t - s_{t-1}`. Its first term is `s_1 - s_T`, which
makes the advantages of a trajectory sum to zero; `closed_step_credit` keeps that form for comparison. Ours keeps the
plain difference and takes the baseline from the other slates of the page.
"""

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.training.arrays import Floats, check_shape
from dragoman.training.estimators.advantages import leave_one_out_advantages
from dragoman.training.estimators.group import Gradient, Group
from dragoman.training.estimators.slates import scores

__all__ = ["closed_step_credit", "step_credit", "step_credit_gradient"]


def step_credit(scores_G_D: Floats, start: float) -> Floats:
    """(G, D): rise of the score at each step, minus the mean rise of the other slates at that step.

    Args:
        scores_G_D: score of each slate after each step, points.
        start: score before the first step.

    Raises:
        ShapeError: wrong rank, or fewer than two slates.
    """
    check_shape("scores_G_D", scores_G_D, (None, None))
    rises = np.diff(scores_G_D, axis=1, prepend=start)
    return np.apply_along_axis(leave_one_out_advantages, 0, rises)


def closed_step_credit(scores_G_D: Floats) -> Floats:
    """(G, D): the paper's own form, `s_1 - s_D` at the first step and the rise at the others; rows sum to zero.

    Raises:
        ShapeError: wrong rank.
    """
    check_shape("scores_G_D", scores_G_D, (None, None))
    credit = np.diff(scores_G_D, axis=1, prepend=0.0)
    credit[:, 0] = scores_G_D[:, 0] - scores_G_D[:, -1]
    return credit


def step_credit_gradient(group: Group, credit_G_D: Floats) -> Gradient:
    """Policy gradient with an advantage of its own for every step.

    Exact on average when later steps do not depend on earlier ones and scores add up over steps; otherwise it is
    blind to what a step does for later steps, in exchange for less variance.

    Raises:
        ShapeError: wrong shapes.
        ConfigurationError: a candidate's step has no credit.
    """
    check_shape("credit_G_D", credit_G_D, (group.num_slates, None))
    if group.steps_N.max(initial=0) >= credit_G_D.shape[1]:
        raise ConfigurationError(
            f"credit for {credit_G_D.shape[1]} steps, candidates in {group.steps_N.max() + 1}: "
            "score the slates after each step"
        )
    ascent = credit_G_D[:, group.steps_N] * scores(group) / group.num_slates
    return Gradient(ascent, float(credit_G_D.sum(axis=1).mean()), int(np.count_nonzero(credit_G_D.any(axis=1))))

"""Estimators: from the slates of a page and their rewards to the direction in which the logits should go.

Every estimator is a pure function `(Group, EstimatorSettings) -> Gradient`, so a trainer switches by name.
"""

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.core.errors import UnknownNameError
from dragoman.training.estimators.group import Estimator, EstimatorSettings, Gradient, Group, make_group
from dragoman.training.estimators.policy_gradient import dr_grpo, grpo, leave_one_out
from dragoman.training.estimators.preferences import best_worst, dpo, expo
from dragoman.training.estimators.regression import rebel, reg_grpo
from dragoman.training.estimators.tree import tree_steps
from dragoman.training.estimators.uplift import UpliftFit, bootstrap_heads, fit_uplift, uplift

__all__ = [
    "ESTIMATORS",
    "Estimator",
    "EstimatorSettings",
    "Gradient",
    "Group",
    "UpliftFit",
    "bootstrap_heads",
    "estimator",
    "fit_uplift",
    "make_group",
]

ESTIMATORS: Mapping[str, Estimator] = MappingProxyType(
    {
        "leave-one-out": leave_one_out,
        "grpo": grpo,
        "dr-grpo": dr_grpo,
        "tree": tree_steps,
        "reg": reg_grpo,
        "rebel": rebel,
        "dpo": dpo,
        "expo": expo,
        "best-worst": best_worst,
        "uplift": uplift,
    }
)


def estimator(name: str) -> Estimator:
    """The estimator of that name.

    Raises:
        UnknownNameError: not in `ESTIMATORS`.
    """
    if name not in ESTIMATORS:
        raise UnknownNameError("estimator", name, ESTIMATORS)
    return ESTIMATORS[name]

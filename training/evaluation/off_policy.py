"""What another policy would have earned, from slates that a logged policy drew.

An estimate that rests on too few documents is refused, with the reason in the answer: a number would be worse than
none. Deploy on the lower end of the interval, then confirm with a small live comparison.

Sources: Dudik, Langford, Li 2011, "Doubly robust policy evaluation and learning" (arXiv:1103.4601); Swaminathan and
Joachims 2015 (self-normalised); Swaminathan et al. 2017 (additive slates, arXiv:1605.04812). The doubly robust form of
the additive estimate is ours: it needs additivity only of what the reward model leaves over.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.training.arrays import Floats
from dragoman.training.estimators.group import Group
from dragoman.training.estimators.uplift import UpliftFit, fit_uplift
from dragoman.training.evaluation.bootstrap import bootstrap_ratio, sum_by_document
from dragoman.training.evaluation.reward_model import Predictions, predict_rewards
from dragoman.training.evaluation.weights import (
    additive_weights,
    clip_weights,
    current_probabilities,
    draw_ratios,
    effective_sample,
    product_weights,
)

__all__ = ["METHODS", "Estimate", "EvaluationSettings", "LoggedSlates", "Refusal", "estimate_value", "read_log"]


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """Of an estimate.

    Attributes:
        max_weight: weights are kept within this cap; the share that was changed is reported.
        min_documents: smallest effective sample for which a number is given.
        num_resamples: of the bootstrap.
        level: of the interval.
    """

    max_weight: float = 50.0
    min_documents: float = 50.0
    num_resamples: int = 2000
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """The value of a policy, net points a page.

    Attributes:
        method: one of `METHODS`.
        value: the estimate.
        low, high: interval by documents.
        effective_documents: how many equally weighted documents would tell as much.
        clip_share: share of slates whose weight was capped; the estimate leans towards the log by what they lost.
        num_documents, num_slates: in the log.
    """

    method: str
    value: float
    low: float
    high: float
    effective_documents: float
    clip_share: float
    num_documents: int
    num_slates: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """No value, because the log says too little about this policy.

    Attributes:
        method: one of `METHODS`.
        reason: one sentence for people.
        effective_documents: what there is.
        clip_share: see `Estimate`.
        num_documents, num_slates: in the log.
    """

    method: str
    reason: str
    effective_documents: float
    clip_share: float
    num_documents: int
    num_slates: int


@dataclass(frozen=True, slots=True, eq=False)
class LoggedSlates:
    """E logged slates as the estimates need them.

    Attributes:
        rewards_E: net points.
        documents: of each slate.
        product_E, additive_E: weights for the policy to judge, not yet capped.
        predictions: of a reward model that has not seen the document; None without features.
    """

    rewards_E: Floats
    documents: tuple[str, ...]
    product_E: Floats
    additive_E: Floats
    predictions: Predictions | None


@dataclass(frozen=True, slots=True, eq=False)
class _Terms:
    """An estimate as a ratio of sums over slates, with the weights its reliability hangs on."""

    numerators_E: Floats
    denominators_E: Floats
    weights_E: Floats
    clip_share: float


def read_log(
    groups: Sequence[Group],
    target: Callable[[Group], Floats] = current_probabilities,
    *,
    fit: UpliftFit | None = None,
    seed: int = 0,
) -> LoggedSlates:
    """The log seen from another policy.

    Args:
        groups: logged slates with propensities; each slate counts once.
        target: (G, N) probability of drawing each candidate in under the policy to judge, given what the slate drew in
            earlier steps; `current_probabilities` and `greedy_probabilities` read the group's present logits.
        fit: the reward model; fitted on this log when None and the groups have features.
        seed: of the folds of that fit.

    Raises:
        ConfigurationError: no groups.
    """
    if not groups:
        raise ConfigurationError("an empty log: there is nothing to estimate from")
    targets = [target(group) for group in groups]
    ratios = [draw_ratios(group, wanted) for group, wanted in zip(groups, targets, strict=True)]
    if fit is None and groups[0].features_G_N_F.shape[2]:
        fit = fit_uplift(groups, seed=seed)
    return LoggedSlates(
        rewards_E=np.concatenate([group.rewards_G for group in groups]),
        documents=tuple(group.document for group in groups for _ in range(group.num_slates)),
        product_E=np.concatenate([product_weights(rows) for rows in ratios]),
        additive_E=np.concatenate([additive_weights(rows) for rows in ratios]),
        predictions=None if fit is None else predict_rewards(groups, targets, fit),
    )


def estimate_value(
    log: LoggedSlates, method: str, settings: EvaluationSettings | None = None, *, seed: int = 0
) -> Estimate | Refusal:
    """The value of the policy by one of `METHODS`, or a refusal.

    Args:
        log: from `read_log`.
        method: direct | ips | self-normalised | doubly-robust | additive | additive-doubly-robust.
        settings: see `EvaluationSettings`.
        seed: of the bootstrap.

    Raises:
        UnknownNameError: not in `METHODS`.
        ConfigurationError: the method needs a reward model and the log has no features, or settings out of range.
    """
    if method not in METHODS:
        raise UnknownNameError("off-policy method", method, METHODS)
    settings = settings or EvaluationSettings()
    terms = METHODS[method](log, settings)
    effective = effective_sample(sum_by_document(terms.weights_E, log.documents))
    num_documents, num_slates = len(set(log.documents)), len(log.rewards_E)
    if effective < settings.min_documents:
        reason = (
            f"the log is worth {effective:.1f} documents for this policy and {settings.min_documents:g} are needed: "
            "log more documents, or with a policy closer to it"
        )
        return Refusal(method, reason, effective, terms.clip_share, num_documents, num_slates)
    interval = bootstrap_ratio(
        sum_by_document(terms.numerators_E, log.documents),
        sum_by_document(terms.denominators_E, log.documents),
        seed=seed,
        num_resamples=settings.num_resamples,
        level=settings.level,
    )
    return Estimate(
        method, interval.value, interval.low, interval.high, effective, terms.clip_share, num_documents, num_slates
    )


def _direct(log: LoggedSlates, settings: EvaluationSettings) -> _Terms:
    """`mean q(x, pi)`: as good as the model, whose own error the interval leaves out; every document counts alike."""
    del settings
    ones = np.ones(len(log.rewards_E))
    return _Terms(_model(log).target_E, ones, ones, 0.0)


def _importance(log: LoggedSlates, settings: EvaluationSettings) -> _Terms:
    """`mean w r`, w the product weight."""
    clipped = clip_weights(log.product_E, settings.max_weight)
    ones = np.ones(len(log.rewards_E))
    return _Terms(clipped.weights_E * log.rewards_E, ones, clipped.weights_E, clipped.clip_share)


def _self_normalised(log: LoggedSlates, settings: EvaluationSettings) -> _Terms:
    """`sum w r / sum w`."""
    clipped = clip_weights(log.product_E, settings.max_weight)
    return _Terms(clipped.weights_E * log.rewards_E, clipped.weights_E, clipped.weights_E, clipped.clip_share)


def _doubly_robust(log: LoggedSlates, settings: EvaluationSettings) -> _Terms:
    """`mean [q(x, pi) + w (r - q(x, a))]`, w the product weight."""
    return _corrected(log, log.product_E, settings)


def _additive(log: LoggedSlates, settings: EvaluationSettings) -> _Terms:
    """`mean v r`, v the additive weight."""
    clipped = clip_weights(log.additive_E, settings.max_weight)
    ones = np.ones(len(log.rewards_E))
    return _Terms(clipped.weights_E * log.rewards_E, ones, clipped.weights_E, clipped.clip_share)


def _additive_doubly_robust(log: LoggedSlates, settings: EvaluationSettings) -> _Terms:
    """`mean [q(x, pi) + v (r - q(x, a))]`, v the additive weight."""
    return _corrected(log, log.additive_E, settings)


def _corrected(log: LoggedSlates, weights_E: Floats, settings: EvaluationSettings) -> _Terms:
    clipped = clip_weights(weights_E, settings.max_weight)
    predictions = _model(log)
    values_E = predictions.target_E + clipped.weights_E * (log.rewards_E - predictions.logged_E)
    return _Terms(values_E, np.ones(len(values_E)), clipped.weights_E, clipped.clip_share)


def _model(log: LoggedSlates) -> Predictions:
    if log.predictions is None:
        raise ConfigurationError("this method needs a reward model: log groups with features, or give a fit")
    return log.predictions


METHODS: Mapping[str, Callable[[LoggedSlates, EvaluationSettings], _Terms]] = MappingProxyType(
    {
        "direct": _direct,
        "ips": _importance,
        "self-normalised": _self_normalised,
        "doubly-robust": _doubly_robust,
        "additive": _additive,
        "additive-doubly-robust": _additive_doubly_robust,
    }
)

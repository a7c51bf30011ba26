"""Judging policies: off-policy estimates that refuse when the log says too little, and intervals by document."""

from dragoman.training.evaluation.bootstrap import Interval, bootstrap_ratio, paired_bootstrap, sum_by_document
from dragoman.training.evaluation.off_policy import (
    METHODS,
    Estimate,
    EvaluationSettings,
    LoggedSlates,
    Refusal,
    estimate_value,
    read_log,
)
from dragoman.training.evaluation.weights import current_probabilities, effective_sample, greedy_probabilities

__all__ = [
    "METHODS",
    "Estimate",
    "EvaluationSettings",
    "Interval",
    "LoggedSlates",
    "Refusal",
    "bootstrap_ratio",
    "current_probabilities",
    "effective_sample",
    "estimate_value",
    "greedy_probabilities",
    "paired_bootstrap",
    "read_log",
    "sum_by_document",
]

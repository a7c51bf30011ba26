"""What one item adds to the reward, learned from logged draws and their propensities.

Because items were drawn with known probabilities p, the regressor `sum_i (a_i - p_i) * features_i` has mean zero given
all that the policy saw, so that the fit needs no model of the page and is not fooled by pages that are easy. It is the
warm start: at a few thousand translations it beats every policy gradient that starts cold.

Source: the partially linear model of Robinson 1988, with known propensities and cross-fitting as in Chernozhukov et
al. 2018, "Double/debiased machine learning" (arXiv:1608.00060); features of candidates against translation quality as
in Kumar et al. 2023, "In-context Example Selection via Multi-feature Regression" (arXiv:2305.14105).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.training.arrays import Floats, check_shape
from dragoman.training.estimators.advantages import centred_advantages
from dragoman.training.estimators.group import EstimatorSettings, Gradient, Group
from dragoman.training.estimators.slates import penalise_distance
from dragoman.training.ridge import Moments, assign_folds, moments, ridge_weights

__all__ = ["DEFAULT_RIDGES", "UpliftFit", "bootstrap_heads", "fit_uplift", "uplift", "uplift_rows"]

DEFAULT_RIDGES = (1.0, 10.0, 100.0, 1000.0)
_LEAST_SCALE = 0.03  # columns are about 0 to 1; one that is nearly always zero says nothing for sure


@dataclass(frozen=True, slots=True, eq=False)
class UpliftFit:
    """Weights that predict the gain of an item in points of quality, prices left out.

    Attributes:
        weights_F: fitted on all documents.
        fold_weights_K_F: row k is fitted without the documents of fold k.
        folds: fold of each document.
        ridge: the penalty that was taken, see `fit_uplift`.
        unexplained: share of the variance within groups that predictions for unseen documents do not explain; near 1
            under heavy noise, and also when items do not simply add up.
        num_slates: how many were used.
    """

    weights_F: Floats
    fold_weights_K_F: Floats
    folds: Mapping[str, int]
    ridge: float
    unexplained: float
    num_slates: int

    def gains(self, features: Floats, document: str | None = None) -> Floats:
        """Predicted gain of each candidate, points; the last axis of `features` is F.

        With a document of the fit, by weights that have not seen it.
        """
        weights_F = self.weights_F if document is None else self.fold_weights_K_F[self.folds[document]]
        result: Floats = features @ weights_F
        return result

    def logits(self, features: Floats, tokens: Floats, price_per_100_tokens: float) -> Floats:
        """Predicted net gain, points: where a policy gradient should start, with a temperature in points."""
        result: Floats = self.gains(features) - price_per_100_tokens * tokens / 100.0
        return result


def fit_uplift(
    groups: Iterable[Group], *, ridges: Sequence[float] = DEFAULT_RIDGES, num_folds: int = 5, seed: int = 0
) -> UpliftFit:
    """Ridge regression of group-centred quality on propensity-centred features, cross-fitted by document.

    Minimises `sum (Y - w . X)^2 + ridge * sum_f (rms_f * w_f)^2`, with `rms_f` the root mean square of column f of X:
    a penalty of r weighs as r slates would, whatever the scale of a feature. Both Y and X are centred within each
    group (a fixed effect of the page); slates that are alone on their page are centred on each other's mean instead.

    Args:
        groups: any number of slates each, read once and not kept; propensities must be those of the draw.
        ridges: of those with the smallest error on unseen documents, or no more than a standard error above it, the
            largest is taken: what tells pages of a kind apart by hairs misleads on others.
        num_folds: at most the number of documents.
        seed: of the folds.

    Raises:
        ConfigurationError: no groups, fewer than two documents, or no ridge.
    """
    if not ridges:
        raise ConfigurationError("no ridge to choose from: give one or more penalties of 0 or more")
    rows_R_F, target_R, documents = uplift_rows(groups)
    folds = assign_folds(documents, num_folds, seed)
    fold_R = np.array([folds[document] for document in documents])
    parts = [moments(rows_R_F[fold_R == fold], target_R[fold_R == fold]) for fold in range(int(fold_R.max()) + 1)]
    by_ridge = {ridge: _fold_weights(parts, ridge) for ridge in ridges}
    _, place_R = np.unique(documents, return_inverse=True)
    errors = {
        ridge: np.bincount(place_R, _unseen_errors(rows_R_F, target_R, weights[fold_R])).astype(np.float64)
        for ridge, weights in by_ridge.items()
    }
    best = _largest_as_good(errors)
    variance = float(target_R @ target_R)
    return UpliftFit(
        weights_F=ridge_weights(reduce(add, parts), best, least_scale=_LEAST_SCALE),
        fold_weights_K_F=by_ridge[best],
        folds=folds,
        ridge=best,
        unexplained=float(errors[best].sum()) / variance if variance > 0.0 else 1.0,
        num_slates=len(target_R),
    )


def bootstrap_heads(groups: Iterable[Group], *, ridge: float, num_heads: int, seed: int) -> Floats:
    """(num_heads, F): weights fitted on documents drawn with replacement; their spread is the fit's uncertainty.

    Raises:
        ConfigurationError: no groups.
    """
    rows_R_F, target_R, documents = uplift_rows(groups)
    _, place_R = np.unique(documents, return_inverse=True)
    num_documents = int(place_R.max()) + 1
    generator = np.random.default_rng(seed)
    counts = generator.multinomial(num_documents, np.full(num_documents, 1.0 / num_documents), size=num_heads)
    return np.stack(
        [
            ridge_weights(moments(rows_R_F, target_R, row[place_R]), ridge, least_scale=_LEAST_SCALE)
            for row in counts.astype(np.float64)
        ]
    )


def uplift_rows(groups: Iterable[Group]) -> tuple[Floats, Floats, list[str]]:
    """Regressors (R, F), centred quality (R,) in points, and the document of each of the R slates.

    Raises:
        ConfigurationError: no groups.
        ShapeError: groups with different numbers of features.
    """
    rows: list[Floats] = []
    targets: list[Floats] = []
    documents: list[str] = []
    for group in groups:
        num_features = rows[0].shape[1] if rows else None
        check_shape("features_G_N_F", group.features_G_N_F, (*group.draws_G_N.shape, num_features))
        row = _regressor(group)
        rows.append(row - row.mean(axis=0) * (group.num_slates > 1))
        targets.append(group.rewards_G + group.paid_G)
        documents += [group.document] * group.num_slates
    if not rows:
        raise ConfigurationError("no groups to fit: log some slates first")
    singles = [float(target[0]) for target in targets if len(target) == 1]
    single_mean = float(np.mean(singles)) if singles else 0.0
    centred = [target - (target.mean() if len(target) > 1 else single_mean) for target in targets]
    return np.concatenate(rows), np.concatenate(centred), documents


def uplift(group: Group, settings: EstimatorSettings) -> Gradient:
    """The same regression as a gradient, for trainers that move any logits: they are read as net gains in points.

    `objective = -mean_G (Y - sum_i (a_i - p_i) * logit_i)^2`, both centred within the group. Unlike the other
    estimators it does not climb the expected reward but fits it; the temperature turns gains into probabilities.
    """
    surprise = (group.draws_G_N - group.propensities_G_N) * group.trainable_G_N
    surprise = surprise - surprise.mean(axis=0)
    fitted_G = (surprise * group.logits_G_N).sum(axis=1)
    residual_G = centred_advantages(group.rewards_G) - (fitted_G - fitted_G.mean())
    ascent = 2.0 / group.num_slates * residual_G[:, None] * surprise
    gradient = Gradient(ascent, -float(residual_G @ residual_G) / group.num_slates, group.num_slates)
    return penalise_distance(group, gradient, settings.kl_weight)


def _regressor(group: Group) -> Floats:
    """(G, F): features of what was drawn minus their mean over what might have been drawn."""
    surprise = (group.draws_G_N - group.propensities_G_N) * group.trainable_G_N
    result: Floats = np.einsum("gn,gnf->gf", surprise, group.features_G_N_F)
    return result


def _fold_weights(parts: Sequence[Moments], ridge: float) -> Floats:
    """(K, F): row k from all parts but the k-th."""
    others = [reduce(add, (part for j, part in enumerate(parts) if j != k)) for k in range(len(parts))]
    return np.stack([ridge_weights(found, ridge, least_scale=_LEAST_SCALE) for found in others])


def _unseen_errors(rows_R_F: Floats, target_R: Floats, weights_R_F: Floats) -> Floats:
    """(R,): squared errors of predictions, each by weights that have not seen its document."""
    return np.asarray((target_R - np.einsum("rf,rf->r", rows_R_F, weights_R_F)) ** 2)


def _largest_as_good(errors: Mapping[float, Floats]) -> float:
    """The largest penalty whose errors by document are, paired with the best one's, within one standard error of them.

    Source: the one-standard-error rule of Breiman et al. 1984, "Classification and Regression Trees", section 3.4.3.
    """
    best_D = min(errors.values(), key=lambda error_D: float(error_D.sum()))

    def is_as_good(error_D: Floats) -> bool:
        worse_D = error_D - best_D
        return bool(worse_D.sum() <= worse_D.std(ddof=1) * len(worse_D) ** 0.5)

    return max(ridge for ridge, error_D in errors.items() if is_as_good(error_D))

"""The scorer's view of a page: one row of numbers per candidate.

A row holds features that do not depend on what is chosen (`STATIC_COLUMNS`) and, while choosing, four that do
(`STATE_COLUMNS`). Each group of candidates (`GROUPS`: the kinds, with examples of grammar rules apart) has weights of
its own, so that every interaction of a feature with the kind is there. The hinges let a straight line bend.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dragoman.core.context import FEATURE_NAMES, Candidate, Observation
from dragoman.core.records import Kind
from dragoman.policies.scorer_glosses import GLOSS_COLUMNS, FloatArray, GlossView, gloss_view

__all__ = [
    "COLUMNS",
    "GROUPS",
    "NUM_STATIC",
    "STATE_COLUMNS",
    "STATIC_COLUMNS",
    "FloatArray",
    "PageTable",
    "page_table",
]

# The order in which groups are chosen. Words before sentences before grammar, as they paid in Hu et al. 2026
# (arXiv:2606.06428); the gloss of a line before its words, because it may make their entries superfluous.
GROUPS: tuple[str, ...] = (
    Kind.ENTITY,
    Kind.TRACE,
    Kind.ENTRY,
    Kind.STYLE,
    Kind.ESSENCE,
    Kind.EXEMPLAR,
    Kind.RULE,
    "rule example",
)
_PLAIN: tuple[str, ...] = (
    "always",
    "similarity",
    "similarity above .35",
    "similarity above .75",
    "lexical",
    "lcs",
    "lcs above .75",
    "dense",
    "overlap",
    "rarity",
    "recency",
    "confidence",
    "conflict",
    "coverage",
    "exact",
    "place",
    "repeated",
    "coverage x similarity",
    "coverage x overlap",
    "coverage x exact",
    "lines left alone",
    "about all lines",
    "tokens",
    "need",
    "need x similarity",
    "need x exact",
    "support",
    "against",
    "contrast",
    "coverage x contrast",
    "contrast known",
    *GLOSS_COLUMNS,
)
# Scarcity is the share of the offered tokens that the budget cannot hold. Every column has a part that grows with it,
# so that what is learned under scarce budgets does not leak into ample ones.
STATIC_COLUMNS: tuple[str, ...] = _PLAIN + tuple(f"scarcity x {name}" for name in _PLAIN)
STATE_COLUMNS: tuple[str, ...] = ("glossed already", "named already", "rule stated already", "budget spent")
COLUMNS: tuple[str, ...] = STATIC_COLUMNS + STATE_COLUMNS
NUM_STATIC = len(STATIC_COLUMNS)

_GROUP_OF = {kind: GROUPS.index(kind) for kind in Kind}
_EXAMPLE = GROUPS.index("rule example")
_MANY_WORDS = 4  # entries of words met as they stand, per line, that make a page full of need
_CAUTION = 2.5  # points that a word has to be worth more when all the user's sentences speak against its entry
_SAME_ORDER = -0.7  # contrast below which six neighbours in seven stand in translations as the rule says
_EMPTY_RULE = 10.0  # points that such a rule has to be worth more: it says what the target language has anyway
_AT = {name: place for place, name in enumerate(FEATURE_NAMES)}


@dataclass(frozen=True, slots=True)
class PageTable:
    """A page as numbers; N candidates, S columns in `STATIC_COLUMNS`, L lines.

    Attributes:
        ids: of the candidates.
        static_N_S: what does not depend on the choice.
        group_N: index into `GROUPS`.
        tokens_N: cost of each candidate.
        lines_N_L: share of each candidate that speaks about each line; rows sum to 1.
        named_N_L: the same where the offered gloss of the line names what the candidate brings, else 0.
        rule_N: place of the rule that an example belongs to, or -1.
        id_order_N: rank of each id; breaks ties without regard to the order of the candidates.
        steps: places of the candidates of each group that has any, in the order of choosing.
        budget_tokens: hard limit.
        price_per_100_tokens: lambda.
        caution_N: points asked of each candidate besides, 0 or more.
    """

    ids: tuple[str, ...]
    static_N_S: FloatArray
    group_N: NDArray[np.int64]
    tokens_N: FloatArray
    lines_N_L: FloatArray
    named_N_L: FloatArray
    rule_N: NDArray[np.int64]
    id_order_N: NDArray[np.int64]
    steps: tuple[NDArray[np.int64], ...]
    budget_tokens: int
    price_per_100_tokens: float
    caution_N: FloatArray

    @property
    def price_N(self) -> FloatArray:
        """Points that each candidate has to gain: the price of its tokens, and what caution asks."""
        return self.price_per_100_tokens * self.tokens_N / 100.0 + self.caution_N


def page_table(observation: Observation) -> PageTable:
    """The page's candidates as numbers. Nothing in it depends on their order, nor on names or figures in their text."""
    candidates = observation.candidates
    num_lines = max(1, len(observation.page.segments))
    ids = tuple(candidate.id for candidate in candidates)
    group_N = np.array([_group(candidate) for candidate in candidates], dtype=np.int64)
    lines_N_L = _lines(candidates, num_lines)
    rule_N = _rules(candidates, ids)
    tokens_N = np.array([candidate.tokens for candidate in candidates], dtype=np.float64)
    view = gloss_view(observation)
    return PageTable(
        ids=ids,
        static_N_S=_static(observation, group_N, lines_N_L, rule_N, tokens_N, view),
        group_N=group_N,
        tokens_N=tokens_N,
        lines_N_L=lines_N_L,
        named_N_L=lines_N_L * view.named_N_L,
        rule_N=rule_N,
        id_order_N=np.argsort(np.argsort(np.array(ids, dtype=np.str_))),
        steps=tuple(places for g in range(len(GROUPS)) if len(places := np.flatnonzero(group_N == g))),
        budget_tokens=observation.budget_tokens,
        price_per_100_tokens=observation.price_per_100_tokens,
        caution_N=np.array([_caution(candidate) for candidate in candidates]),
    )


def _caution(candidate: Candidate) -> float:
    """Not learned: a wrong gloss does harm that a gain in chrF of one word hardly shows, a rule that changes nothing
    looks like one that does in all but one feature."""
    features, kind = candidate.features, candidate.record.kind
    if kind is Kind.RULE:
        return _EMPTY_RULE * (features.contrast < _SAME_ORDER)
    return _CAUTION * max(0.0, features.against - features.support) if kind is Kind.ENTRY else 0.0


def _group(candidate: Candidate) -> int:
    kind = candidate.record.kind
    return _EXAMPLE if kind is Kind.RULE and candidate.record.attribute("rule") else _GROUP_OF[kind]


def _lines(candidates: Sequence[Candidate], num_lines: int) -> FloatArray:
    lines_N_L = np.zeros((len(candidates), num_lines))
    rows: list[int] = []
    places: list[int] = []
    for row, candidate in enumerate(candidates):
        spoken = [number - 1 for number in candidate.lines if number <= num_lines] or range(num_lines)
        rows += [row] * len(spoken)
        places += spoken
    lines_N_L[rows, places] = 1.0
    shares: FloatArray = lines_N_L / np.maximum(lines_N_L.sum(axis=1, keepdims=True), 1.0)
    return shares


def _rules(candidates: Sequence[Candidate], ids: Sequence[str]) -> NDArray[np.int64]:
    place = {id: number for number, id in enumerate(ids)}
    found = [place.get(c.record.attribute("rule"), -1) if c.record.kind is Kind.RULE else -1 for c in candidates]
    return np.array(found, dtype=np.int64)


def _static(
    observation: Observation,
    group_N: NDArray[np.int64],
    lines_N_L: FloatArray,
    rule_N: NDArray[np.int64],
    tokens_N: FloatArray,
    view: GlossView,
) -> FloatArray:
    candidates = observation.candidates
    if not candidates:
        return np.zeros((0, NUM_STATIC))
    given = np.array([candidate.features.vector() for candidate in candidates])
    feature = {name: given[:, place] for name, place in _AT.items()}
    coverage = np.where(lines_N_L > 0, 1.0, 0.0).mean(axis=1)
    similarity, lcs = feature["similarity"], feature["lcs"]
    is_met = (group_N == _GROUP_OF[Kind.ENTRY]) & (feature["overlap"] >= 1.0)
    need = min(1.0, is_met.sum() / (_MANY_WORDS * lines_N_L.shape[1]))
    scarcity = max(0.0, 1.0 - observation.budget_tokens / max(1.0, float(tokens_N.sum())))
    columns = {
        **feature,
        "always": np.ones(len(candidates)),
        "similarity above .35": np.maximum(0.0, similarity - 0.35),
        "similarity above .75": np.maximum(0.0, similarity - 0.75),
        "lcs above .75": np.maximum(0.0, lcs - 0.75),
        "coverage": coverage,
        "place": 1.0 / (1.0 + feature["rank"]),
        "repeated": _repeated(candidates, group_N),
        "coverage x similarity": coverage * similarity,
        "coverage x overlap": coverage * feature["overlap"],
        "coverage x exact": coverage * feature["exact"],
        "lines left alone": _left_alone(group_N, lines_N_L, rule_N),
        "about all lines": np.array([float(not candidate.lines) for candidate in candidates]),
        "tokens": tokens_N / 100.0,
        "need": np.full(len(candidates), need),
        "need x similarity": need * similarity,
        "need x exact": need * feature["exact"],
        "coverage x contrast": coverage * feature["contrast"],
        "contrast known": np.where(feature["contrast"], 1.0, 0.0),
        **dict(zip(GLOSS_COLUMNS, view.columns_N_C.T, strict=True)),
    }
    plain = np.array([columns[name] for name in _PLAIN]).T
    return np.concatenate([plain, scarcity * plain], axis=1)


def _repeated(candidates: Sequence[Candidate], group_N: NDArray[np.int64]) -> FloatArray:
    """1 where a better candidate of the same group has the same source."""
    best: dict[tuple[int, str], tuple[float, str]] = {}
    keys = [(g, c.record.source.casefold() or c.id) for g, c in zip(group_N.tolist(), candidates, strict=True)]
    places = [(candidate.features.rank, candidate.id) for candidate in candidates]
    for key, place in zip(keys, places, strict=True):
        if key not in best or place < best[key]:
            best[key] = place
    return np.array([float(best[key] != place) for key, place in zip(keys, places, strict=True)])


def _left_alone(group_N: NDArray[np.int64], lines_N_L: FloatArray, rule_N: NDArray[np.int64]) -> FloatArray:
    """Share of a candidate's lines of which no other candidate of its group speaks; for examples: rule not offered."""
    spoken_N_L = np.where(lines_N_L > 0, 1.0, 0.0)
    counts_G_L = np.zeros((len(GROUPS), lines_N_L.shape[1]))
    np.add.at(counts_G_L, group_N, spoken_N_L)
    alone = np.where(counts_G_L[group_N] < 2, lines_N_L, 0.0).sum(axis=1)
    return np.where(group_N == _EXAMPLE, np.where(rule_N < 0, 1.0, 0.0), alone)

"""Floors without a model, corpus scores with their signatures, and a bootstrap over texts."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from dragoman.memory.ngrams import NgramIndex
from dragoman.memory.subsequence import lcs_shares
from dragoman.memory.text import normalise

__all__ = ["Nearest", "Scores", "paired_bootstrap", "score", "signatures"]

_RANKED = 20  # hits of the n-gram index that are ranked again
_NUM_SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Scores:
    """Corpus scores, 0 to 100: `chrf` is chrF (beta 2, no words), `chrf2` is chrF++ (word_order 2), `bleu` is BLEU."""

    chrf: float
    chrf2: float
    bleu: float
    num_sentences: int


class Nearest:
    """The translation of the most similar pool sentence: what mere look-up gives.

    Found by BM25 over character n-grams and ranked by that score and the longest common subsequence together.

    Args:
        pairs: (source, translation) of the pool.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._sources = [normalise(source) for source, _ in pairs]
        self._targets = [target for _, target in pairs]
        self._index = NgramIndex(self._sources)

    def translate(self, lines: Sequence[str]) -> list[str]:
        """One pool translation per line; the line itself where nothing is shared."""
        found = []
        texts = [normalise(line) for line in lines]
        for line, text, hits in zip(lines, texts, self._index.search(texts, _RANKED), strict=True):
            rows = hits.rows.tolist()
            shares = lcs_shares(text, [self._sources[row] for row in rows])
            ranked = zip(hits.scores.tolist(), shares, rows, strict=True)
            best = max(ranked, key=lambda item: (item[0] + item[1], -item[2]), default=None)
            found.append(self._targets[best[2]] if best else line)
        return found


def score(hypotheses: Sequence[str], references: Sequence[str]) -> Scores:
    """Corpus scores of one system, one reference per line."""
    chrf, chrf2, bleu = (metric.corpus_score(list(hypotheses), [list(references)]).score for metric in _metrics())
    return Scores(round(chrf, 2), round(chrf2, 2), round(bleu, 2), len(references))


def signatures() -> dict[str, str]:
    """Name of each figure to the signature of the metric behind it."""
    metrics = _metrics()
    for metric in metrics:
        metric.corpus_score(["a b c d"], [["a b c d"]])  # a signature knows the number of references only afterwards
    return {name: str(metric.get_signature()) for name, metric in zip(("chrf", "chrf2", "bleu"), metrics, strict=True)}


def paired_bootstrap(
    system: Mapping[str, Sequence[str]],
    baseline: Mapping[str, Sequence[str]],
    references: Mapping[str, Sequence[str]],
    *,
    seed: int,
) -> tuple[float, float]:
    """95 % interval of the difference in corpus chrF, system minus baseline.

    Whole texts are drawn with replacement, because lines of a text are not independent.

    Args:
        system, baseline, references: lines by text id.
        seed: of the draws.

    Source: Koehn 2004, "Statistical significance tests for machine translation evaluation"; texts instead of lines.
    """
    ids = sorted(references)
    better = {key: _statistics(system[key], references[key]) for key in ids}
    worse = {key: _statistics(baseline[key], references[key]) for key in ids}
    generator = random.Random(seed)
    differences = []
    for _ in range(_NUM_SAMPLES):
        drawn = [generator.choice(ids) for _ in ids]
        differences.append(_chrf([better[key] for key in drawn]) - _chrf([worse[key] for key in drawn]))
    differences.sort()
    low, high = int(0.025 * _NUM_SAMPLES), int(0.975 * _NUM_SAMPLES) - 1
    return round(differences[low], 2), round(differences[high], 2)


def _metrics() -> tuple[CHRF, CHRF, BLEU]:
    return CHRF(), CHRF(word_order=2), BLEU()


def _statistics(hypotheses: Sequence[str], references: Sequence[str]) -> list[int]:
    """Summed n-gram counts of a text, as sacrebleu keeps them: hypothesis, reference, match, for each order."""
    metric = CHRF()
    rows = metric._extract_corpus_statistics(list(hypotheses), [list(references)])
    return [sum(column) for column in zip(*rows, strict=True)]


def _chrf(statistics: Sequence[list[int]]) -> float:
    total = [sum(column) for column in zip(*statistics, strict=True)]
    return float(CHRF()._compute_f_score(total))

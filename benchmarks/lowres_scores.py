"""Floors without a model, corpus scores with their signatures, and a bootstrap over texts."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

__all__ = ["Nearest", "Scores", "bootstrap", "paired_bootstrap", "score", "signatures"]

_RANKED = 20  # hits of the n-gram index that are ranked again
_K1, _B = 1.2, 0.75  # BM25's usual values
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

    BM25 over character n-grams (2 to 4) finds sentences, the longest common subsequence ranks the best of them. Written
    here and not taken from the memory, so that the floor stays where it is when the product's search changes.

    Args:
        pairs: (source, translation) of the pool.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._sources = [source.casefold() for source, _ in pairs]
        self._targets = [target for _, target in pairs]
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        counts = [_ngrams(source) for source in self._sources]
        mean = sum(count.total() for count in counts) / max(1, len(counts))
        for row, count in enumerate(counts):
            length = _K1 * (1 - _B + _B * count.total() / mean)
            for gram, times in count.items():
                self._postings[gram].append((row, times * (_K1 + 1) / (times + length)))

    def translate(self, lines: Sequence[str]) -> list[str]:
        """One pool translation per line; the line itself where nothing is shared."""
        return [self._translate(line) for line in lines]

    def _translate(self, line: str) -> str:
        scores: Counter[int] = Counter()
        for gram in _ngrams(line.casefold()):
            postings = self._postings.get(gram, ())
            weight = math.log(1 + (len(self._sources) - len(postings) + 0.5) / (len(postings) + 0.5))
            for row, frequency in postings:
                scores[row] += weight * frequency  # type: ignore[assignment]  # counters add floats as well
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:_RANKED]
        if not ranked:
            return line
        top = ranked[0][1]
        text = line.casefold()
        best = max(ranked, key=lambda item: item[1] / top + LCSseq.normalized_similarity(text, self._sources[item[0]]))
        return self._targets[best[0]]


def _ngrams(text: str) -> Counter[str]:
    padded = f" {text} "
    return Counter(padded[start : start + size] for size in (2, 3, 4) for start in range(len(padded) - size + 1))


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


def bootstrap(
    system: Mapping[str, Sequence[str]], references: Mapping[str, Sequence[str]], *, seed: int, word_order: int = 0
) -> tuple[float, float]:
    """95 % interval of corpus chrF, or of chrF++ with `word_order` 2; whole texts are drawn, as above."""
    ids = sorted(references)
    counts = {key: _statistics(system[key], references[key], word_order) for key in ids}
    generator = random.Random(seed)
    drawn = sorted(_chrf([counts[generator.choice(ids)] for _ in ids], word_order) for _ in range(_NUM_SAMPLES))
    return round(drawn[int(0.025 * _NUM_SAMPLES)], 2), round(drawn[int(0.975 * _NUM_SAMPLES) - 1], 2)


def _metrics() -> tuple[CHRF, CHRF, BLEU]:
    return CHRF(), CHRF(word_order=2), BLEU()


def _statistics(hypotheses: Sequence[str], references: Sequence[str], word_order: int = 0) -> list[int]:
    """Summed n-gram counts of a text, as sacrebleu keeps them: hypothesis, reference, match, for each order."""
    metric = CHRF(word_order=word_order)
    rows = metric._extract_corpus_statistics(list(hypotheses), [list(references)])
    return [sum(column) for column in zip(*rows, strict=True)]


def _chrf(statistics: Sequence[list[int]], word_order: int = 0) -> float:
    total = [sum(column) for column in zip(*statistics, strict=True)]
    return float(CHRF(word_order=word_order)._compute_f_score(total))

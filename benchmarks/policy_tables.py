"""Tables of `policies.py`: one language's rows, what they are judged by, and the print for people."""

import statistics
from collections.abc import Mapping, Sequence

import numpy as np

from dragoman.training.evaluate import PageScore, summarise
from dragoman.training.evaluation.bootstrap import paired_bootstrap

__all__ = ["BEATEN", "RIVALS", "gap_closed", "lower_bound", "show", "table", "tokens_share"]

RIVALS = ("none", "random", "recency", "top-k", "full")
BEATEN = ("none", "random", "recency", "top-k")  # those the gates name


def table(by_seed: Sequence[Mapping[str, Sequence[PageScore]]], best: Sequence[PageScore]) -> dict[str, object]:
    """One language: means over pages, and over training seeds for what depends on them."""
    rows: dict[str, object] = {}
    for name in (*RIVALS, "learned"):
        found = [summarise(scores[name]) for scores in by_seed]
        rows[name] = {
            "net": round(statistics.fmean(score.net for score in found), 3),
            "chrf": round(statistics.fmean(score.quality for score in found), 3),
            "tokens_per_page": round(statistics.fmean(score.tokens for score in found), 1),
            "calls_per_page": round(statistics.fmean(score.calls for score in found), 3),
        }
    rows["learned_lower_bounds"] = {
        rival: [round(lower_bound(scores, rival), 3) for scores in by_seed] for rival in (*BEATEN, "full")
    }
    oracle = summarise(best)
    rows["oracle_first_pages"] = {"net": round(oracle.net, 3), "tokens_per_page": round(oracle.tokens, 1)}
    return rows


def lower_bound(scores: Mapping[str, Sequence[PageScore]], rival: str) -> float:
    """Lower end of the 95 % interval of the paired difference in net reward, documents resampled."""
    mine, theirs = scores["learned"], scores[rival]
    found = paired_bootstrap(
        np.array([score.parts.net for score in mine]),
        np.array([score.parts.net for score in theirs]),
        [score.task_id.rpartition("/")[0] for score in mine],
        seed=0,
    )
    return float(found.low)


def gap_closed(scores: Mapping[str, Sequence[PageScore]], best: Sequence[PageScore], names: Sequence[str]) -> float:
    """Share of the way from top-k to oracle, on the pages of the oracle."""
    nets = {name: [s.parts.net for s in scores[name] if s.task_id in names] for name in ("learned", "top-k")}
    ceiling = statistics.fmean(score.parts.net for score in best)
    floor = statistics.fmean(nets["top-k"])
    return float((statistics.fmean(nets["learned"]) - floor) / max(1e-9, ceiling - floor))


def tokens_share(languages: Mapping[str, object]) -> float:
    """Tokens of learned over those of top-k, the largest of any language."""
    shares = []
    for rows in languages.values():
        assert isinstance(rows, dict)
        shares.append(rows["learned"]["tokens_per_page"] / rows["top-k"]["tokens_per_page"])
    return float(max(shares))


def show(budget: int, found: Mapping[str, Mapping[str, object]]) -> None:
    """The table for people."""
    print(f"\nbudget {budget} tokens (simulated translator): net reward, points a page")
    print(f"{'language':<16}" + "".join(f"{name:>9}" for name in (*RIVALS, "learned", "tokens")))
    for language, rows in found["languages"].items():
        assert isinstance(rows, dict)
        nets = "".join(f"{rows[name]['net']:>9.2f}" for name in (*RIVALS, "learned"))
        print(f"{language:<16}{nets}{rows['learned']['tokens_per_page']:>9.0f}")
    print(dict(found["summary"]))

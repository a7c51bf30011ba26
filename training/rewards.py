"""What a choice was worth: gained quality behind gates, minus the prices of its tokens and of the pivot.

    net = [Q(choice) - Q(nothing)] - lambda * tokens/100 - mu * pivot

Q is sentence chrF in points, averaged over the page. The gates are conjunctive: a line that is missing, empty, a copy
of its source, or in another script than its reference scores 0, and a page with a wrong number of lines scores 0
altogether. An optional rubric, built from the reference, scales what was gained over Q(nothing) by how many of its
names, terms and numbers were found; a choice that gained nothing is left as it is, so that no worse translation is
ever worth more. References and rubrics stay in here: no prompt sees them.

Sources: gates after Huang et al. 2026 ("LANG", arXiv:2605.22567); the rubric after "LongTraceRL" (arXiv:2605.31584)
with its normaliser replaced, since it drops letters outside Latin and Chinese and then counts the empty rest as found.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from dragoman.core.errors import ConfigurationError
from dragoman.core.records import Kind
from dragoman.core.trajectory import Trajectory
from dragoman.training.chrf import sentence_chrf
from dragoman.training.tasks import PageTask

__all__ = ["ChrfReward", "RewardParts", "Rubric", "gated_quality", "make_rubric", "normalised", "reward_parts"]

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_RUBRIC_SHARE = 0.3  # eta of LongTraceRL


@dataclass(frozen=True, slots=True)
class RewardParts:
    """One reward taken apart; `net` is the sum of what follows `quality`.

    Attributes:
        quality: Q of the choice, points.
        gain: Q of the choice minus Q of nothing, points.
        tokens: price of the tokens, 0 or below.
        pivot: price of the pivot call, 0 or below.
        rubric: what the rubric took away, 0 or below.
        overspent: what training takes for tokens above the budget, where slates are drawn without it; 0 or below.
        probe: price of the page's share of the tokens of a probe, 0 or below.
    """

    quality: float
    gain: float
    tokens: float = 0.0
    pivot: float = 0.0
    rubric: float = 0.0
    overspent: float = 0.0
    probe: float = 0.0

    @property
    def net(self) -> float:
        """The reward, points."""
        return sum(part for _, part in self.items())

    @property
    def paid(self) -> float:
        """The prices in it, 0 or above."""
        return -(self.tokens + self.pivot + self.overspent + self.probe)

    def items(self) -> tuple[tuple[str, float], ...]:
        """Named parts that sum to `net`."""
        names = ("gain", "tokens", "pivot", "rubric", "overspent", "probe")
        return tuple((name, getattr(self, name)) for name in names)


@dataclass(frozen=True, slots=True)
class Rubric:
    """What a translation of one page must mention.

    Attributes:
        needles: normalised names, terms and numbers of the reference, by line.
    """

    needles: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if any(not needle.strip() for line in self.needles for needle in line):
            raise ConfigurationError("a rubric with an empty needle: it would count as found in every translation")

    def score(self, translations: Sequence[str]) -> float:
        """Share of the needles found in their own lines, 0 to 1; 1 when there are none."""
        total = sum(len(line) for line in self.needles)
        found = sum(
            f" {needle} " in f" {normalised(text)} "
            for line, text in zip(self.needles, translations, strict=True)
            for needle in line
        )
        return found / total if total else 1.0


@dataclass(frozen=True, slots=True)
class ChrfReward:
    """Sentence chrF in points, averaged over the lines of a page, behind the gates; the `Reward` of core.

    Attributes:
        name: shown with results.
    """

    name: str = "chrf"

    def score(self, trajectory: Trajectory, reference: Sequence[str]) -> float:
        """Quality of the page's translation, 0 to 100, before any price."""
        sources = trajectory.steps[0].observation.page.sources if trajectory.steps else ("",) * len(reference)
        return gated_quality(trajectory.translations, reference, sources)


def gated_quality(translations: Sequence[str], references: Sequence[str], sources: Sequence[str]) -> float:
    """Mean sentence chrF of a page behind the gates, 0 to 100."""
    if len(translations) != len(references) or not references:
        return 0.0
    lines = zip(translations, references, sources, strict=True)
    return fmean(sentence_chrf(text, ref) if _passes(text, ref, src) else 0.0 for text, ref, src in lines)


def reward_parts(
    task: PageTask,
    chosen: Sequence[str],
    quality: float,
    *,
    baseline: float,
    pivot: bool = False,
    rubric: float = 1.0,
    overspending_price: float = 0.0,
) -> RewardParts:
    """The reward of a choice for a page.

    Args:
        task: the page; its observation names the prices.
        chosen: ids in the prompt.
        quality: of what the translator made of it, points; see `gated_quality`.
        baseline: Q(nothing), points, of the same page.
        pivot: whether the pivot was called.
        rubric: share of the rubric that was found, 0 to 1; 1 without one.
        overspending_price: points per 100 tokens above the budget.
    """
    observation = task.observation
    cost = {candidate.id: candidate.tokens for candidate in observation.candidates}
    tokens = sum(cost[id] for id in chosen)
    return RewardParts(
        quality=quality,
        gain=quality - baseline,
        tokens=-observation.price_per_100_tokens * tokens / 100,
        pivot=-observation.pivot_price * pivot,
        rubric=_RUBRIC_SHARE * (rubric - 1.0) * max(0.0, quality - baseline),  # as `positive_only_reward`
        overspent=-overspending_price * max(0, tokens - observation.budget_tokens) / 100,
    )


def make_rubric(task: PageTask) -> Rubric:
    """Names and terms among the candidates whose rendering stands in the reference, and the reference's numbers."""
    kinds = (Kind.ENTITY, Kind.ENTRY)
    records = (candidate.record for candidate in task.observation.candidates if candidate.record.kind in kinds)
    targets = {part for record in records for gloss in record.target.split(";") if (part := normalised(gloss))}
    lines = []
    for reference in task.references:
        text = f" {normalised(reference)} "
        terms = {target for target in targets if f" {target} " in text}
        lines.append(tuple(sorted(terms | {normalised(number) for number in _NUMBER.findall(reference)})))
    return Rubric(tuple(lines))


def normalised(text: str) -> str:
    """Letters, marks and digits of any script, composed and case-folded, with single spaces between words."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in composed)
    return " ".join(kept.split())


def _passes(translation: str, reference: str, source: str) -> bool:
    """Whether a line is there, is not its source, and is in the script of its reference."""
    if not translation.strip():
        return not reference.strip()
    if translation.strip() == source.strip() and translation.strip() != reference.strip():
        return False
    return _script(reference) in ("", _script(translation))


def _script(text: str) -> str:
    """The script of most letters, as the first word of their Unicode names; empty without letters."""
    counts: dict[str, int] = {}
    for letter in text:
        if letter.isalpha():
            script = _script_of(letter)
            counts[script] = counts.get(script, 0) + 1
    return max(counts, key=lambda name: (counts[name], name)) if counts else ""


def _script_of(letter: str) -> str:
    return "LATIN" if letter < "ʰ" else unicodedata.name(letter, "").partition(" ")[0]

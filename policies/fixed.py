"""Policies that learn nothing: the baselines every learned policy is shown beside.

All of them hold the hard budget, write down each probability, and leave the pivot to the coverage rule.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dragoman.core.context import Candidate, ContextChoice, Observation
from dragoman.core.errors import ConfigurationError
from dragoman.core.records import Kind
from dragoman.policies.budget import Draw, settle
from dragoman.policies.pivot import coverage_verdict

__all__ = ["DEFAULT_TOP_K", "KIND_ORDER", "FullPolicy", "NonePolicy", "RandomPolicy", "RecencyPolicy", "TopKPolicy"]

# Words before sentences before grammar: the order in which resources paid in Hu et al. 2026 (arXiv:2606.06428,
# ablation on English-Kalamang: without dictionary -8.3 chrF, without sentences -7.3, without grammar -1.4).
KIND_ORDER = (Kind.ENTITY, Kind.TRACE, Kind.ENTRY, Kind.STYLE, Kind.ESSENCE, Kind.EXEMPLAR, Kind.RULE)

DEFAULT_TOP_K: Mapping[Kind, int] = MappingProxyType(
    {
        Kind.ENTITY: 12,
        Kind.TRACE: 20,
        Kind.ENTRY: 60,
        Kind.STYLE: 4,
        Kind.ESSENCE: 1,
        Kind.EXEMPLAR: 4,
        Kind.RULE: 6,
    }
)


@dataclass(frozen=True, slots=True)
class NonePolicy:
    """Chooses nothing."""

    signature: str = "none:1"

    def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
        """The empty choice."""
        return _settle(self.signature, observation, seed, [])


@dataclass(frozen=True, slots=True)
class FullPolicy:
    """Wants everything that was offered, in the order of the prompt; the budget cuts the end."""

    signature: str = "full:1"

    def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
        """All candidates, as far as they fit."""
        return _settle(self.signature, observation, seed, [(c, 1.0, "everything") for c in observation.candidates])


@dataclass(frozen=True, slots=True)
class RecencyPolicy:
    """Wants what the document itself left in memory, the latest first; what the user brought has no recency."""

    signature: str = "recency:1"

    def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
        """Document memory, newest first."""
        recent = [c for c in observation.candidates if c.features.recency > 0]
        recent.sort(key=lambda c: (-c.features.recency, c.features.rank, c.id))
        return _settle(self.signature, observation, seed, [(c, 1.0, "recent") for c in recent])


@dataclass(frozen=True, slots=True)
class TopKPolicy:
    """Wants the k most similar candidates of each kind.

    Under a tight budget each kind advances in proportion to its k, so that no kind crowds out the others.

    Attributes:
        k: most candidates wanted, by kind; a kind that is missing gets none.
    """

    k: Mapping[Kind, int] = field(default_factory=lambda: DEFAULT_TOP_K)

    @property
    def signature(self) -> str:
        """Name, version and k by kind."""
        return "top-k:1 " + " ".join(f"{kind}={self.k[kind]}" for kind in KIND_ORDER if kind in self.k)

    def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
        """The best of each kind, interleaved."""
        placed = [(*self._place(candidate), candidate) for candidate in observation.candidates]
        wanted = [row for row in placed if row[0] < 1.0]
        wanted.sort(key=lambda row: (*row[:2], row[2].id))
        draws: list[Draw] = [(c, 1.0, f"number {c.features.rank + 1:.0f} of its kind") for _, _, c in wanted]
        return _settle(self.signature, observation, seed, draws)

    def _place(self, candidate: Candidate) -> tuple[float, int]:
        """How far down its kind's k the candidate stands (1 and more: not wanted), and the order of its kind."""
        kind = candidate.record.kind
        k = self.k.get(kind, 0)
        return (candidate.features.rank / k if k else 1.0), KIND_ORDER.index(kind)


@dataclass(frozen=True, slots=True)
class RandomPolicy:
    """Draws each candidate with the same probability; the budget drops in random order.

    Attributes:
        probability: of each candidate, above 0 and at most 1.
    """

    probability: float = 0.5

    def __post_init__(self) -> None:
        if not 0.0 < self.probability <= 1.0:
            raise ConfigurationError(
                f"probability is {self.probability}: the random policy needs one above 0, at most 1"
            )

    @property
    def signature(self) -> str:
        """Name, version and probability."""
        return f"random:1 p={self.probability:g}"

    def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
        """Independent draws from the seed."""
        generator = random.Random(seed)
        drawn = [c for c in observation.candidates if generator.random() < self.probability]
        order = sorted(drawn, key=lambda _: generator.random())
        draws: list[Draw] = [(candidate, self.probability, "drawn by lot") for candidate in order]
        return _settle(self.signature, observation, seed, draws, rest=self.probability)


def _settle(signature: str, observation: Observation, seed: int, draws: list[Draw], rest: float = 0.0) -> ContextChoice:
    verdict = coverage_verdict(observation)
    return settle(observation, draws, pivot=verdict, policy=signature, seed=seed, probability_of_rest=rest)

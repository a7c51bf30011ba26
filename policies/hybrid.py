"""Asks the model only where the learned scorer is unsure and its mistakes would cost more than the question.

The scorer's bootstrap heads disagree where the training data leave its gains open. The expected regret of its choice
is the mean over heads of what the head's own best choice would have earned more, gains taken as adding up.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragoman.core.context import ContextChoice, Observation
from dragoman.core.errors import ConfigurationError, PolicyError
from dragoman.core.protocols import Backend
from dragoman.core.trajectory import PaidChoice
from dragoman.policies.checkpoint import Checkpoint, default_checkpoint, load_checkpoint
from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.prompted import PromptedPolicy, no_model
from dragoman.policies.scorer import logits, states_of
from dragoman.policies.scorer_table import page_table

__all__ = ["HybridPolicy", "expected_regret", "hybrid_policy"]


@dataclass(frozen=True, slots=True, eq=False)
class HybridPolicy:
    """The learned policy, with the prompted one for pages where it is unsure.

    Attributes:
        learned: chooses first; its checkpoint needs bootstrap heads.
        prompted: asked where the expected regret exceeds the price of asking.
        ask_price: points that one question must save besides the price of its tokens.
    """

    learned: LearnedPolicy
    prompted: PromptedPolicy = PromptedPolicy()
    ask_price: float = 1.0

    def __post_init__(self) -> None:
        if not len(self.learned.checkpoint.heads):
            raise PolicyError("the hybrid policy needs a checkpoint with bootstrap heads: train with num_heads above 0")
        if self.ask_price < 0:
            raise ConfigurationError(f"ask_price is {self.ask_price}: give points of 0 or more")

    @property
    def signature(self) -> str:
        """Name, version, both policies and the price."""
        return f"hybrid:1 ask={self.ask_price:g} [{self.learned.signature}] [{self.prompted.signature}]"

    def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
        """Refuses: there is no model to ask here.

        Raises:
            PolicyError: always; the agent calls `achoose`.
        """
        raise no_model("hybrid", observation, seed)

    async def achoose(self, observation: Observation, backend: Backend, *, seed: int) -> PaidChoice:
        """The scorer's choice, or the model's where that is worth asking for.

        Raises:
            BackendError: of the backend.
        """
        own = self.learned.choose(observation, seed=seed)
        offered = sum(candidate.tokens for candidate in observation.candidates)
        price = self.ask_price + observation.price_per_100_tokens * offered / 100
        if not observation.candidates or expected_regret(self.learned.checkpoint, observation, own) <= price:
            return PaidChoice(own)
        return await self.prompted.achoose(observation, backend, seed=seed)


def expected_regret(checkpoint: Checkpoint, observation: Observation, choice: ContextChoice) -> float:
    """Points that the heads' own best choices would earn above this choice, on average; 0 where all agree.

    Heads were fitted before the policy gradient; their spread is kept and moved to the final weights.
    """
    table = page_table(observation)
    included_N = np.array([decision.included for decision in choice.decisions], dtype=bool)
    state_G_N_D = states_of(table, included_N)[None]
    centred = checkpoint.heads - checkpoint.heads.mean(axis=0)
    net_H_N = np.stack([logits(checkpoint.weights + head, table, state_G_N_D)[0] for head in centred])
    missed = np.maximum(0.0, net_H_N)[:, ~included_N].sum(axis=1)
    wasted = np.maximum(0.0, -net_H_N)[:, included_N].sum(axis=1)
    return float((missed + wasted).mean())


def hybrid_policy(
    checkpoint: str | Path | None = None, *, ask_price: float = 1.0, one_call_tokens: int = 1500
) -> HybridPolicy:
    """Learned, and asks the model only where the scorer is unsure.

    Args:
        checkpoint: file of `dragoman policy train`; the one that ships with the package when None.
        ask_price, one_call_tokens: see `HybridPolicy` and `PromptedPolicy`.

    Raises:
        PolicyError: the file is no checkpoint of this version, or has no bootstrap heads.
    """
    loaded = default_checkpoint() if checkpoint is None else load_checkpoint(Path(checkpoint))
    return HybridPolicy(LearnedPolicy(loaded), PromptedPolicy(one_call_tokens), ask_price)

"""Which candidates are worth their tokens: fixed policies, a learned one, and those that ask the model.

A policy implements `dragoman.core.protocols.ContextPolicy`. Its input table is `dragoman.core.context.FEATURE_NAMES`;
every choice is logged with propensities, so logs of any policy here can train the next.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.core.protocols import ContextPolicy
from dragoman.policies.fixed import FullPolicy, NonePolicy, RandomPolicy, RecencyPolicy, TopKPolicy
from dragoman.policies.hybrid import hybrid_policy
from dragoman.policies.learned import learned_policy
from dragoman.policies.prompted import PromptedPolicy

__all__ = ["DEFAULT_POLICY", "POLICIES", "make_policy"]

DEFAULT_POLICY = "top-k"

POLICIES: Mapping[str, Callable[..., ContextPolicy]] = MappingProxyType(
    {
        "none": NonePolicy,
        "random": RandomPolicy,
        "recency": RecencyPolicy,
        "top-k": TopKPolicy,
        "full": FullPolicy,
        "learned": learned_policy,
        "prompted": PromptedPolicy,
        "hybrid": hybrid_policy,
    }
)


def make_policy(name: str, **settings: Any) -> ContextPolicy:  # Any: each policy checks its own settings
    """The policy of that name; a name that ends in ".json" is the learned policy with that checkpoint.

    Raises:
        UnknownNameError: if there is no policy of that name.
        ConfigurationError: if a setting is not one of that policy.
        PolicyError: if `name` or the setting `checkpoint` is a file that is no checkpoint of this version.
    """
    if name == "oracle":
        raise ConfigurationError(
            "policy 'oracle' knows the reference: it is for evaluation only, see 'dragoman policy evaluate'"
        )
    if name.endswith(".json"):
        name, settings = "learned", {"checkpoint": name, **settings}
    if name not in POLICIES:
        raise UnknownNameError("policy", name, POLICIES)
    try:
        return POLICIES[name](**settings)
    except TypeError as error:
        raise ConfigurationError(f"policy {name!r} does not take these settings: {error}") from error

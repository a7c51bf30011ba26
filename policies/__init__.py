"""Which candidates are worth their tokens: fixed policies now, and the slot of the learned one.

A policy implements `dragoman.core.protocols.ContextPolicy`. Its input table is `dragoman.core.context.FEATURE_NAMES`;
every choice is logged with propensities, so logs of any policy here can train the next.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.core.protocols import ContextPolicy
from dragoman.policies.fixed import FullPolicy, NonePolicy, RandomPolicy, RecencyPolicy, TopKPolicy

__all__ = ["DEFAULT_POLICY", "POLICIES", "make_policy"]

DEFAULT_POLICY = "top-k"

POLICIES: Mapping[str, Callable[..., ContextPolicy]] = MappingProxyType(
    {
        "none": NonePolicy,
        "random": RandomPolicy,
        "recency": RecencyPolicy,
        "top-k": TopKPolicy,
        "full": FullPolicy,
    }
)

_PLANNED = ("learned", "prompted", "hybrid", "oracle")


def make_policy(name: str, **settings: Any) -> ContextPolicy:  # Any: each policy checks its own settings
    """The policy of that name.

    Raises:
        UnknownNameError: if there is no policy of that name.
        ConfigurationError: if the name or a setting is not part of this version.
    """
    if name in _PLANNED:
        raise ConfigurationError(f"policy {name!r} is not part of this version: use one of {', '.join(POLICIES)}")
    if name not in POLICIES:
        raise UnknownNameError("policy", name, POLICIES)
    try:
        return POLICIES[name](**settings)
    except TypeError as error:
        raise ConfigurationError(f"policy {name!r} does not take these settings: {error}") from error

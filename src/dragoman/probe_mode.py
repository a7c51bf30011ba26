"""Whether the documents of a run are probed, where the user leaves that to the program."""

from dataclasses import replace

from dragoman.core.errors import ConfigurationError
from dragoman.core.probe import ProbeMode
from dragoman.core.protocols import ContextPolicy
from dragoman.options import TranslatorOptions
from dragoman.policies.hybrid import HybridPolicy
from dragoman.policies.learned import LearnedPolicy
from dragoman.saved import is_gloss

__all__ = ["with_probe_mode"]


def with_probe_mode(options: TranslatorOptions, policy: ContextPolicy, model: str | None) -> TranslatorOptions:
    """The options with the probe settled: `auto` is left only where a probe is of use.

    That is with a learned policy, which buys every word it is offered, and with a model that may know something by
    itself. How long a document has to be is decided for each (`dragoman.agent.probe.is_probed`).

    Args:
        options: as the user gave them.
        policy: of the run.
        model: name of the backend; None where none is named yet.

    Raises:
        ConfigurationError: a probe is asked for and the model is the built-in gloss.
    """
    glosses = model is not None and is_gloss(model)
    mode = options.settings.probe
    if mode is ProbeMode.ALWAYS and glosses:
        raise ConfigurationError("the gloss model knows nothing by itself: leave out --probe always, or name a --model")
    if mode is ProbeMode.AUTO and (glosses or not isinstance(policy, LearnedPolicy | HybridPolicy)):
        return replace(options, settings=replace(options.settings, probe=ProbeMode.NEVER))
    return options

"""Which models can be asked, and the one place that makes them from what the user wrote."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from dragoman.core import environment
from dragoman.core.errors import ConfigurationError, MissingExtraError, UnknownNameError
from dragoman.core.protocols import Backend

__all__ = ["BACKENDS", "FORMS", "make_backend"]

_Options = Mapping[str, Any]  # Any: each backend's config dataclass checks its own values


def make_backend(
    spec: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    tokenizer: str | None = None,
    **options: Any,  # Any: see _Options
) -> Backend:
    """The backend that `spec` names; nothing is loaded or connected before its first call.

    Args:
        spec: "gloss", "micro", "scripted", "hf:PATH", "vllm:PATH", or a server's model name when a base URL is known.
        base_url: of an OpenAI-compatible server; else from the environment. Not used by "gloss", "micro", hf:, vllm:.
        api_key: for that server; else from the environment. Local servers need none.
        tokenizer: tokenizer.json or folder for counting tokens; else a documented estimate (servers only).
        options: settings of that backend: fields of `HttpConfig`, `TransformersConfig` or `VllmConfig`.

    Raises:
        UnknownNameError: neither a built-in name nor a server's model, or an option that does not exist.
        MissingExtraError: the library behind hf: or vllm: is not installed.
        ConfigurationError: a setting is wrong.
    """
    prefix, colon, path = spec.partition(":")
    built_in = BACKENDS.get(prefix + colon)
    if spec == _FOR_TESTS and base_url:  # nobody is told that name, so a server may use it
        built_in = None
    if built_in is not None and (path or not colon):
        return built_in(path, options)
    url = base_url or environment.base_url()
    if not url or not spec or built_in is not None:
        raise UnknownNameError("model", spec, FORMS)
    return _http(
        spec, {"base_url": url, "api_key": api_key or environment.api_key(), "tokenizer": tokenizer, **options}
    )


def _gloss(_path: str, options: _Options) -> Backend:
    from dragoman.agent.backends.gloss import GlossBackend

    _refuse("gloss", options)
    return GlossBackend()


def _scripted(_path: str, options: _Options) -> Backend:
    from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines

    _refuse("scripted", options)
    return ScriptedBackend(echo_lines())


def _micro(_path: str, options: _Options) -> Backend:
    from dragoman.agent.backends.micro import micro_folder
    from dragoman.agent.backends.transformers_local import TransformersBackend, TransformersConfig

    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtraError("--model micro", "torch")
    return TransformersBackend(_build(TransformersConfig, "micro", {**options, "path": str(micro_folder())}))


def _transformers(path: str, options: _Options) -> Backend:
    from dragoman.agent.backends.transformers_local import TransformersBackend, TransformersConfig

    return TransformersBackend(_build(TransformersConfig, "hf:", {"path": path, **options}))


def _vllm(path: str, options: _Options) -> Backend:
    from dragoman.agent.backends.vllm_engine import VllmBackend, VllmConfig

    return VllmBackend(_build(VllmConfig, "vllm:", {"path": path, **options}))


def _http(model: str, options: _Options) -> Backend:
    from dragoman.agent.backends.http import HttpBackend, HttpConfig

    return HttpBackend(_build(HttpConfig, "a server", {"model": model, **options}))


def _build(config: Callable[..., Any], role: str, options: _Options) -> Any:  # Any: one of three config classes
    known = config.__dataclass_fields__  # type: ignore[attr-defined]  # config is a dataclass
    for option in options:
        if option not in known:
            raise UnknownNameError(f"option of {role}", option, known)
    return config(**options)


def _refuse(name: str, options: _Options) -> None:
    for option in options:
        raise ConfigurationError(f"model {name!r} has no option {option!r}: leave it out")


# A name that ends in a colon takes a path or an id behind it.
BACKENDS: Mapping[str, Callable[[str, _Options], Backend]] = MappingProxyType(
    {"gloss": _gloss, "micro": _micro, "scripted": _scripted, "hf:": _transformers, "vllm:": _vllm}
)

_FOR_TESTS = "scripted"
# What users are told.
FORMS = ("gloss", "micro", "hf:PATH", "vllm:PATH", "any model name of a server with --base-url")

"""What a translator is asked to do: one frozen object behind the keywords of the SDK and the options of the CLI.

Keywords that `RunSettings` knows keep their names; the rest says where things are and where the run stops.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypedDict, TypeVar

from dragoman.agent.settings import RememberMode, RunSettings
from dragoman.core.context import PivotMode
from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.core.languages import Language, parse_language
from dragoman.core.probe import ProbeMode
from dragoman.core.records import Kind
from dragoman.defaults import DEFAULT_MODEL

__all__ = [
    "AUTO_BUDGET",
    "DEFAULT_MODEL",
    "GLOSSES_IN",
    "RESOURCE_BUDGET",
    "Paths",
    "TranslatorKeywords",
    "TranslatorOptions",
    "make_options",
]

GLOSSES_IN = ("auto", "target", "source")
AUTO_BUDGET = RunSettings().budget_tokens
# A language the model does not know needs its words and forms spelt out (notes on cost: about 16 tokens an entry).
RESOURCE_BUDGET = 1600

Paths = str | Path | Sequence[str | Path]
"""One path or several."""


class TranslatorKeywords(TypedDict, total=False):
    """The keywords of `Translator`; see `TranslatorOptions` and `RunSettings` for their meaning and defaults."""

    dictionary: Paths
    grammar: Paths
    parallel: Paths
    glossed: Paths
    glossary: Paths
    note: Paths
    remembered: Paths
    model: str | None
    base_url: str | None
    api_key: str | None
    tokenizer: str | None
    timeout_s: float | None
    max_attempts: int | None
    backend_options: Mapping[str, Any]  # Any: fields of the backend's own config
    pivot_model: str | None
    pivot_base_url: str | None
    workers: int
    stream_text: bool
    max_cost_usd: float | None
    max_tokens: int | None
    prices: tuple[float, ...] | None
    journal: str | Path | None
    fresh: bool
    budget_tokens: int | str
    price_per_100_tokens: float
    pivot: PivotMode | str
    pivot_price: float
    probe: ProbeMode | str
    wave: int
    page_tokens: int
    page_lines: int
    max_repairs: int
    remember: RememberMode
    k: Mapping[Kind, int]
    glosses_in: str
    instructions: str
    temperature: float
    max_output_tokens: int | None
    seed: int
    approve_entities: bool


@dataclass(frozen=True, slots=True)
class TranslatorOptions:
    """Everything a translator is told, besides the objects it may be given.

    Attributes:
        source_language: of the documents.
        target_language: of the translation.
        resources: resource kind to its paths; a note may be the words of the note; "remembered" are
            files that `dragoman memory export` wrote.
        model: see `dragoman.agent.backends.make_backend`.
        base_url: of an OpenAI-compatible server.
        api_key: of that server; else from the environment.
        tokenizer: file or folder of the server's tokenizer, for counting tokens.
        timeout_s: seconds for one answer of a server; None means the backend's default.
        max_attempts: tries of one call at a server; None means the backend's default.
        backend_options: further fields of the backend's config, such as {"max_context_tokens": 8192}.
        pivot_model: of the tool `translate_to_english`; None means the same model.
        pivot_base_url: of its server; None means the same server.
        glosses_in: the language that resources explain words in: "target", "source" (they are turned round), or "auto",
            decided for each document by its words; see `dragoman.direction`.
        policy: name of the context policy.
        workers: model calls in flight, at most.
        stream_text: whether the events of a run bring the model's answers piece by piece (`TextDelta`); the
            translation is the same.
        max_cost_usd: the run stops there; needs prices.
        max_tokens: the run stops there; prompt and output tokens together.
        prices: US dollars per million tokens: prompt, output and, if it differs, cached prompt.
        journal: SQLite file or postgresql:// URL; None keeps it in memory.
        fresh: start over instead of resuming.
        settings: what can change a translation.
    """

    source_language: Language
    target_language: Language
    resources: Mapping[str, tuple[str | Path, ...]] = field(default_factory=lambda: MappingProxyType({}))
    model: str = DEFAULT_MODEL
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    tokenizer: str | None = None
    timeout_s: float | None = None
    max_attempts: int | None = None
    backend_options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # Any: checked there
    pivot_model: str | None = None
    pivot_base_url: str | None = None
    glosses_in: str = "auto"
    policy: str = ""
    workers: int = 8
    stream_text: bool = False
    max_cost_usd: float | None = None
    max_tokens: int | None = None
    prices: tuple[float, ...] | None = None
    journal: str | Path | None = None
    fresh: bool = False
    settings: RunSettings = field(default_factory=RunSettings)

    def __post_init__(self) -> None:
        if self.glosses_in not in GLOSSES_IN:
            raise UnknownNameError("language of the glosses", self.glosses_in, GLOSSES_IN)

    @property
    def flip(self) -> bool:
        """Whether resources are read backwards as far as the options tell; the words of a document may tell more.

        They mostly gloss in English, so out of English they change sides.
        """
        if self.glosses_in != "auto":
            return self.glosses_in == "source"
        return self.source_language.is_english and not self.target_language.is_english


_Mode = TypeVar("_Mode", PivotMode, ProbeMode)
_RESOURCES = ("dictionary", "grammar", "parallel", "glossed", "glossary", "note", "remembered")
_SETTINGS = tuple(f.name for f in fields(RunSettings))
_PLAIN = tuple(
    f.name
    for f in fields(TranslatorOptions)
    if f.name not in ("source_language", "target_language", "resources", "settings")
)


def make_options(
    source_language: str | Language, target_language: str | Language, keywords: Mapping[str, Any]
) -> TranslatorOptions:  # Any: checked by name here and by value in the dataclasses
    """The options that keywords stand for.

    Raises:
        UnknownNameError: a keyword, pivot mode, probe mode or remember mode that does not exist.
        ConfigurationError: a value out of range.
        LanguageError: a language that cannot be understood.
    """
    known = (*_RESOURCES, *_PLAIN, *_SETTINGS)
    for name in keywords:
        if name not in known:
            raise UnknownNameError("option", name, known)
    if keywords.get("base_url") and not keywords.get("model"):
        raise ConfigurationError(f"server {keywords['base_url']} is named and no model: give --model, a name it knows")
    resources = {name: as_paths(keywords[name]) for name in _RESOURCES if keywords.get(name)}
    plain = {name: keywords[name] for name in _PLAIN if name in keywords}
    plain["model"] = plain.get("model") or DEFAULT_MODEL
    return TranslatorOptions(
        source_language=_language(source_language),
        target_language=_language(target_language),
        resources=MappingProxyType({kind: paths for kind, paths in resources.items() if paths}),
        settings=_settings(keywords, resources),
        **plain,
    )


def as_paths(paths: Paths) -> tuple[str | Path, ...]:
    """One path or several, as a tuple."""
    return (paths,) if isinstance(paths, str | Path) else tuple(paths)


def _language(given: str | Language) -> Language:
    return given if isinstance(given, Language) else parse_language(given)


def _settings(keywords: Mapping[str, Any], resources: Mapping[str, object]) -> RunSettings:  # Any: see make_options
    values = {name: keywords[name] for name in _SETTINGS if name in keywords}
    values["budget_tokens"] = _budget(values.get("budget_tokens", "auto"), resources)
    if "pivot" in values:
        values["pivot"] = _mode(PivotMode, "pivot mode", values["pivot"])
    values["probe"] = _mode(ProbeMode, "probe mode", values.get("probe", ProbeMode.AUTO))
    return RunSettings(**values)


def _budget(given: int | str, resources: Mapping[str, object]) -> int:
    if given == "auto":
        rich = any(resources.get(kind) for kind in ("dictionary", "grammar", "glossed"))
        return RESOURCE_BUDGET if rich else AUTO_BUDGET
    try:
        return int(given)
    except ValueError:
        raise ConfigurationError(f"budget is {given!r}: give a number of tokens per page, or auto") from None


def _mode(modes: type[_Mode], what: str, given: str) -> _Mode:
    try:
        return modes(given)
    except ValueError:
        raise UnknownNameError(what, str(given), [mode.value for mode in modes]) from None

"""The settings of a run: one frozen object, checked when built, saved with every result."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from dragoman.core.context import PivotMode
from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.core.hashing import content_hash, stable_json
from dragoman.core.probe import ProbeMode
from dragoman.core.records import Kind

__all__ = ["DEFAULT_K", "TEMPLATE_VERSION", "RememberMode", "RunSettings"]

TEMPLATE_VERSION = 1

RememberMode = str  # "auto" (policy may skip), "always", "never"
_REMEMBER_MODES = ("auto", "always", "never")

DEFAULT_K: Mapping[Kind, int] = MappingProxyType(
    {
        Kind.RULE: 12,
        Kind.STYLE: 4,
        Kind.ESSENCE: 2,
        Kind.ENTITY: 24,
        Kind.ENTRY: 120,
        Kind.EXEMPLAR: 12,
        Kind.TRACE: 20,
    }
)


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Everything besides documents, resources, backend and policy that can change a translation.

    Attributes:
        budget_tokens: most context tokens a page may get.
        price_per_100_tokens: lambda, in points of chrF.
        pivot: never, always or auto.
        pivot_price: mu, in points of chrF for one pivot call.
        wave: width; page p reads the memory left by pages 0 to p - wave.
        page_tokens: most source tokens of a page (a longer single segment is a page of its own).
        page_lines: most segments of a page.
        max_repairs: repair calls a page may cost after the first answer.
        remember: auto, always or never.
        k: candidates recalled per kind and page, at most.
        instructions: the user's own words for the system message.
        temperature: 0 is greedy.
        max_output_tokens: of one call; None means from the length of the source.
        seed: of every random draw.
        probe: whether documents are probed for what the model knows by itself (`dragoman.agent.probe`).
        approve_entities: stop before `remember` so that a person can correct entity renderings.
    """

    budget_tokens: int = 400
    price_per_100_tokens: float = 0.15
    pivot: PivotMode = PivotMode.NEVER
    pivot_price: float = 0.5
    wave: int = 1
    page_tokens: int = 600
    page_lines: int = 10
    max_repairs: int = 1
    remember: RememberMode = "auto"
    k: Mapping[Kind, int] = field(default_factory=lambda: DEFAULT_K)
    instructions: str = ""
    temperature: float = 0.0
    max_output_tokens: int | None = None
    seed: int = 0
    approve_entities: bool = False
    probe: ProbeMode = ProbeMode.NEVER

    def __post_init__(self) -> None:
        for name, least in (
            ("budget_tokens", 0),
            ("wave", 1),
            ("page_tokens", 1),
            ("page_lines", 1),
            ("max_repairs", 0),
        ):
            value = getattr(self, name)
            if value < least:
                raise ConfigurationError(f"{name} is {value}: give a whole number of at least {least}")
        if self.remember not in _REMEMBER_MODES:
            raise UnknownNameError("remember mode", self.remember, _REMEMBER_MODES)

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["pivot"] = self.pivot.value
        values["probe"] = self.probe.value
        values["k"] = {kind.value: number for kind, number in self.k.items()}
        return values

    @property
    def signature(self) -> str:
        """Hash of all settings and of the prompt templates' version."""
        return content_hash(stable_json(self.as_dict()), str(TEMPLATE_VERSION))

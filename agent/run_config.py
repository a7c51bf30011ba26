"""What a run was configured with, part by part, so that a change can be named and not only noticed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dragoman.agent.settings import TEMPLATE_VERSION, RunSettings
from dragoman.core.hashing import content_hash, stable_json
from dragoman.core.records import Resource

__all__ = ["RunConfig", "run_config"]

_SHORT = 60


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything that can change a translation besides the document.

    Attributes:
        settings: name to value, as shown to people ("budget_tokens" -> "400", "backend" -> "gloss").
        resources: "kind name" to content hash ("dictionary words.tsv" -> "9f3a...").
    """

    settings: Mapping[str, str]
    resources: Mapping[str, str]

    @property
    def hash(self) -> str:
        """Identifies the configuration; part of the key of every page."""
        return content_hash(stable_json(dict(self.settings)), stable_json(dict(self.resources)))

    def with_parts(self, parts: Mapping[str, str]) -> "RunConfig":
        """The same with more named parts."""
        return RunConfig({**self.settings, **parts}, self.resources) if parts else self

    def changes(self, saved: "RunConfig") -> tuple[str, ...]:
        """What differs from the saved configuration, one phrase each; empty when nothing does."""
        settings = [
            f"{name}: {_shown(saved.settings.get(name))} -> {_shown(self.settings.get(name))}"
            for name in sorted(saved.settings.keys() | self.settings.keys())
            if saved.settings.get(name) != self.settings.get(name)
        ]
        resources = [
            f"{name} {_fate(saved.resources.get(name), self.resources.get(name))}"
            for name in sorted(saved.resources.keys() | self.resources.keys())
            if saved.resources.get(name) != self.resources.get(name)
        ]
        return tuple(settings + resources)


def run_config(
    settings: RunSettings,
    *,
    policy: str,
    backend: str,
    resources: Sequence[Resource] = (),
    pivot_backend: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> RunConfig:
    """The configuration of a run.

    Args:
        settings: every field becomes a named part.
        policy: the policy's signature.
        backend: the backend's name.
        resources: what the user brought; two of the same kind and name are numbered.
        pivot_backend: name of the backend of the pivot tool; None when it is the same one.
        extra: more named parts, such as the memory's embedder.
    """
    parts = {name: stable_json(value) for name, value in settings.as_dict().items()}
    parts |= {"policy": policy, "backend": backend, "template version": str(TEMPLATE_VERSION)}
    if pivot_backend is not None:
        parts["pivot backend"] = pivot_backend
    return RunConfig(parts | dict(extra or {}), _named_hashes(resources))


def _named_hashes(resources: Sequence[Resource]) -> dict[str, str]:
    hashes: dict[str, str] = {}
    for resource in resources:
        name = base = f"{resource.kind} {resource.name}"
        number = 1
        while name in hashes:
            number += 1
            name = f"{base} ({number})"
        hashes[name] = resource.hash
    return hashes


def _shown(value: str | None) -> str:
    if value is None:
        return "not set"
    return value if len(value) <= _SHORT else value[: _SHORT - 3] + "..."


def _fate(saved: str | None, now: str | None) -> str:
    if saved is None:
        return "added"
    return "removed" if now is None else "changed"

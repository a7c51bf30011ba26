"""Loads what the user brought, by kind, and says what could not be read of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dragoman.core.records import Resource
from dragoman.memory.flip import flip_records
from dragoman.memory.resources import load_resource, note_resource

__all__ = ["directed", "load_resources", "problems_of"]

REMEMBERED = "remembered"
_NOTE_FILES = (".txt", ".md")


def load_resources(paths: Mapping[str, Sequence[str | Path]], *, flip: bool = False) -> tuple[Resource, ...]:
    """All resources, in the order of their kinds and paths.

    Args:
        paths: kind to paths; a note may be the words of the note itself; "remembered" are exported memories.
        flip: whether memory will turn the records round; exported memories are in the run's direction already, so
            they are turned round here to come out right.

    Raises:
        ResourceError: a file is missing or has nothing usable in it.
        EncodingError: a file is not text.
    """
    loaded = tuple(_load(kind, path) for kind, given in paths.items() for path in given)
    return directed(loaded) if flip else loaded


def directed(resources: Sequence[Resource]) -> tuple[Resource, ...]:
    """The same with exported memories turned round, or back: memory is about to turn round everything."""
    return tuple(
        replace(resource, records=tuple(flip_records(resource.records))) if resource.kind == "memory" else resource
        for resource in resources
    )


def problems_of(resources: Sequence[Resource]) -> tuple[str, ...]:
    """One line for each row that was skipped."""
    return tuple(problem for resource in resources for problem in _named(resource))


def _named(resource: Resource) -> Iterator[str]:
    for problem in resource.problems:
        yield problem if resource.name in problem else f"{resource.name}: {problem}"


def _load(kind: str, path: str | Path) -> Resource:
    if kind == REMEMBERED:
        from dragoman.memory.export import import_records

        return import_records(Path(path))
    if kind == "note" and _is_words(path):
        return note_resource(str(path))
    return load_resource(kind, path)


def _is_words(path: str | Path) -> bool:
    """Whether a note is given as its own words; "style.md" is a file, also when it is missing."""
    if isinstance(path, Path) or (len(path.split()) == 1 and path.endswith(_NOTE_FILES)):
        return False
    return "\n" in path or len(path) > 255 or not Path(path).exists()

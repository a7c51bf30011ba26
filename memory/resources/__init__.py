"""What a user brings: dictionaries, grammars, parallel and glossed text, glossaries, notes; all become records.

Records are in the direction of the file: source is the language described, target the language of the glosses.
`Memory(flip=True)` turns them round.
"""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from dragoman.core.errors import ResourceError, UnknownNameError
from dragoman.core.hashing import content_hash
from dragoman.core.records import MemoryRecord, Resource
from dragoman.memory.resources.dictionary import read_dictionary
from dragoman.memory.resources.glossary import note_records, read_glossary, read_note
from dragoman.memory.resources.glossed import read_glossed
from dragoman.memory.resources.grammar import read_grammar
from dragoman.memory.resources.parallel import read_parallel

__all__ = ["RESOURCE_KINDS", "load_resource", "note_resource"]

RESOURCE_KINDS = ("dictionary", "grammar", "parallel", "glossed", "glossary", "note")

_Reader = Callable[[Path], tuple[list[MemoryRecord], list[str]]]
_READERS = MappingProxyType[str, _Reader](
    {
        "dictionary": read_dictionary,
        "grammar": read_grammar,
        "parallel": read_parallel,
        "glossed": read_glossed,
        "glossary": read_glossary,
        "note": read_note,
    }
)


def load_resource(kind: str, path: str | Path, *, licence: str = "") -> Resource:
    """The records of a file and what could not be read of it.

    Args:
        kind: one of `RESOURCE_KINDS`.
        path: the file.
        licence: kept with the resource, for people.

    Raises:
        UnknownNameError: the kind is not in `RESOURCE_KINDS`.
        ResourceError: the file is missing, empty or has nothing usable in it.
        EncodingError: the file is not UTF-8, nor UTF-16 with a byte-order mark.
    """
    if kind not in _READERS:
        raise UnknownNameError("kind of resource", kind, RESOURCE_KINDS)
    file = Path(path)
    if file.is_dir():
        raise ResourceError(f"{file} is a folder; give the path of a {kind} file")
    records, problems = _READERS[kind](file)
    digest = content_hash(kind, file.read_bytes())
    return Resource(kind, file.name, digest, tuple(records), tuple(problems), licence)


def note_resource(text: str) -> Resource:
    """Notes on style or register said in passing, as a resource.

    Raises:
        ResourceError: there is no text.
    """
    return Resource("note", "note", content_hash("note", text), tuple(note_records(text)))

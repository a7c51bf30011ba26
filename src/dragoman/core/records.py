"""What memory is made of: records with provenance, and the resources a user brings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from dragoman.core.hashing import content_hash, stable_json

__all__ = ["Kind", "MemoryRecord", "Provenance", "Resource"]


class Kind(StrEnum):
    """Kinds of memory record, in the order of the prompt (DESIGN section 3a)."""

    RULE = "rule"  # a grammar rule, or one example attached to a rule (attribute `rule` = the rule's id)
    STYLE = "style"  # a note on register or style
    ESSENCE = "essence"  # what the text is about
    ENTITY = "entity"  # a name or term and its rendering; attributes gender, type
    ENTRY = "entry"  # a dictionary entry; attributes pos, variants
    EXEMPLAR = "exemplar"  # a source line and its rendering; attribute gloss when it is glossed text
    TRACE = "trace"  # an automatic gloss of a line of the page


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a record comes from.

    Attributes:
        origin: file name of the resource, "document" for what the agent remembered, "user" for what a person said.
        place: line or heading in the resource, or page in the document, readable.
        page: page that added the record; None for resources.
        segment_ids: segments the record was taken from.
    """

    origin: str
    place: str = ""
    page: int | None = None
    segment_ids: tuple[str, ...] = ()


class _Identified:
    """A place for the id beside the fields: it is asked for hundreds of times a page and costs a hash."""

    __slots__ = ("_id",)
    _id: str


@dataclass(frozen=True, slots=True)
class MemoryRecord(_Identified):
    """One thing worth remembering. Immutable: a better one is added, a wrong one is withdrawn.

    Attributes:
        kind: see `Kind`.
        source: text in the source language (essence and style: empty; rule: its heading).
        target: text in the target language (rule: the rule itself; essence: the summary line).
        note: anything a reader needs besides.
        attributes: sorted (name, value) pairs such as ("gender", "f"), ("pos", "verb"), ("gloss", "dog-PL see-PST").
        provenance: where it comes from.
        confidence: 0 to 1, as known by whoever made the record.
        version: the memory version that first holds it; 0 is what the user brought.
    """

    kind: Kind
    source: str
    target: str
    note: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    provenance: Provenance = field(default_factory=lambda: Provenance("user"))
    confidence: float = 1.0
    version: int = 0

    @property
    def id(self) -> str:
        """Hash of what the record says and where it comes from; confidence and version do not count."""
        try:
            return self._id
        except AttributeError:
            origin = (self.provenance.origin, self.provenance.place, str(self.provenance.page))
            said = (self.kind, self.source, self.target, self.note, stable_json(self.attributes))
            object.__setattr__(self, "_id", content_hash(*said, *origin))
            return self._id

    def attribute(self, name: str, default: str = "") -> str:
        """The value of an attribute, or the default."""
        return dict(self.attributes).get(name, default)


@dataclass(frozen=True, slots=True)
class Resource:
    """A language resource as loaded: its records and what could not be read.

    Attributes:
        kind: dictionary, grammar, parallel, glossed, glossary or note.
        name: file name, for people.
        hash: content hash of the file; part of the run signature.
        records: what was read.
        problems: one line for each row that was skipped, with its line number and the reason.
        licence: licence note if the user gave one.
    """

    kind: str
    name: str
    hash: str
    records: tuple[MemoryRecord, ...]
    problems: tuple[str, ...] = ()
    licence: str = ""
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

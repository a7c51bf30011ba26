"""A bare translation of a document's first lines, and which words of the dictionary the model got right without help.

Committed with the first page, read by every page of the document, shown in reports. What follows from it for a page
is worked out in `dragoman.policies.probing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from dragoman.core.exchange import Purpose, Usage

__all__ = ["Probe", "ProbeMode", "ProbeStatus", "TriedWord"]


class ProbeMode(StrEnum):
    """Whether a document gets a probe."""

    NEVER = "never"
    ALWAYS = "always"
    AUTO = "auto"  # where the document is long enough for a call or two to weigh little


class ProbeStatus(StrEnum):
    """How the probe ended; in the last two cases nothing is known and nothing is withheld."""

    READ = "read"
    NOTHING_TO_TRY = "nothing to try"  # no dictionary word stands on the first page: the model was not asked
    UNREADABLE = "could not be read"  # the answer holds none of the lines


@dataclass(frozen=True, slots=True)
class TriedWord:
    """A dictionary entry whose headword the model met without help.

    Attributes:
        record_id: of the entry.
        source: its headword.
        target: its senses, as the entry writes them.
        line: 1-based line of the first page that decided: the first where a sense came out, else the first tried.
        exact: whether the headword stands there as it is, not in an inflected form that may be of another word.
        known: whether a sense came out there.
    """

    record_id: str
    source: str
    target: str
    line: int
    exact: bool
    known: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """What a probe showed.

    Attributes:
        status: how it ended.
        lines: the bare translation, one per line of the first page up to the last that came; empty where none came.
        tried: the words it says something about, in the order of the offer.
        usage: of its calls, by purpose; booked with the first page.
        notes: what went another way than asked.
    """

    status: ProbeStatus
    lines: tuple[str, ...] = ()
    tried: tuple[TriedWord, ...] = ()
    usage: Mapping[Purpose, Usage] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()

    @property
    def num_known(self) -> int:
        """Tried words that came out."""
        return sum(word.known for word in self.tried)

    @property
    def share_known(self) -> float | None:
        """Of the tried words, 0 to 1; None when none was tried."""
        return self.num_known / len(self.tried) if self.tried else None

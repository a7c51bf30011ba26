"""Records of one block (what the user brought, or a run of pages), indexed by kind. Built once, then only read."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from dragoman.core.protocols import Embedder
from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.entities import Rendering, resolve_all
from dragoman.memory.evidence import EvidenceIndex
from dragoman.memory.lookup import LookupIndex, headwords
from dragoman.memory.phrases import Affixes, PhraseIndex
from dragoman.memory.resources.affixes import stated_affixes, stated_particles
from dragoman.memory.rules import RuleIndex
from dragoman.memory.sentences import SentenceIndex
from dragoman.memory.settings import MemorySettings
from dragoman.memory.text import normalise, tokens
from dragoman.memory.usage import UsageIndex

__all__ = ["IndexParts", "RecordIndex", "affixes_of"]

_PREPARED = (
    "renderings",
    "entity_phrases",
    "lookup",
    "long_phrases",
    "rules",
    "usage",
    "glossed_words",
    "particles",
    "evidence",
)


@dataclass(frozen=True, slots=True)
class IndexParts:
    """What every block of one memory shares."""

    embedder: Embedder
    settings: MemorySettings
    affixes: Affixes


class RecordIndex:
    """Indexes over the records of one block; those not asked for are not built.

    Args:
        records: in the order in which they were added.
        parts: shared by all blocks.
    """

    def __init__(self, records: Sequence[MemoryRecord], parts: IndexParts) -> None:
        self.records = tuple(records)
        self._parts = parts
        self.by_kind: dict[Kind, tuple[MemoryRecord, ...]] = {
            kind: tuple(record for record in records if record.kind is kind) for kind in Kind
        }

    @cached_property
    def entities(self) -> dict[str, list[MemoryRecord]]:
        """ENTITY records by normalised source."""
        groups: dict[str, list[MemoryRecord]] = {}
        for record in self.by_kind[Kind.ENTITY]:
            groups.setdefault(normalise(record.source), []).append(record)
        return groups

    @cached_property
    def renderings(self) -> dict[str, Rendering]:
        """The name table of this block alone."""
        return resolve_all(self.by_kind[Kind.ENTITY])

    @cached_property
    def entity_phrases(self) -> PhraseIndex:
        """Where names and terms stand."""
        return PhraseIndex(record.source for record in self.by_kind[Kind.ENTITY])

    @cached_property
    def lookup(self) -> LookupIndex:
        """Dictionary look-up of single words."""
        settings = self._parts.settings
        return LookupIndex(
            self.by_kind[Kind.ENTRY],
            self._parts.affixes,
            min_similarity=settings.min_word_similarity,
            max_matches=settings.entries_per_word,
        )

    @cached_property
    def long_entries(self) -> dict[str, list[int]]:
        """Rows of the entries whose headword is several words, by normalised headword."""
        rows: dict[str, list[int]] = {}
        for row, record in enumerate(self.by_kind[Kind.ENTRY]):
            for key in headwords(record.source):
                if len(tokens(key)) > 1:
                    rows.setdefault(key, []).append(row)
        return rows

    @cached_property
    def long_phrases(self) -> PhraseIndex:
        """Where headwords of several words stand."""
        return PhraseIndex(self.long_entries)

    @cached_property
    def exemplars(self) -> SentenceIndex:
        """Search in the source side of EXEMPLAR records."""
        texts = [normalise(record.source) for record in self.by_kind[Kind.EXEMPLAR]]
        return SentenceIndex(texts, self._parts.embedder, self._parts.settings)

    @cached_property
    def usage(self) -> UsageIndex:
        """Words and fixed pairs of words in EXEMPLAR records."""
        return UsageIndex(self.exemplars.texts)

    @cached_property
    def evidence(self) -> EvidenceIndex:
        """What the example sentences say about entries, rules and each other."""
        exemplars, entries = self.by_kind[Kind.EXEMPLAR], self.by_kind[Kind.ENTRY]
        return EvidenceIndex(exemplars, self.usage, self.lookup, entries)

    @cached_property
    def rules(self) -> RuleIndex:
        """Search in rules and their examples."""
        return RuleIndex(self.by_kind[Kind.RULE], self._parts.embedder, self._parts.settings)

    @cached_property
    def glossed_words(self) -> frozenset[str]:
        """Words of glossed text, normalised."""
        glossed = (record.source for record in self.records if record.attribute("gloss"))
        return frozenset(normalise(word) for line in glossed for word in tokens(line))

    @cached_property
    def particles(self) -> frozenset[str]:
        """Words that the grammar states as particles, normalised."""
        stated = (particle for rule in self.by_kind[Kind.RULE] for particle in stated_particles(rule))
        return frozenset(normalise(form) for form, _ in stated)

    def rarity(self, word: str) -> float:
        """1 for a word that no example sentence holds, towards 0 for one that all of them hold."""
        return 1.0 - math.log1p(self.usage.count(word)) / self._log_total if self._log_total else 1.0

    @cached_property
    def _log_total(self) -> float:
        return math.log1p(len(self.by_kind[Kind.EXEMPLAR]))

    def prepare(self) -> None:
        """Builds every index now, so that the first page does not wait for it."""
        for name in _PREPARED:
            getattr(self, name)


def affixes_of(records: Iterable[MemoryRecord]) -> Affixes:
    """The affixes that rules state, that are headwords ("-ka"), and that glossed text is cut into."""
    prefixes: set[str] = set()
    suffixes: set[str] = set()
    for record in records:
        for form in _affix_forms(record):
            plain = normalise(form.strip("-=~ "))
            if plain and form[-1] in "-=~":
                prefixes.add(plain)
            elif plain:
                suffixes.add(plain)
    return Affixes(frozenset(prefixes), frozenset(suffixes))


def _affix_forms(record: MemoryRecord) -> list[str]:
    if record.kind is Kind.ENTRY:
        form = record.source.strip()
        is_affix = " " not in form and (form.startswith(("-", "=")) or form.endswith(("-", "=")))
        return [form] if is_affix else []
    return [form for form, _ in stated_affixes(record)]

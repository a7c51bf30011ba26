"""Observations of generated pages at thousands a minute, for tests of methods: no files, no retrieval, no agent.

The candidates of a page are one or two records for each of its needs and drawn distractors; their features are drawn
too, from ranges that overlap, so that a policy has something to learn and something to get wrong. What a choice is
worth is exact: `translate` gives the simulated translation of the page under it.
"""

from collections.abc import Iterable
from dataclasses import replace

from dragoman.core.context import Candidate, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.protocols import TokenCounter
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.rendering import SECTIONS, render_item
from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.documents import SimDocument
from dragoman.training.simlang.needs import ItemReader
from dragoman.training.simlang.records import page_records, resource_records
from dragoman.training.simulated import simulate

__all__ = ["OfferTable"]

_ORDER = {kind: place for place, kind in enumerate(SECTIONS)}


class OfferTable:
    """All records of a document with their keys and costs, read once; pages are then cheap.

    Args:
        document: generated.
        counter: what a record costs.
        distractors: drawn records per record that answers a need; 0 for none.
        known: keys that need no context, see `needs.familiar_keys`; with many of them some sentences need nothing.
    """

    def __init__(
        self,
        document: SimDocument,
        counter: TokenCounter,
        *,
        distractors: float = 1.0,
        known: frozenset[str] = frozenset(),
    ) -> None:
        self._document = document
        self._known = known
        self._distractors = distractors
        reader = ItemReader(document)
        self._records: list[MemoryRecord] = list(resource_records(document))
        self._num_brought = [len(self._records)]  # records known before page p
        for page in range(len(document.pages) - 1):
            self._records += page_records(document, page)
            self._num_brought.append(len(self._records))
        self._keys = [reader.record_keys(record) for record in self._records]
        self._tokens = [counter.count_tokens(render_item(record)) for record in self._records]
        self._by_key: dict[str, list[int]] = {}
        for place, keys in enumerate(self._keys):
            for key in keys:
                self._by_key.setdefault(key, []).append(place)
        self._places = {record.id: place for place, record in enumerate(self._records)}

    def observation(self, page: int, *, seed: int = 0, budget_tokens: int = 400) -> Observation:
        """What a policy sees of a page; equal arguments give equal observations."""
        chance = Chance("offers", self._document.language.tag, self._document.seed, page, seed)
        candidates = [self._candidate(place, page, chance) for place in self._offered(page, chance)]
        candidates.sort(key=lambda c: (_ORDER[c.record.kind], -c.features.similarity, c.id))
        return Observation(
            document_id=f"{self._document.language.tag}/{self._document.seed}",
            page=self._page(page),
            num_pages=len(self._document.pages),
            candidates=tuple(candidates),
            budget_tokens=budget_tokens,
            has_dictionary=True,
            memory_version=page,
        )

    def keys(self, record_id: str) -> frozenset[str]:
        """The keys a record of this document answers."""
        return self._keys[self._places[record_id]]

    def translate(self, page: int, chosen: Iterable[str]) -> tuple[str, ...]:
        """The simulated translation of a page when these records are in the prompt.

        Args:
            page: 0-based.
            chosen: record ids, as in `ContextChoice.chosen`.
        """
        sentences = self._document.pages[page]
        wanted = frozenset(key for sentence in sentences for key in sentence.requires) - self._known
        places = [self._places[record_id] for record_id in chosen]
        provided = frozenset(key for place in places for key in self._keys[place])
        irrelevant = sum(self._tokens[place] for place in places if not self._keys[place] & wanted)
        return tuple(simulate(sentence, provided | self._known, irrelevant) for sentence in sentences)

    def _page(self, page: int) -> Page:
        segments = (Segment(s.id, s.source, paragraph=s.paragraph) for s in self._document.pages[page])
        return Page(page, tuple(segments))

    def _offered(self, page: int, chance: Chance) -> list[int]:
        """Places of the records that answer a need, one or two for each, and of the distractors."""
        needs = sorted({key for s in self._document.pages[page] for key in s.needs - self._known})
        known = self._num_brought[page]
        found: dict[int, None] = {}
        for need in needs:
            answers = [place for place in self._by_key.get(need, ()) if place < known]
            found |= dict.fromkeys(chance.sample(answers, 2))
        num_distractors = round(len(found) * self._distractors)
        while num_distractors > 0:
            place = chance.below(known)
            if place not in found:
                found[place] = None
                num_distractors -= 1
        return list(found)

    def _candidate(self, place: int, page: int, chance: Chance) -> Candidate:
        record, keys = self._records[place], self._keys[place]
        sentences = self._document.pages[page]
        lines = tuple(n for n, s in enumerate(sentences, 1) if (keys - self._known) & s.requires)
        features = _features(chance, record, is_useful=bool(lines), page=page)
        if not lines:  # retrieval would have found something in common with some line
            lines = (1 + chance.below(len(sentences)),)
        return Candidate(record, replace(features, coverage=len(lines) / len(sentences)), self._tokens[place], lines)


def _features(chance: Chance, record: MemoryRecord, *, is_useful: bool, page: int) -> Features:
    """Drawn: useful records score higher on average, and the ranges overlap."""
    similarity = 0.35 + 0.65 * chance.unit() if is_useful else 0.75 * chance.unit()
    added = record.provenance.page
    is_word = record.kind in (Kind.ENTRY, Kind.ENTITY)
    return Features(
        similarity=similarity,
        lexical=min(1.0, max(0.0, similarity + 0.2 * (chance.unit() - 0.5))),
        overlap=1.0 if is_useful and is_word else 0.5 * chance.unit(),
        rarity=chance.unit(),
        recency=0.0 if added is None else 1.0 / (page - added),
        confidence=record.confidence,
        exact=float(chance.happens(0.7 if is_useful else 0.1)),
    )

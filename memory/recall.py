"""Recall: the candidates that might help with one page. Pure: calls no model, writes nothing.

Searches per kind are in `recall_words`, `recall_lines` and `recall_notes`; this file puts their answers together. It
does not decide what is worth its tokens: that is the policy's part.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dragoman.core.context import Candidate
from dragoman.core.document import Page
from dragoman.core.protocols import TokenCounter
from dragoman.core.records import Kind
from dragoman.core.rendering import SECTIONS
from dragoman.core.tags import strip_tags
from dragoman.memory.costs import TokenCosts
from dragoman.memory.glosser import Glosser, render_gloss
from dragoman.memory.index import IndexParts
from dragoman.memory.mirror import MirrorGlosser
from dragoman.memory.offers import Offer, PageQuery, rank, to_candidates
from dragoman.memory.phrases import page_text
from dragoman.memory.recall_lines import find_exemplars, find_traces
from dragoman.memory.recall_notes import find_essence, find_rules, find_style
from dragoman.memory.recall_words import WordFinds, find_words
from dragoman.memory.sentences import LineQuery
from dragoman.memory.snapshot import Snapshot

__all__ = ["Recall", "Searcher", "recall"]


@dataclass(frozen=True, slots=True)
class Recall:
    """What memory offers for a page.

    Attributes:
        candidates: best first within each kind, kinds in prompt order, unique ids, never more than k of a kind.
        dictionary_coverage: share of the page's words that an entry, a name or glossed text explains, 0 to 1.
        has_dictionary: whether the user brought anything that explains words.
    """

    candidates: tuple[Candidate, ...]
    dictionary_coverage: float
    has_dictionary: bool


@dataclass(frozen=True, slots=True)
class Searcher:
    """What recall needs besides the version of memory it reads.

    Attributes:
        parts: embedder, settings and affixes.
        costs: cache of token counts; it changes no answer.
        glosser: makes traces; None where nothing explains words.
    """

    parts: IndexParts
    costs: TokenCosts
    glosser: Glosser | MirrorGlosser | None


def recall(
    searcher: Searcher, snapshot: Snapshot, page: Page, *, counter: TokenCounter, k: Mapping[Kind, int]
) -> Recall:
    """See `MemoryView.recall`."""
    query = _query(searcher, snapshot, page)
    words = find_words(query, searcher.parts.affixes, searcher.parts.settings.explained_similarity)
    if searcher.glosser and (k.get(Kind.TRACE) or k.get(Kind.RULE)):
        query = _glossed(query, searcher.glosser, words)
    candidates: list[Candidate] = []
    for kind in SECTIONS:
        limit = k.get(kind, 0)
        offers = rank(_offers(kind, query, searcher, words, limit), limit) if limit > 0 else []
        if kind is Kind.ENTRY:
            _add_evidence(query, offers)
        candidates += to_candidates(offers, searcher.costs, counter)
    return Recall(tuple(candidates), words.coverage, searcher.glosser is not None)


def _add_evidence(query: PageQuery, offers: Iterable[Offer]) -> None:
    """Tells entries what the user's sentences say about them; only those that are offered are asked about."""
    evidence = query.brought.evidence
    for offer in offers:
        offer.values.update(evidence.of_record(offer.record).values)


def _query(searcher: Searcher, snapshot: Snapshot, page: Page) -> PageQuery:
    text = page_text(strip_tags(line) for line in page.sources)
    lines = LineQuery(text.lines, searcher.parts.embedder)
    vocabulary = frozenset(word for line in text.tokens for word in line)
    lemma = searcher.glosser.lemma if searcher.glosser else str
    return PageQuery(page, text, lines, snapshot, vocabulary, lemma=lemma)


def _glossed(query: PageQuery, glosser: Glosser | MirrorGlosser, words: WordFinds) -> PageQuery:
    """The page's lines glossed; the glosser knows what the user brought, the document's own names come from here."""
    learned = (offer.record for offer in words.entities if offer.record.version > 0)
    names = {record.source: record.target for record in learned if len(record.source.split()) == 1}
    glosses = tuple(glosser.gloss_line(strip_tags(line), names) for line in query.page.sources)
    if isinstance(glosser, MirrorGlosser):
        return replace(query, glosses=glosses, traces=tuple(glosser.write_line(s, names) for s in query.page.sources))
    return replace(query, glosses=glosses, traces=tuple(map(render_gloss, glosses)))


def _offers(kind: Kind, query: PageQuery, searcher: Searcher, words: WordFinds, limit: int) -> list[Offer]:
    match kind:
        case Kind.RULE:
            return find_rules(query, words.classes, limit)
        case Kind.STYLE:
            return find_style(query)
        case Kind.ESSENCE:
            return find_essence(query)
        case Kind.ENTITY:
            return words.entities
        case Kind.ENTRY:
            return words.entries
        case Kind.EXEMPLAR:
            unexplained = words.unexplained if searcher.glosser else frozenset()
            return find_exemplars(query, searcher.parts.settings, unexplained, limit)
        case Kind.TRACE:
            return find_traces(query)

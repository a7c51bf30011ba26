"""What memory holds that resembles the lines of a page: example sentences, rule examples, and automatic glosses."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise

from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.memory.glosser import GlossToken
from dragoman.memory.index import RecordIndex
from dragoman.memory.offers import Offer, PageQuery
from dragoman.memory.sentences import SentenceHit, search_sentences
from dragoman.memory.settings import MemorySettings
from dragoman.memory.subsequence import lcs_shares
from dragoman.memory.text import has_letter, normalise, tokens

__all__ = ["find_exemplars", "find_traces", "offer_sentences"]

_MIN_SIMILARITY = 0.1  # below, a sentence shares little more than chance with the line
_SHOWS = 0.7  # least similarity of a sentence that shows a fixed expression or an unexplained word
_SPEAKS_ABOUT = 0.6  # of a sentence's best similarity: it speaks about these lines too


@dataclass(slots=True)
class _Met:
    """A sentence, its best hit, and its similarity to every line it was found for."""

    record: MemoryRecord
    best: SentenceHit
    line: int
    by_line: dict[int, float] = field(default_factory=dict)


def find_exemplars(query: PageQuery, settings: MemorySettings, unexplained: Set[str], limit: int) -> list[Offer]:
    """Example sentences: the best of each line first, then the second best of each, until there are `limit`.

    A sentence that shows a fixed expression of the line, or a word that nothing explains, counts as better than one
    that merely resembles the line.

    Args:
        query: the page.
        settings: see `MemorySettings`.
        unexplained: words of the page, normalised; empty where there is no dictionary to explain any.
        limit: most offers.
    """
    blocks = [block for block in query.snapshot.blocks if block.by_kind[Kind.EXEMPLAR]]
    if not blocks or limit <= 0:
        return []
    hits = search_sentences([block.exemplars for block in blocks], query.lines, settings)
    for number, shown in _shown(query, blocks, unexplained, limit // 2).items():
        hits[number] = [*shown, *hits[number]]
    records = [[(blocks[hit.block].by_kind[Kind.EXEMPLAR][hit.row], hit) for hit in line] for line in hits]
    offers = offer_sentences(query, records, limit)
    _add_contrast(query, offers, unexplained)
    return offers


def _add_contrast(query: PageQuery, offers: Sequence[Offer], unexplained: Set[str]) -> None:
    """Tells offers that share a word or pair with the page which brings what no dictionary has."""
    evidence = query.brought.evidence
    on_page = {pair for line in query.text.tokens for pair in pairwise(line)} | {(word,) for word in unexplained}
    for offer in offers:
        own = [normalise(word) for word in tokens(offer.record.source)]
        parts = on_page.intersection([*pairwise(own), *((word,) for word in own)])
        offer.values["contrast"] = evidence.shown(parts)


def _shown(
    query: PageQuery, blocks: Sequence[RecordIndex], unexplained: Set[str], limit: int
) -> dict[int, list[SentenceHit]]:
    """For some lines a sentence that shows one of their fixed expressions or unexplained words; each shown once."""
    found: dict[int, list[SentenceHit]] = {}
    met: set[tuple[str, ...]] = set()
    for is_pair in (True, False):
        for number, line in enumerate(query.text.tokens):
            parts = pairwise(line) if is_pair else ((word,) for word in line if word in unexplained)
            for part in parts:
                hit = _best_use(query, blocks, number, part) if len(met) < limit and part not in met else None
                if hit is not None:
                    met.add(part)
                    found.setdefault(number, []).append(hit)
    return found


def _best_use(
    query: PageQuery, blocks: Sequence[RecordIndex], number: int, part: tuple[str, ...]
) -> SentenceHit | None:
    """The sentence with this word or pair that is most like the line; None for none but the line itself."""
    places = []
    for place, block in enumerate(blocks):
        rows = block.usage.with_word(*part) if len(part) == 1 else block.usage.with_pair(*part)
        if rows:
            records = block.by_kind[Kind.EXEMPLAR]
            places += [(place, row) for row in rows if query.snapshot.is_visible(records[row])]
    if not places:
        return None
    shares = lcs_shares(query.text.lines[number], [blocks[place].exemplars.texts[row] for place, row in places])
    best = max(range(len(places)), key=lambda index: (shares[index], -index))
    share = float(shares[best])
    return SentenceHit(*places[best], _SHOWS + (1.0 - _SHOWS) * share, 0.0, share, 0.0)


def offer_sentences(
    query: PageQuery, found: Sequence[Sequence[tuple[MemoryRecord, SentenceHit]]], limit: int
) -> list[Offer]:
    """Offers from the hits of each line; withdrawn and doubled sentences are left out."""
    met: dict[tuple[str, str], _Met] = {}
    depth = max(4, 2 * limit // max(1, len(found)))
    ranked = [_meet(query, met, number, line[:depth]) for number, line in enumerate(found)]
    targets: dict[str, set[str]] = {}
    for source, target in met:
        targets.setdefault(source, set()).add(target)
    chosen = _in_turn(ranked, limit)
    return [_sentence(query, met[key], conflict=len(targets[key[0]]) > 1) for key in chosen]


def _meet(
    query: PageQuery,
    met: dict[tuple[str, str], _Met],
    number: int,
    line: Sequence[tuple[MemoryRecord, SentenceHit]],
) -> list[tuple[str, str]]:
    """Keys (source, target) of one line's sentences, best first; writes down in `met` what was met."""
    keys = []
    for record, hit in line:
        if hit.similarity < _MIN_SIMILARITY or not query.snapshot.is_visible(record):
            continue
        key = (record.source, record.target)
        keys.append(key)
        known = met.setdefault(key, _Met(record, hit, number))
        known.by_line[number] = max(hit.similarity, known.by_line.get(number, 0.0))
        if hit.similarity > known.best.similarity:
            known.record, known.best, known.line = record, hit, number
    return list(dict.fromkeys(keys))


def _in_turn(ranked: Sequence[Sequence[tuple[str, str]]], limit: int) -> list[tuple[str, str]]:
    """Keys taken from each line in turn, each once."""
    chosen: dict[tuple[str, str], None] = {}
    for depth in range(max(map(len, ranked), default=0)):
        for keys in ranked:
            if depth < len(keys) and len(chosen) < limit:
                chosen.setdefault(keys[depth])
    return list(chosen)


def _sentence(query: PageQuery, met: _Met, *, conflict: bool) -> Offer:
    source = normalise(met.record.source)
    vocabulary = dict.fromkeys(tokens(source))
    shared = [word for word in vocabulary if word in query.vocabulary]
    exact = source == query.text.lines[met.line]
    lines = tuple(sorted(n for n, value in met.by_line.items() if value >= _SPEAKS_ABOUT * met.best.similarity))
    values = {
        "similarity": met.best.similarity,
        "lexical": met.best.lexical,
        "lcs": met.best.lcs,
        "dense": met.best.dense,
        "overlap": len(shared) / max(1, len(vocabulary)),
        "rarity": sum(map(query.brought.rarity, shared)) / max(1, len(shared)),
        "recency": query.recency(met.record),
        "conflict": float(conflict),
        "coverage": query.share(lines),
        "exact": float(exact),
    }
    reason = f"{'same as' if exact else 'like'} line {met.line + 1}"
    return Offer(met.record, values, lines, reason, (-values["recency"], float(met.line)))


def find_traces(query: PageQuery) -> list[Offer]:
    """An automatic gloss for each line of which at least one word is known."""
    offers = (_trace(query, number, glossed) for number, glossed in enumerate(query.glosses))
    return [offer for offer in offers if offer is not None]


def _trace(query: PageQuery, number: int, glossed: Sequence[GlossToken]) -> Offer | None:
    known = [token for token in glossed if token.confidence > 0]
    if not any(has_letter(token.form) for token in known):  # figures alone explain nothing
        return None
    confidence = round(sum(token.confidence for token in glossed) / len(glossed), 6)
    provenance = Provenance("glosser", f"line {number + 1}", query.page.index, (query.page.segments[number].id,))
    line = query.page.sources[number]
    record = MemoryRecord(Kind.TRACE, line, query.traces[number], provenance=provenance, confidence=confidence)
    values = {
        "similarity": confidence,
        "overlap": len(known) / len(glossed),
        "rarity": _mean(map(query.brought.rarity, query.text.tokens[number])),
        "coverage": query.share([number]),
        "exact": float(all(token.exact for token in glossed)),
    }
    return Offer(record, values, (number,), f"{len(known)} of {len(glossed)} words glossed", (float(number),))


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0

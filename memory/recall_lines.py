"""What memory holds that resembles the lines of a page: example sentences, rule examples, and automatic glosses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.core.tags import strip_tags
from dragoman.memory.glosser import UNKNOWN, Glosser, render_gloss
from dragoman.memory.offers import Offer, PageQuery
from dragoman.memory.sentences import SentenceHit, search_sentences
from dragoman.memory.settings import MemorySettings
from dragoman.memory.text import has_letter, normalise, tokens

__all__ = ["find_exemplars", "find_traces", "offer_sentences"]

_MIN_SIMILARITY = 0.1  # below, a sentence shares little more than chance with the line
_SPEAKS_ABOUT = 0.6  # of a sentence's best similarity: it speaks about these lines too


@dataclass(slots=True)
class _Met:
    """A sentence, its best hit, and its similarity to every line it was found for."""

    record: MemoryRecord
    best: SentenceHit
    line: int
    by_line: dict[int, float] = field(default_factory=dict)


def find_exemplars(query: PageQuery, settings: MemorySettings, limit: int) -> list[Offer]:
    """Example sentences: the best of each line first, then the second best of each, until there are `limit`."""
    blocks = [block for block in query.snapshot.blocks if block.by_kind[Kind.EXEMPLAR]]
    if not blocks or limit <= 0:
        return []
    hits = search_sentences([block.exemplars for block in blocks], query.lines, settings)
    records = [[(blocks[hit.block].by_kind[Kind.EXEMPLAR][hit.row], hit) for hit in line] for line in hits]
    return offer_sentences(query, records, limit)


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


def find_traces(query: PageQuery, glosser: Glosser) -> list[Offer]:
    """An automatic gloss for each line of which at least one word is known."""
    offers = (_trace(query, glosser, number, line) for number, line in enumerate(query.page.sources))
    return [offer for offer in offers if offer is not None]


def _trace(query: PageQuery, glosser: Glosser, number: int, line: str) -> Offer | None:
    glossed = glosser.gloss_line(strip_tags(line))
    known = [token for token in glossed if token.gloss != UNKNOWN]
    if not any(has_letter(token.form) for token in known):  # figures alone explain nothing
        return None
    confidence = round(sum(token.confidence for token in glossed) / len(glossed), 6)
    provenance = Provenance("glosser", f"line {number + 1}", query.page.index, (query.page.segments[number].id,))
    record = MemoryRecord(Kind.TRACE, line, render_gloss(glossed), provenance=provenance, confidence=confidence)
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

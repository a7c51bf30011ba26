"""What memory holds about the whole page: grammar rules and their examples, style notes, what the text is about."""

from collections.abc import Sequence
from dataclasses import replace

from dragoman.core.records import Kind
from dragoman.memory.index import RecordIndex
from dragoman.memory.offers import Offer, PageQuery
from dragoman.memory.recall_lines import offer_sentences
from dragoman.memory.rules import RuleHit, WordClasses, order_contrast

__all__ = ["find_essence", "find_rules", "find_style"]

_SMALL_GRAMMAR = 3  # a grammar with fewer rules than this for each slot is small
_LINKED = 0.3  # strength from which on an affix or particle counts as found
_USEFUL = 0.2  # similarity from which on a rule comes before examples
_REPEATED = 0.6  # each further example of one rule says less


def find_rules(query: PageQuery, classes: WordClasses, limit: int) -> list[Offer]:
    """Rules and rule examples, so that neither crowds the other out.

    First rules that the page shows, and general ones: all of them while the grammar is small, of a large one a third
    of the slots at most. Then examples, one of each rule before a second of any; a large grammar keeps a quarter of the
    slots for them. Then, of a small grammar, the rest.
    """
    offers: list[Offer] = []
    for block in query.snapshot.blocks:
        if limit > 0 and block.by_kind[Kind.RULE]:
            offers += _of_block(query, block, classes, limit)
    return offers


def _of_block(query: PageQuery, block: RecordIndex, classes: WordClasses, limit: int) -> list[Offer]:
    hits = block.rules.find_rules(query.text, query.lines.ngrams, query.glosses, classes)
    records = block.by_kind[Kind.RULE]
    hits = [hit for hit in hits if query.snapshot.is_visible(records[hit.row])]
    is_small = len(hits) <= _SMALL_GRAMMAR * limit
    wanted = _wanted(hits, limit, is_small=is_small)
    examples = _examples(query, block, limit)
    num_examples = max(limit - len(wanted), 0 if is_small else limit // 4)
    examples = examples[:num_examples]
    first = wanted[: limit - len(examples)]
    chosen = {hit.row for hit in first}
    rest = [hit for hit in hits if hit.row not in chosen and (is_small or hit.similarity > 0)]
    kept = [*first, *rest[: limit - len(first) - len(examples)]]
    return [*(_rule(query, block, hit) for hit in kept), *examples]


def _wanted(hits: Sequence[RuleHit], limit: int, *, is_small: bool) -> list[RuleHit]:
    """The rules that come before examples, best first."""
    max_general = limit if is_small else max(1, limit // 3)
    general = [hit for hit in hits if hit.is_general and hit.similarity >= _USEFUL][:max_general]
    linked = [hit for hit in hits if not hit.is_general and hit.affix >= _LINKED and hit.similarity >= _USEFUL]
    return sorted([*general, *linked], key=lambda hit: (-hit.similarity, hit.row))[:limit]


def _rule(query: PageQuery, block: RecordIndex, hit: RuleHit) -> Offer:
    record = block.by_kind[Kind.RULE][hit.row]
    values = {
        "similarity": hit.similarity,
        "lexical": hit.lexical,
        "overlap": hit.overlap,
        "rarity": hit.affix,
        "recency": query.recency(record),
        "coverage": query.share(hit.lines),
        "contrast": order_contrast(record.source, query.brought.evidence) if hit.is_general else 0.0,
    }
    seen = f"{', '.join(hit.affixes)} on the page" if hit.affixes else ""
    words = f"{hit.overlap:.0%} of an example's words on the page" if hit.overlap else ""
    reason = "; ".join(filter(None, (seen, words))) or ("shares letters with the page" if hit.lexical else "grammar")
    return Offer(record, values, hit.lines, reason, (float(hit.row),))


def _examples(query: PageQuery, block: RecordIndex, limit: int) -> list[Offer]:
    """Examples like the page's lines, one of each rule before a second of any."""
    rows = block.rules.example_rows
    if not rows:
        return []
    records = block.by_kind[Kind.RULE]
    hits = block.rules.find_examples(query.lines)
    found = offer_sentences(query, [[(records[rows[hit.row]], hit) for hit in line] for line in hits], 3 * limit)
    met: dict[str, int] = {}
    in_turn = []
    for offer in sorted(found, key=lambda offer: (-offer.similarity, offer.order, offer.record.id)):
        rule = offer.record.attribute("rule")
        turn = met[rule] = met.get(rule, -1) + 1
        in_turn.append((turn, _weaker(offer, turn)))
    return [offer for _, offer in sorted(in_turn, key=lambda pair: (pair[0], -pair[1].similarity))]


def _weaker(offer: Offer, turn: int) -> Offer:
    """An example after `turn` others of its rule; the line itself stays what it is."""
    if not turn or offer.values["exact"]:
        return offer
    return replace(offer, values={**offer.values, "similarity": offer.similarity * _REPEATED**turn})


def find_style(query: PageQuery) -> list[Offer]:
    """Every note, in the order in which they were given."""
    notes = query.snapshot.records(Kind.STYLE)
    values = {"similarity": 1.0, "coverage": 1.0}
    return [
        Offer(record, {**values, "recency": query.recency(record)}, (), "style note", (float(place),))
        for place, record in enumerate(notes)
    ]


def find_essence(query: PageQuery) -> list[Offer]:
    """What earlier pages were about, the latest first."""
    offers = []
    for place, record in enumerate(query.snapshot.records(Kind.ESSENCE)):
        recency = query.recency(record)
        values = {"similarity": recency, "recency": recency, "coverage": 1.0}
        reason = f"page {record.version} was about this" if record.version else "brought by the user"
        offers.append(Offer(record, values, (), reason, (-float(record.version), float(-place))))
    return offers

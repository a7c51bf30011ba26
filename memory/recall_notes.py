"""What memory holds about the whole page: grammar rules and their examples, style notes, what the text is about."""

from dragoman.core.records import Kind
from dragoman.memory.index import RecordIndex
from dragoman.memory.offers import Offer, PageQuery
from dragoman.memory.recall_lines import offer_sentences
from dragoman.memory.rules import RuleHit

__all__ = ["find_essence", "find_rules", "find_style"]


def find_rules(query: PageQuery, limit: int) -> list[Offer]:
    """Rules and rule examples. Rules without any link to the page are offered only where the grammar is small."""
    offers: list[Offer] = []
    for block in query.snapshot.blocks:
        if limit > 0 and block.by_kind[Kind.RULE]:
            offers += _rules(query, block, limit)
            offers += _examples(query, block, limit)
    return offers


def _rules(query: PageQuery, block: RecordIndex, limit: int) -> list[Offer]:
    hits = block.rules.find_rules(query.text, query.lines.ngrams)
    is_small = len(hits) <= limit
    records = block.by_kind[Kind.RULE]
    return [
        _rule(query, block, hit)
        for hit in hits
        if (hit.similarity > 0 or is_small) and query.snapshot.is_visible(records[hit.row])
    ]


def _rule(query: PageQuery, block: RecordIndex, hit: RuleHit) -> Offer:
    record = block.by_kind[Kind.RULE][hit.row]
    values = {
        "similarity": hit.similarity,
        "lexical": hit.lexical,
        "overlap": hit.overlap,
        "rarity": hit.affix,
        "recency": query.recency(record),
        "coverage": query.share(hit.lines),
    }
    seen = f"{', '.join(hit.affixes)} on the page" if hit.affixes else ""
    words = f"{hit.overlap:.0%} of an example's words on the page" if hit.overlap else ""
    reason = "; ".join(filter(None, (seen, words))) or ("shares letters with the page" if hit.lexical else "grammar")
    return Offer(record, values, hit.lines, reason, (float(hit.row),))


def _examples(query: PageQuery, block: RecordIndex, limit: int) -> list[Offer]:
    rows = block.rules.example_rows
    if not rows:
        return []
    records = block.by_kind[Kind.RULE]
    hits = block.rules.find_examples(query.lines)
    return offer_sentences(query, [[(records[rows[hit.row]], hit) for hit in line] for line in hits], limit)


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

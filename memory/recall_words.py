"""What memory knows about the words of a page: dictionary entries, names and terms, and how much they explain."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.entities import Rendering
from dragoman.memory.index import RecordIndex
from dragoman.memory.lookup import WordMatch
from dragoman.memory.offers import Offer, PageQuery
from dragoman.memory.phrases import Affixes, Place, longest
from dragoman.memory.text import has_letter, is_borderless, normalise

__all__ = ["WordFinds", "find_words"]

_INFLECTED_FORM = 0.97  # similarity of a headword met in an inflected form that is known to be one of its own
_INFLECTED = 0.9  # similarity of a name or phrase met with an affix; from there on a match is certain


@dataclass(slots=True)
class WordFinds:
    """Offers of words and names, and the share of the page's words that they explain, 0 to 1.

    `classes` has the parts of speech of words that are explained, and the 0-based lines on which they stand;
    `unexplained` the words, normalised, that nothing explains for certain: a similar headword may be another word.
    """

    entries: list[Offer]
    entities: list[Offer]
    coverage: float
    classes: dict[str, set[int]]
    unexplained: frozenset[str]


@dataclass(slots=True)
class _Word:
    """A word of the page: where it stands first, on which lines, whether anything explains it, and for certain."""

    form: str
    first: tuple[int, int]
    lines: set[int] = field(default_factory=set)
    count: int = 0
    explained: bool = False
    certain: bool = False


@dataclass(slots=True)
class _Find:
    """The best way in which an entry was met, and all lines on which it was."""

    record: MemoryRecord
    similarity: float
    word: str
    how: str
    first: tuple[int, int]
    rarity: float
    conflict: bool
    lines: set[int] = field(default_factory=set)


def find_words(query: PageQuery, affixes: Affixes, explained_similarity: float) -> WordFinds:
    """Everything found for the page's words.

    Args:
        query: the page.
        affixes: of the language, as far as known.
        explained_similarity: from which on a fuzzy match counts as explaining its word.
    """
    words = _page_words(query)
    names = _places(query, affixes, Kind.ENTITY)
    phrases = _places(query, affixes, Kind.ENTRY)
    _mark(words, query, names)
    named = frozenset(word.form for word in words.values() if word.certain)
    _mark(words, query, phrases)
    finds: dict[str, _Find] = {}
    for block in query.snapshot.blocks:
        if block.by_kind[Kind.ENTRY]:
            _look_up(block, query, words, finds, explained_similarity, named)
    _add_phrases(query, phrases, finds)
    for word in words.values():
        is_glossed = any(word.form in block.glossed_words for block in query.snapshot.blocks)
        word.explained, word.certain = word.explained or is_glossed, word.certain or is_glossed
    entries = [_entry(query, find) for find in finds.values()]
    classes = _classes(find for find in finds.values() if find.similarity >= explained_similarity)
    unexplained = frozenset(word.form for word in words.values() if not word.certain)
    return WordFinds(entries, _entities(query, names), _coverage(words), classes, unexplained)


def _page_words(query: PageQuery) -> dict[str, _Word]:
    """The page's words by normalised form; runs without word borders are cut at headwords."""
    found: dict[str, _Word] = {}
    for number, line in enumerate(query.text.words):
        for place, form in enumerate(_cut(query.brought, line)):
            word = found.setdefault(form, _Word(form, (number, place)))
            word.lines.add(number)
            word.count += 1
    return found


def _cut(block: RecordIndex, line: tuple[str, ...]) -> Iterator[str]:
    for word in line:
        if is_borderless(word[0]):
            yield from block.lookup.segment(word)
        else:
            yield word


def _places(query: PageQuery, affixes: Affixes, kind: Kind) -> list[Place]:
    """Where names (or headwords of several words) stand, over all blocks; of overlapping ones the longest."""
    found: list[Place] = []
    for block in query.snapshot.blocks:
        if block.by_kind[kind]:
            index = block.entity_phrases if kind is Kind.ENTITY else block.long_phrases
            found += index.find(query.text, affixes)
    return longest(found)


def _mark(words: dict[str, _Word], query: PageQuery, places: list[Place]) -> None:
    """Marks the words inside names and phrases as explained."""
    for place in places:
        if place.is_word:
            inside = set(query.text.tokens[place.line][place.start : place.end])
            inside.add("-".join(query.text.tokens[place.line][place.start : place.end]))
        else:
            inside = {form for form in words if form in place.key}
        for form in inside:
            if form in words:
                words[form].explained = words[form].certain = True
        for form in query.text.words[place.line]:
            if place.is_word and inside & set(query.text.parts.get(form, ())):
                words[form].explained = words[form].certain = True


def _look_up(
    block: RecordIndex,
    query: PageQuery,
    words: dict[str, _Word],
    finds: dict[str, _Find],
    explained: float,
    named: Set[str],
) -> None:
    records = block.by_kind[Kind.ENTRY]
    for word in words.values():
        matches = _matches(block, query, word.form)
        if word.form in named:  # a headword that merely resembles a known name is there by chance
            matches = [match for match in matches if match.similarity >= _INFLECTED]
        matches = [match for match in matches if query.snapshot.is_visible(records[match.row])]
        for match in matches:
            word.explained = word.explained or match.similarity >= explained
            word.certain = word.certain or match.similarity >= _INFLECTED
            conflict = len(matches) > 1 and any(
                other.headword == match.headword and records[other.row].target != records[match.row].target
                for other in matches
            )
            _keep(finds, query, records[match.row], match, word, conflict)


def _matches(block: RecordIndex, query: PageQuery, form: str) -> list[WordMatch]:
    """Entries for a word; for a word with hyphens that is no headword itself, those of its parts.

    A particle that the grammar states is no form of a headword that merely resembles it.
    """
    whole = block.lookup.find(form)
    if form in query.brought.particles:
        return [match for match in whole if match.similarity == 1.0]
    if not (whole and whole[0].similarity == 1.0) and (lemma := query.lemma(form)) != form:
        inflected = [replace(match, similarity=_INFLECTED_FORM, how="form") for match in block.lookup.find(lemma)]
        whole = tuple(inflected) or whole
    parts = query.text.parts.get(form, ())
    if parts and not (whole and whole[0].similarity >= 0.95):
        in_parts = [match for part in parts for match in block.lookup.find(part)]
        return in_parts or list(whole)
    return list(whole)


def _keep(
    finds: dict[str, _Find], query: PageQuery, record: MemoryRecord, match: WordMatch, word: _Word, conflict: bool
) -> None:
    known = finds.get(record.id)
    if known is None or match.similarity > known.similarity:
        rarity = query.brought.rarity(word.form)
        find = _Find(record, match.similarity, word.form, match.how, word.first, rarity, conflict)
        find.lines = known.lines if known else set()
        finds[record.id] = known = find
    known.lines |= word.lines


def _add_phrases(query: PageQuery, places: list[Place], finds: dict[str, _Find]) -> None:
    for place in places:
        for block in query.snapshot.blocks:
            for row in block.long_entries.get(place.key, ()):
                record = block.by_kind[Kind.ENTRY][row]
                if query.snapshot.is_visible(record):
                    word = _Word(place.key, (place.line, place.start), {place.line})
                    how = "headword" if place.exact else "without affix"
                    match = WordMatch(row, place.key, 1.0 if place.exact else _INFLECTED, how)
                    _keep(finds, query, record, match, word, conflict=False)


def _entry(query: PageQuery, find: _Find) -> Offer:
    exact = find.how in ("headword", "variant")
    values = {
        "similarity": find.similarity,
        "lcs": find.similarity,
        "overlap": float(exact),
        "rarity": find.rarity,
        "recency": query.recency(find.record),
        "conflict": float(find.conflict),
        "coverage": query.share(find.lines),
        "exact": float(exact),
    }
    reason = f"{find.how} for {find.word!r}" if exact else f"{find.how}: {find.word!r} is near {find.record.source!r}"
    order = (-find.rarity, *map(float, find.first))
    return Offer(find.record, values, tuple(sorted(find.lines)), reason, order)


def _entities(query: PageQuery, places: list[Place]) -> list[Offer]:
    by_key: dict[str, list[Place]] = {}
    for place in places:
        by_key.setdefault(place.key, []).append(place)
    offers = []
    for key, found in by_key.items():
        rendering = query.snapshot.rendering(key)
        met = [place for place in found if rendering and _case_fits(query, place, rendering)]
        if rendering and met:
            offers.append(_entity(query, rendering, met))
    return offers


def _case_fits(query: PageQuery, place: Place, rendering: Rendering) -> bool:
    """Whether capitals agree: a capitalised name is met capitalised, an acronym in capitals, a term in any case."""
    first = rendering.source.lstrip()[:1]
    if not place.is_word or not first.isupper() or rendering.type.lower() == "term":
        return True
    spelled = query.text.spelled[place.line][place.start : place.end]
    is_acronym = rendering.source.isupper() and sum(map(str.isalpha, rendering.source)) > 1
    if is_acronym:
        return all(word[:2].isupper() for word in spelled)
    return any(word[:1].isupper() for word in spelled) if len(spelled) > 1 else spelled[0][:1].isupper()


def _entity(query: PageQuery, rendering: Rendering, places: list[Place]) -> Offer:
    exact = any(place.exact for place in places)
    lines = tuple(sorted({place.line for place in places}))
    key = normalise(rendering.source)
    values = {
        "similarity": 1.0 if exact else _INFLECTED,
        "overlap": 1.0 if exact else _INFLECTED,
        "rarity": query.brought.rarity(key),
        "recency": query.recency(rendering.record),
        "conflict": float(bool(rendering.alternatives)),
        "coverage": query.share(lines),
        "exact": float(exact),
    }
    reason = "name or term on the page" if exact else "name or term with an affix"
    if rendering.alternatives:
        reason += f"; memory also has {', '.join(map(repr, rendering.alternatives))}"
    order = (-values["coverage"], -rendering.confidence, float(lines[0]), float(places[0].start))
    return Offer(rendering.record, values, lines, reason, order)


def _classes(finds: Iterable[_Find]) -> dict[str, set[int]]:
    lines: dict[str, set[int]] = {}
    for find in finds:
        for name, value in find.record.attributes:
            if name == "pos" and value:
                lines.setdefault(value.lower(), set()).update(find.lines)
    return lines


def _coverage(words: dict[str, _Word]) -> float:
    """Share of the running words that something explains; 1 for a page without words."""
    counted = [word for word in words.values() if has_letter(word.form)]
    total = sum(word.count for word in counted)
    return sum(word.count for word in counted if word.explained) / total if total else 1.0

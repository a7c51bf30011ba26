"""Search in a grammar: rules by what marks them in words, by their example words and text; examples like sentences.

A rule that names affixes or particles is *linked* to a page where they occur: for certain where the glosser cuts a
word so, perhaps where a word merely begins or ends so. A rule that names none (word order, adpositions) is *general*:
no form can link it to a page, but a heading such as "Adpositions" does where the dictionary knows an adposition on the
page; else its heading, its length and its place in its section say how likely it is to help. Headings are known in
English only; all others count alike.
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType

from dragoman.core.protocols import Embedder
from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory import morphology
from dragoman.memory.evidence import EvidenceIndex
from dragoman.memory.glosser import UNKNOWN, GlossToken
from dragoman.memory.ngrams import NgramIndex, NgramQuery
from dragoman.memory.phrases import PageText
from dragoman.memory.resources.affixes import stated_affixes, stated_particles
from dragoman.memory.sentences import LineQuery, SentenceHit, SentenceIndex, search_sentences
from dragoman.memory.settings import MemorySettings
from dragoman.memory.text import normalise, tokens

__all__ = ["LineGlosses", "RuleHit", "RuleIndex", "WordClasses", "order_contrast"]

_CUT = 0.9  # strength of an affix that the glosser found in a word; its label then stands in the gloss too
_CUT_BESIDE_UNKNOWN = 0.7
_BORDER = 0.5  # of one that a word begins or ends with: mostly chance, the more so the shorter it is
_CHANCE = 0.6  # that a letter agrees by chance
_WEIGHT_LINK, _WEIGHT_LINES, _WEIGHT_WORDS, _WEIGHT_LEXICAL = 0.45, 0.35, 0.1, 0.1
_WEIGHT_GENERAL = 0.95
_WEIGHT_CLASS, _ABSENT_CLASS = 0.6, 0.5
_REPEATED = 0.6  # each further rule under the same heading says less
_LONG_RULE = 400  # characters from which on brevity counts
_OTHER_HEADING = 0.45
# What every sentence needs first; sounds, spelling and the story of the language help no translation.
_HEADINGS = (
    (1.0, re.compile(r"\b(?:word|constituent|clause|basic) order|\bsyntax\b|\btypolog", re.IGNORECASE)),
    (
        0.1,
        re.compile(r"phon|sound|vowel|consonant|spell|orthograph|stress|syllab|histor|introduc|summar", re.IGNORECASE),
    ),
    (0.8, re.compile(r"adposition|preposition|postposition|adjective|numeral|noun phrase|modifier", re.IGNORECASE)),
    (0.7, re.compile(r"conjunct|coordinat|relative|possess|negat|question|clause|copula|pronoun", re.IGNORECASE)),
    (0.5, re.compile(r"case|tense|aspect|mood|agreement|definite|article|plural|number", re.IGNORECASE)),
)
# Headings about a class of words, and how dictionaries abbreviate that class.
_CLASSES = (
    (re.compile(r"adposition|preposition|postposition", re.IGNORECASE), re.compile(r"adp|prep|postp")),
    (re.compile(r"adjective|numeral|modifier", re.IGNORECASE), re.compile(r"adj|num|quant")),
    (re.compile(r"conjunct|coordinat|connective", re.IGNORECASE), re.compile(r"conj|connect|cconj|sconj")),
    (re.compile(r"pronoun", re.IGNORECASE), re.compile(r"pron|pro\b")),
    (re.compile(r"adverb", re.IGNORECASE), re.compile(r"adv")),
)

_NO_CLASSES: Mapping[str, Set[int]] = MappingProxyType({})

LineGlosses = Sequence[Sequence[GlossToken]]
"""The glosser's tokens for each line of a page; empty where there is no glosser."""
WordClasses = Mapping[str, Set[int]]
"""Part of speech, as the dictionary writes it, to the 0-based lines with such a word."""


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that may speak about the page.

    Attributes:
        row: among the RULE records of the block.
        similarity: 0 to 1.
        affix: how sure the affixes and particles found are, 0 to 1.
        overlap: share of the words of the rule's best example that stand on the page, 0 to 1.
        lexical: best n-gram score of a line, 0 to 1.
        lines: 0-based numbers of the lines with one of its affixes or with a word of its class.
        affixes: those found, as the grammar writes them.
        is_general: whether it names no affix or particle at all.
    """

    row: int
    similarity: float
    affix: float
    overlap: float
    lexical: float
    lines: tuple[int, ...]
    affixes: tuple[str, ...]
    is_general: bool


@dataclass(slots=True)
class _Link:
    """How strongly a form of a rule was met, and on which lines."""

    strength: float
    lines: set[int]


_Links = dict[str, _Link]  # by form


@dataclass(frozen=True, slots=True)
class _Found:
    """What links a rule to a page: its part of the score, the lines, how sure its forms are, and the forms."""

    similarity: float
    lines: Set[int] = frozenset()
    affix: float = 0.0
    forms: tuple[str, ...] = ()


class RuleIndex:
    """The rules and rule examples of one block.

    Args:
        records: RULE records; an example has the attribute `rule` = the id of its rule.
        embedder: for the examples.
        settings: see `MemorySettings`.
    """

    def __init__(self, records: Sequence[MemoryRecord], embedder: Embedder, settings: MemorySettings) -> None:
        assert all(record.kind is Kind.RULE for record in records)
        self.rule_rows = [row for row, record in enumerate(records) if not record.attribute("rule")]
        self.example_rows = [row for row, record in enumerate(records) if record.attribute("rule")]
        self._settings = settings
        examples: dict[str, list[str]] = {}
        for row in self.example_rows:
            examples.setdefault(records[row].attribute("rule"), []).append(normalise(records[row].source))
        rules = [records[row] for row in self.rule_rows]
        own = [examples.get(rule.id, []) for rule in rules]
        self._examples = [[frozenset(tokens(text)) for text in texts] for texts in own]
        texts = [
            " ".join([normalise(f"{rule.source} {rule.target}"), *of_rule])
            for rule, of_rule in zip(rules, own, strict=True)
        ]
        self._ngrams = NgramIndex(texts, max_postings=settings.max_postings)
        sources = [normalise(records[row].source) for row in self.example_rows]
        self._sentences = SentenceIndex(sources, embedder, settings)
        self._markers = _MarkerTable(rules)
        self._headings = [rule.source for rule in rules]
        self._generality = [
            _generality(rule, is_first=place == 0 or rules[place - 1].source != rule.source)
            for place, rule in enumerate(rules)
        ]

    def find_examples(self, query: LineQuery) -> list[list[SentenceHit]]:
        """For each line the examples like it; `row` is an index of `example_rows`."""
        return search_sentences([self._sentences], query, self._settings)

    def find_rules(
        self, page: PageText, ngrams: NgramQuery, glosses: LineGlosses = (), classes: WordClasses = _NO_CLASSES
    ) -> list[RuleHit]:
        """Every rule, best first; those that have nothing to do with the page come last, in order of the grammar."""
        if not self.rule_rows:
            return []
        lexical = self._lexical(ngrams)
        links = self._markers.links(page, glosses)
        vocabulary = frozenset(word for line in page.tokens for word in line)
        num_lines = max(1, len(page.lines))
        found = []
        for place, row in enumerate(self.rule_rows):
            overlap = max((_share(words, vocabulary) for words in self._examples[place]), default=0.0)
            is_general = place not in self._markers.places
            link = self._general(place, classes, num_lines) if is_general else _linked(links.get(place, {}), num_lines)
            by_ngrams = lexical.get(place, 0.0)
            similarity = min(1.0, link.similarity + _WEIGHT_WORDS * overlap + _WEIGHT_LEXICAL * by_ngrams)
            lines = tuple(sorted(link.lines))
            found.append(RuleHit(row, similarity, link.affix, overlap, by_ngrams, lines, link.forms, is_general))
        return self._spread(found)

    def _general(self, place: int, classes: WordClasses, num_lines: int) -> "_Found":
        """A rule without forms: by the words of its class where it is about one, else by its heading."""
        own = _WEIGHT_GENERAL * self._generality[place]
        about = [names for heading, names in _CLASSES if heading.search(self._headings[place])]
        if not about or not classes:
            return _Found(own)
        lines = {n for name, of_class in classes.items() if any(p.match(name) for p in about) for n in of_class}
        if not lines:
            return _Found(_ABSENT_CLASS * own)
        shown = self._generality[place] ** 0.25 * (_WEIGHT_CLASS + _WEIGHT_LINES * (len(lines) / num_lines) ** 0.5)
        return _Found(max(own, shown), lines)

    def _spread(self, hits: Sequence[RuleHit]) -> list[RuleHit]:
        """Best first, where each further rule under one heading counts less."""
        ranked = sorted(zip(hits, self._headings, strict=True), key=lambda pair: (-pair[0].similarity, pair[0].row))
        met: dict[str, int] = {}
        spread = []
        for hit, heading in ranked:
            times = met[heading] = met.get(heading, -1) + 1
            spread.append(replace(hit, similarity=hit.similarity * _REPEATED**times) if times else hit)
        return sorted(spread, key=lambda hit: (-hit.similarity, hit.row))

    def _lexical(self, ngrams: NgramQuery) -> dict[int, float]:
        best: dict[int, float] = {}
        for hits in self._ngrams.search(ngrams, self._settings.hits_per_line):
            for place, score in zip(hits.rows.tolist(), hits.scores.tolist(), strict=True):
                best[place] = max(best.get(place, 0.0), score)
        return best


class _MarkerTable:
    """Affixes and particles of rules, and where a page shows them.

    Args:
        rules: in their order; the place of a rule is its number here.
    """

    def __init__(self, rules: Sequence[MemoryRecord]) -> None:
        self.places: set[int] = set()
        self._by_label: dict[str, list[tuple[int, str]]] = {}
        self._by_form: dict[str, list[int]] = {}
        for place, rule in enumerate(rules):
            for form, label in (*stated_affixes(rule), *stated_particles(rule)):
                plain = normalise(form).replace("=", "-")
                self.places.add(place)
                self._by_label.setdefault(label, []).append((place, plain))
                self._by_form.setdefault(plain, []).append(place)
            if rule.attribute("target_affixes") or rule.attribute("target_particles"):
                self.places.add(place)
        self._longest = max((len(form.strip("-")) for form in self._by_form), default=0)

    def links(self, page: PageText, glosses: LineGlosses) -> dict[int, _Links]:
        """Rule to the forms of it that the page shows."""
        found: dict[int, _Links] = {}
        for number, line in enumerate(page.tokens):
            for word in line:
                for form in _borders(word, self._longest):
                    for place in self._by_form.get(form, ()):
                        _link(found, place, form, _chance_strength(form), number)
        for number, glossed in enumerate(glosses):
            for token in glossed:
                self._read(token, number, found)
        return found

    def _read(self, token: GlossToken, number: int, found: dict[int, _Links]) -> None:
        word = morphology.normalise(token.form)
        strength = _CUT if UNKNOWN not in token.gloss else _CUT_BESIDE_UNKNOWN
        for label in (token.lemma_gloss, *token.affix_glosses):
            for place, form in self._by_label.get(label, ()):
                if form.strip("-") in word:
                    _link(found, place, form, strength, number)


def _linked(links: _Links, num_lines: int) -> _Found:
    """A rule by the forms of it that the page shows; mere borders do not count beside sure finds."""
    if not links:
        return _Found(0.0)
    affix = max(link.strength for link in links.values())
    sure = {form: link for form, link in links.items() if link.strength >= affix / 2}
    lines = set().union(*(link.lines for link in sure.values()))
    similarity = affix * (_WEIGHT_LINK + _WEIGHT_LINES * (len(lines) / num_lines) ** 0.5)
    return _Found(similarity, lines, affix, tuple(sorted(sure)))


def _link(found: dict[int, _Links], place: int, form: str, strength: float, number: int) -> None:
    """Writes a find down; a sure one takes the place of a mere border."""
    links = found.setdefault(place, {})
    known = links.get(form)
    if known is None or strength > known.strength:
        links[form] = _Link(strength, {number})
    elif strength == known.strength:
        known.lines.add(number)


def order_contrast(heading: str, evidence: EvidenceIndex) -> float:
    """Whether words stand otherwise than in the target language where a rule by its heading is about order.

    -1 (the same) to 1; 0 for a rule about anything else, and where nothing is known.
    """
    of_class = next((names for pattern, names in _CLASSES if pattern.search(heading)), None)
    if of_class is None and not _HEADINGS[0][1].search(heading):
        return 0.0
    return evidence.turned(of_class)


def _share(words: frozenset[str], vocabulary: frozenset[str]) -> float:
    """Share of the words that are in the vocabulary."""
    return len(words & vocabulary) / len(words) if words else 0.0


def _borders(word: str, longest: int) -> Iterator[str]:
    """The word itself, and what it begins and ends with, written as affixes, up to a number of letters."""
    yield word
    for size in range(1, min(longest, len(word) - 1) + 1):
        yield f"-{word[-size:]}"
        yield f"{word[:size]}-"


def _chance_strength(form: str) -> float:
    """A particle stands there; a long affix is hardly chance, one letter is."""
    bare = form.strip("-")
    return 1.0 if bare == form else _BORDER * (1.0 - _CHANCE ** len(bare))


def _generality(rule: MemoryRecord, *, is_first: bool) -> float:
    """How likely a rule without affixes is to help with any page, 0 to 1."""
    prior = next((weight for weight, pattern in _HEADINGS if pattern.search(rule.source)), _OTHER_HEADING)
    brevity = min(1.0, _LONG_RULE / max(1, len(rule.target)))
    return prior * (0.5 + 0.5 * brevity) * (1.0 if is_first else 0.6)

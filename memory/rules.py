"""Search in a grammar: rules by their affixes, their example words and their text; examples like other sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dragoman.core.protocols import Embedder
from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.ngrams import NgramIndex, NgramQuery
from dragoman.memory.phrases import PageText
from dragoman.memory.sentences import LineQuery, SentenceHit, SentenceIndex, search_sentences
from dragoman.memory.settings import MemorySettings
from dragoman.memory.text import normalise, tokens

__all__ = ["RuleHit", "RuleIndex"]

_WEIGHT_AFFIX, _WEIGHT_WORDS, _WEIGHT_LEXICAL = 0.45, 0.3, 0.25


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that may speak about the page.

    Attributes:
        row: among the RULE records of the block.
        similarity: 0 to 1.
        affix: how telling the affixes found are, 0 to 1.
        overlap: share of the words of the rule's best example that stand on the page, 0 to 1.
        lexical: best n-gram score of a line, 0 to 1.
        lines: 0-based numbers of the lines with one of its affixes.
        affixes: those found, as the grammar writes them.
    """

    row: int
    similarity: float
    affix: float
    overlap: float
    lexical: float
    lines: tuple[int, ...]
    affixes: tuple[str, ...]


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
        self._affixes = _affix_table(rule.attribute("affixes") for rule in rules)
        self._longest = max((len(form) - 1 for form in self._affixes), default=0)

    def find_examples(self, query: LineQuery) -> list[list[SentenceHit]]:
        """For each line the examples like it; `row` is an index of `example_rows`."""
        return search_sentences([self._sentences], query, self._settings)

    def find_rules(self, page: PageText, ngrams: NgramQuery) -> list[RuleHit]:
        """Every rule, best first; those that have nothing to do with the page come last, in order of the grammar."""
        if not self.rule_rows:
            return []
        lexical = self._lexical(ngrams)
        affixes = self._found_affixes(page)
        vocabulary = frozenset(word for line in page.tokens for word in line)
        hits = []
        for place, row in enumerate(self.rule_rows):
            overlap = max((_share(words, vocabulary) for words in self._examples[place]), default=0.0)
            lines = affixes.get(place, {})
            affix = _specificity(lines)
            by_ngrams = lexical.get(place, 0.0)
            similarity = _WEIGHT_AFFIX * affix + _WEIGHT_WORDS * overlap + _WEIGHT_LEXICAL * by_ngrams
            numbers = tuple(sorted(set().union(*lines.values())))
            hits.append(RuleHit(row, similarity, affix, overlap, by_ngrams, numbers, tuple(sorted(lines))))
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.row))

    def _lexical(self, ngrams: NgramQuery) -> dict[int, float]:
        best: dict[int, float] = {}
        for hits in self._ngrams.search(ngrams, self._settings.hits_per_line):
            for place, score in zip(hits.rows.tolist(), hits.scores.tolist(), strict=True):
                best[place] = max(best.get(place, 0.0), score)
        return best

    def _found_affixes(self, page: PageText) -> dict[int, dict[str, set[int]]]:
        """Rule to affix to the lines with a word that begins or ends so."""
        found: dict[int, dict[str, set[int]]] = {}
        seen: dict[str, set[int]] = {}
        for number, line in enumerate(page.tokens):
            for word in line:
                for form in _borders(word, self._longest):
                    if form in self._affixes:
                        seen.setdefault(form, set()).add(number)
        for form, lines in seen.items():
            for place in self._affixes[form]:
                found.setdefault(place, {})[form] = lines
        return found


def _share(words: frozenset[str], vocabulary: frozenset[str]) -> float:
    """Share of the words that are in the vocabulary."""
    return len(words & vocabulary) / len(words) if words else 0.0


def _affix_table(affixes: Iterable[str]) -> dict[str, list[int]]:
    """Affix with its hyphen ("-ka", "ge-") to the rules that name it."""
    table: dict[str, list[int]] = {}
    for place, pairs in enumerate(affixes):
        for pair in filter(None, pairs.split("; ")):
            form = normalise(pair.rpartition("=")[0]).replace("=", "-")
            table.setdefault(form, []).append(place)
    return table


def _borders(word: str, longest: int) -> Iterable[str]:
    """What a word begins and ends with, written as affixes, up to a number of letters."""
    for size in range(1, min(longest, len(word) - 1) + 1):
        yield f"-{word[-size:]}"
        yield f"{word[:size]}-"


def _specificity(forms: Iterable[str]) -> float:
    """How much the affixes found say: long ones are hardly chance, one letter is."""
    chance = 1.0
    for form in forms:
        chance *= 0.6 ** len(form.strip("-"))
    return 1.0 - chance

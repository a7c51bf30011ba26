"""Which needs an item of the context answers: exact, because the item's text is compared with the truth.

An item with a wrong gloss, rendering or rule answers nothing, so corrupted records and those of other languages are
told apart. Keys are in `keys`. A key can come from several items: a rule from its statement, from one of its own
examples or from a row of a table of markers; a word from its entry or from the automatic gloss of the line.
"""

import re
from functools import cached_property
from itertools import pairwise

from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.rendering import one_line, render_item
from dragoman.training.simlang.documents import SimDocument, SimSentence
from dragoman.training.simlang.grammar import MARKED_RULES, RULES, grammar_rules, marker_forms, rule_statement
from dragoman.training.simlang.inventory import TOPIC_LABELS
from dragoman.training.simlang.keys import (
    IDIOM_KEY,
    POLITE_KEY,
    entry_key,
    gender_key,
    name_key,
    rule_key,
    sense_key,
)
from dragoman.training.simlang.language import SimLanguage

__all__ = ["ItemReader", "familiar_keys", "oracle_needs", "record_keys", "trace_keys"]

_NOTHING: frozenset[str] = frozenset()
_DETAILS = re.compile(r"^(?P<target>.*?)(?: \((?P<details>[^()]*)\))?$")
_FORMS = re.compile(r"[\w-]+")
_LABEL = re.compile(r"[A-Z]+|[123](?:SG|PL)")
_PRONOUN_LABELS = {"3SG": ("he", "she", "it"), "1SG": ("I",), "1PL": ("we",), "3PL": ("they",)}


def oracle_needs(sentence: SimSentence, *, known: frozenset[str] = _NOTHING) -> frozenset[str]:
    """Keys of exactly the items that a reader of the sentence must be given, besides what it knows already."""
    return sentence.needs - known


def familiar_keys(language: SimLanguage, share: float) -> frozenset[str]:
    """Words and rules that a reader with some command of the language knows; the rest is what context is for.

    The same words stay known as the share grows, so knowledge is nested. Names, genders, topics, idiom and register
    are never known. With a high share many sentences need no context at all.

    Args:
        language: whose words and rules.
        share: 0 (nothing, the default elsewhere) to 1.
    """
    keys = [entry_key(stem) for stem in language.lexicon.senses] + [rule_key(rule) for rule in RULES]
    ordered = language.chance("familiar").shuffled(keys)
    return frozenset(ordered[: round(share * len(ordered))])


def record_keys(record: MemoryRecord, document: SimDocument) -> frozenset[str]:
    """The keys a record answers for the sentences of a document; empty for records that help nobody.

    Many records of one document: build one `ItemReader` and ask it.
    """
    return ItemReader(document).record_keys(record)


def trace_keys(sentence: SimSentence, gloss_line: str) -> frozenset[str]:
    """The keys an automatic gloss of a sentence answers: words it glosses rightly, and what its labels mark."""
    tokens, gold = gloss_line.split(), sentence.gloss.split()
    if len(tokens) != len(gold):
        return _NOTHING
    keys: set[str] = set()
    for token, right, word_key in zip(tokens, gold, sentence.word_keys, strict=True):
        lemma, labels = _taken_apart(token)
        right_lemma, right_labels = _taken_apart(right)
        if lemma in (right_lemma, *_PRONOUN_LABELS.get(right_lemma, ())) and word_key.startswith(("entry:", "name:")):
            keys.add(word_key)
        keys |= {rule_key(MARKED_RULES[label]) for label in labels & right_labels if label in MARKED_RULES}
    return frozenset(keys)


class ItemReader:
    """Reads items of the context on behalf of one document."""

    def __init__(self, document: SimDocument) -> None:
        self._document = document
        self._language = document.language

    def record_keys(self, record: MemoryRecord) -> frozenset[str]:
        """The keys a record answers; a trace must carry its source line."""
        if record.kind is Kind.TRACE:
            sentence = self._document.by_source.get(record.source)
            return trace_keys(sentence, record.target) if sentence is not None else _NOTHING
        return self.item_keys(record.kind, render_item(record))

    def item_keys(self, kind: Kind, item: str) -> frozenset[str]:
        """The keys answered by an item as it stands in a prompt; traces are read by `trace_keys`."""
        readers = {
            Kind.ENTRY: self._entry,
            Kind.ENTITY: self._entity,
            Kind.RULE: self._rule,
            Kind.ESSENCE: self._essence,
            Kind.EXEMPLAR: self._exemplar,
        }
        return readers[kind](item) if kind in readers else _NOTHING

    def _entry(self, item: str) -> frozenset[str]:
        """Headword first, or last when the dictionary was turned round; every sense must be named."""
        left, _, right = item.partition(" = ")
        target = _split_details(right)[0]
        for stem, glosses in ((left, target), (target, left)):
            concepts = self._language.lexicon.senses.get(stem)
            if concepts is not None:
                lemmas = {"he" if concept == "p.3" else concept[2:] for concept in concepts}
                return frozenset((entry_key(stem),)) if lemmas <= set(glosses.split("; ")) else _NOTHING
        return _NOTHING

    def _entity(self, item: str) -> frozenset[str]:
        name, _, right = item.partition(" = ")
        target, details = _split_details(right)
        entity = self._document.entities.get(name)
        if entity is None or entity.english != target:
            return _NOTHING
        gendered = bool(entity.gender) and entity.gender in details
        return frozenset((name_key(name), gender_key(name)) if gendered else (name_key(name),))

    def _rule(self, item: str) -> frozenset[str]:
        if item.startswith("e.g. "):
            rule = self._examples.get(item.removeprefix("e.g. "))
            return _NOTHING if rule is None else frozenset((rule_key(rule),))
        text = _bare(item)
        stated = {rule_key(rule) for rule, statement in self._statements if statement in text}
        forms = set(_FORMS.findall(text))
        return frozenset(stated | {rule_key(rule) for form, gloss, rule in self._rows if {form, gloss} <= forms})

    def _essence(self, item: str) -> frozenset[str]:
        words = f" {re.sub('[^a-z]+', ' ', item.lower())} "
        return frozenset(sense_key(topic) for topic, label in TOPIC_LABELS.items() if f" {label} " in words)

    def _exemplar(self, item: str) -> frozenset[str]:
        source, _, target = item.lower().partition(" => ")
        words = _FORMS.findall(source)
        language = self._language
        keys = set()
        first, second = (language.stem(concept) for concept in language.idiom.concepts)
        if (first, second) in pairwise(words) and language.idiom.english in target:
            keys.add(IDIOM_KEY)
        if language.markers.particles["POL"] in words and language.politeness.english in target:
            keys.add(POLITE_KEY)
        return frozenset(keys)

    @cached_property
    def _examples(self) -> dict[str, str]:
        """Example as rendered, to the rule it shows."""
        rules = grammar_rules(self._language)
        return {f"{source} => {target}": rule.id for rule in rules for source, target in rule.examples}

    @cached_property
    def _statements(self) -> tuple[tuple[str, str], ...]:
        return tuple((rule, _bare(rule_statement(self._language, rule))) for rule in RULES)

    @cached_property
    def _rows(self) -> tuple[tuple[str, str, str], ...]:
        """(form, gloss, rule) of the table of markers."""
        markers = self._language.markers
        return tuple(
            (form, gloss, MARKED_RULES[gloss])
            for gloss in (*markers.affixes, *markers.particles)
            if gloss in MARKED_RULES
            for form in marker_forms(self._language, gloss)
        )


def _split_details(text: str) -> tuple[str, tuple[str, ...]]:
    """ "boat (noun)" as "boat" and its details."""
    match = _DETAILS.match(text)
    assert match is not None, "the pattern matches every line"
    return match["target"], tuple((match["details"] or "").split(", "))


def _bare(text: str) -> str:
    return one_line(text.replace("`", ""))


def _taken_apart(token: str) -> tuple[str, set[str]]:
    """Lemma and grammatical labels of a gloss; a word that is all labels is its own lemma."""
    parts = token.split("-")
    lemmas = [part for part in parts if not _LABEL.fullmatch(part)]
    stems = lemmas or [part for part in parts if part in _PRONOUN_LABELS or part == "I"]
    return "-".join(stems), {part for part in parts if _LABEL.fullmatch(part)}

"""English lines read clause by clause: which word is the verb, what is subject and object, tense, negation, question.

A few rules on the order of English words, enough for the gloss of plain sentences: what they misread stays a word with
a wrong marker, never a lost word. Parts of speech come from the dictionary; where it has none, from the place.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Protocol

from dragoman.memory.english import CONJUNCTIONS, DETERMINERS, PREPOSITIONS
from dragoman.memory.morphology import normalise

__all__ = ["EnglishWord", "Lexis", "Part", "read_clauses"]

_OBJECTS = MappingProxyType({"me": "i", "him": "he", "her": "she", "us": "we", "them": "they"})
_OWNERS = MappingProxyType(
    {"my": "i", "your": "you", "his": "he", "her": "she", "its": "it", "our": "we", "their": "they"}
)
_PRONOUNS = frozenset({"i", "you", "he", "she", "it", "we", "they", *_OBJECTS})
_BE = MappingProxyType({"am": "", "is": "", "are": "", "was": "PST", "were": "PST", "be": "", "been": "PST"})
_AUXILIARIES = MappingProxyType({"do": "", "does": "", "did": "PST", "will": "FUT", "shall": "FUT"})
_CONTRACTED = MappingProxyType({"won't": "will", "can't": "can", "cannot": "can"})
_NOMINAL_ORDER = ("PL", "DEF", "POSS", "GEN", "ACC", "ERG")


class Lexis(Protocol):
    """What is known of words and of the markers of the other language."""

    pos: dict[str, str]
    phrases: dict[tuple[str, ...], str]
    inflected: dict[str, tuple[str, str]]

    @property
    def affixes(self) -> Collection[str]:
        """Labels that an affix marks."""

    def stem(self, lemma: str) -> str:
        """The translation of a lemma."""

    def particle(self, label: str) -> str:
        """The word that marks a category."""


class Part(Enum):
    """What becomes of a word."""

    WORD = auto()
    NAME = auto()
    MARKER = auto()  # its only label says of what
    SILENT = auto()  # nothing stands for it


@dataclass(frozen=True, slots=True)
class EnglishWord:
    """A word as read.

    Attributes:
        part: what becomes of it.
        lemma: its dictionary form, normalised.
        labels: categories it is marked for, innermost first.
        phrase: the translation of the headword of several words that begins here, else "".
    """

    part: Part
    lemma: str
    labels: tuple[str, ...] = ()
    phrase: str = ""


class _Kind(Enum):
    NOUN = auto()
    PRONOUN = auto()
    VERB = auto()
    MODIFIER = auto()
    PREPOSITION = auto()
    CONJUNCTION = auto()
    OTHER = auto()
    ARTICLE = auto()
    AUXILIARY = auto()
    NEGATION = auto()


@dataclass(slots=True)
class _Read:
    """A word while its clause is read."""

    form: str
    kind: _Kind
    lemma: str
    labels: list[str]
    part: Part = Part.WORD
    phrase: str = ""
    is_owner: bool = False
    ends_phrase: bool = False  # a comma or the like follows

    @property
    def is_nominal(self) -> bool:
        return self.kind in (_Kind.NOUN, _Kind.PRONOUN)


def read_clauses(words: Sequence[str], lexis: Lexis, names: frozenset[str] = frozenset()) -> list[EnglishWord]:
    """Every word of a line, in order.

    Args:
        words: with their punctuation.
        lexis: of the other language.
        names: normalised.
    """
    read: list[_Read] = []
    for word in words:
        read.append(_tagged(word, read, lexis, names))
    _join_phrases(read, lexis)
    is_question = bool(words) and words[-1].rstrip("\"'”’)»").endswith("?")
    clauses = _clauses(read)
    for number, clause in enumerate(clauses):
        _Clause(clause, lexis).mark(is_question=is_question and number == 0)
    return [EnglishWord(r.part, r.lemma, _in_order(r), r.phrase) for r in read]


def _tagged(word: str, before: Sequence[_Read], lexis: Lexis, names: frozenset[str]) -> _Read:
    form = normalise(word.strip("?/\\=-~")).replace("’", "'")
    read = _function_word(form) or _content_word(word, form, before, lexis, names)
    read.ends_phrase = word.rstrip("\"'”’)»")[-1:] in (",", ";", ":", ".", "?", "!")
    return read


def _function_word(form: str) -> _Read | None:
    if form in ("the", "a", "an"):
        return _Read(form, _Kind.ARTICLE, form, ["DEF" if form == "the" else "INDF"], Part.MARKER)
    if form == "not":
        return _Read(form, _Kind.NEGATION, form, ["NEG"], Part.MARKER)
    whole = _CONTRACTED.get(form, form.removesuffix("n't"))
    negated = ["NEG"] if whole != form else []
    if whole in _BE:
        return _Read(form, _Kind.VERB, "be", [label for label in (_BE[whole], *negated) if label])
    if whole in _AUXILIARIES:
        return _Read(form, _Kind.AUXILIARY, whole, [label for label in (_AUXILIARIES[whole], *negated) if label])
    return None


def _content_word(word: str, form: str, before: Sequence[_Read], lexis: Lexis, names: frozenset[str]) -> _Read:
    bare = form.removesuffix("'s").removesuffix("'")
    if bare in names:
        return _Read(form, _Kind.NOUN, bare, [], Part.NAME, is_owner=bare != form)
    if form in _PRONOUNS or form in _OWNERS:
        return _pronoun(form)
    lemma, label = (bare, "") if lexis.stem(bare) else lexis.inflected.get(bare, (bare, ""))
    kind = _kind(lemma, label, before, lexis)
    if before and word[:1].isupper() and not lexis.stem(lemma):
        kind = _Kind.NOUN
    labels = [label] if label and (label == "PL") == (kind is _Kind.NOUN) else []
    return _Read(form, kind, lemma, labels, is_owner=bare != form)


def _pronoun(form: str) -> _Read:
    if form in _OWNERS and form != "her":
        return _Read(form, _Kind.PRONOUN, _OWNERS[form], [], is_owner=True)
    return _Read(form, _Kind.PRONOUN, _OBJECTS.get(form, form), [])


def _kind(lemma: str, label: str, before: Sequence[_Read], lexis: Lexis) -> _Kind:
    pos = lexis.pos.get(lemma, "")
    stated = next((kind for start, kind in _POS if pos.startswith(start)), None)
    if stated is not None:
        return stated
    if lemma in PREPOSITIONS:
        return _Kind.PREPOSITION
    if lemma in CONJUNCTIONS or lemma == "and":
        return _Kind.CONJUNCTION
    if lemma in DETERMINERS:
        return _Kind.MODIFIER
    in_phrase = bool(before) and before[-1].kind in (_Kind.ARTICLE, _Kind.MODIFIER, _Kind.PREPOSITION)
    if label == "PST" and not in_phrase:
        return _Kind.VERB
    needs_verb = bool(before) and (before[-1].is_nominal or before[-1].kind in (_Kind.AUXILIARY, _Kind.NEGATION))
    has_verb = any(read.kind is _Kind.VERB for read in before)
    return _Kind.VERB if needs_verb and not has_verb and label != "PL" else _Kind.NOUN


_POS = (
    ("adv", _Kind.OTHER), ("adj", _Kind.MODIFIER), ("num", _Kind.MODIFIER), ("det", _Kind.MODIFIER),
    ("v", _Kind.VERB), ("aux", _Kind.VERB), ("n", _Kind.NOUN), ("pro", _Kind.PRONOUN),
    ("adp", _Kind.PREPOSITION), ("prep", _Kind.PREPOSITION), ("post", _Kind.PREPOSITION),
    ("conj", _Kind.CONJUNCTION), ("cconj", _Kind.CONJUNCTION), ("sconj", _Kind.CONJUNCTION), ("part", _Kind.OTHER),
    ("interj", _Kind.OTHER),
)  # fmt: skip


def _join_phrases(read: Sequence[_Read], lexis: Lexis) -> None:
    """A headword of several words is one: its translation stands at the first, the others are silent."""
    longest = max(map(len, lexis.phrases), default=0)
    place = 0
    while place < len(read):
        sizes = range(min(longest, len(read) - place), 1, -1)
        forms = [r.form for r in read[place : place + longest]]
        size = next((n for n in sizes if tuple(forms[:n]) in lexis.phrases), 1)
        if size > 1:
            read[place].phrase, read[place].part = lexis.phrases[tuple(forms[:size])], Part.WORD
            for other in read[place + 1 : place + size]:
                other.part, other.kind, other.labels = Part.SILENT, read[place].kind, []
        place += size


def _clauses(read: Sequence[_Read]) -> list[list[_Read]]:
    """A conjunction begins a clause where both sides have a verb."""
    found: list[list[_Read]] = [[]]
    for place, word in enumerate(read):
        is_border = word.kind is _Kind.CONJUNCTION and _has_verb(found[-1]) and _has_verb(read[place:])
        if is_border:
            found.append([])
        found[-1].append(word)
    return found


def _has_verb(read: Sequence[_Read]) -> bool:
    return any(word.kind in (_Kind.VERB, _Kind.AUXILIARY) for word in read)


class _Clause:
    """One clause, whose words get the markers that the other language puts on them."""

    def __init__(self, read: Sequence[_Read], lexis: Lexis) -> None:
        self._read = read
        self._lexis = lexis
        self._settle_her()
        self._verb = next((n for n, word in enumerate(read) if word.kind is _Kind.VERB), None)

    def _settle_her(self) -> None:
        """Before a noun phrase "her" is an owner; what else could be a verb or a noun is a noun there."""
        for word, after in zip(self._read, self._read[1:], strict=False):
            if word.form == "her" and not word.ends_phrase and after.kind in (_Kind.NOUN, _Kind.MODIFIER):
                word.is_owner = True

    def mark(self, *, is_question: bool) -> None:
        """Puts the labels on the words that bear them."""
        self._mark_phrases()
        self._mark_verb(is_question)

    def _mark_verb(self, is_question: bool) -> None:
        verb = None if self._verb is None else self._read[self._verb]
        first = next((word for word in self._read if word.part is not Part.SILENT), None)
        helpers = [word for word in self._read if word.kind in (_Kind.AUXILIARY, _Kind.NEGATION)]
        for label in ("PST", "FUT", "NEG"):
            holders = [word for word in helpers if label in word.labels]
            if holders and verb is not None:
                self._place(label, holders[0], verb)
        if is_question and verb is not None and first is not None and (first is verb or first in helpers):
            self._place("Q", first if first is not verb else None, verb)
        for word in helpers:
            if word.part is not Part.MARKER or len(word.labels) != 1:
                word.part, word.labels = Part.SILENT, []

    def _place(self, label: str, own: _Read | None, verb: _Read) -> None:
        """A particle stands where English has a word of its own; an affix, or what has no such word, on the verb."""
        if own is not None and self._lexis.particle(label) and label not in self._lexis.affixes:
            own.part, own.labels = Part.MARKER, [label]
        else:
            if own is not None:
                own.part, own.labels = Part.SILENT, []
            if label not in verb.labels:
                verb.labels.append(label)

    def _mark_phrases(self) -> None:
        subjects, objects = self._heads()
        for head in (*subjects, *objects):
            self._own(head)
        self._define()
        verb = None if self._verb is None else self._read[self._verb]
        if verb is None or verb.lemma == "be":
            return
        for head in objects:
            self._read[head].labels += ["ACC"] if "ACC" in self._lexis.affixes else []
        for head in subjects if objects else ():
            self._read[head].labels += ["ERG"] if "ERG" in self._lexis.affixes else []

    def _heads(self) -> tuple[list[int], list[int]]:
        """Heads of the noun phrases that are subject and object; those after a preposition are neither."""
        subjects: list[int] = []
        objects: list[int] = []
        governed = False
        for place, word in enumerate(self._read):
            if word.kind is _Kind.PREPOSITION:
                governed = True
            elif word.kind in (_Kind.VERB, _Kind.CONJUNCTION, _Kind.AUXILIARY):
                governed = False
            elif word.is_nominal and self._is_head(place):
                if not governed:
                    (subjects if self._verb is None or place < self._verb else objects).append(place)
                governed = False
        return subjects, objects

    def _is_head(self, place: int) -> bool:
        word = self._read[place]
        if word.is_owner or word.part is Part.SILENT:
            return False
        after = self._read[place + 1] if place + 1 < len(self._read) else None
        return after is None or after.kind is not _Kind.NOUN or word.ends_phrase or word.kind is _Kind.PRONOUN

    def _own(self, head: int) -> None:
        """Possession, marked on the owner or on what is owned."""
        for place in range(head - 1, -1, -1):
            word = self._read[place]
            if word.is_owner:
                marked, label = (word, "GEN") if self._knows("GEN") else (self._read[head], "POSS")
                if self._knows(label):
                    marked.labels.append(label)
                return
            if word.kind is not _Kind.MODIFIER:
                return

    def _knows(self, label: str) -> bool:
        return label in self._lexis.affixes or bool(self._lexis.particle(label))

    def _define(self) -> None:
        """Articles that are affixes go to the noun behind them; articles the language lacks are silent."""
        for place, word in enumerate(self._read):
            if word.kind is not _Kind.ARTICLE or word.part is not Part.MARKER:
                continue
            (label,) = word.labels
            if self._lexis.particle(label) and label not in self._lexis.affixes:
                continue
            noun = next((other for other in self._read[place:] if other.is_nominal), None)
            if noun is not None and label in self._lexis.affixes:
                noun.labels.append(label)
            word.part = Part.SILENT


def _in_order(read: _Read) -> tuple[str, ...]:
    if not read.is_nominal:
        return tuple(read.labels)
    return tuple(sorted(read.labels, key=lambda label: _NOMINAL_ORDER.index(label) if label in _NOMINAL_ORDER else 0))

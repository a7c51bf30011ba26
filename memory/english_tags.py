"""English words one by one: dictionary form, part of speech, and what their own form says of number and tense.

Parts of speech come from the dictionary; where it has none, from lists of function words and from the place.
"""

import re
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Protocol

from dragoman.memory.english import CONJUNCTIONS, DETERMINERS, PREPOSITIONS, plural, present
from dragoman.memory.english_pronouns import PERSONAL_PRONOUNS
from dragoman.memory.morphology import normalise

__all__ = ["Lexis", "Part", "Place", "Read", "WordClass", "class_of", "tagged"]

_OBJECTS = MappingProxyType({p.object: p.lemma for p in PERSONAL_PRONOUNS if p.object != p.lemma})
_OWNERS = MappingProxyType({p.possessive: p.lemma for p in PERSONAL_PRONOUNS})
_PRONOUNS = frozenset({*(p.lemma for p in PERSONAL_PRONOUNS), *_OBJECTS})
_BE = MappingProxyType({"am": "", "is": "", "are": "", "was": "PST", "were": "PST", "be": "", "been": "PST"})
_AUXILIARIES = MappingProxyType({"do": "", "does": "", "did": "PST", "will": "FUT", "shall": "FUT"})
_CONTRACTED = MappingProxyType({"won't": "will", "can't": "can", "cannot": "can"})
_HELD = re.compile(r"'(?:ll|m|re|ve|d|s)$")  # what is left of a verb


class Part(Enum):
    """What becomes of a word."""

    WORD = auto()
    NAME = auto()
    MARKER = auto()  # its only label says of what
    SILENT = auto()  # nothing stands for it


class WordClass(Enum):
    """Classes of words, as far as their order depends on them."""

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


class Place(Enum):
    """What the head of a noun phrase is in its clause; all other words are elsewhere."""

    ELSEWHERE = auto()
    SUBJECT = auto()
    OBJECT = auto()
    GOVERNED = auto()  # by a preposition
    OWNER = auto()


class Lexis(Protocol):
    """What is known of words and of the markers of the other language."""

    pos: dict[str, str]
    phrases: dict[tuple[str, ...], str]
    longest_phrase: int
    inflected: dict[str, tuple[str, str]]

    @property
    def affixes(self) -> Collection[str]:
        """Labels that an affix marks."""

    def stem(self, lemma: str) -> str:
        """The translation of a lemma."""

    def word_classes(self, lemma: str) -> Collection[WordClass]:
        """What the dictionary takes a lemma for."""

    def particle(self, label: str) -> str:
        """The word that marks a category."""


@dataclass(slots=True)
class Read:
    """A word while its clause is read.

    Attributes:
        form: normalised.
        kind: its class.
        lemma: its dictionary form, normalised.
        labels: categories it is marked for.
        part: what becomes of it.
        phrase: the translation of the headword of several words that begins here, else "".
        is_owner: whether it is a possessor.
        ends_phrase: whether a comma or the like follows.
        place: what it is in its clause.
        governor: the preposition before its phrase, else "".
        person: of a verb's subject, such as "1SG"; "" where there is none, and of other words.
    """

    form: str
    kind: WordClass
    lemma: str
    labels: list[str]
    part: Part = Part.WORD
    phrase: str = ""
    is_owner: bool = False
    ends_phrase: bool = False
    place: Place = Place.ELSEWHERE
    governor: str = ""
    person: str = ""

    @property
    def is_nominal(self) -> bool:
        """Whether it can be the head of a noun phrase."""
        return self.kind in (WordClass.NOUN, WordClass.PRONOUN)


_Reading = tuple[str, str, WordClass]  # lemma, label, class


def tagged(word: str, before: Sequence[Read], lexis: Lexis, names: Set[str]) -> Read:
    """A word of a line, given the words before it.

    Args:
        word: with its punctuation.
        before: as read.
        lexis: of the other language.
        names: normalised.
    """
    form = normalise(word.strip("?/\\=-~")).replace("’", "'")
    read = _function_word(form) or _content_word(word, form, before, lexis, names)
    read.ends_phrase = word.rstrip("\"'”’)»")[-1:] in (",", ";", ":", ".", "?", "!")
    return read


def _function_word(form: str) -> Read | None:
    if form in ("the", "a", "an"):
        return Read(form, WordClass.ARTICLE, form, ["DEF" if form == "the" else "INDF"], Part.MARKER)
    if form == "not":
        return Read(form, WordClass.NEGATION, form, ["NEG"], Part.MARKER)
    whole = _CONTRACTED.get(form, form.removesuffix("n't"))
    negated = ["NEG"] if whole != form else []
    if whole in _BE:
        return Read(form, WordClass.VERB, "be", [label for label in (_BE[whole], *negated) if label])
    if whole in _AUXILIARIES:
        return Read(form, WordClass.AUXILIARY, whole, [label for label in (_AUXILIARIES[whole], *negated) if label])
    return None


def _content_word(word: str, form: str, before: Sequence[Read], lexis: Lexis, names: Set[str]) -> Read:
    bare = form.removesuffix("'s").removesuffix("'")
    if bare in names:
        return Read(form, WordClass.NOUN, bare, [], Part.NAME, is_owner=bare != form)
    if form in _PRONOUNS or form in _OWNERS:
        return _pronoun(form)
    if (held := _HELD.sub("", form)) in _PRONOUNS:
        return Read(form, WordClass.PRONOUN, held, [])
    lemma, label = (bare, "") if lexis.stem(bare) else lexis.inflected.get(bare, (bare, ""))
    kind = _kind(lemma, label, before, lexis)
    if chosen := _suiting(_readings(bare, lexis), before):
        lemma, label, kind = chosen
    if before and word[:1].isupper() and not lexis.stem(lemma):
        kind = WordClass.NOUN
    labels = [label] if label and (label == "PL") == (kind is WordClass.NOUN) else []
    return Read(form, kind, lemma, labels, is_owner=bare != form)


def _readings(form: str, lexis: Lexis) -> list[_Reading]:
    """What the dictionary takes a form for: "saw" is a noun, and the past of a verb."""
    found: list[_Reading] = [(form, "", kind) for kind in lexis.word_classes(form)]
    lemma, label = lexis.inflected.get(form, ("", ""))
    kinds = lexis.word_classes(lemma)
    if WordClass.VERB in kinds and label != "PL":
        found.append((lemma, label, WordClass.VERB))
    if WordClass.NOUN in kinds and plural(lemma) == form:
        found.append((lemma, "PL", WordClass.NOUN))
    if WordClass.VERB in kinds and label == "PL" and present(lemma) == form:
        found.append((lemma, "", WordClass.VERB))
    return found


def _suiting(readings: Sequence[_Reading], before: Sequence[Read]) -> _Reading | None:
    """Of a verb and another word the one that suits the words before; None where nothing tells."""
    verb = next((reading for reading in readings if reading[2] is WordClass.VERB), None)
    other = next((reading for reading in readings if reading[2] is not WordClass.VERB), None)
    if verb is None or other is None:
        return readings[0] if readings else None
    if not before:
        return None
    clause = before[next((n for n in range(len(before), 0, -1) if before[n - 1].kind is WordClass.CONJUNCTION), 0) :]
    has_verb = any(read.kind is WordClass.VERB for read in clause)
    last = before[-1]
    is_inside = last.kind in (WordClass.ARTICLE, WordClass.MODIFIER, WordClass.PREPOSITION) or last.is_owner
    has_subject = any(read.is_nominal for read in clause)
    return verb if has_subject and not has_verb and not is_inside else other


def _pronoun(form: str) -> Read:
    if form in _OWNERS and form != "her":
        return Read(form, WordClass.PRONOUN, _OWNERS[form], [], is_owner=True)
    return Read(form, WordClass.PRONOUN, _OBJECTS.get(form, form), [])


def class_of(pos: str) -> WordClass | None:
    """The class of a part of speech as dictionaries abbreviate it."""
    return next((kind for start, kind in _POS if pos.startswith(start)), None)


def _kind(lemma: str, label: str, before: Sequence[Read], lexis: Lexis) -> WordClass:
    pos = lexis.pos.get(lemma, "")
    stated = class_of(pos)
    if stated is not None:
        return stated
    if lemma in PREPOSITIONS:
        return WordClass.PREPOSITION
    if lemma in CONJUNCTIONS or lemma == "and":
        return WordClass.CONJUNCTION
    if lemma in DETERMINERS:
        return WordClass.MODIFIER
    in_phrase = bool(before) and before[-1].kind in (WordClass.ARTICLE, WordClass.MODIFIER, WordClass.PREPOSITION)
    if label == "PST" and not in_phrase:
        return WordClass.VERB
    needs_verb = bool(before) and (
        before[-1].is_nominal or before[-1].kind in (WordClass.AUXILIARY, WordClass.NEGATION)
    )
    has_verb = any(read.kind is WordClass.VERB for read in before)
    return WordClass.VERB if needs_verb and not has_verb and label != "PL" else WordClass.NOUN


_POS = (
    ("adv", WordClass.OTHER), ("adj", WordClass.MODIFIER), ("num", WordClass.MODIFIER), ("det", WordClass.MODIFIER),
    ("v", WordClass.VERB), ("aux", WordClass.VERB), ("n", WordClass.NOUN), ("pro", WordClass.PRONOUN),
    ("adp", WordClass.PREPOSITION), ("prep", WordClass.PREPOSITION), ("post", WordClass.PREPOSITION),
    ("conj", WordClass.CONJUNCTION), ("cconj", WordClass.CONJUNCTION), ("sconj", WordClass.CONJUNCTION),
    ("part", WordClass.OTHER), ("interj", WordClass.OTHER),
)  # fmt: skip

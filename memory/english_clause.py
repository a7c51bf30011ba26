"""English lines read clause by clause: which word is the verb, what is subject and object, tense, negation, question.

A few rules on the order of English words, enough for the gloss of plain sentences: what they misread stays a word with
a wrong marker, never a lost word.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from dragoman.memory.english_pronouns import PERSONAL_PRONOUNS
from dragoman.memory.english_tags import Lexis, Part, Place, Read, WordClass, tagged
from dragoman.memory.english_verbs import settle_helpers

__all__ = ["EnglishWord", "read_clauses"]

_PERSONS = MappingProxyType({p.lemma: f"{p.person}{'PL' if p.plural else 'SG'}" for p in PERSONAL_PRONOUNS})
_NOMINAL_ORDER = ("PL", "DEF", "POSS", "GEN", "ACC", "ERG")


@dataclass(frozen=True, slots=True)
class EnglishWord:
    """A word as read.

    Attributes:
        part: what becomes of it.
        lemma: its dictionary form, normalised.
        labels: categories it is marked for, innermost first.
        phrase: the translation of the headword of several words that begins here, else "".
        kind: its class.
        clause: number of its clause, from 0.
        place: what it is in its clause.
        governor: the preposition before its phrase, else "".
        person: of a verb's subject, such as "1SG".
    """

    part: Part
    lemma: str
    labels: tuple[str, ...] = ()
    phrase: str = ""
    kind: WordClass = WordClass.OTHER
    clause: int = 0
    place: Place = Place.ELSEWHERE
    governor: str = ""
    person: str = ""


def read_clauses(words: Sequence[str], lexis: Lexis, names: Set[str] = frozenset()) -> list[EnglishWord]:
    """Every word of a line, in order.

    Args:
        words: with their punctuation.
        lexis: of the other language.
        names: normalised.
    """
    read: list[Read] = []
    for word in words:
        read.append(tagged(word, read, lexis, names))
    _join_phrases(read, lexis)
    settle_helpers(read, lexis)
    is_question = bool(words) and words[-1].rstrip("\"'”’)»").endswith("?")
    clauses = _clauses(read)
    for number, clause in enumerate(clauses):
        _Clause(clause, lexis).mark(is_question=is_question and number == 0)
    return [_word(r, number) for number, clause in enumerate(clauses) for r in clause]


def _word(r: Read, clause: int) -> EnglishWord:
    return EnglishWord(
        r.part, r.lemma, _in_order(r), r.phrase, r.kind, clause, place=r.place, governor=r.governor, person=r.person
    )


def _join_phrases(read: Sequence[Read], lexis: Lexis) -> None:
    """A headword of several words is one: its translation stands at the first, the others are silent."""
    longest = lexis.longest_phrase
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


def _clauses(read: Sequence[Read]) -> list[list[Read]]:
    """A conjunction begins a clause where both sides have a verb."""
    found: list[list[Read]] = [[]]
    for place, word in enumerate(read):
        is_border = word.kind is WordClass.CONJUNCTION and _has_verb(found[-1]) and _has_verb(read[place:])
        if is_border:
            found.append([])
        found[-1].append(word)
    return found


def _has_verb(read: Sequence[Read]) -> bool:
    return any(word.kind in (WordClass.VERB, WordClass.AUXILIARY) for word in read)


class _Clause:
    """One clause, whose words get the markers that the other language puts on them."""

    def __init__(self, read: Sequence[Read], lexis: Lexis) -> None:
        self._read = read
        self._lexis = lexis
        self._settle_her()
        self._verb = next((n for n, word in enumerate(read) if word.kind is WordClass.VERB), None)

    def _settle_her(self) -> None:
        """Before a noun phrase "her" is an owner; what else could be a verb or a noun is a noun there."""
        for word, after in zip(self._read, self._read[1:], strict=False):
            if word.form == "her" and not word.ends_phrase and after.kind in (WordClass.NOUN, WordClass.MODIFIER):
                word.is_owner = True

    def mark(self, *, is_question: bool) -> None:
        """Puts the labels on the words that bear them."""
        self._mark_phrases(is_question)
        self._mark_verb(is_question)

    def _mark_verb(self, is_question: bool) -> None:
        verb = None if self._verb is None else self._read[self._verb]
        first = next((word for word in self._read if word.part is not Part.SILENT), None)
        helpers = [word for word in self._read if word.kind in (WordClass.AUXILIARY, WordClass.NEGATION)]
        held = [(label, word) for label in ("PST", "FUT", "NEG") for word in helpers if label in word.labels]
        for word in helpers:
            if word.kind is WordClass.AUXILIARY or verb is not None:
                word.part, word.labels = Part.SILENT, []
        if verb is None:
            return
        for label, word in held:
            self._place(label, word, verb)
        if is_question and (first is verb or first in helpers):
            self._place("Q", first if first in helpers else None, verb)

    def _place(self, label: str, own: Read | None, verb: Read) -> None:
        """A particle stands where English has a word of its own; an affix, or what has no such word, on the verb."""
        if own is not None and self._lexis.particle(label) and label not in self._lexis.affixes:
            own.part, own.labels = Part.MARKER, [label]
        elif label not in verb.labels:
            verb.labels.append(label)

    def _mark_phrases(self, is_question: bool) -> None:
        subjects, objects = self._heads(is_turned=is_question and self._verb == 0 and self._read[0].lemma == "be")
        for head in (*subjects, *objects):
            self._own(head)
        self._define()
        verb = None if self._verb is None else self._read[self._verb]
        if verb is not None and subjects:
            verb.person = _person([self._read[head] for head in subjects])
        if verb is None or verb.lemma == "be":
            return
        for head in objects:
            self._read[head].labels += ["ACC"] if "ACC" in self._lexis.affixes else []
        for head in subjects if objects else ():
            self._read[head].labels += ["ERG"] if "ERG" in self._lexis.affixes else []

    def _heads(self, *, is_turned: bool) -> tuple[list[int], list[int]]:
        """Heads of the noun phrases that are subject and object; those after a preposition are neither.

        Args:
            is_turned: whether the verb begins a question, so that the subject stands behind it: "was he".
        """
        subjects: list[int] = []
        objects: list[int] = []
        governor = ""
        for place, word in enumerate(self._read):
            if word.kind is WordClass.PREPOSITION:
                governor = word.lemma
            elif word.kind in (WordClass.VERB, WordClass.CONJUNCTION, WordClass.AUXILIARY):
                governor = ""
            elif word.is_owner:
                word.place = Place.OWNER
            elif word.is_nominal and self._is_head(place):
                word.governor = governor
                if not governor:
                    is_first = self._verb is None or place < self._verb or (is_turned and not subjects)
                    (subjects if is_first else objects).append(place)
                word.place = Place.GOVERNED if governor else Place.SUBJECT if place in subjects else Place.OBJECT
                governor = ""
        return subjects, objects

    def _is_head(self, place: int) -> bool:
        word = self._read[place]
        if word.is_owner or word.part is Part.SILENT:
            return False
        after = self._read[place + 1] if place + 1 < len(self._read) else None
        return after is None or after.kind is not WordClass.NOUN or word.ends_phrase or word.kind is WordClass.PRONOUN

    def _own(self, head: int) -> None:
        """Possession, marked on the owner or on what is owned."""
        for place in range(head - 1, -1, -1):
            word = self._read[place]
            if word.is_owner:
                marked, label = (word, "GEN") if self._knows("GEN") else (self._read[head], "POSS")
                if self._knows(label):
                    marked.labels.append(label)
                return
            if word.kind is not WordClass.MODIFIER:
                return

    def _knows(self, label: str) -> bool:
        return label in self._lexis.affixes or bool(self._lexis.particle(label))

    def _define(self) -> None:
        """Articles that are affixes go to the noun behind them; articles the language lacks are silent."""
        for place, word in enumerate(self._read):
            if word.kind is not WordClass.ARTICLE or word.part is not Part.MARKER:
                continue
            (label,) = word.labels
            if self._lexis.particle(label) and label not in self._lexis.affixes:
                continue
            noun = next((other for other in self._read[place:] if other.is_nominal), None)
            if noun is not None and label in self._lexis.affixes:
                noun.labels.append(label)
            word.part = Part.SILENT


def _person(subjects: Sequence[Read]) -> str:
    if len(subjects) > 1:
        return "1PL" if any(word.lemma in ("i", "we") for word in subjects) else "3PL"
    return _PERSONS.get(subjects[0].lemma, "3PL" if "PL" in subjects[0].labels else "3SG")


def _in_order(read: Read) -> tuple[str, ...]:
    if not read.is_nominal:
        return tuple(read.labels)
    return tuple(sorted(read.labels, key=lambda label: _NOMINAL_ORDER.index(label) if label in _NOMINAL_ORDER else 0))

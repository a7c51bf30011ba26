"""Meaning trees: what a sentence says, in no language. The same tree is realised in English and in any SimLang.

A subset of what sentences can do, chosen so that every piece has a visible effect on the English side.
"""

from dataclasses import dataclass

__all__ = ["FUTURE", "PAST", "PRESENT", "Clause", "Entity", "Meaning", "NounPhrase"]

PRESENT, PAST, FUTURE = "present", "past", "future"


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or some place with a name.

    Attributes:
        english: the English rendering; it cannot be derived from the name in the other language.
        gender: "he", "she", or "" for places.
        sort: "person" or "place".
    """

    english: str
    gender: str
    sort: str


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A noun, a name or a pronoun with what belongs to it.

    Attributes:
        head: a noun or pronoun concept; "" for a name.
        entity: the one who is named, or meant by the third-person pronoun.
        plural: more than one.
        definite: known to the reader; false for names, pronouns and whatever has a possessor.
        adjective: an adjective concept or "".
        numeral: a numeral concept or "".
        possessor: whose it is.
        introduced: the rendering of the name stands beside it in the text.
    """

    head: str
    entity: Entity | None = None
    plural: bool = False
    definite: bool = False
    adjective: str = ""
    numeral: str = ""
    possessor: "NounPhrase | None" = None
    introduced: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """Who does what to whom, where and how.

    Attributes:
        verb: a verb concept; "v.be" takes a complement instead of an object.
        subject: the subject.
        object: the object of a transitive verb.
        quality: the adjective concept of "is big", or "".
        identity: the noun phrase of "is a man".
        adposition: concept before `oblique`, or "".
        oblique: the noun phrase the adposition governs.
        adverb: an adverb concept or "".
        tense: PRESENT, PAST or FUTURE.
        negated: whether it is denied.
    """

    verb: str
    subject: NounPhrase
    object: NounPhrase | None = None
    quality: str = ""
    identity: NounPhrase | None = None
    adposition: str = ""
    oblique: NounPhrase | None = None
    adverb: str = ""
    tense: str = PAST
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """A sentence: one clause, or two joined by a conjunction.

    Attributes:
        clause: the first clause.
        link: a conjunction concept or "".
        second: the clause after the conjunction.
        question: a yes-no question, or one with "who" as its subject; never together with a second clause.
        polite: in the polite register.
        idiom: opens with the fixed expression of the language.
    """

    clause: Clause
    link: str = ""
    second: Clause | None = None
    question: bool = False
    polite: bool = False
    idiom: bool = False

    @property
    def asks_yes_no(self) -> bool:
        """Whether the question has to be marked; one that begins with "who" shows by itself."""
        return self.question and self.clause.subject.head != "p.who"

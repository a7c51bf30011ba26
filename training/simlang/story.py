"""Meanings of the sentences of a story: who appears, what they do, and how the text refers to them.

Cohesion is kept simple: a third-person pronoun means the person named last in an earlier sentence of the paragraph,
and no sentence has both a name of a person and such a pronoun.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.inventory import (
    ADJECTIVES_FOR,
    ADPOSITIONS,
    ADVERBS,
    CONJUNCTIONS,
    FEMALE,
    MALE,
    NOUNS,
    NUMERALS,
    VERBS,
)
from dragoman.training.simlang.meaning import FUTURE, PAST, PRESENT, Clause, Entity, Meaning, NounPhrase

__all__ = ["Teller", "Vocabulary", "introduction", "invent_entity", "vocabulary"]

_OBJECT_SORTS = {"thing": "thing", "person": "person", "give": "thing"}
_HEADS = "Al Bar Ben Cal Cor Dan Dor Ed El Fen Gar Gil Har Hol Is Jas Ken Lan Lor Mar Mel Nor Os Per Quin Ros Sel Wil"
_MIDDLES = "a be ber da di do e fi ga i le li mi na ni o ra ri sa ti"
_ENDS = (
    "bert bridge dale den dora ford gan gold la leth line low mund na nora rick rin ston thwaite vin ward well wick wyn"
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The concepts a page draws from: general ones and those of its topic."""

    nouns: dict[str, tuple[str, ...]]  # by sort, general
    topic_nouns: dict[str, tuple[str, ...]]  # by sort, of the topic
    verbs: dict[str, tuple[str, ...]]  # by valency, general
    topic_verbs: tuple[str, ...]  # done to things


@lru_cache(maxsize=1024)
def vocabulary(topic: str, excluded: frozenset[str] = frozenset()) -> Vocabulary:
    """What can be said under a topic, without the excluded concepts."""
    sorts, valencies = ("person", "animal", "thing", "place"), ("rest", "motion", "thing", "person", "give")

    def nouns(of: str) -> dict[str, tuple[str, ...]]:
        return {
            sort: tuple(n.concept for n in NOUNS if (n.topic, n.sort) == (of, sort) and n.concept not in excluded)
            for sort in sorts
        }

    general = {v: tuple(verb.concept for verb in VERBS if (verb.topic, verb.valency) == ("", v)) for v in valencies}
    own = tuple(verb.concept for verb in VERBS if verb.topic == topic and verb.concept not in excluded)
    return Vocabulary(nouns(""), nouns(topic), general, own)


def invent_entity(chance: Chance, sort: str) -> Entity:
    """A person or place with an English name that no list contains."""
    pieces = [chance.pick(part.split()) for part in (_HEADS, _MIDDLES, _ENDS)]
    if chance.happens(0.5):
        pieces.pop(1)
    gender = chance.pick(("he", "she"))
    return Entity("".join(pieces), gender if sort == "person" else "", sort)


def introduction(chance: Chance, entity: Entity) -> Meaning:
    """ "Tamok (Thomas) was a young man": the page itself gives rendering and gender."""
    pool = {"he": MALE, "she": FEMALE, "": ("n.city", "n.town", "n.valley", "n.hill")}[entity.gender]
    adjective = chance.pick(ADJECTIVES_FOR[entity.sort]) if chance.happens(0.5) else ""
    subject = NounPhrase("", entity, introduced=True)
    identity = NounPhrase(chance.pick(pool), adjective=adjective)
    return Meaning(Clause("v.be", subject, identity=identity, tense=PAST))


class Teller:
    """Makes the meanings of one paragraph after another.

    Args:
        chance: the stream it draws from.
        words: concepts of the page.
        people: persons that may be named.
        places: places that may be named.
    """

    def __init__(
        self, chance: Chance, words: Vocabulary, *, people: Collection[Entity] = (), places: Collection[Entity] = ()
    ) -> None:
        self._chance = chance
        self._words = words
        self._people = tuple(people)
        self._places = tuple(places)
        self._last: Entity | None = None  # named in an earlier sentence of the paragraph
        self._named: Entity | None = None  # named in this sentence
        self._referred = False  # this sentence has a third-person pronoun

    def start_paragraph(self, named: Entity | None = None) -> None:
        """Forgets who was named; a person introduced in the first sentence is the one named last."""
        self._last = named if named is not None and named.sort == "person" else None
        self._named = None

    def meaning(self) -> Meaning:
        """The next sentence."""
        chance = self._chance
        self._last, self._named, self._referred = self._named or self._last, None, False
        roll = chance.below(100)
        if roll < 10:
            return Meaning(self.clause() if roll < 7 else self.clause(NounPhrase("p.who")), question=True)
        first = self.clause()
        if roll < 35:
            return Meaning(first, link=chance.pick(CONJUNCTIONS), second=self.clause())
        return Meaning(first, idiom=roll < 43, polite=roll >= 90)

    def clause(self, subject: NounPhrase | None = None) -> Clause:
        """One clause, with a subject fit for the story so far unless it is given."""
        chance = self._chance
        subject = subject or self._subject()
        tense = (PAST, PAST, PAST, PAST, PAST, PRESENT, PRESENT, FUTURE)[chance.below(8)]
        base = Clause("v.be", subject, tense=tense, negated=chance.happens(0.12))
        kind = chance.below(10)
        if kind == 0:
            return replace(base, quality=chance.pick(ADJECTIVES_FOR["person"]))
        if kind < 3:
            return self._intransitive(base)
        return self._transitive(base)

    def noun(self, sort: str, *, other_than: str = "") -> NounPhrase:
        """A noun phrase of a sort, with or without adjective, numeral and possessor."""
        chance = self._chance
        topical = self._words.topic_nouns[sort]
        pool = topical if topical and chance.happens(0.6) else self._words.nouns[sort]
        head = chance.pick(pool)
        while head == other_than:
            head = chance.pick(self._words.nouns[sort])
        plural = chance.happens(0.3)
        adjective = chance.pick(ADJECTIVES_FOR[sort]) if chance.happens(0.25) else ""
        numeral = chance.pick(NUMERALS) if plural and chance.happens(0.3) else ""
        owner = self._owner() if sort == "thing" and chance.happens(0.2) else None
        definite = owner is None and chance.happens(0.55)
        return NounPhrase(head, None, plural, definite, adjective, numeral, owner)

    def _subject(self) -> NounPhrase:
        chance = self._chance
        roll = chance.below(100)
        if roll < 38 and self._may_refer:
            return self._pronoun()
        if roll < 65 and self._may_name:
            return self._name()
        if roll < 72:
            return NounPhrase(chance.pick(("p.I", "p.you", "p.we", "p.they")))
        return self.noun("animal" if roll >= 92 else "person")

    @property
    def _may_refer(self) -> bool:
        return self._last is not None and self._named is None and not self._referred

    @property
    def _may_name(self) -> bool:
        return bool(self._people) and self._named is None and not self._referred

    def _pronoun(self) -> NounPhrase:
        self._referred = True
        return NounPhrase("p.3", self._last)

    def _name(self) -> NounPhrase:
        self._named = self._chance.pick(self._people)
        return NounPhrase("", self._named)

    def _owner(self) -> NounPhrase:
        roll = self._chance.below(4)
        if roll == 0 and self._may_refer:
            return self._pronoun()
        if roll == 1 and self._may_name:
            return self._name()
        if roll == 2:
            return NounPhrase(self._chance.pick(("p.I", "p.you", "p.we", "p.they")))
        return NounPhrase(self._chance.pick(self._words.nouns["person"]), definite=True)

    def _place(self) -> NounPhrase:
        if self._places and self._chance.happens(0.35):
            return NounPhrase("", self._chance.pick(self._places))
        return self.noun("place")

    def _intransitive(self, base: Clause) -> Clause:
        chance = self._chance
        verb = chance.pick(self._words.verbs["motion" if chance.happens(0.5) else "rest"])
        found = replace(base, verb=verb, adposition=chance.pick(ADPOSITIONS), oblique=self._place())
        return replace(found, adverb=chance.pick(ADVERBS)) if chance.happens(0.3) else found

    def _transitive(self, base: Clause) -> Clause:
        chance = self._chance
        valency = ("thing", "thing", "thing", "person", "give")[chance.below(5)]
        topical = valency == "thing" and bool(self._words.topic_verbs) and chance.happens(0.35)
        verb = chance.pick(self._words.topic_verbs if topical else self._words.verbs[valency])
        found = replace(base, verb=verb, object=self.noun(_OBJECT_SORTS[valency], other_than=base.subject.head))
        if valency == "give":
            return replace(found, adposition="r.to", oblique=self.noun("person"))
        if chance.happens(0.25):
            return replace(found, adposition=chance.pick(ADPOSITIONS), oblique=self._place())
        return replace(found, adverb=chance.pick(ADVERBS)) if chance.happens(0.25) else found

"""Words grouped into phrases and clauses, with function words given to the neighbour they change."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dragoman.agent.realisation.phrases import Phrase
from dragoman.agent.realisation.words import CLAUSE_ENDS, Case, Role, Tense, Word
from dragoman.memory import english

__all__ = ["Clause", "Typology", "group_words", "is_adjective"]


@dataclass(frozen=True, slots=True)
class Typology:
    """What the grammar, or the glosses of the page, say about the source language; English order is the target.

    Attributes:
        verb_final: clauses end with their verb, so that a verb is moved in front of its object.
        verb_first: clauses begin with their verb, so that the subject is moved in front of it.
        object_first: of two nouns without case the second is the subject.
        adjective_after_noun: an adjective is moved in front of the noun it follows.
        postpositions: words such as "in" are moved in front of the phrase they follow.
        has_article: nouns without the definite article are indefinite.
        possessed_marked: a possessive affix stands on what is owned, behind its owner.
        unmarked_tense: of finite verbs without a tense label, in lines where no verb has one.
    """

    verb_final: bool = True
    verb_first: bool = False
    object_first: bool = False
    adjective_after_noun: bool = False
    postpositions: bool = True
    has_article: bool = False
    possessed_marked: bool = False
    unmarked_tense: Tense = Tense.PAST


@dataclass(slots=True)
class Clause:
    """A verb with the phrases around it, in source order; a clause without a verb is a fragment."""

    phrases: list[Phrase] = field(default_factory=list)
    verb: Word | None = None
    closing: str = ""
    is_joined: bool = False  # its subject stands in the clause before
    num_before: int = 0  # phrases in front of the verb

    is_negated: bool = False  # by a word of its own

    def take_verb(self, verb: Word) -> None:
        """What comes from now on stands behind the verb."""
        self.verb, self.num_before = verb, len(self.phrases)

    def settle(self, order: Typology) -> None:
        """Once all words are there: negation goes to the verb, phrases without an article become indefinite."""
        if self.is_negated and self.verb is not None:
            self.verb = replace(self.verb, negated=True)
        elif self.is_negated:
            self.phrases.append(Phrase([Word("", "not", Role.PARTICLE)]))
        for phrase in self.phrases:
            is_definite = phrase.is_definite or any(word.is_definite for word in phrase.words)
            phrase.is_indefinite = order.has_article and not is_definite


_QUOTES = frozenset('“"«‘„‹')
_ENDS = frozenset('.,;:!?…”"»’›。、！？।')


class _Builder:
    """Takes words one by one and groups them into phrases and clauses."""

    def __init__(self, order: Typology) -> None:
        self.clauses = [Clause()]
        self._order = order
        self._open = Phrase()
        self._preposition = ""

    def add(self, word: Word) -> None:
        """A clause ends at its verb in verb-final languages, else in front of the next verb; always at punctuation."""
        has_verb = self.clauses[-1].verb is not None
        if set(word.opening) & _QUOTES or (
            has_verb and (word.role is Role.VERB or self._order.verb_final) and not word.negated
        ):
            self.close_phrase()
            self.clauses.append(Clause())
        if word.role is Role.VERB and word.tense is not Tense.PARTICIPLE:
            self.close_phrase()
            self.clauses[-1].take_verb(word)
        elif not self._is_taken(word):
            self._grow(word)
        if set(word.closing) & CLAUSE_ENDS:
            self.close_phrase()
            self.clauses[-1].closing = word.closing
            self.clauses.append(Clause())

    def close_phrase(self) -> None:
        """Puts the open phrase, if there is one, into the clause."""
        if not self._open.words:
            return
        if self._preposition:
            self._open.to_oblique(self._preposition)
        self.clauses[-1].phrases.append(self._open)
        self._open, self._preposition = Phrase(), ""

    def _is_taken(self, word: Word) -> bool:
        """Function words that only change their neighbours: negation, articles, adpositions."""
        clause = self.clauses[-1]
        if word.role is Role.PARTICLE and word.negated:
            clause.is_negated = True
            return True
        last = self._open if self._open.words else clause.phrases[-1] if clause.phrases else None
        if word.is_genitive and clause.phrases and not self._open.words:
            self._open = clause.phrases.pop()
            self._open.words[-1] = replace(self._open.head, case=Case.POSSESSOR, modifier=True)
            return True
        if word.is_article:
            if last is not None and not last.is_adverbial:
                last.is_definite = True
            return True
        if word.lemma not in english.PREPOSITIONS or word.case is not Case.NONE or word.role is not Role.NOMINAL:
            return False
        if self._order.postpositions and last is not None and not last.is_adverbial:
            last.to_oblique(word.lemma)
            return True
        if not self._order.postpositions:
            self.close_phrase()
            self._preposition = word.lemma
        return not self._order.postpositions

    def _grow(self, word: Word) -> None:
        clause = self.clauses[-1]
        if self._order.possessed_marked and word.is_possessed:
            word = self._owned(word)
        if self._order.adjective_after_noun and is_adjective(word) and not self._open.words and clause.phrases:
            last = clause.phrases[-1]
            if last.head.role is Role.NOMINAL and not last.is_adverbial:
                last.words.insert(len(last.words) - 1, replace(word, modifier=True))
                return
        if word.role is Role.PRONOUN and not any(other.modifier for other in self._open.words):
            self.close_phrase()  # an adjective and a pronoun: subject and predicate
        self._open.words.append(word)
        is_done = self._order.has_article and word.is_definite and not is_adjective(word)
        if is_done or not (
            word.modifier or (is_adjective(word) and word.case is Case.NONE) or word.tense is Tense.PARTICIPLE
        ):
            self.close_phrase()

    def _owned(self, word: Word) -> Word:
        """The phrase in front becomes the owner; the word keeps its other case."""
        clause = self.clauses[-1]
        if not self._open.words and clause.phrases:
            self._open = clause.phrases.pop()
        if self._open.words:
            owner = replace(self._open.head, case=Case.POSSESSOR, modifier=True)
            self._open.words[-1] = owner
        return replace(word, case=Case.OBJECT if word.case is Case.OBJECT else Case.NONE, modifier=False)


def group_words(words: Sequence[Word], order: Typology) -> list[Clause]:
    """The clauses of a line, in order; none is empty."""
    builder = _Builder(order)
    for word in words:
        builder.add(word)
    builder.close_phrase()
    clauses = [clause for clause in builder.clauses if clause.phrases or clause.verb or clause.is_negated]
    for clause in clauses:
        clause.settle(order)
    return clauses


def is_adjective(word: Word) -> bool:
    """By the dictionary of the prompt or by the list of common English ones."""
    return word.is_adjective or (word.role is Role.NOMINAL and word.lemma.lower() in english.ADJECTIVES)

"""A word of a clause as its gloss describes it: the vocabulary shared by the readers and writers of glosses."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CLAUSE_ENDS", "Agreement", "Case", "Role", "Tense", "Word"]


class Role(StrEnum):
    """What a word does in its clause."""

    NOMINAL = "nominal"  # noun, adjective, adverb: whatever is not known to be something else
    VERB = "verb"
    PRONOUN = "pronoun"
    PARTICLE = "particle"  # a function word with an English word or with none
    NAME = "name"  # copied from the source


class Case(StrEnum):
    """Cases that need more than a preposition."""

    NONE = ""
    AGENT = "agent"
    OBJECT = "object"
    POSSESSOR = "possessor"
    OBLIQUE = "oblique"  # `Word.preposition` says which


class Tense(StrEnum):
    """Forms of an English verb."""

    UNMARKED = ""
    PAST = "past"
    PRESENT = "present"
    FUTURE = "future"
    WOULD = "would"
    IMPERATIVE = "imperative"
    INFINITIVE = "infinitive"
    SERIAL = "serial"  # converbs and serial verbs: the tense of the clause's last verb
    WHEN = "when"  # temporal converbs
    IF = "if"
    PARTICIPLE = "participle"
    NOUN = "noun"  # nominalised verbs


@dataclass(frozen=True, slots=True)
class Agreement:
    """Person (1 to 3), number and gender ("m", "f", "n" or "")."""

    person: int = 3
    plural: bool = False
    gender: str = ""


CLAUSE_ENDS = frozenset('.,;:!?…”"»’›。、！？।')


@dataclass(frozen=True, slots=True)
class Word:
    """One glossed word, its labels read.

    Attributes:
        form: as it stands in the source, without punctuation.
        lemma: English text of the stem; "" when there is none.
        role, tense, case: see the enumerations.
        preposition: of an oblique case.
        subject, object: persons marked on a verb; of a pronoun, `subject` is the pronoun itself.
        owner: person of a possessive affix on a noun ("his father").
        plural, negated: what the labels say.
        modifier: it belongs to the word after it.
        is_article, is_genitive: a definite article or a genitive marker that is a word of its own.
        is_definite: it carries a definite affix.
        is_adjective: the dictionary says so (numerals count as adjectives).
        extra: an English word that comes with the labels, such as "only".
        is_possessed: it carries a possessive affix without a person.
        opening, closing: punctuation around the word.
    """

    form: str
    lemma: str
    role: Role
    tense: Tense = Tense.UNMARKED
    case: Case = Case.NONE
    preposition: str = ""
    subject: Agreement | None = None
    object: Agreement | None = None
    owner: Agreement | None = None
    plural: bool = False
    negated: bool = False
    modifier: bool = False
    is_article: bool = False
    is_genitive: bool = False
    is_definite: bool = False
    is_adjective: bool = False
    is_possessed: bool = False
    extra: str = ""
    opening: str = ""
    closing: str = ""

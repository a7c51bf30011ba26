"""English for one phrase, one verb, one pronoun."""

from dataclasses import dataclass, field, replace

from dragoman.agent.realisation.words import CLAUSE_ENDS, Agreement, Case, Role, Tense, Word
from dragoman.memory import english
from dragoman.memory.english_pronouns import pronouns

__all__ = ["Phrase", "object_text", "phrase_text", "subject_text", "verb_text"]


@dataclass(slots=True)
class Phrase:
    """Words that belong together, with what their last word says."""

    words: list[Word] = field(default_factory=list)
    is_definite: bool = False  # by an article of the source
    is_indefinite: bool = False

    def to_oblique(self, preposition: str) -> None:
        """Puts an English preposition in front."""
        self.words[-1] = replace(self.head, case=Case.OBLIQUE, preposition=preposition)

    @property
    def head(self) -> Word:
        """The last word: it carries case and number."""
        return self.words[-1]

    @property
    def is_adverbial(self) -> bool:
        """Whether it is neither subject nor object."""
        head = self.head
        if head.case is Case.OBLIQUE or head.role is Role.PARTICLE:
            return True
        is_bare = head.role is Role.NOMINAL and head.case is Case.NONE
        return is_bare and (head.is_adjective or head.lemma.lower() in english.NO_ARTICLE)


def subject_text(agreement: Agreement | None) -> str:
    """The pronoun of a subject that only the verb's agreement names; "" for none."""
    return _pronouns(agreement)[0] if agreement is not None else ""


def object_text(agreement: Agreement | None) -> str:
    """The pronoun of an object that only the verb's agreement names; "" for none."""
    return _pronouns(agreement)[1] if agreement is not None else ""


def phrase_text(phrase: Phrase) -> str:
    """The phrase with article and preposition; "" when its words have no English."""
    words = [_punctuated(word, _word_text(word, last=word is phrase.head)) for word in phrase.words]
    head = phrase.head
    body = " ".join(text for text in words if text)
    if not body:
        return ""
    if _takes_article(phrase):
        body = f"{_article(phrase, body)}{body}"
    if head.case is Case.OBLIQUE and head.preposition:
        body = f"{head.preposition} {body}"
    return body


def _punctuated(word: Word, text: str) -> str:
    """With brackets and the like around it; what ends a clause is printed behind the clause."""
    closing = "" if set(word.closing) & CLAUSE_ENDS else word.closing
    return f"{word.opening}{text}{closing}" if text else ""


def _article(phrase: Phrase, body: str) -> str:
    if not phrase.is_indefinite:
        return "the "
    if phrase.head.plural:
        return ""
    return "an " if body[:1].lower() in "aeiou" else "a "


def _takes_article(phrase: Phrase) -> bool:
    head, start = phrase.head, phrase.words[0]
    if head.owner is not None or head.role is not Role.NOMINAL or head.lemma.isdecimal():
        return False
    if head.is_adjective or head.lemma.lower() in english.NO_ARTICLE:
        return False
    if start.role in (Role.PRONOUN, Role.PARTICLE, Role.NAME) and start is not head:
        return False
    return start is head or start.lemma.lower() not in english.DETERMINERS


def _word_text(word: Word, *, last: bool) -> str:
    if word.role is Role.PRONOUN and word.subject is not None:
        return _pronoun_text(word, last=last)
    if word.tense is Tense.PARTICIPLE:
        return english.gerund(word.lemma)
    text = english.plural(word.lemma) if word.plural and word.role is Role.NOMINAL else word.lemma
    if word.owner is not None:
        text = f"{_pronouns(word.owner)[2]} {text}"
    if word.case is Case.POSSESSOR and text:
        text = f"{text}'" if text.endswith("s") and word.plural else f"{text}'s"
    return f"{text} {word.extra}".strip() if word.extra != "only" else f"{word.extra} {text}"


def _pronoun_text(word: Word, *, last: bool) -> str:
    agreement = word.subject or Agreement()
    subject, patient, possessive = _pronouns(agreement)
    if word.case is Case.POSSESSOR:
        return possessive
    if not last:
        return "those" if agreement.plural else "the"  # a demonstrative in front of its noun
    return patient if word.case in (Case.OBLIQUE, Case.OBJECT) else subject


def _pronouns(agreement: Agreement) -> tuple[str, str, str]:
    return pronouns(agreement.person, agreement.plural, agreement.gender)


def verb_text(verb: Word, tense: Tense, subject: Agreement) -> str:
    """The verb in a tense, for a person; an unknown verb stays as it stands in the source."""
    person = (subject.person, subject.plural)
    lemma = verb.lemma or verb.form
    if verb.role is Role.VERB and not verb.lemma:
        return lemma
    lemma = lemma if english.is_verb(lemma) else f"be {lemma}"
    negation = "not " if verb.negated else ""
    if tense is Tense.INFINITIVE:
        text = f"{negation}to {lemma}"
    elif tense is Tense.NOUN:
        text = negation + english.gerund(lemma)
    elif tense is Tense.IMPERATIVE:
        text = f"do not {lemma}" if verb.negated else lemma
    elif tense in (Tense.FUTURE, Tense.WOULD):
        text = f"{'will' if tense is Tense.FUTURE else 'would'} {negation}{lemma}"
    else:
        text = _finite(lemma, tense, person, negated=verb.negated)
    return f"{verb.extra} {text}".strip()


def _finite(lemma: str, tense: Tense, person: tuple[int, bool], *, negated: bool) -> str:
    is_present = tense is Tense.PRESENT
    inflect = english.present if is_present else english.past
    if not negated:
        return inflect(lemma, person)
    if lemma.split(" ")[0] in ("be", "can"):
        head, _, rest = inflect(lemma, person).partition(" ")
        return f"{head} not {rest}".strip()
    return f"{inflect('do', person)} not {lemma}"

"""Glossed words to an English line: words make phrases, verbs make clauses, clauses get the order subject verb object.

Rules are few and written for many languages; each is named by its function. What a line does not say (definiteness,
reference of a pronoun) is filled with the most common choice: "the", third person, past. Follows the idea that glosses
are a good half-way house to English (Zhou et al. 2019, "Using interlinear glosses as pivot in low-resource MT").
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dragoman.agent.realisation import english
from dragoman.agent.realisation.labels import Agreement, Case, Role, Tense, Word

__all__ = ["WordOrder", "realise"]


@dataclass(frozen=True, slots=True)
class WordOrder:
    """What the grammar says about the source's order; English order is the target.

    Attributes:
        verb_final: clauses end with their verb, so that a verb is moved in front of its object.
        verb_first: clauses begin with their verb, so that the subject is moved in front of it.
        adjective_after_noun: an adjective is moved in front of the noun it follows.
    """

    verb_final: bool = True
    verb_first: bool = False
    adjective_after_noun: bool = False


@dataclass(slots=True)
class _Phrase:
    """Words that belong together, with what their last word says."""

    words: list[Word] = field(default_factory=list)

    @property
    def head(self) -> Word:
        return self.words[-1]

    @property
    def is_adverbial(self) -> bool:
        head = self.head
        if head.case is Case.OBLIQUE or head.role is Role.PARTICLE:
            return True
        return head.role is Role.NOMINAL and head.lemma.lower() in english.NO_ARTICLE and head.case is Case.NONE


@dataclass(slots=True)
class _Clause:
    phrases: list[_Phrase] = field(default_factory=list)
    verb: Word | None = None
    closing: str = ""


def realise(words: Sequence[Word], order: WordOrder = WordOrder()) -> str:
    """One line of English; empty only when there are no words."""
    clauses = _clauses(words, order)
    narrative = _main_tense(clauses)
    pieces: list[str] = []
    subject: Agreement | None = None
    for index, clause in enumerate(clauses):
        text, subject = _clause_text(clause, _tense(clauses, index, narrative), subject, first=index == 0)
        if text:
            pieces.append(text + clause.closing)
    return _tidy(" ".join(pieces), fallback=" ".join(word.form for word in words))


# clauses and phrases


def _clauses(words: Sequence[Word], order: WordOrder) -> list[_Clause]:
    """A clause ends at its verb in verb-final languages, else in front of the next verb; always at punctuation."""
    clauses = [_Clause()]
    open_phrase = _Phrase()
    for word in words:
        clause = clauses[-1]
        if clause.verb is not None and (word.role is Role.VERB or order.verb_final):
            clauses.append(_Clause())
            clause = clauses[-1]
        if word.role is Role.VERB and word.tense is not Tense.PARTICIPLE:
            if open_phrase.words:
                clause.phrases.append(open_phrase)
            open_phrase, clause.verb = _Phrase(), word
        else:
            open_phrase = _grow(clause, open_phrase, word, order)
        if word.closing:
            if open_phrase.words:
                clause.phrases.append(open_phrase)
            open_phrase, clause.closing = _Phrase(), word.closing
            clauses.append(_Clause())
    if open_phrase.words:
        clauses[-1].phrases.append(open_phrase)
    return [clause for clause in clauses if clause.phrases or clause.verb]


def _grow(clause: _Clause, phrase: _Phrase, word: Word, order: WordOrder) -> _Phrase:
    """Adds the word to the open phrase; returns the phrase that is open afterwards."""
    if order.adjective_after_noun and _is_adjective(word) and not phrase.words and clause.phrases:
        last = clause.phrases[-1]
        if last.head.role is Role.NOMINAL and not last.is_adverbial:
            last.words.insert(len(last.words) - 1, replace(word, modifier=True))
            return phrase
    phrase.words.append(word)
    if word.modifier or (_is_adjective(word) and word.case is Case.NONE) or word.tense is Tense.PARTICIPLE:
        return phrase
    clause.phrases.append(phrase)
    return _Phrase()


def _is_adjective(word: Word) -> bool:
    return word.role is Role.NOMINAL and word.lemma.lower() in english.ADJECTIVES


# tense


def _main_tense(clauses: Sequence[_Clause]) -> Tense:
    """Tense for verbs that carry none: that of the line's last finite verb, else past, as in tales."""
    finite = (Tense.PAST, Tense.PRESENT, Tense.FUTURE, Tense.WOULD)
    for clause in reversed(clauses):
        if clause.verb is not None and clause.verb.tense in finite:
            return clause.verb.tense
    return Tense.PAST


def _tense(clauses: Sequence[_Clause], index: int, narrative: Tense) -> Tense:
    verb = clauses[index].verb
    if verb is None:
        return narrative
    if any(word.tense is Tense.FUTURE for phrase in clauses[index].phrases for word in phrase.words):
        return Tense.FUTURE
    return narrative if verb.tense in (Tense.UNMARKED, Tense.SERIAL) else verb.tense


# one clause


def _clause_text(
    clause: _Clause, tense: Tense, known: Agreement | None, *, first: bool
) -> tuple[str, Agreement | None]:
    """The clause in English order, and the person its subject has."""
    if clause.verb is None:
        return " ".join(_phrase_text(phrase) for phrase in clause.phrases), known
    leading, subject, objects, rest = _sort(clause)
    agreement = _subject_agreement(subject, clause.verb) or known
    spoken = _phrase_text(subject) if subject else _pronoun(clause.verb.subject, english.SUBJECT_PRONOUNS, _HE)
    if tense in (Tense.IMPERATIVE, Tense.INFINITIVE, Tense.NOUN) and subject is None:
        spoken = ""
    verb = _verb_text(clause.verb, tense, agreement or Agreement())
    patient = [_phrase_text(phrase) for phrase in objects]
    if not objects and clause.verb.object is not None:
        patient = [_pronoun(clause.verb.object, english.OBJECT_PRONOUNS, _HIM)]
    linker = _linker(tense, first=first, has_subject=bool(spoken))
    before = [_phrase_text(phrase) for phrase in leading]
    after = [_phrase_text(phrase) for phrase in rest]
    pieces = [clause.verb.opening, linker, *before, spoken, verb, *patient, *after]
    return " ".join(piece for piece in pieces if piece), agreement


def _sort(clause: _Clause) -> tuple[list[_Phrase], _Phrase | None, list[_Phrase], list[_Phrase]]:
    """Leading adverbs, subject, objects, everything else."""
    agents = [phrase for phrase in clause.phrases if phrase.head.case is Case.AGENT]
    bare = [phrase for phrase in clause.phrases if not phrase.is_adverbial and phrase not in agents]
    subject = agents[0] if agents else _bare_subject(bare, clause.verb)
    objects = [phrase for phrase in bare if phrase is not subject]
    nominals = [index for index, phrase in enumerate(clause.phrases) if not phrase.is_adverbial]
    start = nominals[0] if nominals else len(clause.phrases)
    adverbs = [(index, phrase) for index, phrase in enumerate(clause.phrases) if phrase.is_adverbial]
    leading = [p for i, p in adverbs if i < start and p.head.case is not Case.OBLIQUE]
    rest = [p for _, p in adverbs if not any(p is other for other in leading)] + agents[1:]
    return leading, subject, objects, rest


def _bare_subject(bare: list[_Phrase], verb: Word | None) -> _Phrase | None:
    """Without an agent case: a pronoun, the first of two, or the only noun of a verb that takes no object."""
    if not bare or verb is None:
        return None
    if bare[0].head.role is Role.PRONOUN and bare[0].head.case is not Case.OBJECT:
        return bare[0]
    if len(bare) > 1 and bare[0].head.case is not Case.OBJECT and not verb.object:
        return bare[0]
    if verb.lemma.split(" ")[0] in english.INTRANSITIVE:
        return bare[0]
    return None


def _subject_agreement(subject: _Phrase | None, verb: Word) -> Agreement | None:
    if subject is None:
        return verb.subject
    if subject.head.role is Role.PRONOUN and subject.head.subject:
        return subject.head.subject
    return Agreement(3, subject.head.plural)


_HE = {"m": "he", "f": "she", "n": "it", "": "he"}
_HIM = {"m": "him", "f": "her", "n": "it", "": "it"}
_HIS = {"m": "his", "f": "her", "n": "its", "": "his"}


def _pronoun(agreement: Agreement | None, table: object, third: dict[str, str]) -> str:
    if agreement is None:
        return ""
    if agreement.person == 3:
        plurals = {"he": "they", "it": "them", "his": "their"}
        return plurals[third[""]] if agreement.plural else third[agreement.gender]
    return str(table[agreement.person, agreement.plural])  # type: ignore[index] # one of the three pronoun tables


def _linker(tense: Tense, *, first: bool, has_subject: bool) -> str:
    """What joins the clause to its neighbours."""
    if tense is Tense.WHEN:
        return "when"
    if tense is Tense.IF:
        return "if"
    if first or has_subject or tense in (Tense.INFINITIVE, Tense.IMPERATIVE, Tense.NOUN):
        return ""
    return "and"


def _verb_text(verb: Word, tense: Tense, subject: Agreement) -> str:
    person = (subject.person, subject.plural)
    lemma = verb.lemma or verb.form
    if verb.role is Role.VERB and not verb.lemma:
        return lemma
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


# phrases


def _phrase_text(phrase: _Phrase) -> str:
    words = [_word_text(word, last=word is phrase.head) for word in phrase.words]
    head = phrase.head
    body = " ".join(text for text in words if text)
    if not body:
        return ""
    if _takes_article(phrase):
        body = f"the {body}"
    if head.case is Case.OBLIQUE and head.preposition:
        body = f"{head.preposition} {body}"
    opening = phrase.words[0].opening
    return f"{opening} {body}" if opening else body


def _takes_article(phrase: _Phrase) -> bool:
    head, start = phrase.head, phrase.words[0]
    if head.role is not Role.NOMINAL or head.lemma.lower() in english.NO_ARTICLE or head.lemma.isdecimal():
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
    if word.case is Case.POSSESSOR and text:
        text = f"{text}'" if text.endswith("s") and word.plural else f"{text}'s"
    return f"{text} {word.extra}".strip() if word.extra != "only" else f"{word.extra} {text}"


def _pronoun_text(word: Word, *, last: bool) -> str:
    agreement = word.subject or Agreement()
    if word.case is Case.POSSESSOR:
        return _pronoun(agreement, english.POSSESSIVE_PRONOUNS, _HIS)
    if not last:
        return "those" if agreement.plural else "the"  # a demonstrative in front of its noun
    if word.case in (Case.OBLIQUE, Case.OBJECT):
        return _pronoun(agreement, english.OBJECT_PRONOUNS, _HIM)
    return _pronoun(agreement, english.SUBJECT_PRONOUNS, _HE)


def _tidy(text: str, *, fallback: str) -> str:
    line = " ".join(text.split())
    for mark in ",.;:!?”»)]":
        line = line.replace(f" {mark}", mark)
    line = line.replace("“ ", "“").replace("( ", "(") or fallback
    return line[:1].upper() + line[1:]

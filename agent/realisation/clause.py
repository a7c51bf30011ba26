"""Glossed words to an English line: words make phrases, verbs make clauses, clauses get the order subject verb object.

Rules are few and written for many languages; each is named by its function. What a line does not say (definiteness,
reference of a pronoun) is filled with the most common choice: "the", third person, past. Follows the idea that glosses
are a good half-way house to English (Zhou et al. 2019, "Using interlinear glosses as pivot in low-resource MT").
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dragoman.agent.realisation import english
from dragoman.agent.realisation.phrases import Phrase, object_text, phrase_text, subject_text, verb_text
from dragoman.agent.realisation.words import Agreement, Case, Role, Tense, Word

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
class _Clause:
    phrases: list[Phrase] = field(default_factory=list)
    verb: Word | None = None
    closing: str = ""
    is_joined: bool = False  # its subject stands in the clause before
    num_before: int = 0  # phrases in front of the verb

    def take_verb(self, verb: Word) -> None:
        self.verb, self.num_before = verb, len(self.phrases)


def realise(words: Sequence[Word], order: WordOrder = WordOrder()) -> str:
    """One line of English; empty only when there are no words."""
    clauses = _clauses(words, order)
    _share_subjects(clauses)
    narrative = _main_tense(clauses)
    pieces: list[str] = []
    subject: Agreement | None = None
    for index, clause in enumerate(clauses):
        setting = _Setting(_tense(clauses, index, narrative), subject, order, is_first=index == 0)
        text, subject = _clause_text(clause, setting)
        pieces.append(text + clause.closing)
    return _tidy(" ".join(pieces), fallback=" ".join(word.form for word in words))


# clauses and phrases


def _clauses(words: Sequence[Word], order: WordOrder) -> list[_Clause]:
    """A clause ends at its verb in verb-final languages, else in front of the next verb; always at punctuation."""
    clauses = [_Clause()]
    open_phrase = Phrase()
    for word in words:
        clause = clauses[-1]
        if word.opening and open_phrase.words:
            clause.phrases.append(open_phrase)
            open_phrase = Phrase()
        if word.opening or (clause.verb is not None and (word.role is Role.VERB or order.verb_final)):
            clauses.append(_Clause())
            clause = clauses[-1]
        if word.role is Role.VERB and word.tense is not Tense.PARTICIPLE:
            if open_phrase.words:
                clause.phrases.append(open_phrase)
            open_phrase = Phrase()
            clause.take_verb(word)
        else:
            open_phrase = _grow(clause, open_phrase, word, order)
        if word.closing:
            if open_phrase.words:
                clause.phrases.append(open_phrase)
            open_phrase, clause.closing = Phrase(), word.closing
            clauses.append(_Clause())
    if open_phrase.words:
        clauses[-1].phrases.append(open_phrase)
    return [clause for clause in clauses if clause.phrases or clause.verb]


def _grow(clause: _Clause, phrase: Phrase, word: Word, order: WordOrder) -> Phrase:
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
    return Phrase()


def _is_adjective(word: Word) -> bool:
    return word.role is Role.NOMINAL and word.lemma.lower() in english.ADJECTIVES


def _share_subjects(clauses: Sequence[_Clause]) -> None:
    """A serial verb has the subject of the verb it leads to, which then need not repeat it: "they went and brought"."""
    for clause, following in zip(reversed(clauses[:-1]), reversed(clauses[1:]), strict=True):
        verb, main = clause.verb, following.verb
        if verb is None or main is None or verb.tense is not Tense.SERIAL or clause.closing:
            continue
        if verb.subject is None or verb.subject == main.subject:
            clause.verb = replace(verb, subject=main.subject)
            following.is_joined = True


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


@dataclass(frozen=True, slots=True)
class _Setting:
    """What a clause inherits: its tense, the person last spoken of, the source's order, whether it begins the line."""

    tense: Tense
    known: Agreement | None
    order: WordOrder
    is_first: bool


@dataclass(slots=True)
class _Parts:
    """Phrases of a clause by what they are in English."""

    leading: list[Phrase]
    subject: Phrase | None
    objects: list[Phrase]
    rest: list[Phrase]


def _clause_text(clause: _Clause, setting: _Setting) -> tuple[str, Agreement | None]:
    """The clause in English order, and the person its subject has."""
    if clause.verb is None:
        return " ".join(phrase_text(phrase) for phrase in clause.phrases), setting.known
    parts = _sort(clause, setting.order)
    agreement = _subject_agreement(parts.subject, clause.verb) or setting.known
    spoken = _spoken_subject(clause, parts.subject, setting.tense)
    verb = verb_text(clause.verb, setting.tense, agreement or Agreement())
    patient = [phrase_text(phrase) for phrase in parts.objects]
    if not patient and clause.verb.object is not None:
        patient = [object_text(clause.verb.object)]
    linker = _linker(setting, has_subject=bool(spoken))
    before, after = map(phrase_text, parts.leading), map(phrase_text, parts.rest)
    pieces = [clause.verb.opening, linker, *before, spoken, verb, *patient, *after]
    return " ".join(piece for piece in pieces if piece), agreement


def _spoken_subject(clause: _Clause, subject: Phrase | None, tense: Tense) -> str:
    if subject is not None:
        return phrase_text(subject)
    if clause.verb is None or clause.is_joined or tense in (Tense.IMPERATIVE, Tense.INFINITIVE, Tense.NOUN):
        return ""
    return subject_text(clause.verb.subject)


def _sort(clause: _Clause, order: WordOrder) -> _Parts:
    agents = [phrase for phrase in clause.phrases if phrase.head.case is Case.AGENT]
    bare = [phrase for phrase in clause.phrases if not phrase.is_adverbial and phrase not in agents]
    in_front = [phrase for phrase in clause.phrases[: clause.num_before] if phrase in bare]
    if agents:
        subject: Phrase | None = agents[0]
    elif order.verb_first or order.verb_final or not in_front:
        subject = _bare_subject(bare, clause.verb)
    else:  # subject verb object: what stands nearest in front of the verb
        subject = in_front[-1]
    nominals = [index for index, phrase in enumerate(clause.phrases) if not phrase.is_adverbial]
    start = nominals[0] if nominals else len(clause.phrases)
    adverbs = [phrase for phrase in clause.phrases if phrase.is_adverbial]
    leading = [p for p in clause.phrases[:start] if p.head.case is not Case.OBLIQUE]
    leading += [p for p in adverbs if p.head.lemma in english.CONJUNCTIONS and p not in leading]
    rest = [p for p in adverbs if not any(p is other for other in leading)] + agents[1:]
    return _Parts(leading, subject, [phrase for phrase in bare if phrase is not subject], rest)


def _bare_subject(bare: list[Phrase], verb: Word | None) -> Phrase | None:
    """Without an agent case: a pronoun, the first of two, or the only noun of a verb that takes no object."""
    if not bare or verb is None:
        return None
    if bare[0].head.role is Role.PRONOUN and bare[0].head.case is not Case.OBJECT:
        return bare[0]
    if verb.subject is not None and verb.subject.person != 3:
        return None
    if len(bare) > 1 and bare[0].head.case is not Case.OBJECT and not verb.object:
        return bare[0]
    if verb.lemma.split(" ")[0] in english.INTRANSITIVE:
        return bare[0]
    return None


def _subject_agreement(subject: Phrase | None, verb: Word) -> Agreement | None:
    if subject is None:
        return verb.subject
    if subject.head.role is Role.PRONOUN and subject.head.subject:
        return subject.head.subject
    return Agreement(3, subject.head.plural)


def _linker(setting: _Setting, *, has_subject: bool) -> str:
    """What joins the clause to its neighbours."""
    tense = setting.tense
    if tense is Tense.WHEN:
        return "when"
    if tense is Tense.IF:
        return "if"
    if setting.is_first or has_subject or tense in (Tense.INFINITIVE, Tense.IMPERATIVE, Tense.NOUN):
        return ""
    return "and"


def _tidy(text: str, *, fallback: str) -> str:
    line = " ".join(text.split())
    for mark in ",.;:!?”»)]":
        line = line.replace(f" {mark}", mark)
    line = line.replace("“ ", "“").replace("( ", "(") or fallback
    return line[:1].upper() + line[1:]

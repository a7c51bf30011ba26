"""Glossed words to an English line: words make phrases, verbs make clauses, clauses get the order subject verb object.

Rules are few and written for many languages; each is named by its function. What a line does not say (definiteness,
reference of a pronoun) is filled with the most common choice: "the", third person, past. Follows the idea that glosses
are a good half-way house to English (Zhou et al. 2019, "Using interlinear glosses as pivot in low-resource MT").
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dragoman.agent.realisation.grouping import Clause, Typology, group_words, is_adjective
from dragoman.agent.realisation.phrases import Phrase, object_text, phrase_text, subject_text, verb_text
from dragoman.agent.realisation.words import Agreement, Case, Role, Tense, Word
from dragoman.memory import english

__all__ = ["realise"]


def realise(words: Sequence[Word], order: Typology) -> str:
    """One line of English; empty only when there are no words."""
    clauses = group_words(words, order)
    _share_subjects(clauses)
    narrative = _main_tense(clauses, order.unmarked_tense)
    pieces: list[str] = []
    subject: Agreement | None = None
    for index, clause in enumerate(clauses):
        setting = _Setting(_tense(clauses, index, narrative, order.unmarked_tense), subject, order, is_first=index == 0)
        text, subject = _clause_text(clause, setting)
        pieces.append(text + clause.closing)
    return _tidy(" ".join(pieces), fallback=" ".join(word.form for word in words))


def _share_subjects(clauses: Sequence[Clause]) -> None:
    """A serial verb has the subject of the verb it leads to, which then need not repeat it: "they went and brought"."""
    for clause, following in zip(reversed(clauses[:-1]), reversed(clauses[1:]), strict=True):
        verb, main = clause.verb, following.verb
        if verb is None or main is None or verb.tense is not Tense.SERIAL or clause.closing:
            continue
        if verb.subject is None or verb.subject == main.subject:
            clause.verb = replace(verb, subject=main.subject)
            following.is_joined = True


# tense


def _main_tense(clauses: Sequence[Clause], unmarked: Tense) -> Tense:
    """Tense for verbs that carry none: that of the line's last finite verb, else the language's unmarked tense."""
    finite = (Tense.PAST, Tense.PRESENT, Tense.FUTURE, Tense.WOULD)
    for clause in reversed(clauses):
        if clause.verb is not None and clause.verb.tense in finite:
            return clause.verb.tense
    return unmarked


def _tense(clauses: Sequence[Clause], index: int, narrative: Tense, unmarked: Tense) -> Tense:
    verb = clauses[index].verb
    if verb is None:
        return narrative
    if any(word.tense is Tense.FUTURE for phrase in clauses[index].phrases for word in phrase.words):
        return Tense.FUTURE
    if verb.tense is Tense.UNMARKED and unmarked is not Tense.PAST:
        return unmarked
    return narrative if verb.tense in (Tense.UNMARKED, Tense.SERIAL) else verb.tense


# one clause


@dataclass(frozen=True, slots=True)
class _Setting:
    """What a clause inherits: its tense, the person last spoken of, the source's order, whether it begins the line."""

    tense: Tense
    known: Agreement | None
    order: Typology
    is_first: bool


@dataclass(slots=True)
class _Parts:
    """Phrases of a clause by what they are in English."""

    leading: list[Phrase]
    subject: Phrase | None
    objects: list[Phrase]
    rest: list[Phrase]


def _clause_text(clause: Clause, setting: _Setting) -> tuple[str, Agreement | None]:
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


def _spoken_subject(clause: Clause, subject: Phrase | None, tense: Tense) -> str:
    if subject is not None:
        return phrase_text(subject)
    if clause.verb is None or clause.is_joined or tense in (Tense.IMPERATIVE, Tense.INFINITIVE, Tense.NOUN):
        return ""
    return subject_text(clause.verb.subject)


def _sort(clause: Clause, order: Typology) -> _Parts:
    agents = [phrase for phrase in clause.phrases if phrase.head.case is Case.AGENT]
    bare = [phrase for phrase in clause.phrases if not phrase.is_adverbial and phrase not in agents]
    in_front = [phrase for phrase in clause.phrases[: clause.num_before] if phrase in bare]
    if agents:
        subject: Phrase | None = agents[0]
    elif order.verb_first or order.verb_final or not in_front:
        subject = _bare_subject(bare, clause.verb, order)
    else:  # subject verb object: what stands nearest in front of the verb
        subject = in_front[-1]
    nominals = [index for index, phrase in enumerate(clause.phrases) if not phrase.is_adverbial]
    start = nominals[0] if nominals else len(clause.phrases)
    adverbs = [phrase for phrase in clause.phrases if phrase.is_adverbial]
    leading = [p for p in clause.phrases[:start] if p.head.case is not Case.OBLIQUE and not is_adjective(p.head)]
    leading += [p for p in adverbs if p.head.lemma in english.CONJUNCTIONS and p not in leading]
    rest = [p for p in adverbs if not any(p is other for other in leading)] + agents[1:]
    return _Parts(leading, subject, [phrase for phrase in bare if phrase is not subject], rest)


def _bare_subject(bare: list[Phrase], verb: Word | None, order: Typology) -> Phrase | None:
    """Without an agent case: a pronoun, what stands beside a marked object, the first of two, or the only noun."""
    candidates = [phrase for phrase in bare if phrase.head.case is not Case.OBJECT]
    if not candidates or verb is None:
        return None
    candidates = candidates[::-1] if order.object_first else candidates
    first = candidates[0]
    if first.head.role is Role.PRONOUN:
        return first
    if verb.subject is not None and verb.subject.person != 3:
        return None
    has_object = len(bare) > len(candidates)
    if has_object or (len(candidates) > 1 and not verb.object) or verb.lemma.split(" ")[0] in english.INTRANSITIVE:
        return first
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

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

__all__ = ["Typology", "realise"]


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
        unmarked_tense: of finite verbs without a tense label, in lines where no verb has one.
    """

    verb_final: bool = True
    verb_first: bool = False
    object_first: bool = False
    adjective_after_noun: bool = False
    postpositions: bool = True
    has_article: bool = False
    unmarked_tense: Tense = Tense.PAST


@dataclass(slots=True)
class _Clause:
    phrases: list[Phrase] = field(default_factory=list)
    verb: Word | None = None
    closing: str = ""
    is_joined: bool = False  # its subject stands in the clause before
    num_before: int = 0  # phrases in front of the verb

    is_negated: bool = False  # by a word of its own

    def take_verb(self, verb: Word) -> None:
        self.verb, self.num_before = verb, len(self.phrases)

    def settle(self, order: Typology) -> None:
        """Once all words are there: negation goes to the verb, phrases without an article become indefinite."""
        if self.is_negated and self.verb is not None:
            self.verb = replace(self.verb, negated=True)
        elif self.is_negated:
            self.phrases.append(Phrase([Word("", "not", Role.PARTICLE)]))
        for phrase in self.phrases:
            phrase.is_indefinite = order.has_article and not phrase.is_definite


def realise(words: Sequence[Word], order: Typology = Typology()) -> str:
    """One line of English; empty only when there are no words."""
    clauses = _clauses(words, order)
    _share_subjects(clauses)
    narrative = _main_tense(clauses, order.unmarked_tense)
    pieces: list[str] = []
    subject: Agreement | None = None
    for index, clause in enumerate(clauses):
        setting = _Setting(_tense(clauses, index, narrative, order.unmarked_tense), subject, order, is_first=index == 0)
        text, subject = _clause_text(clause, setting)
        pieces.append(text + clause.closing)
    return _tidy(" ".join(pieces), fallback=" ".join(word.form for word in words))


# clauses and phrases


class _Builder:
    """Takes words one by one and groups them into phrases and clauses."""

    def __init__(self, order: Typology) -> None:
        self.clauses = [_Clause()]
        self._order = order
        self._open = Phrase()
        self._preposition = ""

    def add(self, word: Word) -> None:
        """A clause ends at its verb in verb-final languages, else in front of the next verb; always at punctuation."""
        has_verb = self.clauses[-1].verb is not None
        if word.opening or (has_verb and (word.role is Role.VERB or self._order.verb_final) and not word.negated):
            self.close_phrase()
            self.clauses.append(_Clause())
        if word.role is Role.VERB and word.tense is not Tense.PARTICIPLE:
            self.close_phrase()
            self.clauses[-1].take_verb(word)
        elif not self._is_taken(word):
            self._grow(word)
        if word.closing:
            self.close_phrase()
            self.clauses[-1].closing = word.closing
            self.clauses.append(_Clause())

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
        if self._order.adjective_after_noun and _is_adjective(word) and not self._open.words and clause.phrases:
            last = clause.phrases[-1]
            if last.head.role is Role.NOMINAL and not last.is_adverbial:
                last.words.insert(len(last.words) - 1, replace(word, modifier=True))
                return
        self._open.words.append(word)
        if not (word.modifier or (_is_adjective(word) and word.case is Case.NONE) or word.tense is Tense.PARTICIPLE):
            self.close_phrase()


def _clauses(words: Sequence[Word], order: Typology) -> list[_Clause]:
    builder = _Builder(order)
    for word in words:
        builder.add(word)
    builder.close_phrase()
    clauses = [clause for clause in builder.clauses if clause.phrases or clause.verb or clause.is_negated]
    for clause in clauses:
        clause.settle(order)
    return clauses


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


def _main_tense(clauses: Sequence[_Clause], unmarked: Tense) -> Tense:
    """Tense for verbs that carry none: that of the line's last finite verb, else the language's unmarked tense."""
    finite = (Tense.PAST, Tense.PRESENT, Tense.FUTURE, Tense.WOULD)
    for clause in reversed(clauses):
        if clause.verb is not None and clause.verb.tense in finite:
            return clause.verb.tense
    return unmarked


def _tense(clauses: Sequence[_Clause], index: int, narrative: Tense, unmarked: Tense) -> Tense:
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


def _sort(clause: _Clause, order: Typology) -> _Parts:
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
    leading = [p for p in clause.phrases[:start] if p.head.case is not Case.OBLIQUE]
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

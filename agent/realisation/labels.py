"""What glossing labels say about a word: its role, person, number, tense, case and negation.

Covers the standard Leipzig labels, common additions of field grammars, and their usual compositions
("2|3PL>1SG.IO:PST:IPFV", "SUPER.ESS", "3SG.F"). A label that is not known changes nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from dragoman.agent.realisation import label_tables
from dragoman.agent.realisation.words import Agreement, Case, Role, Tense, Word
from dragoman.memory.morphology import is_label, split_gloss

__all__ = ["read_word"]

_PERSON = re.compile(r"^(?P<persons>[123](?:[|/+][123])*)?(?P<class>I{1,3}|IV|V)?(?P<number>SG|PL|DU|NSG|NPL|TR)?$")


def read_word(form: str, gloss: str, *, opening: str = "", closing: str = "") -> Word:
    """The word with its labels read.

    Args:
        form: the source word.
        gloss: Leipzig-style gloss; "?" copies the word, as one copies a name.
    """
    lemma, labels = split_gloss(gloss)
    if lemma in ("?", "", "PN", "PLN"):
        word = Word(form, form, Role.NAME)
    elif is_label(lemma) and not lemma.isdecimal() and lemma != "I":
        word = _function_word(form, lemma)
    else:
        lemma, inner = _plain(lemma)
        word, labels = _lexical_word(form, lemma), (*inner, *labels)
    word = replace(word, opening=opening, closing=closing)
    for label in labels:
        word = _with_label(word, label)
    return _finished(word, is_known=lemma != "?")


def _lexical_word(form: str, lemma: str) -> Word:
    if lemma.lower() in label_tables.ENGLISH_PRONOUNS:
        agreement = label_tables.ENGLISH_PRONOUNS[lemma.lower()]
        return Word(form, "", Role.PRONOUN, subject=agreement, plural=agreement.plural)
    return Word(form, lemma, Role.NAME if lemma[:1].isupper() else Role.NOMINAL)


def _plain(lemma: str) -> tuple[str, tuple[str, ...]]:
    """English words and labels of a stem's gloss: "be.NPRS" gives ("be", ("NPRS",)), "like_this" ("like this", ())."""
    pieces = [piece for piece in re.split(r"\([^)]*\)|[._:\s]+", lemma) if piece]
    words = [piece for piece in pieces if not is_label(piece) or piece == "I" or piece.isdecimal()]
    return " ".join(words), tuple(piece for piece in pieces if piece not in words)


def _function_word(form: str, label: str) -> Word:
    """A word glossed with labels only: a pronoun when they name a person, else a particle."""
    tokens = _tokens(label)
    agreement = _agreement(tokens)
    if agreement is not None and ("DEM" not in label[:3] or len(tokens) > 1):
        deictic = any(token.startswith("DEM") for token in tokens)
        word = Word(form, "", Role.PRONOUN, subject=agreement, plural=agreement.plural, modifier=deictic)
    else:
        english = next((label_tables.PARTICLES[token] for token in tokens if token in label_tables.PARTICLES), "")
        word = Word(form, english, Role.PARTICLE, negated="NEG" in tokens, modifier=english == "this")
        word = replace(word, is_article=label in ("DEF", "ART"), is_genitive=label in ("GEN", "POSS"))
    if "FUT" in tokens:
        word = replace(word, tense=Tense.FUTURE)
    return _with_case(word, tokens)


def _with_label(word: Word, label: str) -> Word:
    for part in label.split(":"):
        agent, arrow, patient = part.partition(">")
        tokens = _tokens(part)
        if arrow:
            word = replace(word, subject=_agreement(_tokens(agent)), object=_agreement(_tokens(patient)))
            word = replace(word, role=Role.VERB)
        elif (agreement := _agreement(tokens)) is not None:
            word = _with_agreement(word, tokens, agreement)
        else:
            word = _with_tense(_with_case(word, tokens), tokens)
    return word


def _with_agreement(word: Word, tokens: list[str], agreement: Agreement) -> Word:
    has_person = any(token[:1].isdigit() for token in tokens)
    if "POSS" in tokens and has_person and word.role is not Role.PRONOUN:
        return replace(word, owner=agreement)
    if "POSS" in tokens or word.case is not Case.NONE:
        return _with_case(word, tokens)
    if {"O", "OBJ", "IO", "RCV", "P"} & set(tokens):
        return replace(word, object=agreement if has_person else word.object, role=Role.VERB)
    if has_person:
        return _with_tense(replace(word, subject=agreement, role=Role.VERB), tokens)
    if tokens[0] in ("PL", "DU", "NSG", "SG") and word.role is not Role.VERB:
        return replace(word, plural=agreement.plural)
    return word  # number and gender class on a verb say little about an English pronoun


def _with_case(word: Word, tokens: list[str]) -> Word:
    if word.role is Role.VERB or set(tokens) & {"CVB", "PRT", "PTCP"}:
        return word
    case = next(
        (label_tables.CASES[token] for token in tokens if token in label_tables.CASES and tokens != ["A"]), None
    )
    series = [token for token in tokens if token in label_tables.PREPOSITIONS]
    if series:
        pair = (series[0], series[-1])
        named = (
            label_tables.DIRECTIONS.get(pair)
            or label_tables.DIRECTIONS.get(series[-1])
            or label_tables.PREPOSITIONS[series[0]]
        )
        word = replace(word, case=Case.OBLIQUE, preposition=named)
    elif case is Case.POSSESSOR and word.case is Case.OBJECT:
        word = replace(word, is_possessed=True)
    elif case is not None:
        word = replace(word, case=case, is_possessed=case is Case.POSSESSOR)
    if "NSG" in tokens and word.role is not Role.PRONOUN:
        word = replace(word, plural=True)
    return word


def _with_tense(word: Word, tokens: list[str]) -> Word:
    if "NEG" in tokens or "PROHIB" in tokens or "PROH" in tokens:
        word = replace(word, negated=True)
    if extra := next((label_tables.EXTRAS[token] for token in tokens if token in label_tables.EXTRAS), ""):
        word = replace(word, extra=extra)
    if set(tokens) & {"ATTR", "DEF"}:
        word = replace(word, modifier=True, is_definite="DEF" in tokens)
    if word.role in (Role.PRONOUN, Role.PARTICLE, Role.NAME):
        return word
    found = [label_tables.TENSES[token] for token in tokens if token in label_tables.TENSES]
    if "CVB" in tokens and (set(tokens) & {"ANT", "SIM", "IMM", "POST", "CSL"}):
        found = [Tense.WHEN]
    elif "CVB" in tokens:
        found = [Tense.IF if "CND" in tokens else Tense.SERIAL]
    elif Tense.PARTICIPLE in found:
        found = [Tense.PARTICIPLE]
    if word.tense is Tense.WOULD and "PFV" in tokens:
        return replace(word, tense=Tense.UNMARKED)
    if found:
        return replace(word, role=Role.VERB, tense=_stronger(word.tense, found[0]))
    return replace(word, role=Role.VERB) if label_tables.ASPECTS & set(tokens) and word.case is Case.NONE else word


def _stronger(known: Tense, new: Tense) -> Tense:
    """The first label that fixes the form wins, but a serial verb with a tense of its own has that tense."""
    return new if known in (Tense.UNMARKED, Tense.SERIAL) else known


def _finished(word: Word, *, is_known: bool) -> Word:
    """Genitives modify what follows; a verb nobody knows has no English stem to inflect."""
    if word.role is Role.VERB and not is_known:
        return replace(word, lemma="")
    if word.case is Case.POSSESSOR:
        return replace(word, modifier=True)
    return word


def _tokens(label: str) -> list[str]:
    return [token for token in re.split(r"[.:]", label) if token]


def _agreement(tokens: Iterable[str]) -> Agreement | None:
    """Person and number when the tokens name one, third person for a bare number; None otherwise."""
    person, plural, gender, found = 3, False, "", False
    for token in tokens:
        match = _PERSON.match(token)
        if match and token:
            found = True
            persons = match["persons"]
            person = int(persons[-1]) if persons else person
            plural = plural or (match["number"] in ("PL", "DU", "NSG"))
            gender = label_tables.CLASS_GENDERS.get(match["class"] or "", gender)
        elif token in label_tables.GENDERS:
            gender = label_tables.GENDERS[token]
    return Agreement(person, plural, gender) if found else None

"""What glossing labels say about a word: its role, person, number, tense, case and negation.

Covers the standard Leipzig labels, common additions of field grammars, and their usual compositions
("2|3PL>1SG.IO:PST:IPFV", "SUPER.ESS", "3SG.F"). A label that is not known changes nothing.

Source: Leipzig Glossing Rules (Comrie, Haspelmath, Bickel 2015), appendix; Wikipedia, "List of glossing abbreviations".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from dragoman.memory.morphology import is_label, split_gloss

__all__ = ["Agreement", "Case", "Role", "Tense", "Word", "read_word"]


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


@dataclass(frozen=True, slots=True)
class Word:
    """One glossed word, its labels read.

    Attributes:
        form: as it stands in the source, without punctuation.
        lemma: English text of the stem; "" when there is none.
        role, tense, case: see the enumerations.
        preposition: of an oblique case.
        subject, object: persons marked on a verb; of a pronoun, `subject` is the pronoun itself.
        plural, negated, definite, modifier: what the labels say.
        extra: an English word that comes with the labels, such as "only".
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
    plural: bool = False
    negated: bool = False
    modifier: bool = False
    extra: str = ""
    opening: str = ""
    closing: str = ""


_TENSES: MappingProxyType[str, Tense] = MappingProxyType(
    {
        **dict.fromkeys(("PST", "RPST", "IPST", "PRET", "AOR", "HOD", "REM", "PRF", "PERF", "UNW", "WIT"), Tense.PAST),
        **dict.fromkeys(("PRS", "NPST"), Tense.PRESENT),
        **dict.fromkeys(("FUT", "POT"), Tense.FUTURE),
        **dict.fromkeys(("IRR", "COND", "SBJV", "HYP"), Tense.WOULD),
        **dict.fromkeys(("IMP", "IMPR", "PROH", "PROHIB", "OPT", "HORT", "JUS", "FUTIMP"), Tense.IMPERATIVE),
        **dict.fromkeys(("INF", "PURP"), Tense.INFINITIVE),
        **dict.fromkeys(("CVB", "SM", "SS", "SR", "SEQ", "GER"), Tense.SERIAL),
        **dict.fromkeys(("PTCP", "PRT", "REL"), Tense.PARTICIPLE),
        **dict.fromkeys(("NMLZ", "NMZ", "MSD", "VN"), Tense.NOUN),
    }
)
_ASPECTS = frozenset({"PFV", "IPFV", "DUR", "PROG", "HAB", "ITER", "VENT", "AND", "CONT", "CAUS", "PASS", "STAT"})
_CASES = MappingProxyType(
    {
        **dict.fromkeys(("ERG", "NOM", "A"), Case.AGENT),
        **dict.fromkeys(("ABS", "ACC", "P"), Case.OBJECT),
        **dict.fromkeys(("GEN", "GEN1", "GEN2", "POSS"), Case.POSSESSOR),
    }
)
_PREPOSITIONS = MappingProxyType(
    {
        "LOC": "in", "INESS": "in", "IN": "in", "ESS": "in", "ALL": "to", "LAT": "to", "ILL": "into", "VERS": "to",
        "ABL": "from", "ELA": "from", "DAT": "to", "INS": "with", "INSTR": "with", "COM": "with", "ASSOC": "with",
        "PROP": "with", "PRIV": "without", "ABESS": "without", "CAR": "without", "BEN": "for", "CHAR": "from",
        "SIMIL": "like", "EQU": "like", "EQU1": "like", "EQU2": "like", "PERL": "through", "PROL": "through",
        "SUB": "under", "SUPER": "on", "AD": "at", "ADESS": "at", "APUD": "to", "CONT": "to", "TERM": "until",
        "TEMP": "at", "IC": "with",
    }
)  # fmt: skip
_DIRECTIONS = MappingProxyType(
    {"ABL": "from", "LAT": "to", "ALL": "to", "VERS": "to", ("IN", "LAT"): "into", ("SUPER", "LAT"): "onto"}
)
_PARTICLES = MappingProxyType(
    {
        "DEM": "this", "PROX": "here", "MED": "there", "DIST": "there", "NEG": "not", "FUT": "", "CONJ": "and",
        "INTJ": "oh", "COP": "is", "INDF": "some", "POT": "could", "IAM": "already", "ALR": "already", "ONLY": "only",
        "PROH": "do not", "ITER": "again", "ABSC": "here", "IMM": "here", "DIM": "little", "HAB": "always",
        "ETC": "and all", "APPR": "lest", "IMN": "about to", "PH": "what", "MAYBE": "maybe", "PRIV": "without",
        "COM": "with", "Q": "",
    }
)  # fmt: skip
_EXTRAS = MappingProxyType({"ONLY": "only", "PROX": "here", "MED": "there", "DIST": "there", "IAM": "already"})
_PERSON = re.compile(r"^(?P<persons>[123](?:[|/+][123])*)?(?P<class>I{1,3}|IV|V)?(?P<number>SG|PL|DU|NSG|NPL|TR)?$")
_CLASS_GENDERS = MappingProxyType({"I": "m", "II": "f"})  # Nakh-Daghestanian gender classes
_GENDERS = MappingProxyType({"M": "m", "MASC": "m", "F": "f", "FEM": "f", "N": "n", "NEUT": "n"})


def read_word(form: str, gloss: str, *, opening: str = "", closing: str = "") -> Word:
    """The word with its labels read.

    Args:
        form: the source word.
        gloss: Leipzig-style gloss; "?" copies the word, as one copies a name.
    """
    lemma, labels = split_gloss(gloss)
    if lemma in ("?", "", "PN", "PLN"):
        word = Word(form, form, Role.NAME)
    elif is_label(lemma) and not lemma.isdecimal():
        word = _function_word(form, lemma)
    elif lemma[:1].isupper() and len(lemma) > 1:
        word = Word(form, _plain(lemma), Role.NAME)
    else:
        word = Word(form, _plain(lemma), Role.NOMINAL)
    word = replace(word, opening=opening, closing=closing)
    for label in labels:
        word = _with_label(word, label)
    return _finished(word)


def _plain(lemma: str) -> str:
    bare = re.sub(r"\([^)]*\)|:.*", "", lemma)
    return re.sub(r"[._]+", " ", bare).strip()


def _function_word(form: str, label: str) -> Word:
    """A word glossed with labels only: a pronoun when they name a person, else a particle."""
    tokens = _tokens(label)
    agreement = _agreement(tokens)
    if agreement is not None and ("DEM" not in label[:3] or len(tokens) > 1):
        deictic = any(token.startswith("DEM") for token in tokens)
        word = Word(form, "", Role.PRONOUN, subject=agreement, plural=agreement.plural, modifier=deictic)
    else:
        english = next((_PARTICLES[token] for token in reversed(tokens) if token in _PARTICLES), "")
        word = Word(form, english, Role.PARTICLE, negated="NEG" in tokens, modifier=english == "this")
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
    if "POSS" in tokens or word.case is not Case.NONE:
        return _with_case(word, tokens)
    if {"O", "OBJ", "IO", "RCV", "P"} & set(tokens):
        return replace(word, object=agreement if tokens[0][:1].isdigit() else word.object, role=Role.VERB)
    if tokens[0] in ("PL", "DU", "NSG", "SG"):
        return replace(word, plural=agreement.plural) if word.role is not Role.VERB else word
    if not tokens[0][:1].isdigit():
        return word  # a gender class on a verb says little about an English pronoun
    return _with_tense(replace(word, subject=agreement, role=Role.VERB), tokens)


def _with_case(word: Word, tokens: list[str]) -> Word:
    if word.role is Role.VERB or set(tokens) & {"CVB", "PRT", "PTCP"}:
        return word
    case = next((_CASES[token] for token in tokens if token in _CASES and tokens != ["A"]), None)
    series = [token for token in tokens if token in _PREPOSITIONS]
    if series:
        pair = (series[0], series[-1])
        named = _DIRECTIONS.get(pair) or _DIRECTIONS.get(series[-1]) or _PREPOSITIONS[series[0]]
        word = replace(word, case=Case.OBLIQUE, preposition=named)
    elif case is not None:
        word = replace(word, case=case)
    if "NSG" in tokens and word.role is not Role.PRONOUN:
        word = replace(word, plural=True)
    return word


def _with_tense(word: Word, tokens: list[str]) -> Word:
    if "NEG" in tokens or "PROHIB" in tokens or "PROH" in tokens:
        word = replace(word, negated=True)
    if extra := next((_EXTRAS[token] for token in tokens if token in _EXTRAS), ""):
        word = replace(word, extra=extra)
    if set(tokens) & {"ATTR", "DEF"}:
        word = replace(word, modifier=True)
    if word.role in (Role.PRONOUN, Role.PARTICLE, Role.NAME):
        return word
    found = [_TENSES[token] for token in tokens if token in _TENSES]
    if "CVB" in tokens and (set(tokens) & {"ANT", "SIM", "IMM", "POST", "CSL"}):
        found = [Tense.WHEN]
    elif "CVB" in tokens:
        found = [Tense.IF if "CND" in tokens else Tense.SERIAL]
    elif Tense.PARTICIPLE in found:
        found = [Tense.PARTICIPLE]
    if found:
        return replace(word, role=Role.VERB, tense=_stronger(word.tense, found[0]))
    return replace(word, role=Role.VERB) if _ASPECTS & set(tokens) and word.case is Case.NONE else word


def _stronger(known: Tense, new: Tense) -> Tense:
    """The first label that fixes the form wins, but a serial verb with a tense of its own has that tense."""
    return new if known in (Tense.UNMARKED, Tense.SERIAL) else known


def _finished(word: Word) -> Word:
    """A nominalised verb with a case is a noun; genitives modify what follows."""
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
            gender = _CLASS_GENDERS.get(match["class"] or "", gender)
        elif token in _GENDERS:
            gender = _GENDERS[token]
    return Agreement(person, plural, gender) if found else None

"""English from meaning trees, whole or with holes.

`render` asks a `Reader` for words and for what is known of the grammar. The plain `Reader` knows everything and gives
the reference; the simulated translator is a reader that lacks some items, so both share one grammar of English.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from dragoman.memory.english_pronouns import PERSONAL_PRONOUNS
from dragoman.training.simlang.meaning import FUTURE, PAST, PRESENT, Clause, Entity, Meaning, NounPhrase

if TYPE_CHECKING:
    from dragoman.training.simlang.language import SimLanguage

__all__ = ["Reader", "past_form", "plural_form", "render", "third_form"]

_PLURAL_TEXT = (
    "man=men woman=women child=children wife=wives knife=knives leaf=leaves foot=feet tooth=teeth mouse=mice ox=oxen"
    " wolf=wolves thief=thieves fisherman=fishermen"
)
_PAST_TEXT = (
    "sleep=slept sing=sang go=went come=came run=ran swim=swam ride=rode see=saw find=found lose=lost take=took"
    " hold=held hide=hid steal=stole break=broke bring=brought keep=kept draw=drew make=made choose=chose"
    " throw=threw meet=met know=knew teach=taught catch=caught give=gave send=sent lend=lent sell=sold"
    " buy=bought write=wrote build=built drop=dropped forgive=forgave travel=travelled bequeath=bequeathed"
)


def _table(text: str) -> Mapping[str, str]:
    return MappingProxyType(dict(pair.split("=") for pair in text.split()))


_PLURALS, _PASTS = _table(_PLURAL_TEXT), _table(_PAST_TEXT)
_CASES = MappingProxyType({**{p.subject: p.forms for p in PERSONAL_PRONOUNS}, "who": ("who", "whom", "whose")})
_SUBJECT, _OBJECT, _POSSESSIVE = range(3)
_VOWELS = frozenset("aeiou")


def _s_form(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh", "z")) or word == "go":
        return word + "es"
    if word.endswith("y") and word[-2] not in _VOWELS:
        return word[:-1] + "ies"
    return word + "s"


@lru_cache(maxsize=4096)
def plural_form(noun: str) -> str:
    """The plural of an English noun of the inventory."""
    return _PLURALS.get(noun) or _s_form(noun)


@lru_cache(maxsize=4096)
def third_form(verb: str) -> str:
    """The third person singular of the present."""
    return _s_form(verb)


@lru_cache(maxsize=4096)
def past_form(verb: str) -> str:
    """The past of an English verb of the inventory."""
    if verb in _PASTS:
        return _PASTS[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ied"
    return verb + "ed"


class Reader:
    """Knows every word and every rule of a language: what the reference translation comes from.

    Attributes:
        missing_rules: rule ids that are not known; empty here.
        language: whose sentences are read.
    """

    missing_rules: frozenset[str] = frozenset()

    def __init__(self, language: "SimLanguage") -> None:
        self.language = language

    def lemma(self, concept: str) -> tuple[str, bool]:
        """The word for a concept and whether it is English, so that it can be inflected."""
        return concept[2:], True

    def name(self, phrase: NounPhrase) -> str:
        """The rendering of a name; an introduced one stands in the text beside it."""
        assert phrase.entity is not None, "a phrase without a head is a name"
        return phrase.entity.english

    def pronoun(self, entity: Entity) -> str:
        """he, she or it for the third-person pronoun."""
        return entity.gender

    def idiom(self) -> str:
        """The rendering of the fixed expression."""
        return self.language.idiom.english

    def formula(self) -> str:
        """The opening of a polite sentence; "" when the register is not seen."""
        return self.language.politeness.english


def render(meaning: Meaning, reader: Reader) -> str:
    """The English sentence, as far as the reader can read it."""
    text = _clause(meaning.clause, meaning.asks_yes_no, reader)
    if meaning.second is not None:
        link, second = reader.lemma(meaning.link)[0], _clause(meaning.second, False, reader)
        text += f" {second} {link}" if "conjunction" in reader.missing_rules else f" {link} {second}"
    if meaning.idiom:
        text = f"{reader.idiom()}, {text}"
    if meaning.polite:
        formula = reader.formula()
        text = f"{formula}, {text}" if formula else text
    return text[0].upper() + text[1:] + ("?" if meaning.question else ".")


def _clause(clause: Clause, question: bool, reader: Reader) -> str:
    missing = reader.missing_rules
    subject, object_ = clause.subject, clause.object
    if object_ is not None and "case" in missing:
        subject, object_ = object_, subject
    auxiliary, main = _verb(clause, subject, question and "question" not in missing, reader)
    negation = "not" if clause.negated and "negation" not in missing else ""
    shown = _noun_phrase(subject, _SUBJECT, reader)
    rest = {
        "O": _complement(clause, object_, reader),
        "X": _oblique(clause, reader),
        "A": reader.lemma(clause.adverb)[0] if clause.adverb else "",
    }
    if "order" in missing:
        rest |= {"S": shown, "V": _joined(auxiliary, negation, main)}
        return _joined(*(rest[role] for role in reader.language.typology.arrangement))
    front = (auxiliary, shown) if question and "question" not in missing else (shown, auxiliary)
    return _joined(*front, negation, main, rest["O"], rest["X"], rest["A"])


def _joined(*pieces: str) -> str:
    return " ".join(piece for piece in pieces if piece)


def _verb(clause: Clause, subject: NounPhrase, asks: bool, reader: Reader) -> tuple[str, str]:
    """Auxiliary and main verb; either may be empty."""
    tense = PRESENT if clause.tense in reader.missing_rules else clause.tense
    person = _person(subject, reader)
    word, english = reader.lemma(clause.verb)
    if tense == FUTURE:
        return "will", word
    if word == "be":
        return _be(tense, person), ""
    if asks or (clause.negated and "negation" not in reader.missing_rules):
        return ("did" if tense == PAST else "does" if person == "3" else "do"), word
    if not english:
        return "", word
    if tense == PAST:
        return "", past_form(word)
    return "", third_form(word) if person == "3" else word


def _be(tense: str, person: str) -> str:
    if tense == PAST:
        return "were" if person == "P" else "was"
    return {"1": "am", "3": "is", "P": "are"}[person]


def _person(phrase: NounPhrase, reader: Reader) -> str:
    """How the verb agrees: "1", "3" (singular) or "P" for all the others."""
    if phrase.head in ("p.you", "p.we", "p.they"):
        return "P"
    if phrase.head == "p.I":
        return "1"
    return "P" if phrase.plural and "plural" not in reader.missing_rules else "3"


def _complement(clause: Clause, object_: NounPhrase | None, reader: Reader) -> str:
    if object_ is not None:
        return _noun_phrase(object_, _OBJECT, reader)
    if clause.identity is not None:
        return _noun_phrase(clause.identity, _OBJECT, reader)
    return reader.lemma(clause.quality)[0] if clause.quality else ""


def _oblique(clause: Clause, reader: Reader) -> str:
    if clause.oblique is None:
        return ""
    phrase, word = _noun_phrase(clause.oblique, _OBJECT, reader), reader.lemma(clause.adposition)[0]
    return f"{phrase} {word}" if "adposition" in reader.missing_rules else f"{word} {phrase}"


def _noun_phrase(phrase: NounPhrase, case: int, reader: Reader) -> str:
    if phrase.head.startswith("p."):
        return _pronoun(phrase, case, reader)
    text = _name_or_noun(phrase, reader)
    return f"{text}'s" if case == _POSSESSIVE else text


def _pronoun(phrase: NounPhrase, case: int, reader: Reader) -> str:
    word, english = reader.lemma(phrase.head)
    if word == "3":
        assert phrase.entity is not None, "a third-person pronoun stands for somebody"
        word = reader.pronoun(phrase.entity)
    return _CASES[word][case] if english else word


def _name_or_noun(phrase: NounPhrase, reader: Reader) -> str:
    if not phrase.head:
        return reader.name(phrase)
    missing = reader.missing_rules
    plural = phrase.plural and "plural" not in missing
    word, english = reader.lemma(phrase.head)
    noun = plural_form(word) if plural and english else word
    before = [reader.lemma(concept)[0] for concept in (phrase.numeral, phrase.adjective) if concept]
    body = " ".join([noun, *before] if "adjective" in missing else [*before, noun])
    if phrase.possessor is not None:
        case = _SUBJECT if "possession" in missing else _POSSESSIVE
        return f"{_noun_phrase(phrase.possessor, case, reader)} {body}"
    if phrase.definite and "definite" not in missing:
        return f"the {body}"
    if plural or phrase.numeral:
        return body
    return f"{'an' if body[0] in _VOWELS else 'a'} {body}"

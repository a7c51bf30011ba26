"""From a meaning tree to a sentence of a language, with its gloss and everything needed to read it."""

from dataclasses import dataclass

from dragoman.training.simlang.inventory import TOPIC_OF
from dragoman.training.simlang.keys import (
    IDIOM_KEY,
    POLITE_KEY,
    entry_key,
    gender_key,
    name_key,
    rule_key,
    sense_key,
)
from dragoman.training.simlang.language import SimLanguage
from dragoman.training.simlang.meaning import FUTURE, PRESENT, Clause, Meaning, NounPhrase
from dragoman.training.simlang.morphology import Word, class_gloss
from dragoman.training.simlang.typology import is_reordered

__all__ = ["Realised", "realise"]

Keyed = tuple[Word, str]  # a word, and the key of the item that explains it ("" for particles)


@dataclass(frozen=True, slots=True)
class Realised:
    """A sentence of a language.

    Attributes:
        source: as written.
        divided: words with their morphemes divided by hyphens, separated by spaces, no punctuation.
        gloss: one gloss per word of `divided`.
        word_keys: one key per word; "" where no item but a rule explains it.
        requires: every key without which the English sentence comes out differently.
    """

    source: str
    divided: str
    gloss: str
    word_keys: tuple[str, ...]
    requires: frozenset[str]


def realise(language: SimLanguage, meaning: Meaning) -> Realised:
    """The meaning in words of the language."""
    writer = _Writer(language)
    words = writer.sentence(meaning)
    surfaces = [word.surface for word, _ in words]
    first = surfaces[0]
    surfaces[0] = first[0].upper() + first[1:]
    return Realised(
        source=" ".join(surfaces) + ("?" if meaning.question else "."),
        divided=" ".join([word.divided for word, _ in words]),
        gloss=" ".join([word.gloss for word, _ in words]),
        word_keys=tuple([key for _, key in words]),
        requires=frozenset(writer.requires),
    )


class _Writer:
    """Puts the words of one sentence in order and notes what a reader of it needs."""

    def __init__(self, language: SimLanguage) -> None:
        self.language = language
        self.typology = language.typology
        self.requires: set[str] = set()

    def sentence(self, meaning: Meaning) -> list[Keyed]:
        words = self._clause(meaning.clause, meaning.asks_yes_no)
        if meaning.second is not None:
            words += self._linked(meaning.link, self._clause(meaning.second, False))
        if meaning.asks_yes_no:
            self._rule("question")
            if self.typology.question != "affix":
                particle = (self.language.particle("Q"), "")
                words = [particle, *words] if self.typology.question == "first" else [*words, particle]
        if meaning.idiom:
            self.requires.add(IDIOM_KEY)
            words = [(self.language.word(c), IDIOM_KEY) for c in self.language.idiom.concepts] + words
        if meaning.polite:
            self.requires.add(POLITE_KEY)
            particle = (self.language.particle("POL"), POLITE_KEY)
            words = [particle, *words] if self.typology.polite_first else [*words, particle]
        return words

    def _rule(self, name: str) -> None:
        self.requires.add(rule_key(name))

    def _word(self, concept: str, affixes: tuple[str, ...] = ()) -> Keyed:
        """A word of the dictionary, with what is needed to understand it."""
        key = entry_key(self.language.stem(concept))
        self.requires.add(key)
        if concept in self.language.lexicon.other:
            self.requires.add(sense_key(TOPIC_OF[concept]))
        return self.language.word(concept, affixes), key

    def _linked(self, link: str, clause: list[Keyed]) -> list[Keyed]:
        word = self._word(link)
        if self.typology.conjunction_last:
            self._rule("conjunction")
            return [*clause, word]
        return [word, *clause]

    def _clause(self, clause: Clause, question: bool) -> list[Keyed]:
        parts = {"S": self._phrase(clause.subject, self._subject_case(clause)), "V": self._verb(clause, question)}
        if clause.object is not None:
            accusative = ("ACC",) if self.typology.case == "accusative" else ()
            parts["O"] = self._phrase(clause.object, accusative)
            if self.typology.case != "none":
                self._rule("case")
        elif clause.identity is not None:
            parts["O"] = self._phrase(clause.identity)
        elif clause.quality:
            parts["O"] = [self._word(clause.quality, self._agreement("adjective", clause.subject))]
        if clause.oblique is not None:
            parts["X"] = self._oblique(clause.adposition, clause.oblique)
        if clause.adverb:
            parts["A"] = [self._word(clause.adverb)]
        if is_reordered(self.typology, frozenset(parts)) and not self._reads_as_english(clause, question):
            self._rule("order")
        return [word for role in self.typology.arrangement if role in parts for word in parts[role]]

    def _reads_as_english(self, clause: Clause, question: bool) -> bool:
        """ "Was she dry?" has the verb first in English too."""
        plain = clause.tense != FUTURE and not clause.negated
        return question and clause.verb == "v.be" and plain and self.typology.order == "VSO"

    def _subject_case(self, clause: Clause) -> tuple[str, ...]:
        ergative = clause.object is not None and self.typology.case == "ergative"
        return ("ERG",) if ergative else ()

    def _agreement(self, target: str, phrase: NounPhrase) -> tuple[str, ...]:
        if self.typology.agreement != target:
            return ()
        return (class_gloss(self.language.classes.get(phrase.head, 1)),)

    def _verb(self, clause: Clause, question: bool) -> list[Keyed]:
        typology = self.typology
        affixes = self._agreement("verb", clause.subject)
        if clause.tense != PRESENT:
            affixes += ("PST",) if clause.tense == "past" else ("FUT",)
            self._rule(clause.tense)
        if clause.negated:
            self._rule("negation")
            affixes += ("NEG",) if typology.negation == "affix" else ()
        if question and typology.question == "affix":
            affixes += ("Q",)
        words = [self._word(clause.verb, affixes)]
        if clause.negated and typology.negation != "affix":
            particle = (self.language.particle("NEG"), "")
            words = [particle, *words] if typology.negation == "before" else [*words, particle]
        return words

    def _oblique(self, adposition: str, phrase: NounPhrase) -> list[Keyed]:
        words, word = self._phrase(phrase), self._word(adposition)
        if self.typology.postpositions:
            self._rule("adposition")
            return [*words, word]
        return [word, *words]

    def _phrase(self, phrase: NounPhrase, case: tuple[str, ...] = ()) -> list[Keyed]:
        if not phrase.head:
            return self._name(phrase, case)
        if phrase.head[0] == "p":
            if phrase.head == "p.3" and phrase.entity is not None:
                self.requires.add(gender_key(self.language.name_form(phrase.entity.english)))
            return [self._word(phrase.head, case)]
        words = self._noun(phrase, case)
        return words if phrase.possessor is None else self._possessed(phrase.possessor, words)

    def _name(self, phrase: NounPhrase, affixes: tuple[str, ...]) -> list[Keyed]:
        assert phrase.entity is not None, "a phrase without a head is a name"
        english = phrase.entity.english
        key = name_key(self.language.name_form(english))
        words = [(self.language.name_word(english, affixes), key)]
        if phrase.introduced:
            words.append((Word(f"({english})", f"({english})", f"({english})"), ""))
        else:
            self.requires.add(key)
        return words

    def _noun(self, phrase: NounPhrase, case: tuple[str, ...]) -> list[Keyed]:
        typology = self.typology
        affixes: tuple[str, ...] = ()
        if phrase.plural:
            self._rule("plural")
            affixes += ("PL",)
        if phrase.definite and typology.definite == "affix":
            affixes += ("DEF",)
        if phrase.possessor is not None and typology.possession == "possessed":
            affixes += ("POSS",)
        noun = self._word(phrase.head, affixes + case)
        modifiers = [self._word(phrase.numeral)] if phrase.numeral else []
        if phrase.adjective:
            modifiers.append(self._word(phrase.adjective, self._agreement("adjective", phrase)))
        if modifiers and typology.noun_first:
            self._rule("adjective")
        words = [noun, *modifiers] if typology.noun_first else [*modifiers, noun]
        return self._made_definite(words) if phrase.definite else words

    def _made_definite(self, words: list[Keyed]) -> list[Keyed]:
        self._rule("definite")
        if self.typology.definite == "affix":
            return words
        particle = (self.language.particle("DEF"), "")
        return [particle, *words] if self.typology.definite == "before" else [*words, particle]

    def _possessed(self, possessor: NounPhrase, head: list[Keyed]) -> list[Keyed]:
        self._rule("possession")
        owner = self._phrase(possessor, ("GEN",) if self.typology.possession == "genitive" else ())
        between = [(self.language.particle("GEN"), "")] if self.typology.possession == "particle" else []
        pieces = (owner, between, head) if self.typology.possessor_first else (head, between, owner)
        return [word for piece in pieces for word in piece]

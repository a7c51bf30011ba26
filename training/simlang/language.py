"""A generated language as one object, and how it is drawn from a seed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dragoman.core.languages import Language
from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.inventory import CONCEPTS, NOUNS
from dragoman.training.simlang.lexicon import Lexicon, build_lexicon, new_form
from dragoman.training.simlang.morphology import Markers, Word, draw_markers, inflect
from dragoman.training.simlang.phonology import Phonology, draw_phonology
from dragoman.training.simlang.typology import Typology, draw_typology

__all__ = ["Idiom", "Politeness", "SimLanguage", "generate_language"]

_TAG_PREFIXES = MappingProxyType({"train": "simt", "dev": "simd", "test": "sim"})
_IDIOMS = (
    "all of a sudden",
    "once upon a time",
    "sooner or later",
    "against all odds",
    "for better or worse",
    "as luck would have it",
    "in the twinkling of an eye",
    "to nobody's surprise",
    "without further ado",
    "when all was said and done",
    "by hook or by crook",
    "come rain or shine",
)
_FORMULAS = (
    "with all respect",
    "by your leave",
    "if you please",
    "begging your pardon",
    "may it please you",
    "with your permission",
    "in all humility",
    "your honour",
)


@dataclass(frozen=True, slots=True)
class Idiom:
    """The fixed expression: two ordinary nouns side by side with a meaning of their own."""

    concepts: tuple[str, str]
    english: str


@dataclass(frozen=True, slots=True)
class Politeness:
    """How the polite register is rendered; its particle is glossed POL and stands in no dictionary."""

    english: str


@dataclass(frozen=True, slots=True)
class SimLanguage:
    """A constructed language. Equal seeds and splits give equal languages.

    Attributes:
        seed: as given.
        split: train, dev or test.
        name: what it is called.
        typology: word order and marking.
        phonology: sounds and sandhi.
        lexicon: stems and senses.
        markers: affixes and particles.
        classes: noun concept to agreement class; names and pronouns are of class 1.
        idiom: the fixed expression.
        politeness: the polite register.
        words: inflected words made so far; a cache, no part of the value.
        names: forms of names made so far; a cache as well.
    """

    seed: int
    split: str
    name: str
    typology: Typology
    phonology: Phonology
    lexicon: Lexicon
    markers: Markers
    classes: Mapping[str, int]
    idiom: Idiom
    politeness: Politeness
    words: dict[tuple[str, tuple[str, ...]], Word] = field(default_factory=dict, repr=False, compare=False)
    names: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def tag(self) -> str:
        """A private-use tag, such as "qaa-x-sim7"; digits past the eight a subtag may have go into further subtags."""
        text = f"{_TAG_PREFIXES[self.split]}{self.seed}"
        return "qaa-x-" + "-".join(text[start : start + 8] for start in range(0, len(text), 8))

    @property
    def language(self) -> Language:
        """The language as documents know it."""
        return Language(self.tag, self.name)

    def chance(self, *parts: str | int) -> Chance:
        """A stream of draws that belongs to this language."""
        return Chance("simlang", self.split, self.seed, *parts)

    def stem(self, concept: str) -> str:
        """The headword of a concept."""
        return self.lexicon.stems[concept]

    def word(self, concept: str, affixes: tuple[str, ...] = ()) -> Word:
        """An inflected word; affixes by gloss, nearest to the stem first."""
        found = self.words.get((concept, affixes))
        if found is None:
            found = self.words[concept, affixes] = self._inflect(self.stem(concept), _gloss(concept), affixes)
        return found

    def name_word(self, english: str, affixes: tuple[str, ...] = ()) -> Word:
        """A name with its affixes; `english` is the rendering."""
        found = self.words.get((english, affixes))
        if found is None:
            found = self.words[english, affixes] = self._inflect(self.name_form(english), english, affixes)
        return found

    def name_form(self, english: str) -> str:
        """How a name is written in this language; nothing of the rendering can be seen in it."""
        if english not in self.names:
            chance = self.chance("name", english)
            form = new_form(chance, self.phonology, lengths=(2, 3), taken=self.lexicon.senses)
            self.names[english] = form[0].upper() + form[1:]
        return self.names[english]

    def particle(self, gloss: str) -> Word:
        """A grammatical particle."""
        form = self.markers.particles[gloss]
        return Word(form, form, gloss)

    def _inflect(self, stem: str, gloss: str, affixes: tuple[str, ...]) -> Word:
        pairs = [(affix, self.markers.affixes[affix]) for affix in affixes]
        return inflect(self.phonology, stem, gloss, pairs, prefixing=self.typology.prefixing)


def generate_language(seed: int, *, split: str = "train", typology: Typology | None = None) -> SimLanguage:
    """The language with this number in a split.

    Args:
        seed: any whole number from 0; the same number gives unrelated languages in different splits.
        split: train, dev or test; decides which typological families can be drawn.
        typology: to fix the settings instead of drawing them; sounds and words are drawn all the same.

    Raises:
        UnknownNameError: no such split.
    """
    chance = Chance("simlang", split, seed)
    drawn = draw_typology(chance, split)
    typology = typology or drawn
    phonology = draw_phonology(chance, typology)
    lexicon = build_lexicon(chance, phonology)
    markers = draw_markers(chance, phonology, typology, lexicon)
    general = [noun.concept for noun in NOUNS if not noun.topic and noun.sort == "thing"]
    first, second = chance.sample(general, 2)
    return SimLanguage(
        seed=seed,
        split=split,
        name=phonology.syllables(chance, 2).capitalize() + chance.pick(("ish", "ese", "an", "i")),
        typology=typology,
        phonology=phonology,
        lexicon=lexicon,
        markers=markers,
        classes=_classes(chance, typology),
        idiom=Idiom((first, second), chance.pick(_IDIOMS)),
        politeness=Politeness(chance.pick(_FORMULAS)),
    )


def _classes(chance: Chance, typology: Typology) -> Mapping[str, int]:
    """People are of class 1, everything else of any class."""
    people = {noun.concept for noun in NOUNS if noun.sort == "person"}
    nouns = (concept for concept in CONCEPTS if concept.startswith("n."))
    return MappingProxyType({c: 1 if c in people else 1 + chance.below(typology.num_classes) for c in nouns})


def _gloss(concept: str) -> str:
    return {"p.3": "3SG", "p.I": "1SG", "p.we": "1PL", "p.they": "3PL"}.get(concept, concept[2:])

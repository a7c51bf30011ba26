"""Affixes, particles and the inflection of nouns, adjectives and verbs.

A morpheme has one function and stands on one side of the stem; portmanteau forms and irregular words are left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.lexicon import Lexicon, new_form
from dragoman.training.simlang.phonology import Phonology
from dragoman.training.simlang.typology import Typology

__all__ = ["Markers", "Word", "class_gloss", "draw_markers", "inflect"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a sentence: as written, with its morphemes divided, and glossed."""

    surface: str
    divided: str
    gloss: str


@dataclass(frozen=True, slots=True)
class Markers:
    """The grammatical morphemes of a language.

    Attributes:
        affixes: gloss to affix, such as "PL" to "ka"; A and U in them follow vowel harmony.
        particles: gloss to free word.
    """

    affixes: Mapping[str, str]
    particles: Mapping[str, str]


def draw_markers(chance: Chance, phonology: Phonology, typology: Typology, lexicon: Lexicon) -> Markers:
    """Affixes and particles for whatever the typology marks."""
    affixes: dict[str, str] = {}
    for gloss in _affix_glosses(typology):
        affixes[gloss] = _new_affix(chance, phonology, taken=affixes.values())
    taken = set(lexicon.senses)
    particles: dict[str, str] = {}
    for gloss in _particle_glosses(typology):
        particles[gloss] = new_form(chance, phonology, lengths=(1, 2), taken=taken)
        taken.add(particles[gloss])
    return Markers(MappingProxyType(affixes), MappingProxyType(particles))


def inflect(
    phonology: Phonology, stem: str, gloss: str, affixes: Iterable[tuple[str, str]], *, prefixing: bool
) -> Word:
    """A stem with its affixes, the one nearest to the stem first.

    Args:
        phonology: for the sandhi.
        stem: a capitalised one is a name: its affixes stay divided by a hyphen in writing, so that it can be found.
        gloss: of the stem.
        affixes: (gloss, form) pairs.
        prefixing: whether they stand before the stem.
    """
    divided, glossed = stem, gloss
    is_name = stem[0].isupper()
    for name, form in affixes:
        if prefixing:
            divided = phonology.prefixed(form, divided, keep=is_name)
            glossed = f"{name}-{glossed}"
        else:
            divided = phonology.suffixed(divided, form, keep=is_name)
            glossed = f"{glossed}-{name}"
    return Word(divided if is_name else divided.replace("-", ""), divided, glossed)


def class_gloss(number: int) -> str:
    """The gloss of an agreement class: CLA, CLB, ..."""
    return f"CL{chr(ord('A') + number - 1)}"


def _affix_glosses(typology: Typology) -> list[str]:
    glosses = ["PL", "PST", "FUT"]
    if typology.case != "none":
        glosses.append("ACC" if typology.case == "accusative" else "ERG")
    if typology.possession != "particle":
        glosses.append("GEN" if typology.possession == "genitive" else "POSS")
    for setting, gloss in ((typology.definite, "DEF"), (typology.negation, "NEG"), (typology.question, "Q")):
        if setting == "affix":
            glosses.append(gloss)
    if typology.agreement != "none":
        glosses += [class_gloss(number) for number in range(1, typology.num_classes + 1)]
    return glosses


def _particle_glosses(typology: Typology) -> list[str]:
    glosses = ["POL"]
    if typology.possession == "particle":
        glosses.append("GEN")
    for setting, gloss in ((typology.definite, "DEF"), (typology.negation, "NEG"), (typology.question, "Q")):
        if setting != "affix":
            glosses.append(gloss)
    return glosses


def _new_affix(chance: Chance, phonology: Phonology, *, taken: Iterable[str]) -> str:
    vowels = ("A", "U") if phonology.sandhi == "harmony" else phonology.vowels
    singles = [onset for onset in phonology.onsets if len(onset) == 1]
    codas = [coda for coda in phonology.codas if coda]
    used = {form.lower() for form in taken}
    while True:
        shape = chance.below(3)
        form = chance.pick(vowels) if shape == 2 else chance.pick(singles) + chance.pick(vowels)
        form += chance.pick(codas) if shape else ""
        if form.lower() not in used:
            return form

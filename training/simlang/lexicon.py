"""The words of a language: a stem for each concept of the inventory, some of them shared by two concepts.

Ambiguous stems join two concepts of different topics and the same class, so that nothing but the topic tells them
apart. Stems never look like a word of the inventory, so that an untranslated word always shows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.inventory import CONCEPTS, NOUNS, TOPICS, VERBS, english_of
from dragoman.training.simlang.phonology import Phonology

__all__ = ["Lexicon", "build_lexicon", "new_form"]

_NUM_AMBIGUOUS_NOUNS = 3  # per topic
_NUM_AMBIGUOUS_VERBS = 1  # per topic


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Stems and senses.

    Attributes:
        stems: concept to stem.
        senses: stem to its concepts, first the one a dictionary lists first.
        other: concept to the concept it shares its stem with.
    """

    stems: Mapping[str, str]
    senses: Mapping[str, tuple[str, ...]]
    other: Mapping[str, str]


def build_lexicon(chance: Chance, phonology: Phonology) -> Lexicon:
    """A stem for every concept."""
    other = _ambiguous_pairs(chance)
    stems: dict[str, str] = {}
    senses: dict[str, tuple[str, ...]] = {}
    for concept in CONCEPTS:
        if concept in stems:
            continue
        stem = new_form(chance, phonology, lengths=(2, 2, 1) if concept[0] in "rcup" else (2, 2, 3), taken=senses)
        twin = other.get(concept)
        both = (concept,) if twin is None else tuple(chance.shuffled((concept, twin)))
        senses[stem] = both
        stems.update(dict.fromkeys(both, stem))
    return Lexicon(MappingProxyType(stems), MappingProxyType(senses), MappingProxyType(other))


def new_form(chance: Chance, phonology: Phonology, *, lengths: tuple[int, ...], taken: Iterable[str]) -> str:
    """A form that is neither in `taken` nor an English word of the inventory."""
    while True:
        form = phonology.syllables(chance, chance.pick(lengths))
        if len(form) > 2 and form not in taken and form not in _english_words():
            return form


@cache
def _english_words() -> frozenset[str]:
    return frozenset(english_of(concept).lower() for concept in CONCEPTS)


def _ambiguous_pairs(chance: Chance) -> dict[str, str]:
    nouns = {t: [n.concept for n in NOUNS if n.topic == t and n.sort == "thing"] for t in TOPICS}
    verbs = {t: [v.concept for v in VERBS if v.topic == t] for t in TOPICS}
    pairs: dict[str, str] = {}
    for words, per_topic in ((nouns, _NUM_AMBIGUOUS_NOUNS), (verbs, _NUM_AMBIGUOUS_VERBS)):
        pools = {topic: chance.sample(words[topic], per_topic) for topic in TOPICS}
        for _ in range(per_topic):
            topics = chance.shuffled(TOPICS)
            for first, second in zip(topics[::2], topics[1::2], strict=True):
                left, right = pools[first].pop(), pools[second].pop()
                pairs |= {left: right, right: left}
    return pairs

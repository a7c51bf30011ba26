"""A linguist's gloss line made as faulty as an automatic one, and what such a line does not say.

The faults are those of `dragoman.memory.glosser`: a word nobody has seen is "?", a stem nobody has seen is "?" beside
its affixes, an affix is missed, a stem is taken for another one, and every border is a hyphen.
"""

import random
import re
from collections.abc import Sequence

from dragoman.memory.glosser import UNKNOWN
from dragoman.memory.morphology import is_label, split_gloss
from dragoman.training.micro.real_sources import RealSentence

__all__ = ["known_english", "noised"]

_BORDER = re.compile(r"([-=~])")


def noised(glosses: Sequence[str], rate: float, lemmas: Sequence[str], chance: random.Random) -> list[str]:
    """Glosses of a line with faults.

    Args:
        glosses: one for each word.
        rate: chance that a word is unknown, 0 to 1; the chances of the other faults follow from it.
        lemmas: of the language, for stems that are mistaken.
        chance: decides.
    """
    plain = chance.random() < 0.5  # the glosser keeps the borders of words that it has seen whole
    found = (_faulty(gloss, rate, lemmas, chance) for gloss in glosses)
    return [_BORDER.sub("-", gloss) if plain else gloss for gloss in found]


def _faulty(gloss: str, rate: float, lemmas: Sequence[str], chance: random.Random) -> str:
    drawn = chance.random()
    if drawn < rate:
        return UNKNOWN
    pieces = _BORDER.split(gloss)
    places = [place for place in range(0, len(pieces), 2) if pieces[place]]
    lexical = [place for place in places if not is_label(pieces[place])]
    labels = [place for place in places if is_label(pieces[place])]
    if drawn < 1.5 * rate and lexical and labels:
        pieces[chance.choice(lexical)] = UNKNOWN
    elif drawn < 2.0 * rate and lexical and lemmas:
        pieces[chance.choice(lexical)] = chance.choice(lemmas)
    elif drawn < 3.0 * rate and lexical and labels:
        lost = chance.choice(labels)
        del pieces[max(0, lost - 1) : lost + 1 + (lost == 0)]
    return "".join(pieces)


def known_english(sentence: RealSentence, trace: Sequence[str]) -> str:
    """The translation, where a word that the trace does not know stands as in the source if it can be found.

    So the model learns to keep what it cannot know, as it does in constructed languages, and not to invent.
    """
    english = sentence.english
    if len(trace) != len(sentence.glosses):
        return english
    words = [word for word in sentence.source.split() if any(map(str.isalnum, word))]
    for word, given, right in zip(words, trace, sentence.glosses, strict=True):
        lemma = split_gloss(right)[0]
        if UNKNOWN in given and UNKNOWN not in right and len(lemma) > 2 and lemma.isalpha() and not is_label(lemma):
            kept = word.strip(" .,;:!?\"'“”‘’()").replace("\\", "")
            english = re.sub(rf"\b{lemma}(s|es|ed|d|ing)?\b", lambda _, kept=kept: kept, english, count=1)  # type: ignore[misc]
    return english

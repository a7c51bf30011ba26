"""Noun classes that glossed text shows on verbs and adjectives: which class a noun is of, and which words agree.

Where "argebromok" is glossed "offer-CLA-PST" beside a subject "they", "they" counts as class A, and verbs as words that
agree. Only labels of classes (CLA, CL1, NCL2) are read; agreement in person or gender has labels of its own.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from dragoman.memory.english_clause import EnglishWord
from dragoman.memory.english_tags import Part, Place, WordClass
from dragoman.memory.mirror_frames import GlossedWord

__all__ = ["NounClasses", "controllers"]

_CLASS = re.compile(r"^N?CL(?:[A-Z]|\d+)$")
_PERSON = "*"  # stands for all names and pronouns


class NounClasses:
    """Counts of classes by noun.

    Args:
        pos: English lemma to its part of speech; numerals need not agree where adjectives do.
    """

    def __init__(self, pos: Mapping[str, str]) -> None:
        self._pos = pos
        self._classes: dict[str, Counter[str]] = {}
        self._usual: Counter[str] | None = None  # the classes of the nouns that were met; counted when first asked for
        self._agrees: dict[tuple[WordClass, str], Counter[bool]] = {}

    def learn(self, english: Sequence[EnglishWord], glossed: Iterable[GlossedWord]) -> None:
        """Takes one line."""
        self._usual = None
        labels = {
            lemma: next((g for g in (*w.parts.left_glosses, *w.parts.right_glosses) if _CLASS.match(g)), "")
            for w in glossed
            for lemma in w.lemmas
        }
        for word, noun in zip(english, controllers(english), strict=True):
            if noun is None or word.lemma not in labels:
                continue
            label = labels[word.lemma]
            self._agrees.setdefault(self._group(word), Counter())[bool(label)] += 1
            if label:
                self._classes.setdefault(_key(english[noun]), Counter())[label] += 1

    def label(self, word: EnglishWord, noun: EnglishWord) -> str:
        """The class that a word shows of its noun; "" where it shows none or the class is not known."""
        agrees = self._agrees.get(self._group(word), Counter())
        if agrees[True] <= agrees[False]:
            return ""
        classes = self._classes.get(_key(noun)) or self._most()
        return min(classes.items(), key=lambda item: (-item[1], item[0]))[0] if classes else ""

    def _group(self, word: EnglishWord) -> tuple[WordClass, str]:
        return word.kind, self._pos.get(word.lemma, "") if word.kind is WordClass.MODIFIER else ""

    def _most(self) -> Counter[str]:
        if self._usual is None:
            self._usual = Counter(label for noun, met in self._classes.items() if noun != _PERSON for label in met)
        return self._usual


def controllers(english: Sequence[EnglishWord]) -> list[int | None]:
    """For each verb its subject, for each modifier its noun, in a predicate the subject; None for all other words."""
    subjects = {word.clause: n for n, word in reversed(list(enumerate(english))) if word.place is Place.SUBJECT}
    found: list[int | None] = []
    for n, word in enumerate(english):
        if word.kind is WordClass.VERB:
            found.append(subjects.get(word.clause))
        elif word.kind is WordClass.MODIFIER:
            after = (m for m in range(n + 1, len(english)) if english[m].kind is not WordClass.MODIFIER)
            noun = next(after, None)
            is_before_noun = noun is not None and english[noun].kind is WordClass.NOUN
            found.append(noun if is_before_noun else subjects.get(word.clause))
        else:
            found.append(None)
    return found


def _key(noun: EnglishWord) -> str:
    return _PERSON if noun.kind is WordClass.PRONOUN or noun.part is Part.NAME else noun.lemma

"""Forms of words learned from glossed text with a free translation: what an English word with its markers looks like.

The English of each glossed line is read clause by clause, and its words are found again in the glosses by their lemma.
So "they went" is seen to be "or-e-mik" and, where that very form was never met, the ending that most verbs have in the
past with that person is put on the stem. No list of labels is needed: grammars call the past PST, PA, REMPST or PFV.
Only as good as the glossed text is large; `mirror` asks it where there is enough.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dragoman.memory.english_clause import EnglishWord
from dragoman.memory.english_tags import Part, WordClass
from dragoman.memory.morphology import Analysis

__all__ = ["Form", "Frames", "GlossedWord"]

_OPEN = frozenset({WordClass.NOUN, WordClass.VERB})
_MIN_FRAMES = 3  # words with an ending before it is put on a stem that was not met with it

_Features = tuple[object, ...]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, order=True)
class Form:
    """A word as it is written: stem, and what stands before and after it, each "" for nothing."""

    left: str
    stem: str
    right: str

    def __str__(self) -> str:
        return "-".join(piece for piece in (self.left, self.stem, self.right) if piece)


@dataclass(frozen=True, slots=True)
class GlossedWord:
    """A word of glossed text: what it may translate, and its parts."""

    lemmas: tuple[str, ...]
    parts: Analysis

    @property
    def form(self) -> Form:
        """Its spelling."""
        return Form(self.parts.left, self.parts.stem, self.parts.right)


class Frames:
    """Counts of forms by the markers that English shows."""

    def __init__(self) -> None:
        self._forms: dict[tuple[str, _Features], Counter[Form]] = {}
        self._frames: dict[_Features, Counter[tuple[str, str]]] = {}

    def learn(self, english: Sequence[EnglishWord], glossed: Sequence[GlossedWord]) -> list[str]:
        """Takes one line; gives the words of it that no English word was found for."""
        left = list(glossed)
        for word in english:
            if word.part is not Part.WORD or word.kind not in _OPEN:
                continue
            met = next((other for other in left if word.lemma in other.lemmas), None)
            if met is None:
                continue
            left.remove(met)
            for features in _features(word):
                self._forms.setdefault((word.lemma, features), Counter())[met.form] += 1
                self._frames.setdefault(features, Counter())[met.parts.left, met.parts.right] += 1
        return [str(other.form) for other in left]

    def form(self, word: EnglishWord, stem_of: Callable[[str], str]) -> Form | None:
        """The form for a word, met itself or made of its stem and the ending of others; None when none was met."""
        ladder = list(_features(word))
        for features in ladder:
            if (forms := self._forms.get((word.lemma, features))) is not None:
                return _commonest(forms)
        stem = stem_of(word.lemma)
        for features in ladder if stem else ():
            frames = self._frames.get(features)
            if frames is not None and frames.total() >= _MIN_FRAMES:
                before, after = _commonest(frames)
                return Form(before, stem, after)
        return None


def _features(word: EnglishWord) -> Iterator[_Features]:
    """What the form may depend on, the most exact first."""
    yield word.kind, word.labels, word.place, word.governor, word.person
    yield word.kind, word.labels


def _commonest(counts: Counter[_T]) -> _T:
    return min(counts.items(), key=lambda item: (-item[1], str(item[0])))[0]

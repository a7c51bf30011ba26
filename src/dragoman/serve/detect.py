"""Which language a text is in, as far as its letters tell.

Two sources, both of character n-grams. Languages the server has resources for are known by the n-grams of those
resources. Of 140 others the n-gram statistics of py3langid are used (BSD-3-Clause, no download), with a prior: English
and the server's own languages are sent far more often than the rest. Nothing here has seen other languages, so a
confidence tells what fits best among the known ones; an unknown language gets a low one, as does a short text.

Source of the statistics: Lui and Baldwin 2012, "langid.py: An Off-the-shelf Language Identification Tool".
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dragoman.core.languages import Language, parse_language

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["CERTAIN", "UNKNOWN", "Detector", "Guess"]

UNKNOWN = Language("und", "Unknown")
"""What a text without letters is in."""

CERTAIN = 0.5
"""A confidence below it is no ground for anything."""

_PRIOR = 10.0  # a text is this many times as likely to be in a likely language as in another one
_MAX_LETTERS = 4000
_SIZE = 3
_CHANCE = 0.5  # share of another language's n-grams that occur in a large word list by chance, about
_LEAST = 0.001
_NO_LANGUAGE = "zxx"


@dataclass(frozen=True, slots=True)
class Guess:
    """A language and how well the text fits it, 0 to 1."""

    language: Language
    confidence: float


class Detector:
    """Names the language of texts. Safe to use from several threads; the statistics are loaded on first use.

    Args:
        known: languages with texts in them, such as the source side of the server's resources.
        likely: further languages that texts are often in; English always counts as one.
    """

    def __init__(self, known: Mapping[Language, Iterable[str]], likely: Iterable[Language] = ()) -> None:
        self._known = {language: frozenset(_ngrams_of(texts)) for language, texts in known.items()}
        self._likely = frozenset({"en", *(_primary(language) for language in (*known, *likely))})

    @property
    def languages(self) -> tuple[Language, ...]:
        """All languages it can name, the server's own first."""
        own = tuple(self._known)
        return own + tuple(
            parse_language(label) for label in _labels() if label not in {_primary(each) for each in own}
        )

    def rank(self, text: str) -> tuple[Guess, ...]:
        """Languages the text may be in, best first; empty when it has no letters."""
        letters = _letters(text)
        if not letters.strip():
            return ()
        guesses = {_primary(guess.language): guess for guess in self._by_statistics(letters)}
        for guess in self._by_resources(letters):
            other = guesses.get(_primary(guess.language))
            if other is None or other.confidence < guess.confidence:
                guesses[_primary(guess.language)] = guess
        return tuple(sorted(guesses.values(), key=lambda guess: -guess.confidence))

    def best(self, text: str) -> Guess:
        """The most likely language; unknown with confidence 0 when the text has no letters."""
        return next(iter(self.rank(text)), Guess(UNKNOWN, 0.0))

    def _by_resources(self, letters: str) -> Iterator[Guess]:
        grams = list(_ngrams(letters))
        for language, known in self._known.items():
            share = sum(gram in known for gram in grams) / len(grams)
            if share > _CHANCE:
                certainty = len(grams) / (len(grams) + 2 * _SIZE)  # three letters that fit are no proof
                yield Guess(language, certainty * (share - _CHANCE) / (1 - _CHANCE))

    def _by_statistics(self, letters: str) -> list[Guess]:
        weighted = {
            label: float(probability) * (_PRIOR if label in self._likely else 1.0)
            for label, probability in _identifier().rank(letters)
            if label != _NO_LANGUAGE
        }
        total = sum(weighted.values()) or 1.0
        return [
            Guess(parse_language(label), weight / total)
            for label, weight in weighted.items()
            if weight / total > _LEAST
        ]


def _primary(language: Language) -> str:
    """The part of the tag that statistics know; private-use tags stay whole."""
    return language.tag if language.tag.startswith("x-") else language.tag.partition("-")[0]


def _letters(text: str) -> str:
    """The text in lower case with everything but letters and marks as blanks."""
    cut = unicodedata.normalize("NFC", text[:_MAX_LETTERS]).lower()
    return "".join(char if unicodedata.category(char)[0] in "LM" or char in "'’" else " " for char in cut)


def _ngrams(letters: str) -> Iterator[str]:
    for word in letters.split():
        padded = f" {word} "
        yield from (padded[start : start + _SIZE] for start in range(len(padded) - _SIZE + 1))


def _ngrams_of(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _ngrams(_letters(text))


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _labels() -> list[str]:
    return sorted(label for label in _identifier().labels if label != _NO_LANGUAGE)

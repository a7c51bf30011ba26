"""Does what the user brought bear itself out? An entry by the translated sentences that hold its word, and so on.

Three questions, each answered from the brought sentences alone, never from what the document's own pages say, because
a translation made with a wrong entry would bear that entry out:

- entry: of the sentences that hold the word, in which share does the translation hold a sense of it?
- rule about order: do the words it is about stand the other way round in translations, or would the target language
  have it so anyway?
- example: does what it shows (an unexplained word, a fixed pair) always come with words that no dictionary explains?

Inflected words are recognised by what they begin with; irregular ones are known in English and count as absent in other
target languages. The answers are shrunk towards "nothing is known", and a policy weighs them.

Sources: share of co-occurrence as in the Dice coefficient for lexicons, Smadja et al. 1996, "Translating Collocations
for Bilingual Lexicons"; what order says about a grammar as in the reordering model of Koehn et al. 2005.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, takewhile

from dragoman.core.records import MemoryRecord
from dragoman.memory.english import is_irregular, participle, past, plural, present
from dragoman.memory.lookup import CITATION, LookupIndex, headwords, variants
from dragoman.memory.text import normalise, tokens
from dragoman.memory.usage import UsageIndex
from dragoman.memory.word_order import CLAUSE, contrast, ordered_classes

__all__ = ["NO_EVIDENCE", "Evidence", "EvidenceIndex", "says", "senses"]

_MAX_ROWS = 4  # sentences asked about one word
_MAX_AFFIXES = 8  # letters of them together
_MAX_FORMS = 12  # inflected forms of one headword that are looked at
_MAX_ENDING = 3  # letters by which an inflected word of the target may be longer than its sense
_MIN_STEM = 3
_SAMPLE = 400  # sentences that order is read from
_COMMON = 0.1  # words of more target sentences than this are function words: they show nothing
_NEAR = 0.75  # similarity from which on a headword may be the word
_CACHED = 16_384  # senses
_PERSONS = ((1, False), (3, False), (3, True))
_PARENTHESES = re.compile(r"\([^)]*\)")
_SENSES = re.compile(r"[;,/|]")


@dataclass(frozen=True, slots=True)
class Evidence:
    """For and against, each 0 to below 1; both 0 where no sentence says anything.

    Attributes:
        support: hits / (sentences + 1).
        against: misses / (sentences + 1).
    """

    support: float = 0.0
    against: float = 0.0

    @property
    def values(self) -> dict[str, float]:
        """As features of a candidate."""
        return {"support": self.support, "against": self.against}


NO_EVIDENCE = Evidence()


class EvidenceIndex:
    """What the example sentences of one block say about its other records; answers are kept.

    Args:
        exemplars: translated sentences, in the order of `usage`.
        usage: where words stand in them.
        lookup: the dictionary.
        entries: rows of `lookup`.
    """

    def __init__(
        self,
        exemplars: Sequence[MemoryRecord],
        usage: UsageIndex,
        lookup: LookupIndex,
        entries: Sequence[MemoryRecord],
    ) -> None:
        self._exemplars = exemplars
        self._usage = usage
        self._lookup = lookup
        self._entries = entries
        self._words = usage.vocabulary
        self._reversed = sorted(word[::-1] for word in self._words)
        self._texts = [normalise(record.target) for record in exemplars]
        self._targets: dict[int, tuple[str, ...]] = {}
        self._of: dict[tuple[str, str], Evidence] = {}
        self._shown: dict[tuple[str, ...], float] = {}
        sample = [self._target(row) for row in _spread(len(exemplars))]
        counts = Counter(word for target in sample for word in set(target))
        self._common = frozenset(word for word, n in counts.items() if n > _COMMON * len(sample))
        self._turned = self._count_turned()

    def of_record(self, record: MemoryRecord) -> Evidence:
        """Of an entry."""
        key = (record.source, record.target)
        if key not in self._of:
            keys = [normalise(record.source)] if record.source.isalpha() else headwords(record.source)
            self._of[key] = self._evidence([*keys, *variants(record)], senses(record.target))
        return self._of[key]

    def turned(self, pattern: re.Pattern[str] | None) -> float:
        """-1 to 1: whether words of a class stand the other way round in translations; 0 where nothing is known.

        Args:
            pattern: matches the parts of speech of the class, as the dictionary names them; None for the order of the
                clause, which is another one where either verbs or nouns stand otherwise.
        """
        if pattern is None:
            return max((contrast([self._turned[name]]) for name in CLAUSE if name in self._turned), default=0.0)
        return contrast([found for pos, found in self._turned.items() if pos not in CLAUSE and pattern.match(pos)])

    def shown(self, parts: Iterable[tuple[str, ...]]) -> float:
        """0 to 1: how surely one of these words or pairs of words brings words that no dictionary explains."""
        best = 0.0
        for part in parts:
            if part not in self._shown:
                self._shown[part] = self._surplus(part)
            best = max(best, self._shown[part])
        return best

    def _evidence(self, keys: Sequence[str], meanings: frozenset[str]) -> Evidence:
        rows: dict[int, None] = {}
        for form in self._forms(keys):
            rows |= dict.fromkeys(self._usage.rows(form)[: _MAX_ROWS - len(rows)])
            if len(rows) >= _MAX_ROWS:
                break
        if not rows or not meanings:
            return NO_EVIDENCE
        forms = [form for sense in meanings for form in _known_forms(sense)]
        hits = sum(any(_has_word(self._texts[row], *form) for form in forms) for row in rows)
        return Evidence(hits / (len(rows) + 1), (len(rows) - hits) / (len(rows) + 1))

    def _forms(self, keys: Sequence[str]) -> Iterator[str]:
        """The words of the sentences that may be forms of a headword: itself, then what begins or ends with it."""
        single = [key for key in keys if " " not in key]
        yield from single
        for key in single:
            if len(key) >= _MIN_STEM:
                longer = _beginning(self._words, key)
                yield from (word for word in longer if not self._is_other(word, len(key)))
                ends = [word[::-1] for word in _beginning(self._reversed, key[::-1])]
                yield from (word for word in ends if not self._is_other_end(word, len(key)))

    def _is_other(self, word: str, length: int) -> bool:
        """Whether a longer headword begins the word."""
        return any(self._lookup.has(word[:end]) for end in range(length + 1, len(word) + 1))

    def _is_other_end(self, word: str, length: int) -> bool:
        """Whether a longer headword ends the word."""
        return any(self._lookup.has(word[start:]) for start in range(len(word) - length))

    def _target(self, row: int) -> tuple[str, ...]:
        if row not in self._targets:
            self._targets[row] = tuple(tokens(self._texts[row]))
        return self._targets[row]

    def _surplus(self, part: tuple[str, ...]) -> float:
        """Words of the target, in halves, that stand wherever the part stands and that nothing explains."""
        rows = self._usage.with_word(*part) if len(part) == 1 else self._usage.with_pair(*part)
        if len(rows) < 2:
            return 0.0
        common = set.intersection(*(set(self._target(row)) for row in rows)) - self._common
        meanings = {sense for word in part for entry in self._near(word) for sense in senses(entry.target)}
        open_words = [word for word in common if not any(_is_form(word, sense) for sense in meanings)]
        return min(1.0, len(open_words) / 2)

    def _near(self, word: str) -> list[MemoryRecord]:
        return [self._entries[match.row] for match in self._lookup.find(word) if match.similarity >= _NEAR]

    def _count_turned(self) -> dict[str, tuple[int, int]]:
        """By part of speech: neighbours in the source that stand the other way round in the target, and of how many."""
        counts: dict[str, list[int]] = {}
        for row in _spread(len(self._exemplars)):
            for (left, pos), (right, other) in pairwise(self._aligned(row)):
                for name in ordered_classes(pos, other, abs(left - right)):
                    count = counts.setdefault(name, [0, 0])
                    count[0] += right < left
                    count[1] += 1
        return {name: (count[0], count[1]) for name, count in counts.items()}

    def _aligned(self, row: int) -> Iterator[tuple[int, str]]:
        """For each word of a sentence that has one sure counterpart: its place in the target, its part of speech."""
        target = self._target(row)
        for word in tokens(normalise(self._exemplars[row].source)):
            for entry in self._near(word):
                meanings = senses(entry.target)
                places = [n for n, other in enumerate(target) if any(_is_form(other, sense) for sense in meanings)]
                if len(places) == 1:
                    yield places[0], entry.attribute("pos").lower()
                    break


def senses(target: str) -> frozenset[str]:
    """The words of the target language by which the senses of an entry are recognised: of each its longest word."""
    if target.isalpha():  # most entries: one word needs no taking apart
        return frozenset((normalise(target),))
    parts = (normalise(part) for part in _SENSES.split(_PARENTHESES.sub(" ", target)))
    words = (tokens(CITATION.sub("", part)) for part in parts)
    return frozenset(max(found, key=len) for found in words if found)


def says(text: str, meanings: Iterable[str]) -> bool:
    """Whether a form of one of these senses stands in a normalised text; regular English forms are known in full."""
    forms = (form for sense in meanings for form in (*_known_forms(sense), *_whole(_english_forms(sense))))
    return any(_has_word(text, *form) for form in forms)


def _is_form(word: str, sense: str) -> bool:
    """Whether a word of the target is the sense, perhaps inflected at its end; irregular forms are known in English."""
    return any(word.startswith(start) and len(word) <= longest for start, longest in _known_forms(sense))


def _has_word(text: str, start: str, longest: int) -> bool:
    """Whether some word of a normalised text begins so and has no more letters than `longest`."""
    place = text.find(start)
    while place >= 0:
        end = place + len(start)
        while end < len(text) and text[end].isalnum():
            end += 1
        if end - place <= longest and not (place and text[place - 1].isalnum()):
            return True
        place = text.find(start, place + 1)
    return False


@lru_cache(maxsize=_CACHED)
def _known_forms(sense: str) -> tuple[tuple[str, int], ...]:
    """What forms of a sense begin with, and how long they may be; short ones are not inflected."""
    start = sense[:-1] if sense[-1] in "ey" and len(sense) > _MIN_STEM else sense
    regular = (start, len(sense) + (_MAX_ENDING if len(start) >= _MIN_STEM else 0))
    return regular, *_whole(_irregular_forms(sense))


def _whole(forms: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Forms that are words as they stand."""
    return ((form, len(form)) for form in forms)


def _irregular_forms(sense: str) -> tuple[str, ...]:
    return _english_forms(sense) if is_irregular(sense) else ()


@lru_cache(maxsize=_CACHED)
def _english_forms(sense: str) -> tuple[str, ...]:
    """All forms it has in English, sorted."""
    persons = [present(sense, person) for person in _PERSONS] + [past(sense, person) for person in _PERSONS]
    return tuple(sorted({*persons, participle(sense), plural(sense)}))


def _beginning(words: Sequence[str], start: str) -> list[str]:
    """Longer words that begin so, some of them."""
    place = bisect_left(words, start)
    longest = len(start) + _MAX_AFFIXES
    near = takewhile(lambda word: word.startswith(start), words[place : place + _MAX_FORMS])
    return [word for word in near if len(start) < len(word) <= longest]


def _spread(total: int) -> range:
    """Rows of a sample that is spread over all."""
    return range(0, total, max(1, total // _SAMPLE))

"""Which way round resources are read: from their headwords, or from the glosses that explain them.

A resource describes one language in the words of another. Whoever translates out of the second one (Spanish to
Quechua with a Quechua-Spanish dictionary) needs it turned round. `glosses_in` says so ("source" or "target"), or lets
document and resources decide ("auto"): the words of the document are looked up on both sides of dictionaries, parallel
and glossed sentences, and the side that holds clearly more of them wins. Where the words do not tell, English decides:
dictionaries of small languages gloss in English, so out of English resources are turned round.

The decision depends on the document and the resources alone, so it is the same whenever a run is resumed; it is part
of the run's configuration. It knows nothing of inflection: only whole words count, which is enough for a comparison.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from dragoman.core.document import Document
from dragoman.core.records import Kind, MemoryRecord, Resource
from dragoman.memory.text import is_borderless, normalise, tokens

__all__ = ["Vocabulary", "is_turned", "vocabulary_of"]

_MAX_WORDS = 2000  # different words of the document that are looked up, from its beginning
_MIN_MORE = 2  # words that one side must hold more than the other
_MIN_SHARE = 0.02  # the same as a share of the document's words
_TIMES = 2.0  # and how many times as many
_SPEAKING = frozenset({Kind.ENTRY, Kind.EXEMPLAR})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words on both sides of resources, as compared.

    Attributes:
        described: of the language that the resources describe (headwords, sentences).
        explaining: of the language that explains them (glosses, translations).
    """

    described: frozenset[str]
    explaining: frozenset[str]


def vocabulary_of(resources: Sequence[Resource]) -> Vocabulary:
    """The words of dictionaries, parallel and glossed sentences, in the direction of their files.

    Exported memories are left out: they are in the direction of a run already.
    """
    records = [r for resource in resources if resource.kind != "memory" for r in resource.records]
    speaking = [record for record in records if record.kind in _SPEAKING]
    return Vocabulary(
        frozenset(word for record in speaking for word in _words(_described(record))),
        frozenset(word for record in speaking for word in _words(record.target)),
    )


def is_turned(vocabulary: Vocabulary, document: Document, *, otherwise: bool) -> bool:
    """Whether a document's words stand on the explaining side.

    One side wins when it holds at least twice as many of the document's first 2,000 different words as the other, and
    more by at least two words (one in a text of one word) and by 2% of them.

    Args:
        vocabulary: of the resources.
        document: to be translated.
        otherwise: the answer when neither side wins.
    """
    found = frozenset(islice(_distinct(document), _MAX_WORDS))
    described, explaining = len(found & vocabulary.described), len(found & vocabulary.explaining)
    least = max(1, min(_MIN_MORE, len(found)), _MIN_SHARE * len(found))
    if abs(explaining - described) < least or max(described, explaining) < _TIMES * min(described, explaining):
        return otherwise
    return explaining > described


def _described(record: MemoryRecord) -> str:
    return f"{record.source} {record.attribute('variants')}"


def _distinct(document: Document) -> Iterator[str]:
    return iter(dict.fromkeys(word for segment in document.segments for word in _words(segment.source)))


def _words(text: str) -> Iterable[str]:
    """Words of two letters and more; of scripts without word borders each character, which is often a word."""
    for token in tokens(text):
        if is_borderless(token[0]):
            yield from token
        elif len(token) > 1:
            yield normalise(token)

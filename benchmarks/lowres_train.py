"""Real languages that training may read, in the shape of the benchmark: for developing, never for the report.

The split is that of the training data: whole documents are held out. The grammars go along without their glossed
examples, because those are the very sentences.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from lowres_data import GlossedLine, GlossedText, LowResourceLanguage, Split

from dragoman.training.micro.real_sources import LANGUAGES, RealSentence, read_language, split_sentences

__all__ = ["TRAINING_SIDE", "read_split"]


def _language(key: str) -> LowResourceLanguage:
    source = LANGUAGES[key]
    path = source.files[0].removeprefix("lowres/")
    return LowResourceLanguage(source.tag, source.name, path, f"{key}/latex.tar.xz", num_test=0, is_grammar_quoted=True)


TRAINING_SIDE: Mapping[str, LowResourceLanguage] = MappingProxyType({key: _language(key) for key in LANGUAGES})


def read_split(data: Path, key: str) -> Split:
    """Held-out documents of a language, and the others."""
    pool, held_out = split_sentences(read_language(data, LANGUAGES[key]))
    return Split(_texts(held_out), _texts(pool))


def _texts(sentences: Iterable[RealSentence]) -> tuple[GlossedText, ...]:
    lines: dict[str, list[GlossedLine]] = {}
    for sentence in sentences:
        line = GlossedLine(sentence.source, sentence.words, sentence.glosses, sentence.english)
        lines.setdefault(sentence.document, []).append(line)
    return tuple(GlossedText(re.sub(r"\W+", "-", key), key, tuple(found)) for key, found in lines.items())

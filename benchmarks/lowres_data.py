"""Reads the glossed texts of the data folder into one shape, and splits them by text.

Komnzo and Muyu come from two books of the series Language Science Press (CC BY 4.0), Tsez from the Tsez Annotated
Corpus (CC BY 4.0). Nothing is edited but white space, and a handful of lines without words, gloss or translation is
dropped. The tests of the benchmark make their own tiny folder in the same format.
"""

import csv
import hashlib
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

__all__ = ["LANGUAGES", "GlossedLine", "GlossedText", "LowResourceLanguage", "Split", "read_texts", "split_texts"]


@dataclass(frozen=True, slots=True)
class GlossedLine:
    """One line of a text.

    Attributes:
        source: as it is written, without morpheme borders.
        words: with morpheme borders, one per gloss.
        glosses: one per word.
        translation: English reference.
        in_grammar: the same line is an example in the grammar.
    """

    source: str
    words: tuple[str, ...]
    glosses: tuple[str, ...]
    translation: str
    in_grammar: bool = False


@dataclass(frozen=True, slots=True)
class GlossedText:
    """One whole text, lines in order."""

    id: str
    title: str
    lines: tuple[GlossedLine, ...]


@dataclass(frozen=True, slots=True)
class LowResourceLanguage:
    """A language of the benchmark.

    Attributes:
        tag: BCP-47 tag.
        name: English name.
        path: of its texts below the data folder.
        grammar: of the LaTeX book below the data folder; None where there is none.
        num_test: texts held out for the report.
        is_grammar_quoted: its examples are the texts themselves, so that only its prose may be used.
    """

    tag: str
    name: str
    path: str
    grammar: str | None
    num_test: int
    is_grammar_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """Texts to translate and texts to learn from; a text is on one side only."""

    held_out: tuple[GlossedText, ...]
    pool: tuple[GlossedText, ...]


LANGUAGES: Mapping[str, LowResourceLanguage] = MappingProxyType(
    {
        "komnzo": LowResourceLanguage("tci", "Komnzo", "komnzo-texts/texts.jsonl.xz", "komnzo/latex.tar.xz", 3),
        "muyu": LowResourceLanguage("kti", "Muyu", "muyu-texts/texts.jsonl.xz", None, 3),
        "tsez": LowResourceLanguage("ddo", "Tsez", "tsez/annotated-corpus.cldf.tar.xz", None, 8),
    }
)


def read_texts(data: Path, language: LowResourceLanguage) -> tuple[GlossedText, ...]:
    """All texts of a language.

    Raises:
        FileNotFoundError: when the file is not below `data`.
    """
    path = data / "lowres" / language.path
    read: Callable[[Path], list[GlossedText]] = _read_cldf if path.name.endswith(".tar.xz") else _read_json_lines
    return tuple(text for text in read(path) if text.lines)


def split_texts(texts: Sequence[GlossedText], num_test: int, *, part: str = "test") -> Split:
    """Holds texts out by the hash of their ids.

    Args:
        texts: of one language.
        num_test: texts held out for the report, the first by hash.
        part: "test"; or "dev": the next `num_test` texts, for tuning, while the test texts are put away altogether.
    """
    ranked = sorted(texts, key=lambda text: hashlib.sha256(text.id.encode()).hexdigest())
    test, rest = ranked[:num_test], ranked[num_test:]
    if part == "test":
        return Split(tuple(test), tuple(rest))
    return Split(tuple(rest[:num_test]), tuple(rest[num_test:]))


def _read_json_lines(path: Path) -> list[GlossedText]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [GlossedText(row["id"], row["title"], _lines(row["lines"])) for row in rows]


def _lines(rows: Sequence[Mapping[str, object]]) -> tuple[GlossedLine, ...]:
    lines = []
    for row in rows:
        words, glosses = row["words"], row["gloss"]
        assert isinstance(words, list)
        assert isinstance(glosses, list)
        lines.append(_line(str(row["orig"]), words, glosses, str(row["translation"]), bool(row.get("in_grammar"))))
    return tuple(line for line in lines if line is not None)


def _line(
    source: str, words: list[str], glosses: list[str], translation: str, in_grammar: bool = False
) -> GlossedLine | None:
    source, translation = " ".join(source.split()), " ".join(translation.split())
    pairs = [("".join(w.split()), ".".join(g.split())) for w, g in zip(words, glosses, strict=False)]
    pairs = [(word, gloss) for word, gloss in pairs if word and gloss and word != "—"]
    if not source or not translation or not pairs:
        return None
    return GlossedLine(source, tuple(w for w, _ in pairs), tuple(g for _, g in pairs), translation, in_grammar)


def _read_cldf(path: Path) -> list[GlossedText]:
    with tarfile.open(path, "r:xz") as archive:
        titles = {row["ID"]: row["Name"] for row in _table(archive, "cldf/texts.csv")}
        rows = [row for row in _table(archive, "cldf/lines.csv") if row["Analyzed_Word"]]
    lines: dict[str, list[GlossedLine]] = {}
    for row in rows:
        line = _line(
            row["Primary_Text"], row["Analyzed_Word"].split("\t"), row["Gloss"].split("\t"), row["Translated_Text"]
        )
        if line is not None:
            lines.setdefault(row["Text_ID"], []).append(line)
    return [GlossedText(f"tsez-{key}", titles.get(key, key), tuple(found)) for key, found in lines.items()]


def _table(archive: tarfile.TarFile, name: str) -> list[dict[str, str]]:
    member = archive.extractfile(name)
    assert member is not None, f"{name} is a file in every CLDF archive"
    return list(csv.DictReader(io.TextIOWrapper(member, encoding="utf-8")))

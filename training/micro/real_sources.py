"""Real glossed sentences for training: which languages, under which licence, read and tidied, split by document.

Only texts under CC BY go in. The languages on which results are reported are never read here.
"""

import csv
import io
import json
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from dragoman.core.errors import ConfigurationError
from dragoman.memory.morphology import glossable, surface

__all__ = [
    "LANGUAGES",
    "NEVER",
    "RealSentence",
    "RealSource",
    "read_language",
    "require_data",
    "split_sentences",
    "tidy_english",
]

NEVER = frozenset({"komnzo", "muyu", "tsez"})  # reported on, so never trained on
_OPEN = frozenset({"CC0-1.0", "CC-BY-2.0", "CC-BY-4.0"})
_DEV_DOCUMENTS = 12  # one document of so many is held out
_TAB = "\\t"  # as this dictionary writes it
_CHUNK = 40  # examples of a chapter that make a "document" where the data names no recording
_MOST_WORDS = 22
_MOST_LETTERS = 340  # of a sentence, its gloss and its translation together
_RECORDING = re.compile(r"\b([a-z]{2}\d\d[a-z]{2}|ulwa\d+|[AB]:[A-Z]{3})")
_NAMES = frozenset({"[name]", "name", "NAME", "PN", "PLN", "NPROP", "<place>", "<name>"})
_PRINTED_REMARK = re.compile(
    r"\b(lit|literally|intended|i\.e|cf|or:)\b|[/=*<>~%\\{}|()\[\]]|\d{2}:\d|[.!?]' '", re.IGNORECASE
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "–": "-", "´": "'"})


@dataclass(frozen=True, slots=True)
class RealSource:
    """A language of the training side.

    Attributes:
        tag, name: of the language.
        files: below the data folder.
        licence: SPDX name; every file has the same.
        credit: whom to name.
    """

    tag: str
    name: str
    files: tuple[str, ...]
    licence: str
    credit: str

    def __post_init__(self) -> None:
        if self.licence not in _OPEN or any(name in file for name in NEVER for file in self.files):
            raise ConfigurationError(
                f"{self.name} under {self.licence} from {self.files}: training takes {sorted(_OPEN)} only, and nothing "
                f"of {sorted(NEVER)}"
            )


@dataclass(frozen=True, slots=True)
class RealSentence:
    """A glossed sentence.

    Attributes:
        source: as it is written, without borders between morphemes.
        words: with borders, one for each gloss.
        glosses: one for each word of the source that gets a gloss.
        english: its free translation.
        document: what it was taken from.
    """

    source: str
    words: tuple[str, ...]
    glosses: tuple[str, ...]
    english: str
    document: str


def _book(number: int, author: str, title: str) -> str:
    return f"{author}, {title} (Language Science Press {number})"


LANGUAGES: Mapping[str, RealSource] = MappingProxyType(
    {
        "mauwake": RealSource(
            "mhl",
            "Mauwake",
            ("lowres/mauwake/igt.jsonl.xz",),
            "CC-BY-4.0",
            _book(67, "Liisa Berghäll", "A grammar of Mauwake"),
        ),
        "pichi": RealSource(
            "fpe",
            "Pichi",
            ("lowres/pichi/igt.jsonl.xz",),
            "CC-BY-4.0",
            _book(85, "Kofi Yakpo", "A grammar of Pichi"),
        ),
        "ulwa": RealSource(
            "yla",
            "Ulwa",
            ("lowres/ulwa/igt.jsonl.xz",),
            "CC-BY-4.0",
            _book(372, "Russell Barlow", "A grammar of Ulwa"),
        ),
        "palula": RealSource(
            "phl",
            "Palula",
            ("lowres/palula/igt.jsonl.xz", "lowres/palula/dictionary.cldf.tar.xz"),
            "CC-BY-4.0",
            _book(82, "Henrik Liljegren", "A grammar of Palula") + "; the same, Palula dictionary (Dictionaria 3)",
        ),
    }
)


def require_data(data: Path) -> None:
    """Checks that the data folder holds every file that training reads.

    Raises:
        ConfigurationError: names the first one that is missing.
    """
    for path in (data / name for source in LANGUAGES.values() for name in source.files):
        if not path.is_file():
            raise ConfigurationError(
                f"real sentences were asked for, but there is no file {path}: give the data folder (--real FOLDER or "
                "DRAGOMAN_DATA), or train without (--no-real)"
            )


def read_language(data: Path, source: RealSource) -> tuple[RealSentence, ...]:
    """The usable sentences of a language in their order, each source line once."""
    found: dict[str, RealSentence] = {}
    for name in source.files:
        read = _dictionary_rows if name.endswith(".tar.xz") else _example_rows
        for sentence in read(data / name):
            found.setdefault(sentence.source.casefold(), sentence)
    return tuple(found.values())


def split_sentences(sentences: Sequence[RealSentence]) -> tuple[tuple[RealSentence, ...], tuple[RealSentence, ...]]:
    """(train, dev): whole documents are held out; no line or translation of dev stands in train as well."""
    dev = tuple(s for s in sentences if zlib.crc32(s.document.encode()) % _DEV_DOCUMENTS == 0)
    known = {s.english.casefold() for s in dev} | {s.source.casefold() for s in dev}
    left = {s.document for s in dev}
    train = (s for s in sentences if s.document not in left)
    return tuple(s for s in train if not known & {s.english.casefold(), s.source.casefold()}), dev


def _example_rows(path: Path) -> Iterator[RealSentence]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for place, row in enumerate(map(json.loads, file)):
            printed = str(row.get("orig", ""))
            named = _RECORDING.search(f"{row.get('note', '')} {row['translation']} {printed}")
            document = named[1] if named else f"{row['file']}#{place // _CHUNK}"
            line = printed if len(printed.split()) == len(row["words"]) > 1 and not named else ""
            if row["aligned"]:
                yield from _sentence(line, row["words"], row["gloss"], row["translation"], document)


def _dictionary_rows(path: Path) -> Iterator[RealSentence]:
    """Examples of a CLDF dictionary, whose morphemes stand in cells of their own."""
    with tarfile.open(path, "r:xz") as archive:
        file = archive.extractfile("cldf/examples.csv")
        assert file is not None, "a table of CLDF is a file"
        rows = list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")))
    for place, row in enumerate(rows):
        words, glosses = (_joined(row[key].replace(_TAB, "\t").split("\t")) for key in ("Analyzed_Word", "Gloss"))
        named = _RECORDING.search(row["Corpus_Reference"])
        document = named[1] if named else f"dictionary#{place // _CHUNK}"
        yield from _sentence(row["Primary_Text"], words, glosses, row["Translated_Text"], document)


def _joined(cells: Iterable[str]) -> list[str]:
    """Words, where an affix has a cell of its own with its border in front."""
    words: list[str] = []
    for cell in cells:
        if words and cell.startswith(("-", "=")):
            words[-1] += cell
        else:
            words.append(cell)
    return words


def _sentence(
    printed: str, words: Sequence[str], glosses: Sequence[str], english: str, document: str
) -> Iterator[RealSentence]:
    """The sentence, or nothing where a tier is damaged or the translation is more than one."""
    pairs = [(_tidy_word(w), _tidy_gloss(g, w)) for w, g in zip(words, glosses, strict=False)]
    pairs = [(word, gloss) for word, gloss in pairs if any(map(str.isalnum, word))]
    translation = tidy_english(english)
    line = " ".join(re.sub(r"[\[\]]", "", printed).split())
    if len(glossable(line)) != len(pairs):
        line = " ".join(surface(word) or word for word, _ in pairs)
    size = len(line) + len(translation) + sum(len(gloss) + 1 for _, gloss in pairs)
    sound = (
        size <= _MOST_LETTERS
        and all(gloss and gloss.isascii() and "%" not in gloss for _, gloss in pairs)
        and len(words) == len(glosses)
    )
    if pairs and sound and translation and len(glossable(line)) == len(pairs):
        yield RealSentence(line, tuple(w for w, _ in pairs), tuple(g for _, g in pairs), translation, document)


def _is_gloss(gloss: str) -> bool:
    return bool(gloss) and gloss.isascii() and "%" not in gloss


def _tidy_word(word: str) -> str:
    """Without the small capitals and figures that mark parts of speech in a printed example."""
    return re.sub(r"(?<=[a-z]{2})[A-Z]\w*$", "", re.sub(r"[\[\]\s]", "", word))


def _tidy_gloss(gloss: str, word: str) -> str:
    """One word; a gloss that says only "name" becomes the name, as the glosser has it."""
    gloss = ".".join(gloss.split())
    if gloss in _NAMES:
        name = surface(word).strip(" .,;:!?\"'“”")
        return name[:1].upper() + name[1:] if name.isascii() else ""
    return re.sub(r"(?<=[a-z]{2})\d$", "", re.sub(r"[\[\]()…“”.,;:!?]*$|[\[\]()]", "", gloss))


def tidy_english(text: str) -> str:
    """The free translation alone, with plain quotes; "" where remarks, alternatives or damage are mixed in."""
    text = re.sub(r"\s*\([^()]*\)", "", text.translate(_QUOTES))
    text = re.sub(r"\[([^\[\]\d\s]+)\]", lambda m: "" if m[1] == "elicited" else m[1], text)
    text = " ".join(re.sub(r"\s*\[[^\[\]]*\]", "", text).split())
    text = re.sub(r"\s+([.,;:!?])", r"\1", text)
    text = _unquoted(text)
    if (
        ".' '" in text
        or not text
        or _PRINTED_REMARK.search(text)
        or re.search(r"[()\[\]]|\d{2}:\d", text)
        or not text.isascii()
    ):
        return ""
    return text if any(map(str.isalpha, text)) and len(text.split()) <= _MOST_WORDS else ""


def _unquoted(text: str) -> str:
    """Without quotes around everything, and without half a pair."""
    if text.count('"') % 2:
        text = text.replace('"', "")
    for quote in "\"'":
        if len(text) > 2 and text[0] == text[-1] == quote and text.count(quote) == 2:
            text = text[1:-1]
    return re.sub(r"(?<=[.!?])'$|^'(?=[A-Z][^']*$)", "", text).strip()

"""Writes the resource files and documents that a user of a low-resource language would bring.

From the glossed texts of the pool: `dictionary.tsv` (headword, part of speech, glosses), `glossed.txt` (interlinear
blocks), `parallel.tsv`; from a LaTeX grammar: `grammar.md`; from each held-out text: `<id>.txt` and `<id>.en.txt`, a
document of lines and its reference. Nothing of a held-out text reaches a resource, apart from lines that the grammar
itself quotes, and those are left out of the documents.
"""

import json
import lzma
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lowres_data import GlossedLine, GlossedText, LowResourceLanguage, Split

from dragoman.memory.morphology import analyse, is_label

__all__ = ["WrittenDocument", "WrittenLanguage", "grammar_lines", "turned", "write_language"]

_VERBAL = re.compile(r"\b(PST|NPST|PRS|FUT|IPFV|PFV|CVB|IMP|IMPR|IRR|INF|SM|SS|DUR|UNW|WIT|PRT|MSD|NMLZ)\b|>")
_SECTION = re.compile(r"^\\(chapter|section|subsection|subsubsection|paragraph)\*?\{(.*)")
_DROPPED = re.compile(
    r"\\(label|ref|citep?|citet|citealt|footnotetext|index|is|il|begin|end|vspace|S|tref)(?![A-Za-z])\*?(\[[^\]]*\])*(\{[^{}]*\})*"
)
_MACRO = re.compile(r"\\[A-Za-z]+\*?(\[[^\]]*\])?")
_SKIPPED_PART = re.compile(r"abbreviations|acknowledg|local|main\.tex|backmatter|blurb|appendix")


@dataclass(frozen=True, slots=True)
class WrittenDocument:
    """A held-out text on disk: one line of text per sentence, its reference beside it."""

    id: str
    path: Path
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrittenLanguage:
    """Files by kind of resource, and the documents."""

    resources: Mapping[str, Path]
    documents: tuple[WrittenDocument, ...]


def write_language(
    language: LowResourceLanguage, split: Split, folder: Path, *, data: Path, max_lines: int | None = None
) -> WrittenLanguage:
    """Writes all files of a language.

    Args:
        language: what it is called and where its grammar is.
        split: texts to translate and texts to learn from.
        folder: made when missing.
        data: the data folder.
        max_lines: of each document; None means all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pool = [line for text in split.pool for line in text.lines]
    files = {
        "dictionary": _write(folder / "dictionary.tsv", _dictionary(pool)),
        "glossed": _write(folder / "glossed.txt", _glossed(pool)),
        "parallel": _write(folder / "parallel.tsv", (f"{line.source}\t{line.translation}" for line in pool)),
    }
    if language.grammar:
        book = data / "lowres" / language.grammar
        lines = grammar_lines(book, with_examples=not language.is_grammar_quoted)
        files["grammar"] = _write(folder / "grammar.md", lines)
    return WrittenLanguage(files, tuple(_documents(split.held_out, folder, max_lines)))


def turned(document: WrittenDocument) -> WrittenDocument:
    """The other way round: the English file is the document, its lines in the language are the reference."""
    lines = document.path.read_text(encoding="utf-8").splitlines()
    return WrittenDocument(document.id, document.path.with_suffix(".en.txt"), tuple(lines))


def _write(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _documents(texts: Sequence[GlossedText], folder: Path, max_lines: int | None) -> Iterator[WrittenDocument]:
    for text in texts:
        lines = [line for line in text.lines if not line.in_grammar][:max_lines]
        if lines:
            path = _write(folder / f"{text.id}.txt", (line.source for line in lines))
            _write(folder / f"{text.id}.en.txt", (line.translation for line in lines))
            yield WrittenDocument(text.id, path, tuple(line.translation for line in lines))


# resources


def _dictionary(lines: Iterable[GlossedLine]) -> Iterator[str]:
    """Stems with their glosses, most frequent first; a verb is what carries tense, aspect or mood somewhere."""
    glosses: dict[str, Counter[str]] = defaultdict(Counter)
    verbal: Counter[str] = Counter()
    for line in lines:
        for word, gloss in zip(line.words, line.glosses, strict=True):
            parts = analyse(word, gloss)
            if parts is not None and parts.stem and not is_label(parts.lemma) and "?" not in parts.lemma:
                stem = parts.stem.strip(' .,;:!?“”"()').lower()
                glosses[stem][re.sub(r"[._]+", " ", parts.lemma)] += 1
                verbal[stem] += bool(_VERBAL.search(" ".join(parts.left_glosses + parts.right_glosses)))
    yield "headword\tpos\tglosses"
    for stem, found in sorted(glosses.items()):
        pos = "v" if 2 * verbal[stem] > found.total() else ""
        yield f"{stem}\t{pos}\t{'; '.join(gloss for gloss, _ in found.most_common(3))}" if stem else ""


def _glossed(lines: Iterable[GlossedLine]) -> Iterator[str]:
    for line in lines:
        yield from (line.source, " ".join(line.words), " ".join(line.glosses), line.translation, "")


# a LaTeX grammar as Markdown


def grammar_lines(book: Path, *, with_examples: bool = True) -> Iterator[str]:
    """Headings, paragraphs and glossed examples in order; tables, figures and lists of forms are left out."""
    examples = _examples(book.parent / "igt.jsonl.xz") if with_examples else {}
    with tarfile.open(book, "r:xz") as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            if not member.name.endswith(".tex") or _SKIPPED_PART.search(member.name):
                continue
            file = archive.extractfile(member)
            assert file is not None, "a .tex member is a file"
            yield from _chapter(file.read().decode("utf-8").split("\n"), examples.get(member.name, {}))


def _examples(path: Path) -> dict[str, dict[int, list[str]]]:
    """Interlinear blocks by file and by the number of the line where they begin."""
    found: dict[str, dict[int, list[str]]] = defaultdict(dict)
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            if row["aligned"] and row["translation"] and all(row["words"]) and all(row["gloss"]):
                words, gloss = (" ".join("".join(cell.split()) for cell in row[key]) for key in ("words", "gloss"))
                found[row["file"]][row["line"]] = ["```", words, gloss, " ".join(row["translation"].split()), "```", ""]
    return found


def _chapter(lines: Sequence[str], examples: Mapping[int, list[str]]) -> Iterator[str]:
    paragraph: list[str] = []
    skipping = ""
    for number, line in enumerate(lines, 1):
        environment = re.match(r"\s*\\(begin|end)\{(table|figure|tabularx?|exe|ex|xlist|forest|tikzpicture)\*?\}", line)
        if environment and (not skipping or environment[2] == skipping):
            skipping = environment[2] if environment[1] == "begin" else ""
        heading = _SECTION.match(line)
        if heading or not line.strip() or skipping or environment or line.lstrip().startswith("\\ex"):
            yield from _paragraph(paragraph)
            paragraph = []
        elif not line.lstrip().startswith(("%", "\\g", "\\tr")):
            paragraph.append(line)
        if heading:
            yield from (f"{'#' * _depth(heading[1])} {_plain(heading[2])}", "")
        yield from examples.get(number, ())
    yield from _paragraph(paragraph)


def _depth(command: str) -> int:
    return ("chapter", "section", "subsection", "subsubsection", "paragraph").index(command) + 1


def _paragraph(lines: list[str]) -> Iterator[str]:
    text = _plain(" ".join(lines))
    if len(text.split()) >= 4:
        yield from (text, "")


def _plain(latex: str) -> str:
    """Prose without commands; what they enclose is kept."""
    text = re.sub(r"(?<!\\)%.*", "", latex)
    text = _DROPPED.sub("", text)
    text = _MACRO.sub("", text)
    text = text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”").replace("~", " ")
    return " ".join(re.sub(r"[{}\\$]", "", text).split())

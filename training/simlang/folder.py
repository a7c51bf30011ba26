"""A generated language on disk: a document, its reference and all resources, as a user would bring them."""

from dataclasses import asdict, dataclass
from pathlib import Path

from dragoman.core.errors import InputError
from dragoman.core.hashing import stable_json
from dragoman.training.simlang.documents import SimDocument, generate_document
from dragoman.training.simlang.grammar import grammar_markdown
from dragoman.training.simlang.language import generate_language
from dragoman.training.simlang.resources import dictionary_tsv, glossary_tsv, glossed_text, parallel_tsv

__all__ = ["FILE_NAMES", "SimFolder", "document_text", "reference_text", "write_folder"]

FILE_NAMES = (
    *("document.txt", "reference.txt", "dictionary.tsv", "grammar.md"),
    *("parallel.tsv", "glossed.txt", "glossary.tsv", "meta.json"),
)
"""What a folder holds, `meta.json` last."""


@dataclass(frozen=True, slots=True)
class SimFolder:
    """Where the files of a generated language lie.

    Attributes:
        folder: all of them.
        document: source text, one sentence a line, a blank line between paragraphs.
        reference: the same lines in English.
        dictionary: TSV.
        grammar: Markdown.
        parallel: TSV.
        glossed: interlinear blocks of four lines.
        glossary: TSV with the names that no page introduces.
        meta: JSON with language tag, seed, typology and the needs of each sentence.
        language: "tag:name", as `--from` takes it.
    """

    folder: Path
    document: Path
    reference: Path
    dictionary: Path
    grammar: Path
    parallel: Path
    glossed: Path
    glossary: Path
    meta: Path
    language: str


def write_folder(seed: int, *, pages: int, folder: Path, split: str = "test") -> SimFolder:
    """Writes a document and the resources of its language; files that are there already are replaced.

    Args:
        seed: of the language and of the document.
        pages: of ten sentences each.
        folder: made when it does not exist.
        split: see `packs`.

    Raises:
        ConfigurationError: fewer than one page.
        UnknownNameError: no such split.
        InputError: the folder cannot be written.
    """
    language = generate_language(seed, split=split)
    document = generate_document(language, seed=seed, pages=pages)
    texts = (
        document_text(document),
        reference_text(document),
        dictionary_tsv(language),
        grammar_markdown(language),
        parallel_tsv(language),
        glossed_text(language),
        glossary_tsv(document),
        _meta(document) + "\n",
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in zip(FILE_NAMES, texts, strict=True):
            (folder / name).write_bytes(text.encode())  # bytes: the same line ends on every system
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror}): give another folder") from error
    return _described(folder, f"{language.tag}:{language.name}")


def _described(folder: Path, language: str) -> SimFolder:
    return SimFolder(
        folder=folder,
        document=folder / "document.txt",
        reference=folder / "reference.txt",
        dictionary=folder / "dictionary.tsv",
        grammar=folder / "grammar.md",
        parallel=folder / "parallel.tsv",
        glossed=folder / "glossed.txt",
        glossary=folder / "glossary.tsv",
        meta=folder / "meta.json",
        language=language,
    )


def document_text(document: SimDocument) -> str:
    """The source, one sentence a line, a blank line between paragraphs."""
    return _paragraphs(document, [sentence.source for sentence in document.sentences])


def reference_text(document: SimDocument) -> str:
    """The English lines, aligned with `document_text`."""
    return _paragraphs(document, [sentence.reference for sentence in document.sentences])


def _paragraphs(document: SimDocument, lines: list[str]) -> str:
    pieces: list[str] = []
    previous = 0
    for sentence, line in zip(document.sentences, lines, strict=True):
        if sentence.paragraph != previous:
            pieces.append("")
        previous = sentence.paragraph
        pieces.append(line)
    return "\n".join(pieces) + "\n"


def _meta(document: SimDocument) -> str:
    language = document.language
    return stable_json(
        {
            "tag": language.tag,
            "name": language.name,
            "seed": language.seed,
            "split": language.split,
            "document_seed": document.seed,
            "typology": asdict(language.typology),
            "sentences": [
                {"id": s.id, "page": s.page, "paragraph": s.paragraph, "topic": s.topic, "needs": sorted(s.needs)}
                for s in document.sentences
            ],
        }
    )

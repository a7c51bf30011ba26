"""Pages to learn from are read in the direction of each document, whatever language the glosses are in."""

from pathlib import Path

import pytest

from dragoman.core.records import Kind
from dragoman.options import make_options
from dragoman.training.learning_job import document_tasks, first_observations, open_model

GERMAN = {"kofal": "Hund", "mira": "Fluss", "ber": "sieht", "sola": "Boot", "na": "schläft", "temu": "Haus"}
TINY_LINES = "kofal ber mira\nsola ber temu\nkofal na\n"
GERMAN_LINES = "Hund sieht Fluss\nBoot sieht Haus\nHund schläft\n"


def options(dictionary: Path, source: str, target: str):
    keywords = {"dictionary": str(dictionary), "model": "gloss", "remember": "never", "max_repairs": 0}
    return make_options(source, target, keywords)


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    path = tmp_path / "words.tsv"
    path.write_text("headword\tgloss\n" + "".join(f"{w}\t{g}\n" for w, g in GERMAN.items()), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "source", "target"),
    [
        (TINY_LINES, "qaa-x-tiny:Tiny", "de"),
        (GERMAN_LINES, "de", "qaa-x-tiny:Tiny"),  # the plain rule "turned when the source is English" finds nothing
    ],
)
async def test_the_dictionary_speaks_about_the_document(
    dictionary: Path, tmp_path: Path, lines: str, source: str, target: str
) -> None:
    text, other = tmp_path / "text.txt", tmp_path / "other.txt"
    text.write_text(lines, encoding="utf-8")
    other.write_text(GERMAN_LINES if lines == TINY_LINES else TINY_LINES, encoding="utf-8")
    order = options(dictionary, source, target)
    ((_, seen),) = first_observations([text], order, 1)
    words = {word.casefold() for word in lines.split()}
    async with open_model(order, None) as (backend, _):
        (task, *_) = await document_tasks([text], [other], order, backend)
    for observation in (seen, task.observation):
        found = {c.record.source.casefold() for c in observation.candidates if c.record.kind is Kind.ENTRY}
        assert found == words

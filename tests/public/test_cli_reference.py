"""The documentation's list of commands and options is the one in the code."""

from pathlib import Path

from dragoman.cli.reference import reference

DOCS = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


def test_docs_list_is_up_to_date() -> None:
    assert DOCS.read_text(encoding="utf-8") == reference(), "run: python -m dragoman.cli.reference > docs/cli.md"


def test_every_option_names_its_default_or_is_required() -> None:
    rows = [line for line in reference().splitlines() if line.startswith("| `-")]
    assert len(rows) > 50
    for row in rows:
        assert "default: " in row or "required" in row, row

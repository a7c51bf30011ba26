"""Glossary entries as DeepL's clients send them: TSV or CSV, one pair per line. Pure."""

import csv
import io
from collections.abc import Mapping

from dragoman.serve.errors import ServeError

__all__ = ["parse_entries", "write_tsv"]

_MAX_ENTRIES = 100_000


def parse_entries(text: str, form: str) -> dict[str, str]:
    """Pairs of a term and its translation.

    Args:
        text: lines.
        form: "tsv" or "csv"; further columns of a CSV (DeepL puts languages there) are left.

    Raises:
        ServeError: 400, an entry is empty or twice there, or there is none.
    """
    rows = [line.split("\t") for line in text.splitlines()] if form == "tsv" else list(csv.reader(io.StringIO(text)))
    entries: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) < 2 or not cells[0] or not cells[1] or (form == "tsv" and len(cells) > 2):
            raise ServeError(400, f"entries, line {number}: expected a term and its translation", param="entries")
        if cells[0] in entries:
            raise ServeError(400, f"entries, line {number}: {cells[0][:80]!r} stands there twice", param="entries")
        entries[cells[0]] = cells[1]
    if not entries or len(entries) > _MAX_ENTRIES:
        raise ServeError(400, f"a glossary has 1 to {_MAX_ENTRIES:,} entries, not {len(entries):,}", param="entries")
    return entries


def write_tsv(entries: Mapping[str, str]) -> str:
    """The entries as TSV."""
    return "\n".join(f"{source}\t{target}" for source, target in entries.items())

"""Whether a page can teach memory anything new, so that the memory call is worth its tokens.

The rule of `remember: auto`, in full. The essence is stale when the document has none or the latest is `FRESH_PAGES`
pages old or older. A token is name-like when memory knows no name or dictionary entry for it (inflected forms count as
known), it has at least two letters, and
  - in scripts with letter case: it begins with a capital and does not begin its line or a sentence;
  - in scripts without: it is any unknown token, because nothing sets names apart.
The call is skipped when the essence is fresh and no token is name-like; when the essence is fresh, only the
lines with name-like tokens are sent.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dragoman.agent.job import PageContext
from dragoman.agent.name_match import stands_in
from dragoman.core.context import Observation
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.tags import strip_tags
from dragoman.memory.text import has_letter, normalise, words

__all__ = ["FRESH_PAGES", "Novelty", "find_novelty"]

FRESH_PAGES = 4
_SENTENCE_END = re.compile(r"[.!?:;…。！？]['\"»”’)\]]*\s+")
_OPENING = "'\"«“„‘’¿¡([{—–- "


@dataclass(frozen=True, slots=True)
class Novelty:
    """What may be new on a page.

    Attributes:
        lines: numbers of the lines worth showing to the model; empty when nothing is.
        wants_essence: whether a new summary line is wanted.
        essence: the latest summary; empty when there is none.
    """

    lines: tuple[int, ...]
    wants_essence: bool
    essence: str = ""


def find_novelty(context: PageContext, observation: Observation) -> Novelty:
    """What the memory call should look at, by the mode of the settings."""
    mode, lines = context.settings.remember, context.open_lines
    latest = _latest_essence(context, observation)
    essence = latest.target if latest else ""
    if mode == "never":
        return Novelty((), wants_essence=False, essence=essence)
    if mode == "always" or _is_stale(latest, context.job.page.index):
        return Novelty(tuple(lines), wants_essence=True, essence=essence)
    known = [c.record.source for c in observation.candidates if c.record.kind in (Kind.ENTITY, Kind.ENTRY)]
    forms = {normalise(source) for source in known}
    new = tuple(number for number, text in lines.items() if _has_new_name(text, known, forms))
    return Novelty(new, wants_essence=False, essence=essence)


def _latest_essence(context: PageContext, observation: Observation) -> MemoryRecord | None:
    """The newest summary of this document, offered or not."""
    records = [c.record for c in observation.candidates if c.record.kind is Kind.ESSENCE]
    records = [r for r in records or context.job.view.records(Kind.ESSENCE) if r.provenance.page is not None]
    return max(records, key=lambda record: record.provenance.page or 0, default=None)


def _is_stale(essence: MemoryRecord | None, page_index: int) -> bool:
    return essence is None or page_index - (essence.provenance.page or 0) >= FRESH_PAGES


def _has_new_name(line: str, known: Iterable[str], forms: set[str]) -> bool:
    return any(
        normalise(token) not in forms and not any(stands_in(source, token) for source in known)
        for token in _name_like(strip_tags(line))
    )


def _name_like(line: str) -> list[str]:
    tokens = []
    for sentence in _SENTENCE_END.split(line):
        for position, token in enumerate(words(sentence.lstrip(_OPENING))):
            if len(token) >= 2 and has_letter(token) and _may_be_name(token, is_first=position == 0):
                tokens.append(token)
    return tokens


def _may_be_name(token: str, *, is_first: bool) -> bool:
    first = token[0]
    has_case = first.lower() != first.upper()
    return (first.isupper() and not is_first) if has_case else True

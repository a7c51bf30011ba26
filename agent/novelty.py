"""Whether a page can teach memory anything new, so that the memory call is worth its tokens.

The rule of `remember: auto`, in full. The essence is stale when the latest is `FRESH_PAGES` pages old or older; a
document without one is asked for it at every `FRESH_PAGES`th page, the first included. A token is name-like when
memory knows no name or dictionary entry for it (inflected forms count as known), it has at least two letters, and
  - in scripts with letter case: it begins with a capital and does not begin its line or a sentence;
  - in scripts without: it is any unknown token, because nothing sets names apart;
  - in languages that capitalise every noun a capital says nothing: the translation must have kept the token as well.
A token that stood so on an earlier page whose memory this page reads was asked about there: memory holds what came of
it, or the model found no name, and it is not asked again. (Asked or not is thereby a matter of the document and the
memory version alone, so a resumed run asks the same.)
The call is skipped when the essence is fresh and no token is name-like; when the essence is fresh, only the
lines with name-like tokens are sent. A stale essence sends the whole page, which shows old tokens once more.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dragoman.agent.job import PageContext
from dragoman.agent.name_match import stands_in
from dragoman.core.context import Observation
from dragoman.core.document import Page
from dragoman.core.languages import Language
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.tags import strip_tags
from dragoman.memory.text import has_letter, normalise, words

__all__ = ["FRESH_PAGES", "Novelty", "find_novelty", "first_pages"]

FRESH_PAGES = 4
_NO_TRANSLATIONS: Mapping[int, str] = MappingProxyType({})
_SENTENCE_END = re.compile(r"[.!?:;…。！？]['\"»”’)\]]*\s+")
# German, Luxembourgish, Low German, Swiss German, Bavarian, Ripuarian, Pennsylvania German.
_NOUNS_CAPITALISED = frozenset({"de", "deu", "lb", "ltz", "nds", "gsw", "bar", "ksh", "pdc"})
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


def first_pages(pages: Iterable[Page]) -> dict[str, int]:
    """Each name-like token of a document, normalised, and the first page that has it."""
    found: dict[str, int] = {}
    for page in pages:
        for line in page.sources:
            for token in _name_like(strip_tags(line)):
                found.setdefault(normalise(token), page.index)
    return found


def find_novelty(
    context: PageContext, observation: Observation, translations: Mapping[int, str] = _NO_TRANSLATIONS
) -> Novelty:
    """What the memory call should look at, by the mode of the settings.

    Args:
        context: the page.
        observation: what memory offered.
        translations: drafts by line number; they tell names from nouns where every noun has a capital.
    """
    mode, lines = context.settings.remember, context.open_lines
    latest = _latest_essence(context, observation)
    essence = latest.target if latest else ""
    if mode == "never":
        return Novelty((), wants_essence=False, essence=essence)
    if mode == "always" or _is_stale(latest, context.job.page.index):
        return Novelty(tuple(lines), wants_essence=True, essence=essence)
    known = [c.record.source for c in observation.candidates if c.record.kind in (Kind.ENTITY, Kind.ENTRY)]
    closed = {normalise(source) for source in known} | _asked_before(context)
    told_by_capitals = not _capitalises_nouns(context.job.document.source_language)
    new = tuple(
        number
        for number, text in lines.items()
        if any(
            told_by_capitals or stands_in(token, translations.get(number, ""))
            for token in _new_names(text, known, closed)
        )
    )
    return Novelty(new, wants_essence=False, essence=essence)


def _latest_essence(context: PageContext, observation: Observation) -> MemoryRecord | None:
    """The newest summary of this document, offered or not."""
    records = [c.record for c in observation.candidates if c.record.kind is Kind.ESSENCE]
    records = [r for r in records or context.job.view.records(Kind.ESSENCE) if r.provenance.page is not None]
    return max(records, key=lambda record: record.provenance.page or 0, default=None)


def _is_stale(essence: MemoryRecord | None, page_index: int) -> bool:
    if essence is None:
        return page_index % FRESH_PAGES == 0  # a model that gives none is not asked on every page
    return page_index - (essence.provenance.page or 0) >= FRESH_PAGES


def _asked_before(context: PageContext) -> set[str]:
    """Name-like tokens of this page that pages before its memory version have as well."""
    first, version = context.job.first_pages, context.job.view.version
    tokens = {normalise(token) for line in context.open_lines.values() for token in _name_like(strip_tags(line))}
    return {token for token in tokens if first.get(token, version) < version}


def _capitalises_nouns(language: Language) -> bool:
    return language.tag.lower().partition("-")[0] in _NOUNS_CAPITALISED


def _new_names(line: str, known: Iterable[str], closed: set[str]) -> list[str]:
    """Name-like tokens that are neither settled nor forms of a known name."""
    tokens = (token for token in _name_like(strip_tags(line)) if normalise(token) not in closed)
    return [token for token in tokens if not any(stands_in(source, token) for source in known)]


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

"""Finds faults in drafts, line by line: pure, cheap, and generous where a language may have its own way.

Every fault is an `Issue` with a one-line message that a model can act on and a person can read. What cannot be known
(the script of an unknown language, a name's rendering memory does not have) is not checked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import median

from dragoman.agent.drafts import Draft
from dragoman.agent.name_match import is_rendered, stands_in
from dragoman.agent.scripts import expected_script, share_in_script
from dragoman.core.document import Document, Page
from dragoman.core.languages import Language
from dragoman.core.rendering import one_line
from dragoman.core.tags import check_tags, missing_numbers, numbers, strip_tags
from dragoman.core.trajectory import Issue, IssueCode
from dragoman.memory.entities import Rendering
from dragoman.memory.text import has_letter, is_borderless, normalise, words

__all__ = ["MIN_NAME_CONFIDENCE", "Checks", "check_drafts"]

MIN_NAME_CONFIDENCE = 0.6  # names memory is less sure of are offered, not enforced
_MAX_SHORT_TOKEN, _MAX_SHORT_BORDERLESS = 24, 4  # letters; one such token may well be the same in both languages
_MIN_SCRIPT_SHARE = 0.1
_MIN_LENGTH, _MAX_FACTOR, _MAX_ABSOLUTE_FACTOR = 20, 4.0, 12.0  # letters; times the page's own ratio; times alone


@dataclass(frozen=True, slots=True)
class Checks:
    """What drafts are checked against.

    Attributes:
        page: the page.
        source_language: of the page.
        target_language: of the drafts.
        names: renderings that hold, for names that may stand on the page.
    """

    page: Page
    source_language: Language
    target_language: Language
    names: tuple[Rendering, ...] = ()

    @classmethod
    def of(cls, document: Document, page: Page, names: Iterable[Rendering] = ()) -> "Checks":
        """Checks for a page of a document with names memory is sure enough of."""
        sure = tuple(name for name in names if name.confidence >= MIN_NAME_CONFIDENCE)
        return cls(page, document.source_language, document.target_language, sure)


def check_drafts(checks: Checks, drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """The drafts with their issues; earlier issues are replaced."""
    sources = checks.page.sources
    texts = {draft.number: draft.text for draft in drafts if draft.text and not draft.cut}
    ratio = _page_ratio(sources, texts)
    return tuple(_checked(checks, draft, sources[draft.number - 1], ratio) for draft in drafts)


def _checked(checks: Checks, draft: Draft, source: str, ratio: float | None) -> Draft:
    segment_id = checks.page.segments[draft.number - 1].id
    found = _faults(checks, draft, source, ratio)
    return replace(draft, issues=tuple(Issue(segment_id, code, one_line(message)) for code, message in found))


def _faults(checks: Checks, draft: Draft, source: str, ratio: float | None) -> list[tuple[IssueCode, str]]:
    nothing = _nothing_came(draft)
    if nothing is not None:
        return [nothing]
    text = draft.text or ""
    faults = {
        IssueCode.TRUNCATED: "the answer ends inside this line" if draft.cut else None,
        IssueCode.TAGS: _tags(source, text),
        IssueCode.NUMBERS: _numbers(source, text),
        IssueCode.COPY: _copy(checks, source, text),
        IssueCode.LANGUAGE: _script(checks, source, text),
        IssueCode.ENTITY: _names(checks.names, source, text),
        IssueCode.LENGTH: None if draft.cut else _length(source, text, ratio),
    }
    return [(code, message) for code, message in faults.items() if message]


def _nothing_came(draft: Draft) -> tuple[IssueCode, str] | None:
    if draft.error:
        return IssueCode.BACKEND, draft.error
    if draft.text is None:
        return IssueCode.MISSING, f'the answer had no line "{draft.number}<tab>translation"'
    if not strip_tags(draft.text).strip():
        return IssueCode.EMPTY, "the translation is empty"
    return None


def _tags(source: str, text: str) -> str | None:
    fault = check_tags(source, text)
    return f"tags: {fault}" if fault else None


def _numbers(source: str, text: str) -> str | None:
    given = numbers(text)
    missing = [number for number in missing_numbers(source, text) if not _is_written_otherwise(number, given)]
    return f"numbers missing: {', '.join(missing)}" if missing else None


def _is_written_otherwise(number: str, given: Sequence[str]) -> bool:
    """Whether a number may be there in parts ("8:00" as "8 h 00") or in other units ("100,000" as "10 万")."""
    return number in "".join(given) or number.rstrip("0") in {other.rstrip("0") for other in given}


def _copy(checks: Checks, source: str, text: str) -> str | None:
    plain = strip_tags(source)
    if checks.source_language.tag == checks.target_language.tag or normalise(plain) != normalise(strip_tags(text)):
        return None
    rest = _without_unchanged_names(plain, checks.names)
    return None if _may_stay(rest) else "the line repeats its source: translate it"


def _without_unchanged_names(text: str, names: Iterable[Rendering]) -> str:
    for name in names:
        if normalise(name.source) == normalise(name.target):
            text = text.replace(name.source, " ")
    return text


def _may_stay(text: str) -> bool:
    """Whether a line may be the same in both languages: no letters, or one short token such as a name."""
    tokens = [word for word in words(text) if has_letter(word)]
    if len(tokens) != 1:
        return not tokens
    short = _MAX_SHORT_BORDERLESS if any(map(is_borderless, tokens[0])) else _MAX_SHORT_TOKEN
    return len(tokens[0]) <= short


def _script(checks: Checks, source: str, text: str) -> str | None:
    script = expected_script(checks.target_language)
    if script is None or _may_stay(strip_tags(source)):
        return None
    share = share_in_script(strip_tags(text), script)
    if share is None or share >= _MIN_SCRIPT_SHARE:
        return None
    return f"{checks.target_language.name} is written in {script} script: {share:.0%} of the letters are"


def _names(names: Iterable[Rendering], source: str, text: str) -> str | None:
    """Names that stand in the source and whose rendering does not stand in the translation."""
    lost = [
        f"{name.source} = {name.target}"
        for name in names
        if stands_in(name.source, source) and not is_rendered(name.target, text)
    ]
    return f"names not rendered as before: {'; '.join(lost)}" if lost else None


def _length(source: str, text: str, ratio: float | None) -> str | None:
    before, after = _size(source), _size(text)
    if min(before, after) == 0 or max(before, after) < _MIN_LENGTH:
        return None
    own = after / before
    usual, factor = (ratio, _MAX_FACTOR) if ratio is not None else (1.0, _MAX_ABSOLUTE_FACTOR)
    if before >= _MIN_LENGTH and own < usual / factor:
        return f"far too short: {after} letters for {before}"
    if after >= _MIN_LENGTH and own > usual * factor and before >= _MIN_LENGTH / _MAX_FACTOR:
        return f"far too long: {after} letters for {before}"
    return None


def _page_ratio(sources: Sequence[str], texts: Mapping[int, str]) -> float | None:
    """Median of letters per source letter over the longer lines; None when there are fewer than three."""
    pairs = ((_size(sources[number - 1]), _size(text)) for number, text in texts.items())
    ratios = [after / before for before, after in pairs if before >= _MIN_LENGTH]
    return max(median(ratios), 1e-3) if len(ratios) >= 3 else None


@lru_cache(maxsize=4096)  # a line is measured for itself and for the page's ratio
def _size(text: str) -> int:
    return sum(map(str.isalnum, strip_tags(text)))

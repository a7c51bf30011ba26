"""Generated pages changed in ways that a context policy must not care about, or must see through.

Names and numbers are replaced throughout (a policy should choose by structure: AbstraL, arXiv:2506.07751), records are
damaged (a policy should not buy them: LingReason, arXiv:2606.03782), and the real memory reads what comes out. Every
candidate keeps a name by which choices of two versions of a page can be compared.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from dragoman.agent.settings import DEFAULT_K
from dragoman.core.context import Candidate, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.protocols import TokenCounter
from dragoman.core.records import Kind, MemoryRecord, Resource
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.store import Memory
from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.documents import SimDocument
from dragoman.training.simlang.records import page_records, resource_records

__all__ = ["NamedPage", "damage", "jaccard", "recalled_pages", "renaming", "same_record", "same_text"]

Edit = Callable[[MemoryRecord], MemoryRecord | None]
"""From a record to the one that takes its place; None leaves it out."""

_NUMBER = re.compile(r"\d+")
_BUDGET = 800
_SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "zu")


@dataclass(frozen=True, slots=True)
class NamedPage:
    """What a policy sees of a page, with names of the candidates that outlive a change of their text.

    Attributes:
        observation: of the page.
        names: candidate id to name: the id of the original record, or the line of a gloss.
    """

    observation: Observation
    names: Mapping[str, str] = field(repr=False)

    def at(self, budget_tokens: int) -> "NamedPage":
        """The page with another budget."""
        return NamedPage(replace(self.observation, budget_tokens=budget_tokens), self.names)

    def chosen(self, ids: Iterable[str]) -> frozenset[str]:
        """Names of chosen candidates."""
        return frozenset(self.names[id] for id in ids)


def same_record(record: MemoryRecord) -> MemoryRecord:
    """No change."""
    return record


def same_text(text: str) -> str:
    """No change."""
    return text


def renaming(document: SimDocument, *, seed: int = 0) -> Callable[[str], str]:
    """Replaces every name of a document, in its language and in English, and every number in digits.

    Equal names stay equal and different ones different, in the text as well as in records.

    Args:
        document: whose cast is renamed.
        seed: of the new names.
    """
    names = {name for form, entity in document.entities.items() for name in (form, entity.english)}
    new = {name: _invented(name, seed) for name in sorted(names)}
    pattern = re.compile(r"\b(" + "|".join(sorted(map(re.escape, new), key=len, reverse=True)) + r")(?![^\W_])")

    def rename(text: str) -> str:
        text = pattern.sub(lambda match: new[match[1]], text) if new else text
        return _NUMBER.sub(lambda match: str(zlib.crc32(f"{seed}/{match[0]}".encode()) % 10 ** len(match[0])), text)

    return rename


def damage(records: Iterable[MemoryRecord], *, share: float, seed: int = 0) -> dict[str, MemoryRecord]:
    """Dictionary entries with the gloss of another entry, by the id of the right one.

    Args:
        records: of a document; entries alone are damaged.
        share: of the entries, 0 to 1.
        seed: of the draw.
    """
    entries = sorted((record for record in records if record.kind is Kind.ENTRY), key=lambda record: record.id)
    order = Chance("damage", seed).shuffled(entries)
    wrong = order[: round(share * len(order))]
    glosses = [record.target for record in wrong[1:] + wrong[:1]]
    return {record.id: replace(record, target=gloss) for record, gloss in zip(wrong, glosses, strict=True)}


def recalled_pages(
    document: SimDocument,
    *,
    edit: Edit = same_record,
    extra: Iterable[MemoryRecord] = (),
    rewrite: Callable[[str], str] = same_text,
    counter: TokenCounter | None = None,
) -> tuple[NamedPage, ...]:
    """The pages of a document as the real memory offers them, after a change; for other budgets see `NamedPage.at`.

    Args:
        document: generated.
        edit: of the records, those that pages add too.
        extra: records beside the user's own.
        rewrite: of the lines of the pages.
        counter: what a record costs; the estimate by default.
    """
    counter = counter or EstimatedTokenCounter()
    brought, names = _edited(resource_records(document), edit)
    memory = Memory([Resource("dictionary", "simlang", "", (*brought, *extra))]).open_document()
    pages = []
    for index, sentences in enumerate(document.pages):
        segments = tuple(Segment(s.id, rewrite(s.source), paragraph=s.paragraph) for s in sentences)
        page = Page(index, segments)
        recall = memory.view(index).recall(page, counter=counter, k=DEFAULT_K)
        observation = Observation(
            document_id=f"{document.language.tag}/{document.seed}",
            page=page,
            num_pages=len(document.pages),
            candidates=recall.candidates,
            budget_tokens=_BUDGET,
            dictionary_coverage=recall.dictionary_coverage,
            has_dictionary=recall.has_dictionary,
            memory_version=index,
        )
        pages.append(NamedPage(observation, {c.id: _name(c, names) for c in recall.candidates}))
        added, more = _edited(page_records(document, index), edit)
        names |= more
        memory.add(index, added)
    return tuple(pages)


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Common members over all members; 1 for two empty sets."""
    return len(one & other) / len(one | other) if one | other else 1.0


def _edited(records: Iterable[MemoryRecord], edit: Edit) -> tuple[tuple[MemoryRecord, ...], dict[str, str]]:
    """The edited records, examples still with their rules, and the names of all: the ids before."""
    kept: list[MemoryRecord] = []
    new_ids: dict[str, str] = {}
    for record in records:
        changed = edit(record)
        if changed is None:
            continue
        rule = record.attribute("rule")
        if rule in new_ids and new_ids[rule] != rule:
            others = tuple(pair for pair in changed.attributes if pair[0] != "rule")
            changed = replace(changed, attributes=(("rule", new_ids[rule]), *others))
        new_ids[record.id] = changed.id
        kept.append(changed)
    return tuple(kept), {new: old for old, new in new_ids.items()}


def _name(candidate: Candidate, names: Mapping[str, str]) -> str:
    if candidate.record.kind is Kind.TRACE:
        return f"gloss of line {candidate.lines[0]}"
    return names.get(candidate.id, candidate.id)


def _invented(name: str, seed: int) -> str:
    """A name of two to four syllables that depends on the old one and the seed alone."""
    number = zlib.crc32(f"{seed}/{name}".encode())
    parts = []
    for _ in range(2 + number % 3):
        number, place = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[place])
    return "".join(parts).capitalize()

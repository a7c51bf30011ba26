"""What a page leaves in memory: names, the essence line and exemplars, and which earlier names it proves wrong.

Pure but for the one call in `propose`. Names are believed as far as the page shows them: the name has to stand in
the source, and a rendering that stands in the translation of the same line is worth more than one that does not. A name
that was merely copied is worth little, and nothing beside another rendering. Names that the text introduces with their
rendering are read without the call (see `introductions`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from dragoman.agent.answers import MemoryUpdate, ProposedEntity, parse_update
from dragoman.agent.calls import ask
from dragoman.agent.drafts import Draft
from dragoman.agent.introductions import Introduction, find_introductions, names_change
from dragoman.agent.job import PageContext
from dragoman.agent.name_match import is_rendered, stands_in
from dragoman.agent.novelty import Novelty
from dragoman.agent.prompt import RememberPage, remember_messages
from dragoman.core.context import Observation
from dragoman.core.errors import ContextOverflowError
from dragoman.core.exchange import Purpose, Sampling, Usage
from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.core.tags import strip_tags
from dragoman.core.trajectory import IssueCode
from dragoman.memory.text import has_letter, normalise

__all__ = ["MemoryDelta", "Proposal", "memory_delta", "propose"]

ORIGIN = "document"
EXEMPLAR_CONFIDENCE, ESSENCE_CONFIDENCE = 0.8, 0.8
SEEN_CONFIDENCE, ELSEWHERE_CONFIDENCE, UNSEEN_CONFIDENCE = 0.9, 0.7, 0.4
INTRODUCED_CONFIDENCE, COPIED_CONFIDENCE = 0.6, 0.5
APPROVED_CONFIDENCE = 1.0
_MAX_ANSWER_TOKENS = 512
_MIN_CONTRADICTIONS = 2


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the memory call proposes; `notes` names what could not be used."""

    update: MemoryUpdate = MemoryUpdate()
    usage: Mapping[Purpose, Usage] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemoryDelta:
    """What a page adds to memory and takes back: (record id, reason)."""

    records: tuple[MemoryRecord, ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()


async def propose(
    context: PageContext, observation: Observation, drafts: Iterable[Draft], novelty: Novelty
) -> Proposal:
    """The one memory call of a page. Lines without a usable translation are not shown.

    Names that do not stand in the source are dropped and noted. A prompt that does not fit gives no proposal, noted.

    Raises:
        BackendError: of the backend, for every reason but the size of the prompt.
    """
    usable = {draft.number: draft.text for draft in drafts if draft.text and not _is_unusable(draft)}
    shown = {number: text for number, text in usable.items() if number in novelty.lines}
    if not shown:
        return Proposal()
    messages = remember_messages(_prompt_page(context, observation, shown, novelty))
    sampling = Sampling(temperature=context.settings.temperature, max_tokens=_MAX_ANSWER_TOKENS)
    try:
        reply = await ask(context.backend, messages, Purpose.REMEMBER, sampling=sampling, seed=context.seed)
    except ContextOverflowError as error:
        return Proposal(notes=(f"memory call left out: {error}",))
    update, notes = _supported(parse_update(reply.text), context)
    update = _with_introductions(update, _introductions(context, usable, update))
    return Proposal(update, {Purpose.REMEMBER: reply.usage}, notes)


def memory_delta(
    context: PageContext,
    observation: Observation,
    drafts: Sequence[Draft],
    update: MemoryUpdate,
    *,
    approved: bool = False,
) -> MemoryDelta:
    """The records of a page and the earlier ones it withdraws.

    Args:
        context: the page.
        observation: what memory offered; names it holds already are not added again.
        drafts: best drafts, checked.
        update: what the memory call proposed, or what a person made of it.
        approved: whether a person saw the names; they are then certain.
    """
    usable = {draft.number: draft.text for draft in drafts if draft.text and not _is_unusable(draft)}
    introduced = () if approved else _introductions(context, usable, update)
    update = _with_introductions(update, introduced)
    fresh = _fresh(update.entities, _known_names(observation), approved=approved)
    unsure = {normalise(pair.source): normalise(pair.target) for pair in introduced if not pair.is_sure}
    entities = [_entity_record(context, entity, drafts, unsure, approved=approved) for entity in fresh]
    essence = [_essence_record(context, update.essence)] if update.essence else []
    records = (*essence, *entities, *_exemplars(context, drafts))
    return MemoryDelta(records, _contradicted(context, observation, drafts, entities))


def _introductions(context: PageContext, usable: Mapping[int, str], update: MemoryUpdate) -> tuple[Introduction, ...]:
    """What the page introduces; what the memory call says of a name counts more, unless it says the name itself."""
    if not any("(" in line for line in context.lines.values()):
        return ()  # most pages: the name table is not even looked at
    names = context.job.view.records(Kind.ENTITY)
    told: tuple[MemoryRecord | ProposedEntity, ...] = (*names, *update.entities)
    known = {normalise(name.source) for name in told if not _is_copy(name)}
    said = {normalise(e.source): e for e in update.entities}
    found = find_introductions(context.lines, usable, known=known, change=names_change(names))
    return tuple(pair for pair in found if _is_open(pair, said.get(normalise(pair.source))))


def _is_open(pair: Introduction, said: ProposedEntity | None) -> bool:
    """Whether nothing else is said of the name than the pair itself or a copy."""
    return said is None or _is_copy(said) or normalise(said.target) == normalise(pair.target)


def _with_introductions(update: MemoryUpdate, introduced: Iterable[Introduction]) -> MemoryUpdate:
    """The update with these pairs in place of what it says of their names, gender and type kept.

    A rendering is no name of the source language, so its own copy goes.
    """
    pairs = tuple(introduced)
    targets = {normalise(pair.target) for pair in pairs}
    kept = (e for e in update.entities if not (_is_copy(e) and normalise(e.source) in targets))
    entities = {normalise(entity.source): entity for entity in kept}
    for pair in pairs:
        key = normalise(pair.source)
        known = entities.get(key, ProposedEntity(pair.source, pair.target))
        entities[key] = replace(known, target=pair.target)
    return replace(update, entities=tuple(entities.values()))


def _fresh(
    entities: Iterable[ProposedEntity], known: Mapping[str, set[str]], *, approved: bool
) -> list[ProposedEntity]:
    """Those that memory does not hold; a mere copy of a name says nothing against a rendering that it holds."""
    fresh = []
    for entity in entities:
        renderings = known.get(normalise(entity.source), set())
        is_told = not _is_copy(entity) or not renderings or approved
        if is_told and normalise(entity.target) not in renderings:
            fresh.append(entity)
    return fresh


def _is_copy(entity: ProposedEntity | MemoryRecord) -> bool:
    return normalise(entity.source) == normalise(entity.target)


def _prompt_page(
    context: PageContext, observation: Observation, shown: Mapping[int, str], novelty: Novelty
) -> RememberPage:
    document = context.job.document
    return RememberPage(
        document.source_language,
        document.target_language,
        {number: context.lines[number] for number in shown},
        shown,
        essence=novelty.essence if novelty.wants_essence else "",
        names=tuple(
            c.record
            for c in observation.candidates
            if c.record.kind is Kind.ENTITY and _stands_on(c.record.source, context, shown)
        ),
        ask_essence=novelty.wants_essence,
    )


def _stands_on(name: str, context: PageContext, numbers: Iterable[int]) -> bool:
    return any(stands_in(name, context.lines[number]) for number in numbers)


def _supported(update: MemoryUpdate, context: PageContext) -> tuple[MemoryUpdate, tuple[str, ...]]:
    good = tuple(e for e in update.entities if _stands_on(e.source, context, context.open_lines))
    notes = []
    if len(good) < len(update.entities):
        notes.append(f"memory call: {len(update.entities) - len(good)} names do not stand in the source, left out")
    if update.malformed:
        notes.append(f"memory call: {len(update.malformed)} lines of the answer could not be read")
    return MemoryUpdate(good, update.essence), tuple(notes)


def _known_names(observation: Observation) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for candidate in observation.candidates:
        if candidate.record.kind is Kind.ENTITY:
            known.setdefault(normalise(candidate.record.source), set()).add(normalise(candidate.record.target))
    return known


def _entity_record(
    context: PageContext, entity: ProposedEntity, drafts: Iterable[Draft], unsure: Mapping[str, str], *, approved: bool
) -> MemoryRecord:
    where = [draft for draft in drafts if stands_in(entity.source, context.lines[draft.number])]
    confidence = APPROVED_CONFIDENCE if approved else _confidence(entity, where, drafts)
    if not approved and unsure.get(normalise(entity.source)) == normalise(entity.target):
        confidence = min(confidence, INTRODUCED_CONFIDENCE)
    elif not approved and _is_copy(entity):
        confidence = min(confidence, COPIED_CONFIDENCE)
    details = (("gender", entity.gender), ("type", entity.type))
    attributes = tuple((name, value) for name, value in details if value)
    provenance = _provenance(context, (draft.number for draft in where))
    return MemoryRecord(
        Kind.ENTITY, entity.source, entity.target, "", attributes, provenance, confidence, _version(context)
    )


def _confidence(entity: ProposedEntity, where: Iterable[Draft], drafts: Iterable[Draft]) -> float:
    if any(is_rendered(entity.target, draft.text or "") for draft in where):
        return SEEN_CONFIDENCE
    seen = any(is_rendered(entity.target, draft.text or "") for draft in drafts)
    return ELSEWHERE_CONFIDENCE if seen else UNSEEN_CONFIDENCE


def _essence_record(context: PageContext, essence: str) -> MemoryRecord:
    provenance = _provenance(context, ())
    return MemoryRecord(Kind.ESSENCE, "", essence, "", (), provenance, ESSENCE_CONFIDENCE, _version(context))


def _exemplars(context: PageContext, drafts: Iterable[Draft]) -> list[MemoryRecord]:
    """A record for each faultless line that says something, equal lines once."""
    records: dict[tuple[str, str], MemoryRecord] = {}
    for draft in drafts:
        source, target = context.lines[draft.number], draft.text or ""
        if draft.issues or not has_letter(strip_tags(source)) or normalise(source) == normalise(target):
            continue
        provenance = _provenance(context, [draft.number])
        record = MemoryRecord(Kind.EXEMPLAR, source, target, "", (), provenance, EXEMPLAR_CONFIDENCE, _version(context))
        records.setdefault((normalise(source), normalise(target)), record)
    return list(records.values())


def _contradicted(
    context: PageContext, observation: Observation, drafts: Iterable[Draft], entities: Iterable[MemoryRecord]
) -> tuple[tuple[str, str], ...]:
    """Names the document itself remembered and this page renders otherwise, although asked to keep them."""
    proved = {normalise(e.source): e for e in entities if e.confidence >= SEEN_CONFIDENCE}
    names = {c.id: c.record for c in observation.candidates if c.record.kind is Kind.ENTITY}
    reasons = ((id, _contradiction(context, name, drafts, proved)) for id, name in names.items())
    return tuple((id, reason) for id, reason in reasons if reason)


def _contradiction(
    context: PageContext, name: MemoryRecord, drafts: Iterable[Draft], proved: Mapping[str, MemoryRecord]
) -> str:
    if name.provenance.origin != ORIGIN:
        return ""  # what a person brought is never withdrawn by a model
    where = [d for d in drafts if d.text and stands_in(name.source, context.lines[d.number])]
    if not where or any(is_rendered(name.target, draft.text or "") for draft in where):
        return ""
    page, other = context.job.page.index + 1, proved.get(normalise(name.source))
    if other is not None:
        return f"page {page} renders {name.source!r} as {other.target!r}, not {name.target!r}"
    if len(where) >= _MIN_CONTRADICTIONS:
        return f"page {page} has {name.source!r} in {len(where)} lines and {name.target!r} in none of them"
    return ""


def _provenance(context: PageContext, numbers: Iterable[int]) -> Provenance:
    page = context.job.page
    ids = tuple(context.segment(number).id for number in numbers)
    return Provenance(ORIGIN, f"page {page.index + 1}", page.index, ids)


def _version(context: PageContext) -> int:
    """Versions depend on pages: page p's records first stand in version p + 1."""
    return context.job.page.index + 1


def _is_unusable(draft: Draft) -> bool:
    return any(issue.code in (IssueCode.MISSING, IssueCode.EMPTY, IssueCode.BACKEND) for issue in draft.issues)

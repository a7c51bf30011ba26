"""Instruct mode: the client's own prompt goes to the model, with notes from memory behind its system text.

What is text and what is instruction in a foreign prompt is not known for certain. So notes are added only where
memory has something to say about the last message, and something is learnt only in a named session, from answers
whose lines stand one to one against lines of that message.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dragoman.agent import nodes
from dragoman.agent.drafts import Draft
from dragoman.agent.job import PageContext, PageJob
from dragoman.agent.prompt import PromptPage, translate_messages
from dragoman.core.context import Candidate, ContextChoice, Observation
from dragoman.core.document import Document, Page
from dragoman.core.errors import DragomanError
from dragoman.core.formats import document_from_text
from dragoman.core.records import Kind
from dragoman.serve.modes import Pair, Variant, mentions_translation
from dragoman.serve.sessions import SessionMemory
from dragoman.serve.state import Serving
from dragoman.serve.wire import ChatMessage, text_of

__all__ = ["Notes", "learn", "make_notes", "with_notes"]

_HEAD = "Notes that may help with this text; use those that apply and do not mention them:"
_MAX_LINES = 60  # of a message that is looked up
_TEXT_HEADING = "## Text\n"


@dataclass(frozen=True, slots=True)
class Notes:
    """What memory said about a message.

    Attributes:
        context: a page made of the message.
        observation: what was offered.
        choice: what was chosen.
        text: of the notes; empty when nothing was chosen.
    """

    context: PageContext
    observation: Observation
    choice: ContextChoice
    text: str

    @property
    def chosen(self) -> tuple[Candidate, ...]:
        """The chosen items."""
        by_id = {candidate.id: candidate for candidate in self.observation.candidates}
        return tuple(by_id[id] for id in self.choice.chosen)

    @property
    def tokens_by_kind(self) -> dict[Kind, int]:
        """Tokens of the chosen items."""
        tokens: dict[Kind, int] = {}
        for candidate in self.chosen:
            tokens[candidate.record.kind] = tokens.get(candidate.record.kind, 0) + candidate.tokens
        return tokens


async def make_notes(
    serving: Serving, session: SessionMemory, pair: Pair, text: str, *, variant: Variant, seed: int
) -> Notes | None:
    """What memory has to say about a text; None when there is no line in it."""
    document = document_from_text(text, source_language=pair.source, target_language=pair.target)
    segments = document.segments[:_MAX_LINES]
    if not segments:
        return None
    options = serving.settings.options(pair.source, pair.target, **variant.overrides)
    view = session.view()
    job = PageJob(document, Page(view.version, segments), 1, view, seed)
    context = PageContext(job, serving.metered, serving.policy(options.policy), options.settings)
    observation = _without_traces(await nodes.observe(context))
    choice = await nodes.choose_context(context, observation)
    return Notes(context, observation, choice, _text(document, context, observation, choice))


def with_notes(messages: Sequence[Mapping[str, Any]], notes: str) -> list[Mapping[str, Any]]:  # Any: JSON
    """The messages with notes behind the client's own system text; many models take one system message only."""
    said = f"{_HEAD}\n{notes}"
    if messages[0]["role"] not in ("system", "developer"):
        return [{"role": "system", "content": said}, *messages]
    own = text_of(ChatMessage.model_validate(messages[0]).content)
    return [{**messages[0], "content": f"{own}\n\n{said}" if own else said}, *messages[1:]]


async def learn(serving: Serving, session: SessionMemory, notes: Notes, answer: str, *, owner: str, name: str) -> None:
    """Remembers names and sentences of an answer, as after a page; says nothing when that fails."""
    drafts = _aligned(notes.context, answer)
    if not drafts:
        return
    context, observation = notes.context, notes.observation
    try:
        checked = nodes.check_page(context, observation, (), drafts)
        proposal = await nodes.propose_memory(context, observation, checked)
        delta = await nodes.remember_page(context, observation, checked, proposal.update)
    except DragomanError as error:
        serving.metrics.not_learnt(type(error).__name__)
        return
    serving.metrics.usage(proposal.usage)
    pair = Pair(context.job.document.source_language, context.job.document.target_language)
    if delta.records or delta.withdrawn:
        await serving.sessions.remember(session, delta, owner=owner, name=name, pair=pair.tags)


def _aligned(context: PageContext, answer: str) -> tuple[Draft, ...]:
    """Drafts of the message's lines, when the answer has as many; lines of instruction are left out on both sides."""
    given = answer.strip()
    if _is_json(given) or len(context.job.document.segments) > _MAX_LINES:
        return ()
    pair = (context.job.document.source_language, context.job.document.target_language)
    lines = [s.source for s in document_from_text(given, source_language=pair[0], target_language=pair[1]).segments]
    numbers = [number for number, line in context.lines.items() if not mentions_translation(line)]
    if not lines or len(lines) != len(numbers):
        return ()
    return tuple(Draft(number, line) for number, line in zip(numbers, lines, strict=True))


def _is_json(text: str) -> bool:
    if not text.startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _without_traces(observation: Observation) -> Observation:
    """Glosses speak of numbered lines, which a client's own prompt does not have."""
    kept = tuple(c for c in observation.candidates if c.record.kind is not Kind.TRACE)
    return replace(observation, candidates=kept)


def _text(document: Document, context: PageContext, observation: Observation, choice: ContextChoice) -> str:
    """The chosen items in the sections of Dragoman's own prompts."""
    by_id = {candidate.id: candidate for candidate in observation.candidates}
    chosen = tuple(by_id[id] for id in choice.chosen)
    page = PromptPage(document.source_language, document.target_language, context.lines, chosen)
    return translate_messages(page)[1].content.rpartition(_TEXT_HEADING)[0].rstrip() if chosen else ""

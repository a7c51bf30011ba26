"""A chat whose messages go to the model: with notes from memory (instruct) or as they are (pass)."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from dragoman.core.errors import BackendUnreachableError
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.formats import document_from_text
from dragoman.core.rendering import render_item
from dragoman.serve.answers import openai_usage, read_usage_body
from dragoman.serve.chat_call import ChatCall
from dragoman.serve.instruct import Notes, learn, make_notes, with_notes
from dragoman.serve.json_mode import complete_as_json
from dragoman.serve.modes import Mode, last_user_text
from dragoman.serve.pivot_tool import complete_with_pivot, runs_pivot
from dragoman.serve.sessions import SessionMemory
from dragoman.serve.state import Serving
from dragoman.serve.upstream import FreeModel

__all__ = ["FreeChat"]

Json = Mapping[str, Any]  # Any: JSON
Events = AsyncGenerator[Json, None]


@dataclass(slots=True)
class _Gathered:
    """What came of a stream so far."""

    ends: list[Json] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    usage: Json | None = None


class FreeChat:
    """One such chat.

    Args:
        serving: the server's state; its model takes any messages.
        call: the request.
    """

    def __init__(self, serving: Serving, call: ChatCall) -> None:
        assert serving.free_model is not None, "the call was read as a translation otherwise"
        self._serving, self._call = serving, call
        self._model: FreeModel = serving.free_model
        self._notes: Notes | None = None
        self._version = 0
        self._began = time.perf_counter()

    async def complete(self) -> dict[str, Any]:  # Any: JSON
        """The whole answer.

        Raises:
            ServeError, BackendError: there is none.
        """
        async with self._prepared() as (body, session):
            answer = await self._whole(body)
            self._end(session, answer.get("usage"), _first_text(answer["choices"]))
        return {**self._call.envelope.renamed(answer), "dragoman": self._extension()}

    async def stream(self) -> Events:
        """The chunks of the answer behind the first role.

        Raises:
            ServeError, BackendError: it breaks off.
        """
        gathered = _Gathered()
        async with self._prepared() as (body, session):
            chunks = self._gathered_first(body) if self._needs_all(body) else self._model.stream(body)
            async with aclosing(chunks):
                async for chunk in chunks:
                    gathered.usage = chunk.get("usage") or gathered.usage
                    for choice in chunk.get("choices") or ():
                        for piece in self._pieces(choice, gathered):
                            yield piece
            if not gathered.ends:
                raise BackendUnreachableError("the model's answer broke off before its end: ask again")
            self._end(session, gathered.usage, "".join(gathered.texts))
        for choice in gathered.ends:
            yield self._call.envelope.end(choice["finish_reason"], self._extension(), choice.get("index") or 0)
        yield self._call.envelope.usage(gathered.usage or openai_usage(Usage()))

    @asynccontextmanager
    async def _prepared(self) -> AsyncIterator[tuple[Json, SessionMemory | None]]:
        """The request for the model; in instruct mode with notes, and the session they came from."""
        call, serving, body = self._call, self._serving, self._call.body()
        if call.mode is not Mode.INSTRUCT:
            yield body, None
            return
        text, seed = last_user_text(call.request.messages), call.request.seed or 0
        document = document_from_text(text, source_language=call.pair.source, target_language=call.pair.target)
        memory = await serving.brought.memory_for(document, serving.default_options)
        async with serving.sessions.use(memory, call.key.name, call.session, call.pair.tags) as session:
            self._notes = await make_notes(serving, session, call.pair, text, variant=call.model.variant, seed=seed)
            self._version = session.version
            if self._notes is not None and self._notes.text:
                body = {**body, "messages": with_notes(body["messages"], self._notes.text)}
            yield body, session

    def _needs_all(self, body: Json) -> bool:
        """Whether an answer has to be whole before a word of it may go out."""
        return self._call.shape is not None or runs_pivot(body)

    async def _whole(self, body: Json) -> Json:
        if self._call.shape is not None:
            return await complete_as_json(self._model, body, self._call.shape)
        if runs_pivot(body):
            return await complete_with_pivot(self._model, self._serving.metered, body)
        return await self._model.complete(body)

    async def _gathered_first(self, body: Json) -> Events:
        """A whole answer as chunks."""
        answer = await self._whole(body)
        for choice in answer["choices"]:
            message = {name: value for name, value in choice["message"].items() if value is not None}
            if message.get("tool_calls"):
                message["tool_calls"] = [{"index": n, **tool} for n, tool in enumerate(message["tool_calls"])]
            yield {"choices": [{**choice, "delta": message}]}
        yield {"choices": [], "usage": answer.get("usage")}

    def _pieces(self, choice: Json, gathered: _Gathered) -> Iterable[Json]:
        """The chunk of a choice without what is sent at another time: role first, end last."""
        if choice.get("finish_reason"):
            gathered.ends.append(choice)
        index = choice.get("index") or 0
        delta = {name: value for name, value in (choice.get("delta") or {}).items() if name != "role" and value}
        if index == 0:
            gathered.texts.append(delta.get("content") or "")
        if delta:
            said = {"index": index, "delta": delta, "logprobs": choice.get("logprobs"), "finish_reason": None}
            yield {**self._call.envelope.text("", index), "choices": [said]}

    def _end(self, session: SessionMemory | None, usage: object, text: str) -> None:
        """Books the answer, keeps its trace, and learns from it behind it."""
        call, serving, notes = self._call, self._serving, self._notes
        spent, seconds = read_usage_body(usage), time.perf_counter() - self._began
        serving.metrics.usage({Purpose.TRANSLATE: spent})
        serving.telemetry.chat(serving.backend.name, spent, seconds=seconds)
        if notes is not None:
            serving.metrics.context(notes.tokens_by_kind)
        trace = {**self._extension(), "model": call.envelope.model, "seconds": round(seconds, 4)}
        serving.traces.add(call.trace_id, call.key.name, {**trace, "usage": openai_usage(spent)})
        if session is not None and notes is not None and call.session is not None:
            learning = learn(serving, session, notes, text, owner=call.key.name, name=call.session)
            session.learning = serving.start(learning)

    def _extension(self) -> dict[str, Any]:  # Any: JSON
        call, notes = self._call, self._notes
        body: dict[str, Any] = {"trace_id": call.trace_id, "mode": call.mode.value}  # Any: JSON
        if notes is None:
            return body
        session = {"id": call.session, "version": self._version} if call.session else None
        tokens = {kind.value: number for kind, number in notes.tokens_by_kind.items()}
        context = [
            {"id": item.id, "kind": item.record.kind.value, "text": render_item(item.record), "tokens": item.tokens}
            for item in notes.chosen
        ]
        return {
            **body,
            "policy": notes.choice.policy,
            "session": session,
            "tokens": {"context": tokens},
            "pivot": {"called": False},
            "context": context,
        }


def _first_text(choices: Iterable[Json]) -> str:
    return next(((choice.get("message") or {}).get("content") or "" for choice in choices), "")

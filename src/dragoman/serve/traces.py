"""Traces: what was offered, chosen and paid for one answer, kept under an id that travels in a response header."""

import asyncio
import json
import logging
import time
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from dragoman.core.context import Candidate, Decision
from dragoman.core.errors import JournalError
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.rendering import render_item
from dragoman.core.trajectory import PageResult
from dragoman.serve.metrics import Metrics
from dragoman.serve.store import Store

__all__ = ["TraceLog", "context_items", "page_trace", "tokens_by_kind", "usage_body"]

Json = dict[str, Any]  # Any: JSON
_log = logging.getLogger("dragoman.serve")
_FLUSH_S = 0.5
_MAX_PENDING = 500


class TraceLog:
    """Keeps traces; they are written together twice a second, so an answer does not wait for the disk.

    Args:
        store: where they go.
        metrics: told of traces that are dropped.
        keep: most traces; 0 keeps none.
    """

    def __init__(self, store: Store, metrics: Metrics, *, keep: int) -> None:
        self._store = store
        self._metrics = metrics
        self._keep = keep
        self._pending: dict[str, Json] = {}

    def add(self, id: str, owner: str, body: Mapping[str, Any]) -> None:  # Any: JSON
        """Keeps a trace; when they come faster than they are written, the newest are dropped and counted."""
        if not self._keep:
            return
        if len(self._pending) >= _MAX_PENDING:
            self._metrics.trace_dropped()
        else:
            self._pending[id] = {"id": id, "owner": owner, "created": time.time(), "body": body}

    async def get(self, id: str, owner: str) -> Json | None:
        """The trace with this id, or None."""
        waiting = self._pending.get(id)
        if waiting is not None:
            return dict(waiting["body"]) if waiting["owner"] == owner else None
        row = await self._store.get("traces", owner, id)
        return None if row is None else json.loads(zlib.decompress(row["body"]))

    async def flush(self) -> None:
        """Writes what waits."""
        waiting = list(self._pending.values())
        if waiting:
            rows = await asyncio.to_thread(lambda: [{**row, "body": _pack(row["body"])} for row in waiting])
            await self._store.add_traces(rows, keep=self._keep)
        for row in waiting:
            self._pending.pop(row["id"], None)

    async def run(self) -> None:
        """Writes again and again, until cancelled."""
        while True:
            await asyncio.sleep(_FLUSH_S)
            try:
                await self.flush()
            except JournalError as error:  # they wait for the next time
                _log.error("traces not written", extra={"reason": str(error)})


def context_items(page: PageResult, *, chosen_only: bool) -> list[Json]:
    """What memory offered for a page and what the policy made of it."""
    decisions = {decision.candidate_id: decision for decision in page.choice.decisions}
    return [
        _item(candidate, decisions.get(candidate.id))
        for candidate in page.observation.candidates
        if not chosen_only or candidate.id in page.choice.chosen
    ]


def page_trace(page: PageResult) -> Json:
    """Everything about one page."""
    return {
        "page": page.page_index,
        "memory_version": page.observation.memory_version,
        "policy": page.choice.policy,
        "status": page.choice.status.value,
        "budget_tokens": page.observation.budget_tokens,
        "dictionary_coverage": round(page.observation.dictionary_coverage, 3),
        "context": context_items(page, chosen_only=False),
        "pivot": {"called": page.pivot_lines is not None, "probability": page.choice.pivot.probability,
                  "reason": page.choice.pivot.reason, "lines": page.pivot_lines},
        "lines": [
            {
                "segment_id": line.segment_id,
                "source": line.source,
                "translation": line.translation,
                "repairs": line.repairs,
                "issues": [{"code": issue.code.value, "message": issue.message} for issue in line.issues],
            }
            for line in page.lines
        ],
        "remembered": [render_item(record) for record in page.records],
        "usage": usage_body(page.usage),
        "seconds": round(page.seconds, 4),
        "notes": list(page.notes),
    }  # fmt: skip


def tokens_by_kind(pages: Iterable[PageResult]) -> dict[str, int]:
    """Tokens of the chosen context by kind of record."""
    tokens: dict[str, int] = {}
    for page in pages:
        for candidate in page.observation.candidates:
            if candidate.id in page.choice.chosen:
                kind = candidate.record.kind.value
                tokens[kind] = tokens.get(kind, 0) + candidate.tokens
    return tokens


def usage_body(usage: Mapping[Purpose, Usage]) -> dict[str, dict[str, int]]:
    """Calls and tokens by purpose."""
    return {
        purpose.value: {
            "calls": spent.calls,
            "prompt_tokens": spent.prompt_tokens,
            "cached_tokens": spent.cached_tokens,
            "output_tokens": spent.output_tokens,
        }
        for purpose, spent in usage.items()
    }


def _item(candidate: Candidate, decision: Decision | None) -> Json:
    return {
        "id": candidate.id,
        "kind": candidate.record.kind.value,
        "text": render_item(candidate.record),
        "tokens": candidate.tokens,
        "lines": list(candidate.lines),
        "score": round(candidate.features.similarity, 3),
        "chosen": decision is not None and decision.included,
        "probability": None if decision is None else decision.probability,
        "gain": None if decision is None else decision.gain,
        "reason": candidate.reason if decision is None else decision.reason,
    }


def _pack(body: Mapping[str, Any]) -> bytes:  # Any: JSON
    return zlib.compress(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"), 1)

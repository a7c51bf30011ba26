"""Streamed text: every piece is told with its page, purpose and call, and results are those of plain calls."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman import AsyncTranslator
from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.agent.events import PageFinished, PageProgress
from dragoman.agent.meter import Meter, with_meter
from dragoman.agent.text_stream import TellingBackend, TextDelta
from dragoman.core.errors import AuthenticationError, BackendError, BackendUnreachableError
from dragoman.core.exchange import Delta, Message, Purpose, Reply, Request
from dragoman.core.trajectory import PageResult

REQUEST = Request((Message("user", "## Text\n1\tone two three"),), purpose=Purpose.REPAIR)
TEXT = "".join(f"Kofal {word} morun.\nTen sabo {word}.\n\n" for word in ("dorat", "venim", "selat", "nari"))


class Breaking(ScriptedBackend):
    """Its streams break after some pieces; plain calls work."""

    def __init__(self, pieces: int, error: BackendError) -> None:
        super().__init__(echo_lines())
        self._pieces, self._error = pieces, error

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        async for delta in super().stream(request):
            if self._pieces == 0:
                raise self._error
            self._pieces -= 1
            yield delta


def telling(backend: ScriptedBackend) -> tuple[TellingBackend, list[TextDelta]]:
    told: list[TextDelta] = []
    return TellingBackend(backend, page_index=3, calls=itertools.count(), tell=told.append), told


async def test_pieces_of_a_call_make_up_its_answer() -> None:
    backend, told = telling(ScriptedBackend(echo_lines()))
    replies = [await backend.generate(REQUEST) for _ in range(2)]
    for call, reply in enumerate(replies):
        assert reply.text == "1\t«one two three»"
        pieces = [delta for delta in told if delta.call == call]
        assert len(pieces) > 2
        assert "".join(delta.text for delta in pieces) == reply.text
    assert {(delta.page_index, delta.purpose) for delta in told} == {(3, Purpose.REPAIR)}


async def test_a_backend_that_does_not_stream_tells_its_answer_in_one_piece() -> None:
    class Plain:
        name, max_context_tokens = "plain", None
        inner = ScriptedBackend(echo_lines())

        def count_tokens(self, text: str) -> int:
            return len(text)

        async def generate(self, request: Request) -> Reply:
            return await self.inner.generate(request)

        async def close(self) -> None:
            pass

    told: list[TextDelta] = []
    backend = TellingBackend(Plain(), page_index=0, calls=itertools.count(), tell=told.append)
    reply = await backend.generate(REQUEST)
    assert [delta.text for delta in told] == [reply.text]


async def test_a_stream_that_breaks_off_is_asked_again_whole_under_a_new_number() -> None:
    inner = Breaking(2, BackendUnreachableError("the stream broke"))
    meter = Meter()
    told: list[TextDelta] = []
    metered = with_meter(inner, meter, workers=1)  # one place: the broken stream has to free it
    backend = TellingBackend(metered, page_index=0, calls=itertools.count(), tell=told.append)
    reply = await backend.generate(REQUEST)
    assert reply.text == "1\t«one two three»"
    assert [delta.call for delta in told] == [0, 0, 1]
    assert told[-1].text == reply.text
    assert meter.total.calls == 1


@pytest.mark.parametrize(
    ("pieces", "error"), [(0, BackendUnreachableError("refused")), (1, AuthenticationError("the key was withdrawn"))]
)
async def test_other_failures_are_passed_on(pieces: int, error: BackendError) -> None:
    backend, _ = telling(Breaking(pieces, error))
    with pytest.raises(type(error), match=str(error)):
        await backend.generate(REQUEST)


async def translate(folder: Path, *, stream_text: bool) -> tuple[list[PageResult], list[TextDelta]]:
    options = {"stream_text": stream_text, "page_lines": 2, "wave": 2, "journal": folder / f"{stream_text}.sqlite"}
    backend = ScriptedBackend(echo_lines())
    async with AsyncTranslator("x-kof", "English", backend=backend, **options) as translator:  # type: ignore[arg-type]  # keywords
        events = [event async for event in translator.stream(TEXT)]
    deltas = [e.detail for e in events if isinstance(e, PageProgress) and isinstance(e.detail, TextDelta)]
    results = [event.result for event in events if isinstance(event, PageFinished)]
    return sorted(results, key=lambda result: result.page_index), deltas


async def test_streaming_changes_nothing_but_what_is_told(tmp_path: Path) -> None:
    plain, silence = await translate(tmp_path, stream_text=False)
    streamed, deltas = await translate(tmp_path, stream_text=True)
    assert [replace(page, seconds=0) for page in streamed] == [replace(page, seconds=0) for page in plain]
    assert silence == []
    for page in streamed:
        pieces = [d.text for d in deltas if (d.page_index, d.purpose) == (page.page_index, Purpose.TRANSLATE)]
        expected = "\n".join(f"{number}\t{line.translation}" for number, line in enumerate(page.lines, start=1))
        assert "".join(pieces) == expected

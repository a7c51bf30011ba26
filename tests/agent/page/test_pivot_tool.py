"""The pivot: when it is called, what it gives, and the same thing as a LangChain tool."""

import pytest

from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.agent.pivot import (
    PivotRendering,
    is_pivot_wanted,
    make_translate_to_english,
    pivot_allowed,
    translate_to_english,
)
from dragoman.core.context import ChoiceStatus, ContextChoice, PivotMode, PivotVerdict
from dragoman.core.errors import AuthenticationError, BadRequestError, ContextOverflowError
from dragoman.core.exchange import FinishReason, Purpose, Reply, Usage
from dragoman.core.languages import Language

SIMLISH, ENGLISH, GERMAN = Language("qaa-x-sim", "Simlish"), Language("en-GB", "English"), Language("de", "German")
LINES = {1: "Il dru.", 2: "An saru."}


@pytest.mark.parametrize(
    ("mode", "source", "target", "allowed"),
    [
        (PivotMode.ALWAYS, SIMLISH, GERMAN, True),
        (PivotMode.AUTO, SIMLISH, GERMAN, True),
        (PivotMode.NEVER, SIMLISH, GERMAN, False),
        (PivotMode.ALWAYS, ENGLISH, GERMAN, False),
        (PivotMode.ALWAYS, SIMLISH, ENGLISH, False),
    ],
)
def test_the_pivot_is_never_offered_from_or_into_english(mode, source, target, allowed: bool) -> None:
    assert pivot_allowed(mode, source, target) is allowed


@pytest.mark.parametrize(
    ("mode", "allowed", "verdict", "wanted"),
    [
        (PivotMode.AUTO, True, True, True),
        (PivotMode.AUTO, True, False, False),
        (PivotMode.ALWAYS, True, False, True),
        (PivotMode.ALWAYS, False, True, False),
    ],
)
def test_auto_follows_the_policys_verdict_and_always_does_not(mode, allowed, verdict, wanted: bool) -> None:
    choice = ContextChoice(ChoiceStatus.NOT_ASKED, (), (), PivotVerdict(verdict, 1.0), 0, "p", 0)
    assert is_pivot_wanted(mode, allowed=allowed, choice=choice) is wanted


async def test_one_call_gives_the_lines_by_number() -> None:
    backend = ScriptedBackend(lambda request: "2\tShe goes in.\n1\tIt is green.")
    rendering = await translate_to_english(backend, SIMLISH, LINES, seed=3)
    assert dict(rendering.lines) == {1: "It is green.", 2: "She goes in."}
    assert (rendering.note, rendering.usage[Purpose.PIVOT].calls) == ("", 1)
    (request,) = backend.requests
    assert (request.purpose, request.seed, request.line_numbers) == (Purpose.PIVOT, 3, (1, 2))


async def test_a_prompt_that_does_not_fit_gives_a_note_and_other_errors_are_raised() -> None:
    too_long = ScriptedBackend(lambda request: ContextOverflowError("too long"))
    assert await translate_to_english(too_long, SIMLISH, LINES) == PivotRendering(note="pivot not used: too long")
    with pytest.raises(AuthenticationError):
        await translate_to_english(ScriptedBackend(lambda request: AuthenticationError("key")), SIMLISH, LINES)


async def test_a_cut_answer_keeps_its_whole_lines() -> None:
    backend = ScriptedBackend(lambda r: Reply("1\tIt is green.\n2\tShe", FinishReason.LENGTH, Usage(calls=1), "m"))
    rendering = await translate_to_english(backend, SIMLISH, LINES)
    assert dict(rendering.lines) == {1: "It is green."}
    assert rendering.note == "pivot gave 1 of 2 lines: the answer was cut"


async def test_the_langchain_tool_really_runs() -> None:
    tool = make_translate_to_english(ScriptedBackend(echo_lines()), source_language="qaa-x-sim:Simlish")
    assert tool.name == "translate_to_english"
    assert "Simlish" in tool.description
    assert list(tool.args) == ["text"]
    assert await tool.ainvoke({"text": "Il dru.\n\nAn saru."}) == "«Il dru.»\n\n«An saru.»"
    assert await tool.ainvoke({"text": ""}) == ""


async def test_the_langchain_tool_says_when_lines_are_lost() -> None:
    tool = make_translate_to_english(ScriptedBackend(lambda request: "1\tIt."), source_language=SIMLISH)
    with pytest.raises(BadRequestError, match="pivot gave 1 of 2 lines"):
        await tool.ainvoke({"text": "Il dru.\nAn saru."})

"""The tool `translate_to_english`: an English rendering of a page that enters the context as one more item.

It sees the source lines only, never the chosen context. It is not offered when the source is English (nothing to
do) or the target is (the translation itself would be the pivot). `make_translate_to_english` makes a plain LangChain
tool of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from dragoman.agent.answers import ParsedLines, parse_reply
from dragoman.agent.calls import ask, max_answer_tokens
from dragoman.agent.prompt import pivot_messages
from dragoman.core.context import ContextChoice, PivotMode
from dragoman.core.errors import BadRequestError, ContextOverflowError
from dragoman.core.exchange import FinishReason, Purpose, Sampling, Usage
from dragoman.core.languages import Language, parse_language
from dragoman.core.protocols import Backend

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

__all__ = [
    "TOOL_NAME",
    "PivotRendering",
    "is_pivot_wanted",
    "make_translate_to_english",
    "pivot_allowed",
    "translate_to_english",
]

TOOL_NAME = "translate_to_english"


@dataclass(frozen=True, slots=True)
class PivotRendering:
    """What the pivot gave.

    Attributes:
        lines: English text by line number; lines that could not be read are absent.
        usage: by purpose.
        note: what went wrong, in one line; empty when every line came.
    """

    lines: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    usage: Mapping[Purpose, Usage] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""


def pivot_allowed(mode: PivotMode, source_language: Language, target_language: Language) -> bool:
    """Whether the tool may be called at all."""
    return mode is not PivotMode.NEVER and not source_language.is_english and not target_language.is_english


def is_pivot_wanted(mode: PivotMode, *, allowed: bool, choice: ContextChoice) -> bool:
    """Whether the tool is called for this page: always, or as the policy's verdict says."""
    return allowed and (mode is PivotMode.ALWAYS or choice.pivot.call)


async def translate_to_english(
    backend: Backend, source_language: Language, lines: Mapping[int, str], *, seed: int = 0
) -> PivotRendering:
    """One call for the English rendering of some lines.

    A prompt that does not fit the model gives no rendering and a note; a page can do without it.

    Raises:
        BackendError: of the backend, for every other reason.
    """
    messages = pivot_messages(source_language, lines)
    sampling = Sampling(max_tokens=max_answer_tokens(backend, lines.values()))
    try:
        reply = await ask(backend, messages, Purpose.PIVOT, sampling=sampling, seed=seed, numbers=lines)
    except ContextOverflowError as error:
        return PivotRendering(note=f"pivot not used: {error}")
    parsed = parse_reply(reply, lines)
    given = {number: text for number, text in parsed.lines.items() if text}
    note = _note(parsed, len(given), len(lines), cut=reply.finish_reason is FinishReason.LENGTH)
    return PivotRendering(given, {Purpose.PIVOT: reply.usage}, note)


def make_translate_to_english(backend: Backend, *, source_language: Language | str) -> "StructuredTool":
    """The pivot as a LangChain tool for other agents: text in, English text out, line by line.

    The tool is asynchronous: use `ainvoke({"text": ...})`. It answers BadRequestError when a line could not be read.
    """
    from langchain_core.tools import StructuredTool  # needed by this function alone

    language = source_language if isinstance(source_language, Language) else parse_language(source_language)

    async def run(text: str) -> str:
        """Translates text to English, line by line."""
        lines = {number: line for number, line in enumerate(text.splitlines(), start=1) if line.strip()}
        rendering = await translate_to_english(backend, language, lines) if lines else PivotRendering()
        if rendering.lines.keys() != lines.keys():
            raise BadRequestError(f"{rendering.note}: ask again with fewer lines, or use another model")
        return "\n".join(rendering.lines.get(number, "") for number in range(1, len(text.splitlines()) + 1))

    description = f"Translates text from {language.name} to English, line by line."
    return StructuredTool.from_function(coroutine=run, name=TOOL_NAME, description=description)


def _note(parsed: ParsedLines, given: int, asked: int, *, cut: bool) -> str:
    if given == asked:
        return ""
    reason = "the answer was cut" if cut else f"{len(parsed.malformed)} lines of the answer could not be read"
    return f"pivot gave {given} of {asked} lines: {reason}"

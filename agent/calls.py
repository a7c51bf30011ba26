"""Asks a model for lines: fits the prompt to the model, reads the answer by number, asks again for what is missing.

A prompt that does not fit loses half of its context (what the policy chose last goes first) until none is left,
then the page is split; a single line that still does not fit fails, and only that line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from dragoman.agent.answers import parse_reply
from dragoman.agent.drafts import Draft
from dragoman.agent.job import PageContext
from dragoman.agent.prompt import PromptPage, complete_messages, repair_messages, translate_messages
from dragoman.core.errors import ContextOverflowError
from dragoman.core.exchange import FinishReason, Message, Purpose, Reply, Request, Sampling, Usage
from dragoman.core.protocols import Backend

__all__ = ["Answer", "ask", "ask_for_lines", "ask_for_probe", "ask_for_repairs", "max_answer_tokens", "spent"]

_FIXED_TOKENS, _TOKENS_PER_LINE, _TOKENS_PER_SOURCE_TOKEN = 64, 12, 4  # generous: byte-level scripts need it
_CHAT_MARKUP_TOKENS = 32
_MAX_SOLVED = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What one or several calls gave.

    Attributes:
        lines: text by line number.
        cut: unfinished text by line number, from truncated answers.
        failed: why no call could be made, by line number.
        truncated: whether the last call was cut by the token limit.
        usage: by purpose.
        notes: what a person should know about these calls.
    """

    lines: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    cut: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    failed: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    truncated: bool = False
    usage: Mapping[Purpose, Usage] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()

    def __add__(self, later: "Answer") -> "Answer":
        return Answer(
            lines={**self.lines, **later.lines},
            cut={**self.cut, **later.cut},
            failed={**self.failed, **later.failed},
            truncated=later.truncated,
            usage=spent(self.usage, later.usage),
            notes=self.notes + later.notes,
        )

    def drafts(self, numbers: Iterable[int], *, repairs: int = 0) -> tuple[Draft, ...]:
        """One draft per line number; a cut line counts only where no whole one came."""
        return tuple(self._draft(number, repairs) for number in sorted(numbers))

    def _draft(self, number: int, repairs: int) -> Draft:
        if number in self.lines:
            return Draft(number, self.lines[number], repairs=repairs)
        cut = self.cut.get(number)
        return Draft(number, cut, cut=cut is not None, error=self.failed.get(number, ""), repairs=repairs)


@dataclass(frozen=True, slots=True)
class _Call:
    """One kind of call about lines; `room` multiplies the output limit."""

    context: PageContext
    purpose: Purpose
    seed: int
    drafts: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    faults: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    room: int = 1

    def messages(self, page: PromptPage) -> tuple[Message, ...]:
        if self.purpose in (Purpose.TRANSLATE, Purpose.PROBE):
            return translate_messages(page)
        if self.purpose is Purpose.COMPLETE:
            return complete_messages(page, page.lines)
        drafts = {number: text for number, text in self.drafts.items() if number in page.lines}
        return repair_messages(page, drafts, {number: self.faults[number] for number in page.lines})


async def ask(
    backend: Backend, messages: tuple[Message, ...], purpose: Purpose, *, sampling: Sampling, seed: int,
    numbers: Iterable[int] | None = None,
) -> Reply:  # fmt: skip
    """One call, as is.

    Raises:
        BackendError: of the backend.
    """
    line_numbers = None if numbers is None else tuple(sorted(numbers))
    return await backend.generate(Request(messages, sampling, seed, purpose, line_numbers))


async def ask_for_lines(context: PageContext, page: PromptPage) -> Answer:
    """One call for the page, and calls for what it left out.

    Missing lines alone are asked again, once; after truncated answers as often as each call brings new lines. An
    answer without any line is not asked again: the same question would get the same answer, a repair names the fault.
    """
    answer = await _fit(_Call(context, Purpose.TRANSLATE, context.seed), page)
    missing = _missing(page, answer)
    while answer.lines and missing:
        part = replace(page.only(missing), solved=_solved(page, answer, missing))
        more = await _fit(_Call(context, Purpose.COMPLETE, context.seed + len(missing)), part)
        answer += more
        missing = _missing(page, answer) if more.lines and more.truncated else ()
    return answer


async def ask_for_probe(context: PageContext, page: PromptPage) -> Answer:
    """One call for a page without context; what it leaves out is not asked for again.

    It has the seed of the page's translation: asked about all lines of a page for which nothing is chosen, it has the
    same answer, from the cache.
    """
    return await _fit(_Call(context, Purpose.PROBE, context.seed), page)


async def ask_for_repairs(context: PageContext, page: PromptPage, drafts: Iterable[Draft]) -> Answer:
    """One call that names the faults of these drafts, with twice the room for the answer."""
    wanted = {draft.number: draft for draft in drafts}
    call = _Call(
        context,
        Purpose.REPAIR,
        context.seed + 1 + max(draft.repairs for draft in wanted.values()),
        drafts={number: draft.text for number, draft in wanted.items() if draft.text},
        faults={number: draft.faults for number, draft in wanted.items()},
        room=2,
    )
    return await _fit(call, page.only(wanted))


def max_answer_tokens(backend: Backend, sources: Iterable[str], *, room: int = 1) -> int:
    """An output limit that no honest answer reaches."""
    return room * (_FIXED_TOKENS + sum(_line_room(backend, source) for source in sources))


def spent(earlier: Mapping[Purpose, Usage], later: Mapping[Purpose, Usage]) -> dict[Purpose, Usage]:
    """Two usages by purpose, added up."""
    purposes = [*earlier, *(purpose for purpose in later if purpose not in earlier)]
    return {purpose: earlier.get(purpose, Usage()) + later.get(purpose, Usage()) for purpose in purposes}


async def _fit(call: _Call, page: PromptPage) -> Answer:
    try:
        return await _ask_once(call, page)
    except ContextOverflowError as error:
        if page.candidates or page.english or page.solved:
            smaller = _halve_context(page)
            kept = len(smaller.candidates)
            note = f"{call.purpose}: the prompt does not fit the model, context cut to {kept} items"
            return Answer(notes=(note,)) + await _fit(call, smaller)
        if len(page.lines) > 1:
            first, second = _halve_lines(page)
            note = f"{call.purpose}: the prompt does not fit the model, {len(page.lines)} lines split"
            return Answer(notes=(note,)) + await _fit(call, first) + await _fit(call, second)
        return Answer(failed=dict.fromkeys(page.lines, str(error)))


async def _ask_once(call: _Call, page: PromptPage) -> Answer:
    messages, numbers = call.messages(page), tuple(page.lines)
    sampling = _sampling(call, page, messages)
    reply = await ask(
        call.context.backend, messages, call.purpose, sampling=sampling, seed=call.seed, numbers=numbers
    )  # fmt: skip
    parsed = parse_reply(reply, numbers)
    truncated = reply.finish_reason is FinishReason.LENGTH
    cut = dict([parsed.cut]) if parsed.cut else {}
    return Answer(parsed.lines, cut, {}, truncated, {call.purpose: reply.usage}, _notes(call, parsed.malformed))


def _notes(call: _Call, malformed: tuple[str, ...]) -> tuple[str, ...]:
    if not malformed:
        return ()
    return (f"{call.purpose}: {len(malformed)} lines of the answer could not be read, first {malformed[0][:60]!r}",)


def _sampling(call: _Call, page: PromptPage, messages: tuple[Message, ...]) -> Sampling:
    """Decoding settings whose output limit leaves room for the prompt.

    Raises:
        ContextOverflowError: when not even an answer as long as the source fits; no call is made then.
    """
    backend, settings = call.context.backend, call.context.settings
    wanted = settings.max_output_tokens or max_answer_tokens(backend, page.lines.values(), room=call.room)
    window = backend.max_context_tokens
    if window is not None:
        prompt = sum(backend.count_tokens(message.content) for message in messages) + _CHAT_MARKUP_TOKENS
        least = min(wanted, sum(backend.count_tokens(text) for text in page.lines.values()))
        if prompt + least > window:
            raise ContextOverflowError(
                f"{prompt} prompt tokens and an answer of {least} do not fit the model's {window}: "
                "use a model with a larger context window or shorter segments"
            )
        wanted = min(wanted, window - prompt)
    return Sampling(temperature=settings.temperature, max_tokens=wanted)


def _line_room(backend: Backend, source: str) -> int:
    return _TOKENS_PER_LINE + _TOKENS_PER_SOURCE_TOKEN * backend.count_tokens(source)


def _missing(page: PromptPage, answer: Answer) -> tuple[int, ...]:
    return tuple(number for number in page.lines if number not in answer.lines and number not in answer.failed)


def _solved(page: PromptPage, answer: Answer, missing: Iterable[int]) -> tuple[tuple[str, str], ...]:
    """The lines right before the missing ones, with their translations: the cheapest bit of connected text."""
    before = [number - 1 for number in missing if answer.lines.get(number - 1)]
    return tuple((page.lines[number], answer.lines[number]) for number in before[:_MAX_SOLVED])


def _halve_context(page: PromptPage) -> PromptPage:
    """Keeps the first half of what was chosen; examples of neighbours and the pivot go together with the last item."""
    kept = page.candidates[: len(page.candidates) // 2]
    return replace(page, candidates=kept, solved=(), english=page.english if kept else {})


def _halve_lines(page: PromptPage) -> tuple[PromptPage, PromptPage]:
    numbers = sorted(page.lines)
    middle = len(numbers) // 2
    return page.only(numbers[:middle]), page.only(numbers[middle:])

"""A page goes in, everything there is to commit comes out, whatever the model does."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines, text_lines
from dragoman.agent.page import NodeFinished, PageAgent, PageJob, ProposedEntity, page_seed
from dragoman.agent.prompt import parse_prompt
from dragoman.agent.settings import RunSettings
from dragoman.core.context import ChoiceStatus, ContextChoice, Observation, PivotMode
from dragoman.core.document import Page, Segment
from dragoman.core.errors import (
    AuthenticationError,
    BackendUnreachableError,
    BadRequestError,
    ConfigurationError,
    ContextOverflowError,
    PolicyError,
    RateLimitError,
)
from dragoman.core.exchange import FinishReason, Purpose, Reply, Request, Usage
from dragoman.core.formats import document_from_text
from dragoman.core.languages import parse_language
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.trajectory import IssueCode
from dragoman.memory.recall import Recall
from dragoman.policies.fixed import FullPolicy

WORDS = {
    "Anna sees a house.": "Anna sieht ein Haus.",
    "It is green.": "Es ist grün.",
    "She goes in.": "Sie geht hinein.",
}


def answer(request: Request, *, only: Callable[[int], bool] = lambda number: True) -> str:
    lines = text_lines(request)
    return "\n".join(f"{number}\t{WORDS.get(text, f'Zeile: {text}')}" for number, text in lines.items() if only(number))


def good(request: Request) -> str:
    return "" if request.purpose is Purpose.REMEMBER else answer(request)


def first_then(
    first: str | Callable[[Request], str], later: Callable[[Request], str] = good
) -> Callable[[Request], str]:
    def script(request: Request) -> str:
        if request.purpose is not Purpose.TRANSLATE:
            return later(request)
        return first if isinstance(first, str) else first(request)

    return script


def purposes(backend: ScriptedBackend) -> list[str]:
    return [request.purpose.value for request in backend.requests]


TRANSLATIONS = list(WORDS.values())
ALWAYS = RunSettings(remember="always")


class NoMemory:
    version = 0

    def recall(self, page: Page, *, counter: object, k: object) -> Recall:
        return Recall((), 0.0, has_dictionary=False)

    def records(self, kind: Kind | None = None) -> tuple[MemoryRecord, ...]:
        return ()


DOCUMENT = document_from_text(
    "\n".join(WORDS), source_language=parse_language("en"), target_language=parse_language("de")
)
PLAIN_JOB = PageJob(DOCUMENT, Page(0, DOCUMENT.segments), 1, NoMemory(), 0)


async def test_one_call_translates_a_page(bench) -> None:
    result, backend = await bench().run(good)
    assert [line.translation for line in result.lines] == TRANSLATIONS
    assert [line.source for line in result.lines] == list(WORDS)
    assert all(line.issues == () for line in result.lines)
    assert purposes(backend) == ["translate"]
    assert result.usage[Purpose.TRANSLATE].calls == 1
    assert (result.page_index, result.pivot_lines, result.notes) == (0, None, ())
    assert result.seconds > 0


ONE_REPAIR = {
    "nothing": "",
    "only chat": "I would be happy to help!",
    "no numbers": "\n".join(TRANSLATIONS),
    "numbers without tab": "\n".join(f"{n}. {text}" for n, text in enumerate(TRANSLATIONS, start=1)),
}


@pytest.mark.parametrize("name", ONE_REPAIR)
async def test_an_answer_without_lines_is_repaired_by_number_never_by_position(bench, name: str) -> None:
    result, backend = await bench().run(first_then(ONE_REPAIR[name]))
    assert purposes(backend) == ["translate", "repair"]
    assert [line.translation for line in result.lines] == TRANSLATIONS
    assert [line.repairs for line in result.lines] == [1, 1, 1]


async def test_swapped_lines_are_right_and_missing_lines_alone_are_asked_again(bench) -> None:
    swapped, _ = await bench().run(lambda r: "\n".join(reversed(answer(r).split("\n"))))
    assert [line.translation for line in swapped.lines] == TRANSLATIONS
    result, backend = await bench().run(first_then(lambda r: answer(r, only=lambda n: n != 2)))
    assert purposes(backend) == ["translate", "complete"]
    asked = parse_prompt(backend.requests[1].messages)
    assert dict(asked.text) == {2: "It is green."}
    assert asked.items(Kind.EXEMPLAR) == ("Anna sees a house. => Anna sieht ein Haus.",)
    assert [line.translation for line in result.lines] == TRANSLATIONS


async def test_a_truncated_answer_keeps_its_whole_lines_and_asks_for_the_rest(bench) -> None:
    def script(request: Request) -> str | Reply:
        text = answer(request)
        if request.purpose is Purpose.TRANSLATE:
            return Reply(text[: text.index("grün")], FinishReason.LENGTH, Usage(calls=1), "m")
        return text

    result, backend = await bench().run(script)
    assert [tuple(parse_prompt(r.messages).text) for r in backend.requests] == [(1, 2, 3), (2, 3)]
    assert [line.translation for line in result.lines] == TRANSLATIONS


async def test_a_line_that_is_always_cut_is_kept_with_an_issue(bench) -> None:
    script = lambda request: Reply("1\tAnna sieht", FinishReason.LENGTH, Usage(calls=1), "m")  # noqa: E731
    result, backend = await bench(text="Anna sees a house.").run(script)
    assert purposes(backend) == ["translate", "repair"]
    assert backend.requests[1].sampling.max_tokens == 2 * backend.requests[0].sampling.max_tokens
    (line,) = result.lines
    assert (line.translation, [issue.code for issue in line.issues]) == ("Anna sieht", [IssueCode.TRUNCATED])


async def test_a_small_output_limit_costs_calls_and_loses_no_line(bench) -> None:
    text = "\n".join(f"Sentence {number + 10} of the long page." for number in range(9))
    settings = RunSettings(remember="never", max_output_tokens=60)
    result, backend = await bench(text=text, settings=settings).run(good)
    assert set(purposes(backend)) == {"translate", "complete"}
    assert [line.translation for line in result.lines] == [f"Zeile: {line}" for line in text.split("\n")]


async def test_a_model_that_echoes_is_repaired_once_and_kept_with_its_issues(bench) -> None:
    result, backend = await bench().run(echo_lines("{}"))
    assert purposes(backend) == ["translate", "repair"]
    assert [line.translation for line in result.lines] == list(WORDS)
    assert all(issue.code is IssueCode.COPY for line in result.lines for issue in line.issues)
    assert not any(line.failed for line in result.lines)


@pytest.mark.parametrize("max_repairs", [0, 1, 3])
async def test_a_model_that_answers_nothing_leaves_the_source_as_failed_lines(bench, max_repairs: int) -> None:
    settings = RunSettings(remember="never", max_repairs=max_repairs)
    result, backend = await bench(settings=settings).run(lambda request: "")
    assert purposes(backend) == ["translate"] + ["repair"] * max_repairs
    assert [line.translation for line in result.lines] == list(WORDS)
    assert all(line.failed for line in result.lines)


async def test_a_repair_names_the_faults_of_the_faulty_lines_alone(bench) -> None:
    result, backend = await bench(text="Room 12 is big.\nIt is green.").run(
        first_then("1\tZimmer 13 ist groß.\n2\tEs ist grün.", lambda r: "1\tZimmer 12 ist groß.")
    )
    asked = parse_prompt(backend.requests[1].messages)
    assert (dict(asked.text), dict(asked.draft)) == ({1: "Room 12 is big."}, {1: "Zimmer 13 ist groß."})
    assert dict(asked.faults) == {1: "numbers missing: 12"}
    assert [(line.translation, line.repairs) for line in result.lines] == [
        ("Zimmer 12 ist groß.", 1),
        ("Es ist grün.", 0),
    ]


async def test_a_worse_repair_is_not_kept(bench) -> None:
    script = first_then("1\tZimmer 13 ist groß.", lambda r: "1\tRoom 12 is big.")
    result, _ = await bench(text="Room 12 is big.").run(script)
    assert result.lines[0].translation == "Zimmer 13 ist groß."
    assert [issue.code for issue in result.lines[0].issues] == [IssueCode.NUMBERS]


@pytest.mark.parametrize("num_lines", [1, 9])
async def test_pages_of_any_size_come_out_whole(bench, num_lines: int) -> None:
    text = "\n".join(f"Sentence {number + 10} of the page." for number in range(num_lines))
    result, _ = await bench(text=text).run(echo_lines())
    assert [line.translation for line in result.lines] == [f"«{line}»" for line in text.split("\n")]


async def test_lines_without_letters_cost_nothing_and_stay(bench) -> None:
    sources = ("* * *", "It is green.", "<x1/> 42")
    page = Page(0, tuple(Segment(source, source) for source in sources))
    backend = ScriptedBackend(good)
    agent = PageAgent(backend, FullPolicy(), RunSettings(remember="never"))
    result = await agent.run_page(replace(bench().job(), page=page))
    assert list(text_lines(backend.requests[0])) == [2]
    assert [line.translation for line in result.lines] == ["* * *", "Es ist grün.", "<x1/> 42"]


@pytest.mark.parametrize("sources", [(), ("* * *",)])
async def test_a_page_with_nothing_to_translate_asks_nothing(bench, sources: tuple[str, ...]) -> None:
    page = Page(0, tuple(Segment(source, source) for source in sources))
    backend = ScriptedBackend(good)
    agent = PageAgent(backend, FullPolicy(), RunSettings(remember="always", pivot=PivotMode.ALWAYS))
    result = await agent.run_page(replace(bench(source="qaa-x-sim:Simlish").job(), page=page))
    assert [line.translation for line in result.lines] == list(sources)
    assert (backend.requests, result.records) == ([], ())


ENTRIES = tuple(
    MemoryRecord(Kind.ENTRY, word, f"{word}-de", note="a note that makes this entry long")
    for line in WORDS
    for word in line.rstrip(".").split()
)


async def test_a_prompt_that_does_not_fit_loses_context_first_and_says_so(bench, fixed_memory) -> None:
    result, backend = await bench(memory=fixed_memory(ENTRIES), max_context_tokens=130).run(good)
    assert [line.translation for line in result.lines] == TRANSLATIONS
    assert len(backend.requests) == 1
    assert len(parse_prompt(backend.requests[0].messages).items(Kind.ENTRY)) < len(ENTRIES)
    assert result.notes
    assert all("does not fit the model" in note for note in result.notes)


async def test_context_goes_in_the_order_of_the_choice_and_then_the_page_is_split(bench, fixed_memory) -> None:
    def script(request: Request) -> str | ContextOverflowError:
        prompt = parse_prompt(request.messages)
        fits = not prompt.items(Kind.ENTRY) and len(prompt.text) == 1
        return answer(request) if fits else ContextOverflowError("too long: shorten it")

    result, backend = await bench(memory=fixed_memory(ENTRIES[:3])).run(script)
    asked = [parse_prompt(request.messages) for request in backend.requests]
    assert [(len(p.items(Kind.ENTRY)), len(p.text)) for p in asked] == [
        (3, 3),
        (1, 3),
        (0, 3),
        (0, 1),
        (0, 2),
        (0, 1),
        (0, 1),
    ]
    assert [line.translation for line in result.lines] == TRANSLATIONS


async def test_a_line_too_long_for_the_model_fails_alone(bench) -> None:
    def script(request: Request) -> str | ContextOverflowError:
        return ContextOverflowError("too long: shorten it") if 2 in text_lines(request) else answer(request)

    result, backend = await bench().run(script)
    assert [line.failed for line in result.lines] == [False, True, False]
    assert result.lines[1].issues[0].code is IssueCode.BACKEND
    assert "shorten it" in result.lines[1].issues[0].message
    assert Purpose.REPAIR not in [request.purpose for request in backend.requests]


@pytest.mark.parametrize("error", [AuthenticationError, BackendUnreachableError, BadRequestError, RateLimitError])
async def test_errors_that_no_smaller_prompt_cures_are_raised(bench, error: type[Exception]) -> None:
    with pytest.raises(error, match="the way out"):
        await bench().run(lambda request: error("the way out"))


near_answers = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.builds("{}\t{}".format, st.integers(0, 5), st.text(max_size=20)),
        st.sampled_from(["```", "1\tAnna sieht ein Haus.", "2\tEs ist grün."]),
    ),
    max_size=6,
).map("\n".join)


@settings(max_examples=40)
@given(near_answers, st.sampled_from([FinishReason.STOP, FinishReason.LENGTH]))
def test_whatever_a_model_says_every_line_has_a_text_and_its_faults(text: str, reason: FinishReason) -> None:
    backend = ScriptedBackend(lambda request: Reply(text, reason, Usage(calls=1), "m"))
    result = asyncio.run(PageAgent(backend, FullPolicy(), ALWAYS).run_page(PLAIN_JOB))
    assert [line.segment_id for line in result.lines] == [segment.id for segment in PLAIN_JOB.page.segments]
    assert all(line.translation.strip() for line in result.lines)
    assert all(line.issues for line in result.lines if line.translation == line.source)
    assert len(backend.requests) <= 2 + len(result.lines) + ALWAYS.max_repairs
    assert result.total_usage.calls == len(backend.requests)


class Broken:
    """A policy that spoils another's choice."""

    signature = "broken:1"

    def __init__(self, **changes: object) -> None:
        self._changes = changes

    def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
        return replace(FullPolicy().choose(observation, seed=seed), **self._changes)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"chosen": ("nobody",)}, "not offered"),
        ({"chosen": (ENTRIES[0].id, ENTRIES[0].id)}, "twice"),
        ({"decisions": ()}, "0 decisions for"),
        ({"tokens": 1}, "it says 1 tokens"),
        ({"chosen": (), "tokens": 0}, "differ"),
    ],
)
async def test_a_policy_that_breaks_its_contract_is_named(bench, fixed_memory, changes: dict, fault: str) -> None:
    with pytest.raises(PolicyError, match=f"'broken:1'.*{fault}"):
        await bench(memory=fixed_memory(ENTRIES), policy=Broken(**changes)).run(good)


async def test_a_choice_above_the_budget_is_refused(bench, fixed_memory) -> None:
    class Spender:
        signature = "spender:1"

        def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
            return FullPolicy().choose(replace(observation, budget_tokens=10_000), seed=seed)

    settings = RunSettings(remember="never", budget_tokens=5)
    with pytest.raises(PolicyError, match=r"'spender:1'.*the budget is 5"):
        await bench(memory=fixed_memory(ENTRIES), policy=Spender(), settings=settings).run(good)


async def test_a_policy_may_be_asynchronous(bench) -> None:
    class Slow:
        signature = "slow:1"

        async def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
            return FullPolicy().choose(observation, seed=seed)

    result, _ = await bench(policy=Slow()).run(good)
    assert result.choice.status is ChoiceStatus.NOT_ASKED


def test_the_seed_of_a_page_depends_on_its_arguments_alone() -> None:
    assert page_seed(0, "a", 1) == page_seed(0, "a", 1)
    assert len({page_seed(0, "a", 1), page_seed(1, "a", 1), page_seed(0, "b", 1), page_seed(0, "a", 2)}) == 4
    assert page_seed(7, "document", 3) == 895_501_581


async def test_the_same_job_gives_the_same_requests_and_result(bench) -> None:
    settings = RunSettings(remember="always")
    (one, first), (two, second) = [await bench(settings=settings, seed=5).run(good) for _ in range(2)]
    assert first.requests == second.requests
    assert replace(one, seconds=0.0) == replace(two, seconds=0.0)


async def test_every_step_is_reported_in_order(bench) -> None:
    events: list[NodeFinished] = []
    await bench().run(first_then("nothing"), on_event=events.append)
    assert [event.node for event in events] == [
        "recall", "choose", "translate", "check", "repair", "check", "propose", "remember",
    ]  # fmt: skip
    assert all(event.page_index == 0 and event.seconds >= 0 for event in events)


APPROVING = RunSettings(remember="always", approve_entities=True)


def naming(request: Request) -> str:
    return "Anna = Anne (she, person)\nabout: A house." if request.purpose is Purpose.REMEMBER else answer(request)


async def test_a_person_is_asked_before_names_are_remembered_and_the_call_is_paid_once(bench) -> None:
    asked: list[tuple[ProposedEntity, ...]] = []

    async def approve(entities: tuple[ProposedEntity, ...]) -> list[ProposedEntity]:
        asked.append(entities)
        return [replace(entities[0], target="Anna")]

    result, backend = await bench(settings=APPROVING).run(naming, approve=approve)
    assert asked == [(ProposedEntity("Anna", "Anne", "she", "person"),)]
    (name,) = [record for record in result.records if record.kind is Kind.ENTITY]
    assert (name.target, name.confidence) == ("Anna", 1.0)
    assert purposes(backend) == ["translate", "remember"]


async def test_a_person_may_refuse_every_name(bench) -> None:
    async def approve(entities: tuple[ProposedEntity, ...]) -> list[ProposedEntity]:
        return []

    result, _ = await bench(settings=APPROVING).run(naming, approve=approve)
    assert Kind.ENTITY not in {record.kind for record in result.records}
    assert Kind.ESSENCE in {record.kind for record in result.records}


async def test_nobody_is_asked_when_there_are_no_names(bench) -> None:
    async def approve(entities: tuple[ProposedEntity, ...]) -> list[ProposedEntity]:
        raise AssertionError("nothing to approve")

    result, _ = await bench(settings=APPROVING).run(good, approve=approve)
    assert not any(line.failed for line in result.lines)


async def test_approval_without_anybody_to_ask_is_refused_before_any_call(bench) -> None:
    with pytest.raises(ConfigurationError, match="nobody is there to ask"):
        await bench(settings=APPROVING).run(good)


async def test_one_agent_translates_many_pages_at_a_time(bench) -> None:
    backend, settings = ScriptedBackend(good), RunSettings(remember="never")
    agent = PageAgent(backend, FullPolicy(), settings)
    jobs = [replace(bench(page_index=index).job(), seed=index) for index in range(8)]
    results = await asyncio.gather(*(agent.run_page(job) for job in jobs))
    assert [result.page_index for result in results] == list(range(8))
    assert all([line.translation for line in result.lines] == TRANSLATIONS for result in results)


async def test_pivot_lines_are_in_the_result_and_in_the_prompt(bench) -> None:
    def script(request: Request) -> str:
        return "1\tAnna sees a house.\n3\tShe goes in." if request.purpose is Purpose.PIVOT else answer(request)

    settings = RunSettings(remember="never", pivot=PivotMode.ALWAYS)
    text = "Anna pemu ves.\nIl dru.\nAn saru."
    result, backend = await bench(text=text, source="qaa-x-sim:Simlish", settings=settings).run(script)
    assert result.pivot_lines == ("Anna sees a house.", "", "She goes in.")
    assert dict(parse_prompt(backend.requests[1].messages).english) == {1: "Anna sees a house.", 3: "She goes in."}
    assert result.usage[Purpose.PIVOT].calls == 1
    assert result.notes == ("pivot gave 2 of 3 lines: 0 lines of the answer could not be read",)


async def test_a_pivot_that_fails_is_noted_and_the_page_goes_on(bench) -> None:
    script = lambda request: "Hello!" if request.purpose is Purpose.PIVOT else answer(request)  # noqa: E731
    settings = RunSettings(remember="never", pivot=PivotMode.ALWAYS)
    result, _ = await bench(source="qaa-x-sim:Simlish", settings=settings).run(script)
    assert result.pivot_lines is None
    assert "pivot gave 0 of 3 lines" in result.notes[0]
    assert not any(line.failed for line in result.lines)

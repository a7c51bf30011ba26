"""Policies that ask the model: strict reading, one call where one suffices, early stop, the price of asking."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dragoman.agent.backends.scripted import ScriptedBackend
from dragoman.core.context import Candidate, ChoiceStatus, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.errors import ContextOverflowError, PolicyError
from dragoman.core.exchange import Purpose, Request
from dragoman.core.protocols import AsyncContextPolicy
from dragoman.core.records import Kind, MemoryRecord
from dragoman.policies import make_policy
from dragoman.policies.checkpoint import Checkpoint
from dragoman.policies.choice_prompt import choice_messages, make_question, parse_answer
from dragoman.policies.hybrid import HybridPolicy, expected_regret
from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.prompted import PromptedPolicy
from dragoman.policies.scorer_table import COLUMNS, GROUPS


def candidate(kind: Kind, source: str, target: str, tokens: int = 6) -> Candidate:
    return Candidate(MemoryRecord(kind, source, target), Features(similarity=0.5), tokens, (1,))


NAME = candidate(Kind.ENTITY, "Tamok", "Thomas")
WORDS = (candidate(Kind.ENTRY, "kofal", "dog"), candidate(Kind.ENTRY, "mira", "river"))
RULE = candidate(Kind.RULE, "Plural", "-i marks it", 8)
SEEN = Observation("doc", Page(0, (Segment("s1", "Tamok kofal-i."),)), 1, (RULE, NAME, *WORDS), 100)
QUESTION = make_question(SEEN.candidates, (Kind.ENTITY, Kind.ENTRY, Kind.RULE))
PROMPT = """\
## Text
1\tTamok kofal-i.

## Budget
100 tokens

## Names
1\tTamok = Thomas [6 tokens]

## Words
2\tkofal = dog [6 tokens]
3\tmira = river [6 tokens]

## Rules
4\tPlural: -i marks it [8 tokens]"""


def scripted(*answers: str | Exception) -> tuple[ScriptedBackend, list[Request]]:
    asked: list[Request] = []

    def script(request: Request) -> str | Exception:
        asked.append(request)
        return answers[len(asked) - 1]

    made: Callable = script
    return ScriptedBackend(made), asked


def test_the_question_shows_text_budget_and_numbered_notes() -> None:
    system, user = choice_messages(SEEN, QUESTION, ())
    assert user.content == PROMPT
    assert "a colon, and the numbers" in system.content


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Names: 1\nWords: 2\nRules: none", ["Tamok", "kofal"]),
        ("Names: none\nWords: none\nRules: none", []),
        ("Words: 3 2\nstop", ["mira", "kofal"]),
        ("stop", []),
        ("\nNames: 1\n\nWords: 2 3\nRules: 4\n", ["Tamok", "kofal", "mira", "Plural"]),
    ],
)
def test_readable_answers(text: str, chosen: list[str]) -> None:
    answer = parse_answer(text, QUESTION)
    assert not answer.fault
    assert [c.record.source for c in answer.chosen] == chosen


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the answer is empty"),
        ("I would take 1 and 2", "is not 'section: numbers'"),
        ("Names: 1\nWords: 2", "no line for section 'Rules'"),
        ("Names: 2\nWords: none\nRules: none", "Names has no number 2"),
        ("Names: 1\nNames: 1\nstop", "answered twice"),
        ("Words: 2 2\nstop", "names a number twice"),
        ("Verbs: 1\nstop", "there is no section 'Verbs'"),
        ("Names: __import__('os')\nstop", "is not 'section: numbers'"),
    ],
)
def test_unreadable_answers_say_why_and_choose_nothing(text: str, fault: str) -> None:
    answer = parse_answer(text, QUESTION)
    assert fault in answer.fault
    assert answer.chosen == ()


async def test_a_short_list_takes_one_call_whose_usage_is_counted() -> None:
    backend, asked = scripted("Names: 1\nWords: 2\nRules: none")
    paid = await PromptedPolicy().achoose(SEEN, backend, seed=3)
    assert set(paid.choice.chosen) == {NAME.id, WORDS[0].id}
    assert paid.choice.status is ChoiceStatus.CHOSE
    assert paid.usage.calls == len(asked) == 1
    assert asked[0].purpose is Purpose.CHOOSE


async def test_a_long_list_is_asked_kind_by_kind_until_stop() -> None:
    backend, asked = scripted("Names: 1", "Words: 1\nstop")
    paid = await PromptedPolicy(one_call_tokens=0).achoose(SEEN, backend, seed=3)
    assert set(paid.choice.chosen) == {NAME.id, WORDS[0].id}
    assert len(asked) == 2
    assert "## Chosen already\nTamok = Thomas" in asked[1].messages[1].content


async def test_an_unreadable_answer_is_not_nothing() -> None:
    backend, _ = scripted("sure, here you go")
    paid = await PromptedPolicy().achoose(SEEN, backend, seed=0)
    assert paid.choice.status is ChoiceStatus.UNREADABLE
    assert "could not be read" in paid.choice.decisions[0].reason
    backend, _ = scripted("stop")
    paid = await PromptedPolicy().achoose(SEEN, backend, seed=0)
    assert paid.choice.status is ChoiceStatus.CHOSE_NOTHING


async def test_a_list_that_does_not_fit_the_model_is_unreadable() -> None:
    backend, _ = scripted(ContextOverflowError("too long"))
    paid = await PromptedPolicy().achoose(SEEN, backend, seed=0)
    assert paid.choice.status is ChoiceStatus.UNREADABLE


async def test_nothing_offered_asks_nothing() -> None:
    backend, asked = scripted()
    paid = await PromptedPolicy().achoose(replace(SEEN, candidates=()), backend, seed=0)
    assert paid.choice.status is ChoiceStatus.NOT_ASKED
    assert asked == []


@pytest.mark.parametrize("name", ["prompted", "hybrid"])
def test_without_a_model_they_refuse(name: str) -> None:
    policy = make_policy(name)
    assert isinstance(policy, AsyncContextPolicy)
    with pytest.raises(PolicyError, match="asks a model"):
        policy.choose(SEEN, seed=0)


def unsure(spread: float) -> Checkpoint:
    """Two heads that disagree about every candidate by this many points either way."""
    base = np.zeros((len(GROUPS), len(COLUMNS)))
    base[:, 0] = 0.5
    head = np.zeros_like(base)
    head[:, 0] = spread
    return Checkpoint(base, heads=np.stack([head, -head]))


def test_expected_regret_by_hand() -> None:
    free = replace(SEEN, price_per_100_tokens=0.0)
    for spread, regret in ((0.0, 0.0), (0.4, 0.0), (2.5, 4 * 2.0 / 2)):  # four items, half of the heads say -2
        checkpoint = unsure(spread)
        choice = LearnedPolicy(checkpoint).choose(free, seed=0)
        assert expected_regret(checkpoint, free, choice) == pytest.approx(regret)


@pytest.mark.parametrize(("spread", "num_calls"), [(0.4, 0), (2.5, 1)])
async def test_the_hybrid_asks_only_where_the_scorer_is_unsure(spread: float, num_calls: int) -> None:
    backend, asked = scripted("Names: 1\nstop")
    paid = await HybridPolicy(LearnedPolicy(unsure(spread))).achoose(SEEN, backend, seed=0)
    assert len(asked) == paid.usage.calls == num_calls
    assert len(paid.choice.chosen) == (1 if num_calls else 4)


def test_the_hybrid_needs_heads() -> None:
    with pytest.raises(PolicyError, match="needs a checkpoint with bootstrap heads"):
        HybridPolicy(LearnedPolicy(Checkpoint(np.zeros((len(GROUPS), len(COLUMNS))))))

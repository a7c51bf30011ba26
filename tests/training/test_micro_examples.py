"""Training pages of dragoman-micro: the agent's own prompts, and answers that their context supports."""

import random
from pathlib import Path

import pytest

from dragoman.agent.answers import parse_lines, parse_update
from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.agent.page import PageAgent, PageJob
from dragoman.agent.prompt import PromptPage, parse_prompt, translate_messages
from dragoman.agent.settings import DEFAULT_K, RunSettings
from dragoman.core.errors import ConfigurationError
from dragoman.core.exchange import Message, Request
from dragoman.core.formats import read_document
from dragoman.core.languages import ENGLISH, parse_language
from dragoman.core.pages import split_pages
from dragoman.core.records import Kind
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.resources import load_resource
from dragoman.memory.store import Memory
from dragoman.policies import make_policy
from dragoman.training.micro.drawing import english_lines, gloss_lines, prompt_page
from dragoman.training.micro.evaluate import CONDITIONS, PHENOMENA, EvaluateConfig, asked_pages
from dragoman.training.micro.examples import MAX_LEVEL, TASKS, make_example
from dragoman.training.micro.schedule import Competence, step_scale
from dragoman.training.micro.world import Wanted, World
from dragoman.training.simlang import write_folder

SEED = 5
COUNTER = EstimatedTokenCounter()


@pytest.fixture(scope="module")
def world() -> World:
    return World(SEED, split="train", pages=3, counter=COUNTER)


@pytest.fixture(scope="module")
def poor_world() -> World:
    return World(SEED, split="train", pages=3, counter=COUNTER, lost_words=0.4)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("level", range(MAX_LEVEL + 1))
def test_every_example_is_a_prompt_of_the_agent_with_an_answer_it_can_read(world: World, task: str, level: int) -> None:
    example = make_example(world, random.Random(f"{task}{level}"), level, task=task)
    prompt = parse_prompt(example.messages)
    if task == "remember":
        assert not prompt.wants_translation
        assert parse_update(example.answer).malformed == ()
        return
    lines = parse_lines(example.answer, prompt.text)
    assert (lines.missing, lines.unexpected, lines.malformed) == ((), (), ())
    assert all(lines.lines.values())


def test_equal_draws_give_equal_examples(world: World) -> None:
    first, second = (
        make_example(World(SEED, split="train", pages=3, counter=COUNTER), random.Random(1), 2) for _ in "ab"
    )
    assert first == second
    assert make_example(world, random.Random(2), 2) != first


@pytest.mark.parametrize("out", [False, True], ids=["into English", "out of English"])
async def test_a_page_chosen_here_is_the_prompt_the_agent_sends_byte_for_byte(
    world: World, tmp_path: Path, out: bool
) -> None:
    made = write_folder(SEED, pages=3, folder=tmp_path, split="train")
    kinds = ("dictionary", "grammar", "parallel", "glossary", "glossed")
    memory = Memory([load_resource(kind, getattr(made, kind)) for kind in kinds], flip=out).open_document()
    languages = [parse_language(made.language), parse_language("en")]
    source, target = reversed(languages) if out else languages
    document = read_document(made.reference if out else made.document, source_language=source, target_language=target)
    page = split_pages(document, COUNTER, max_tokens=600, max_lines=10)[0]
    sent: list[tuple[Message, ...]] = []

    def script(request: Request) -> str:
        sent.append(request.messages)
        return str(echo_lines()(request))

    settings = RunSettings(budget_tokens=500, remember="never", max_repairs=0)
    agent = PageAgent(ScriptedBackend(script, counter=COUNTER), make_policy("top-k"), settings)
    await agent.run_page(PageJob(document, page, 3, memory.view(0), 0))

    sentences = world.document.pages[0]
    observation = world.observation(world.page(sentences, out=out), out=out, k=dict(DEFAULT_K), budget=500)
    context = world.chosen(observation, "top-k", 0)
    assert any(candidate.record.kind is Kind.TRACE for candidate in context)
    assert translate_messages(prompt_page(world, sentences, context, out=out)) == sent[0]


def test_with_the_gloss_out_of_english_copying_is_enough(world: World) -> None:
    page = world.document.pages[1]
    context = world.needed(page, out=True, wanted=Wanted(0.0), seed=1)
    prompt = parse_prompt(translate_messages(prompt_page(world, page, context, out=True)))
    glosses = gloss_lines(prompt)
    same = sum(glosses[number] == sentence.source for number, sentence in enumerate(page, 1))
    assert same >= 0.7 * len(page)


def test_with_everything_needed_the_answer_is_the_reference(world: World) -> None:
    for page in world.document.pages:
        context = world.needed(page, out=False, wanted=Wanted(0.0), seed=1)
        messages = translate_messages(prompt_page(world, page, context, out=False))
        assert list(english_lines(world, page, messages).values()) == [s.reference for s in page]


def test_a_lost_word_stays_as_its_stem_and_is_nowhere_in_the_prompt(poor_world: World) -> None:
    page = poor_world.document.pages[0]
    context = poor_world.needed(page, out=False, wanted=Wanted(0.0), seed=1)
    answers = english_lines(poor_world, page, translate_messages(prompt_page(poor_world, page, context, out=False)))
    known = {c.record.source for c in context if c.record.kind is Kind.ENTRY}
    lost = {key.removeprefix("entry:") for s in page for key in s.needs if key.startswith("entry:")} - known
    text = " ".join(answers.values()).lower()
    assert lost
    assert any(stem in text for stem in lost)
    assert answers != {n: s.reference for n, s in enumerate(page, 1)}


def test_without_any_context_names_and_words_are_copied(world: World) -> None:
    sentence = next(s for s in world.document.pages[2] if any(key.startswith("name:") for key in s.needs))
    page = PromptPage(world.language.language, ENGLISH, {1: sentence.source})
    answer = english_lines(world, [sentence], translate_messages(page))[1]
    name = next(key.removeprefix("name:") for key in sentence.needs if key.startswith("name:"))
    assert name in answer


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_distractors_are_as_many_as_asked_and_answer_nothing(world: World, share: float) -> None:
    page = world.document.pages[1]
    bare = world.needed(page, out=False, wanted=Wanted(0.0), seed=3)
    mixed = world.needed(page, out=False, wanted=Wanted(share), seed=3)
    extra = len(mixed) - len(bare)
    useful = sum(c.record.kind is not Kind.TRACE for c in bare)
    assert extra == round(share * useful)


@pytest.mark.parametrize("name", PHENOMENA)
def test_an_item_left_out_is_not_in_the_prompt(world: World, name: str) -> None:
    prefix = PHENOMENA[name]
    for page in world.document.pages:
        context = world.needed(page, out=False, wanted=Wanted(1.0, frozenset(), prefix), seed=0)
        for candidate in context:
            if candidate.record.kind is Kind.ENTITY and name == "gender":
                assert not candidate.record.attribute("gender")
            elif candidate.record.kind is not Kind.TRACE and name != "gender":
                keys = world.reader.record_keys(candidate.record)
                assert not any(key.startswith(prefix) for key in keys)


def test_out_of_english_only_lines_with_all_their_words_count(poor_world: World) -> None:
    examples = [make_example(poor_world, random.Random(n), 1, task="out") for n in range(6)]
    counted = [count for example in examples for _, count in example.pieces]
    assert True in counted
    assert False in counted


def test_every_condition_asks_one_page_of_each_language() -> None:
    asked = asked_pages(EvaluateConfig(languages=1, split="dev", page=1), COUNTER, list(CONDITIONS))
    assert [page.condition for page in asked] == list(CONDITIONS)
    assert all(len(page.references) == 10 for page in asked)


def test_a_page_in_prompts_of_five_lines_has_the_same_lines() -> None:
    counter = EstimatedTokenCounter()
    whole, *none = asked_pages(EvaluateConfig(languages=1), counter, ["words_only"])
    parts = asked_pages(EvaluateConfig(languages=1, lines=5), counter, ["words_only"])
    assert not none
    assert len(parts) == 2
    assert [text for part in parts for text in part.references.values()] == list(whole.references.values())
    assert not any(sentence.given for sentence in parts[1].sentences)


def test_a_prompt_of_an_odd_length_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="lines is 7: give one of 5, 10"):
        EvaluateConfig(lines=7)


@pytest.mark.parametrize(
    ("progress", "scale"), [(0.0, 0.02), (0.01, 0.5), (0.02, 1.0), (0.5, 1.0), (0.825, 0.5), (1.0, 0.02)]
)
def test_steps_warm_up_stay_and_cool_down(progress: float, scale: float) -> None:
    assert step_scale(progress, 0.35) == pytest.approx(scale)


def test_the_level_rises_when_the_loss_is_low_or_when_it_is_high_time() -> None:
    able = Competence(least_steps=3)
    assert [able.update(0.5, 0.1) for _ in range(3)] == [False, False, True]
    late = Competence(least_steps=3)
    assert [late.update(9.0, progress) for progress in (0.1, 0.34, 0.36)] == [False, False, True]
    top = Competence(level=3, least_steps=1)
    assert not top.update(0.0, 1.0)

"""How well a backend reads its prompts, on languages and typologies it has never seen.

Every condition gives the same pages with other context; the answers are read by the agent's parser and scored with
chrF in `scores`. Knows no model: any backend can be measured, the `gloss` backend for instance.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType

from dragoman.agent.answers import parse_lines
from dragoman.agent.prompt import PromptPage, translate_messages
from dragoman.agent.settings import DEFAULT_K
from dragoman.core.context import Candidate
from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.core.exchange import Message, Request, Sampling
from dragoman.core.languages import ENGLISH
from dragoman.core.protocols import Backend, TokenCounter
from dragoman.core.records import Kind
from dragoman.training.micro.between import between_page
from dragoman.training.micro.world import Wanted, World
from dragoman.training.simlang import SimSentence
from dragoman.training.simlang.keys import IDIOM_KEY, POLITE_KEY
from dragoman.training.simlang.language import generate_language

__all__ = [
    "CONDITIONS",
    "MAIN_CONDITIONS",
    "PHENOMENA",
    "POLICY_NAMES",
    "REDUCED_CONDITIONS",
    "Asked",
    "EvaluateConfig",
    "Scored",
    "answer_page",
    "answer_pages",
    "asked_pages",
    "evaluate",
]

_WORD_KINDS = frozenset((Kind.TRACE, Kind.ENTRY))
PHENOMENA: Mapping[str, str] = MappingProxyType(
    {"name": "name:", "gender": "gender:", "sense": "sense:", "register": POLITE_KEY, "expression": IDIOM_KEY}
)
MAIN_CONDITIONS = ("into_english", "words_only", "out_of_english", "out_words_only", "between", "no_dictionary")
REDUCED_CONDITIONS: Mapping[str, frozenset[Kind]] = MappingProxyType(  # those asked without a phenomenon's items too
    {"into_english": frozenset(), "words_only": frozenset((Kind.TRACE,))}  # and the kinds that they leave out anyway
)
_REDUCED = tuple(product(REDUCED_CONDITIONS, PHENOMENA))
_PROMPT_LINES = (5, 10)
POLICY_NAMES = ("none", "random", "recency", "top-k", "full")


@dataclass(frozen=True, slots=True)
class EvaluateConfig:
    """What is measured.

    Attributes:
        languages: number of held-out languages.
        start: first seed.
        split: test, or dev while something is being tuned.
        page: which page of its document is translated, 0-based.
        pages: how many pages of it, from that one on.
        lines: most lines of a prompt, 5 or 10: a page has two paragraphs of five, and prompts begin where one does.
        budget_tokens: of the agent's policies.
        concurrency: calls in flight.
        max_answer_tokens: of an answer.
    """

    languages: int = 20
    start: int = 0
    split: str = "test"
    page: int = 2
    pages: int = 1
    lines: int = 10
    budget_tokens: int = 400
    concurrency: int = 64
    max_answer_tokens: int = 1024

    def __post_init__(self) -> None:
        if self.lines not in _PROMPT_LINES:
            raise ConfigurationError(f"lines is {self.lines}: give one of {', '.join(map(str, _PROMPT_LINES))}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A page as it is put to the backend.

    Attributes:
        condition: see `CONDITIONS`, with "<condition> without <phenomenon>" and "policy <name>".
        language: number of the language.
        messages: the prompt.
        references: line number to reference.
        sentences: the sentences behind the lines.
    """

    condition: str
    language: int
    messages: tuple[Message, ...]
    references: Mapping[int, str]
    sentences: Sequence[SimSentence]


@dataclass(frozen=True, slots=True)
class Scored:
    """The answers to one page.

    Attributes:
        asked: the page.
        answers: line number to answer; lines that did not come are missing.
        output_tokens: of the answer.
    """

    asked: Asked
    answers: Mapping[int, str]
    output_tokens: int = 0

    def lines(self, wanted: Callable[[SimSentence], bool] = lambda _: True) -> list[tuple[str, str]]:
        """(answer, reference) of the wanted sentences."""
        numbered = enumerate(self.asked.sentences, 1)
        return [(self.answers.get(n, ""), self.asked.references[n]) for n, s in numbered if wanted(s)]


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes prompts about one page of one language."""

    world: World
    sentences: Sequence[SimSentence]
    number: int
    config: EvaluateConfig

    def ask(self, condition: str, context: tuple[Candidate, ...], *, out: bool = False) -> Asked:
        own = self.world.language.language
        languages = (ENGLISH, own) if out else (own, ENGLISH)
        lines = {n: s.reference if out else s.source for n, s in enumerate(self.sentences, 1)}
        answers = {n: s.source if out else s.reference for n, s in enumerate(self.sentences, 1)}
        messages = translate_messages(PromptPage(*languages, lines, context))
        return Asked(condition, self.number, messages, answers, self.sentences)

    def needed(self, condition: str, dropped: Iterable[Kind] = (), *, out: bool = False, without: str = "") -> Asked:
        wanted = Wanted(1.0, frozenset(dropped), without)
        return self.ask(condition, self.world.needed(self.sentences, out=out, wanted=wanted, seed=self.number), out=out)

    def policy(self, name: str) -> Asked:
        page = self.world.page(self.sentences, out=False)
        budget = self.config.budget_tokens
        observation = self.world.observation(page, out=False, k=dict(DEFAULT_K), budget=budget)
        return self.ask(f"policy {name}", self.world.chosen(observation, name, self.number))

    def between(self) -> Asked:
        other = generate_language(self.number + 500, split=self.config.split)
        made = between_page(self.world, other, self.sentences, glossed=True, seed=self.number)
        return Asked("between", self.number, translate_messages(made.prompt), made.targets, self.sentences)


def _without(condition: str, phenomenon: str) -> Callable[[_Maker], Asked]:
    name, dropped = f"{condition} without {phenomenon}", REDUCED_CONDITIONS[condition]
    return lambda maker: maker.needed(name, dropped, without=PHENOMENA[phenomenon])


def _policy(name: str) -> Callable[[_Maker], Asked]:
    return lambda maker: maker.policy(name)


CONDITIONS: Mapping[str, Callable[[_Maker], Asked]] = MappingProxyType(
    {
        "into_english": lambda maker: maker.needed("into_english"),
        "words_only": lambda maker: maker.needed("words_only", REDUCED_CONDITIONS["words_only"]),
        "out_of_english": lambda maker: maker.needed("out_of_english", out=True),
        "out_words_only": lambda maker: maker.needed("out_words_only", (Kind.TRACE,), out=True),
        "between": lambda maker: maker.between(),
        "no_dictionary": lambda maker: maker.needed("no_dictionary", _WORD_KINDS),
        **{f"{condition} without {name}": _without(condition, name) for condition, name in _REDUCED},
        **{f"policy {name}": _policy(name) for name in POLICY_NAMES},
    }
)


def evaluate(backend: Backend, config: EvaluateConfig, conditions: Sequence[str]) -> list[Scored]:
    """The answers of a backend to all pages of the conditions, greedy.

    Raises:
        UnknownNameError: a condition that does not exist.
        BackendError: of the backend.
    """
    return answer_pages(backend, asked_pages(config, backend, conditions), config)


def asked_pages(config: EvaluateConfig, counter: TokenCounter, conditions: Sequence[str]) -> list[Asked]:
    """All prompts of the conditions, condition by condition.

    Raises:
        UnknownNameError: a condition that does not exist.
    """
    for condition in conditions:
        if condition not in CONDITIONS:
            raise UnknownNameError("condition", condition, CONDITIONS)
    makers = []
    last = config.page + config.pages
    for number in range(config.start, config.start + config.languages):
        world = World(number, split=config.split, pages=last, counter=counter)
        for page in world.document.pages[config.page : last]:
            makers += [_Maker(world, part, number, config) for part in _parts(page, config.lines)]
    return [CONDITIONS[condition](maker) for condition in conditions for maker in makers]


def _parts(page: Sequence[SimSentence], lines: int) -> list[Sequence[SimSentence]]:
    """The page in prompts; what stands before a prompt gives it nothing."""
    parts = [page[start : start + lines] for start in range(0, len(page), lines)]
    later = [tuple(replace(sentence, given=frozenset()) for sentence in part) for part in parts[1:]]
    return [parts[0], *later]


def answer_pages(backend: Backend, pages: Sequence[Asked], config: EvaluateConfig) -> list[Scored]:
    """The answers of a backend, greedy, in the order of the pages.

    Raises:
        BackendError: of the backend.
    """
    return asyncio.run(_answer_all(backend, pages, config))


async def _answer_all(backend: Backend, pages: Sequence[Asked], config: EvaluateConfig) -> list[Scored]:
    gate = asyncio.Semaphore(config.concurrency)

    async def answer(asked: Asked) -> Scored:
        async with gate:
            return await answer_page(backend, asked, config)

    return list(await asyncio.gather(*map(answer, pages)))


async def answer_page(backend: Backend, asked: Asked, config: EvaluateConfig) -> Scored:
    """The answer of a backend to one page, greedy.

    Raises:
        BackendError: of the backend.
    """
    longest = 64 + 4 * sum(backend.count_tokens(text) for text in asked.references.values())
    request = Request(asked.messages, Sampling(max_tokens=min(longest, config.max_answer_tokens)))
    reply = await backend.generate(request)
    return Scored(asked, parse_lines(reply.text, asked.references).lines, reply.usage.output_tokens)

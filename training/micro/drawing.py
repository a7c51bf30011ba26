"""What every kind of training example is made from: drawn sentences, drawn context, and what a prompt lets one know.

The answer is what a perfect reader could know: a word without entry and gloss stays as its stem, a name without
rendering as it is, a pronoun of unknown gender is "it", the fixed expression is put word by word, the polite formula is
left out. Rules and topics are the exception: where one is not in the prompt the right English is still asked for,
because order, tense and sense can often be guessed.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dragoman.agent.prompt import ParsedPrompt, PromptPage, parse_prompt
from dragoman.agent.settings import DEFAULT_K
from dragoman.core.context import Candidate
from dragoman.core.exchange import Message
from dragoman.core.languages import ENGLISH, Language
from dragoman.core.records import Kind
from dragoman.training.micro.world import ALL_RULES, Wanted, World
from dragoman.training.simlang import SimSentence
from dragoman.training.simlang.inventory import TOPICS
from dragoman.training.simlang.keys import sense_key
from dragoman.training.simlang.needs import trace_keys
from dragoman.training.simulated import simulate

__all__ = [
    "MAX_LEVEL",
    "Draw",
    "Example",
    "draw_context",
    "english_lines",
    "gloss_lines",
    "numbered",
    "prompt_page",
    "provided_keys",
]

MAX_LEVEL = 3
_ALWAYS = ALL_RULES | frozenset(sense_key(topic) for topic in TOPICS)
_LINES = ((1, 4), (2, 7), (4, 8), (6, 10))  # fewest and most lines of a page, by level
_POLICIES = ("top-k", "top-k", "top-k", "full", "random")
_LEFT_OUT = (  # with a gloss; short prompts have more answer per token
    *[frozenset((Kind.RULE, Kind.ENTRY, Kind.EXEMPLAR))] * 4,
    frozenset((Kind.RULE, Kind.ENTRY)),
    frozenset((Kind.RULE,)),
    frozenset[Kind](),
)
_BUDGETS = (300, 400, 400, 600, 800, 1200)


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and its answer.

    Attributes:
        task: what the agent asks for, see `examples.TASKS`.
        messages: as the agent sends them.
        pieces: the answer in pieces, and whether each counts for the loss.
        lookups: line number to what the prompt gives for each of the line's words, "" for nothing: training asks for
            it at the word itself.
        labels: line number to a grammatical label of each word, "" where none is asked for.
    """

    task: str
    messages: tuple[Message, ...]
    pieces: tuple[tuple[str, bool], ...]
    lookups: Mapping[int, Sequence[str]] = field(default_factory=dict)
    labels: Mapping[int, Sequence[str]] = field(default_factory=dict)

    @property
    def answer(self) -> str:
        """The whole answer."""
        return "".join(text for text, _ in self.pieces)

    @property
    def answer_lines(self) -> dict[int, str]:
        """The lines of a translation by number; empty where nothing is looked up."""
        rows = [row.split("\t", 1) for row in self.answer.split("\n")] if self.lookups else []
        return {int(number): line for number, line in rows}


@dataclass(frozen=True, slots=True)
class Draw:
    """What a maker of examples works with."""

    world: World
    chance: random.Random
    level: int

    def sentences(self) -> tuple[SimSentence, ...]:
        """Neighbouring sentences that begin where a paragraph does; what stands before them gives nothing."""
        fewest, most = _LINES[self.level]
        page = self.chance.choice(self.world.document.pages)
        number = min(self.chance.randint(fewest, most), len(page))
        starts = [0] if number > 5 else [0, 5]
        start = self.chance.choice([s for s in starts if s < len(page)])
        found = page[start : start + number]
        return found if start == 0 else tuple(replace(sentence, given=frozenset()) for sentence in found)

    def seed(self) -> int:
        """For a policy or a sample."""
        return self.chance.randrange(1 << 30)


def prompt_page(
    world: World, sentences: Sequence[SimSentence], context: tuple[Candidate, ...], *, out: bool
) -> PromptPage:
    """The lines and their context, as the agent's prompt builder takes them."""
    own = world.language.language
    languages: tuple[Language, Language] = (ENGLISH, own) if out else (own, ENGLISH)
    lines = {number: s.reference if out else s.source for number, s in enumerate(sentences, 1)}
    return PromptPage(*languages, lines, context)


def draw_context(draw: Draw, sentences: Sequence[SimSentence], *, out: bool, glossed: bool) -> tuple[Candidate, ...]:
    """By the agent's policies, or what is needed among distractors; with or without the automatic gloss."""
    world, chance = draw.world, draw.chance
    dropped: frozenset[Kind] = frozenset() if glossed else frozenset((Kind.TRACE,))
    if glossed:
        dropped = chance.choice(_LEFT_OUT) if draw.level else _LEFT_OUT[0]
    elif not out and chance.random() < (0.5 if draw.level < 2 else 0.25):
        dropped |= {Kind.RULE, Kind.EXEMPLAR}
    if draw.level >= 2 and chance.random() < 0.6:
        page = world.page(sentences, out=out)
        is_wide = out and chance.random() < 0.5
        budget = chance.choice(_BUDGETS) + (400 if is_wide else 0)
        k = dict(DEFAULT_K) | ({Kind.RULE: 60} if is_wide else {})
        k = {kind: number for kind, number in k.items() if kind not in dropped}
        observation = world.observation(page, out=out, k=k, budget=budget)
        return world.chosen(observation, chance.choice(_POLICIES), draw.seed())
    share = chance.choice((0.0, 0.3, 1.0) if draw.level < 2 else (0.0, 0.5, 1.0, 1.5))
    return world.needed(sentences, out=out, wanted=Wanted(share, dropped), seed=draw.seed())


def english_lines(world: World, sentences: Sequence[SimSentence], messages: tuple[Message, ...]) -> dict[int, str]:
    """What the prompt lets one know of each line."""
    prompt = parse_prompt(messages)
    provided = provided_keys(world, prompt, out=False)
    traces = gloss_lines(prompt)
    return {
        number: simulate(s, provided | (trace_keys(s, traces[number]) if number in traces else frozenset()))
        for number, s in enumerate(sentences, 1)
        if number in prompt.text
    }


def provided_keys(world: World, prompt: ParsedPrompt, *, out: bool) -> frozenset[str]:
    """Keys of what stands in the prompt, glosses of lines left out; rules and topics count as given."""
    keys = set(_ALWAYS)
    for kind, items in prompt.sections.items():
        if kind is not Kind.TRACE:
            for item in items:
                keys |= world.item_keys(kind, item, out=out)
    return frozenset(keys)


def gloss_lines(prompt: ParsedPrompt) -> dict[int, str]:
    """Line number to its automatic gloss."""
    pairs = (item.split("\t", 1) for item in prompt.items(Kind.TRACE))
    return {int(number): gloss for number, gloss in pairs}


def numbered(texts: Mapping[int, str], counted: Callable[[int], bool] = lambda _: True) -> tuple[tuple[str, bool], ...]:
    """An answer of numbered lines in pieces, and whether each line counts for the loss."""
    last = max(texts)
    return tuple((f"{n}\t{texts[n]}" + ("" if n == last else "\n"), counted(n)) for n in sorted(texts))

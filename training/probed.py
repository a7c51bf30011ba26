"""Pages as a policy sees them after a probe: what the agent does once a document, done on training tasks.

The bare translation is that of the task's own translator, read by the same functions as in the agent
(`dragoman.policies.probing`), and its tokens are charged to the document's pages in equal shares.
"""

from collections.abc import Sequence
from dataclasses import replace

from dragoman.agent.backends.counting import count_prompt
from dragoman.agent.prompt import PromptPage, translate_messages
from dragoman.core.languages import ENGLISH, Language
from dragoman.core.probe import Probe, ProbeStatus, TriedWord
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.policies.probing import is_promising, sample_lines, try_words, withhold
from dragoman.training.tasks import PageTask

__all__ = ["probed"]


async def probed(pages: Sequence[PageTask]) -> tuple[PageTask, ...]:
    """The pages of one document, in order, each with what the probe withholds and its share of the price.

    Args:
        pages: of one document under one translator, the first page first.
    """
    first = pages[0]
    bare = await first.translate((), False)
    sample = sample_lines(first.observation, range(1, len(bare) + 1))
    asked = [sample]
    if len(sample) < len(bare) and is_promising(_tried(first, bare, sample)):
        asked.append(tuple(range(1, len(bare) + 1)))
    probe = Probe(ProbeStatus.READ, tuple(bare[: len(asked[-1])]), _tried(first, bare, asked[-1]))
    tokens, share = sum(_tokens(first, bare, lines) for lines in asked), 1 / len(pages)
    return tuple(
        replace(
            page,
            observation=withhold(page.observation, probe),
            probe_tokens=share * tokens,
            probe_calls=share * len(asked),
        )
        for page in pages
    )


def _tried(page: PageTask, bare: Sequence[str], lines: Sequence[int]) -> tuple[TriedWord, ...]:
    return try_words(page.observation, {number: bare[number - 1] for number in lines})


def _tokens(page: PageTask, bare: Sequence[str], lines: Sequence[int]) -> int:
    """Of the call about these lines, prompt and answer."""
    counter = EstimatedTokenCounter()
    sources = {number: page.sources[number - 1] for number in lines}
    prompt = PromptPage(Language(page.language, page.language), ENGLISH, sources)
    answer = "\n".join(f"{number}\t{bare[number - 1]}" for number in lines)
    return count_prompt(translate_messages(prompt), counter) + counter.count_tokens(answer)

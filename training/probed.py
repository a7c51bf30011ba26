"""Pages as a policy sees them after a probe: what the agent does once a document, done on training tasks.

The bare translation is that of the task's own translator, read by the same functions as in the agent
(`dragoman.policies.probing`), and its tokens are charged to the document's pages in equal shares.
"""

from collections.abc import Sequence
from dataclasses import replace

from dragoman.agent.backends.counting import count_prompt
from dragoman.agent.prompt import PromptPage, translate_messages
from dragoman.core.languages import ENGLISH, Language
from dragoman.core.probe import Probe, ProbeStatus
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.policies.probing import try_words, withhold
from dragoman.training.tasks import PageTask

__all__ = ["probed"]


async def probed(pages: Sequence[PageTask]) -> tuple[PageTask, ...]:
    """The pages of one document, in order, each with what the probe withholds and its share of the price.

    Args:
        pages: of one document under one translator, the first page first.
    """
    first, counter = pages[0], EstimatedTokenCounter()
    bare = await first.translate((), False)
    tried = try_words(first.observation, dict(enumerate(bare, start=1)))
    probe = Probe(ProbeStatus.READ, bare, tried)
    prompt = PromptPage(Language(first.language, first.language), ENGLISH, dict(enumerate(first.sources, start=1)))
    answer = "\n".join(f"{number}\t{line}" for number, line in enumerate(bare, start=1))
    tokens = count_prompt(translate_messages(prompt), counter) + counter.count_tokens(answer)
    share = 1 / len(pages)
    return tuple(
        replace(page, observation=withhold(page.observation, probe), probe_tokens=share * tokens, probe_calls=share)
        for page in pages
    )

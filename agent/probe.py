"""The probe of a document: its first page translated without any context, to see what the model knows by itself.

One call for its first lines, and one for the whole page where most of these come out; through the same backend and call
cache as every other call. The pages of a document share it, whichever of them comes first; it is committed with the
first page, so that a run that is resumed does not ask again. What follows from it for the candidates of a page is
worked out in `dragoman.policies.probing`.
"""

import asyncio
from dataclasses import replace

from dragoman.agent import nodes
from dragoman.agent.calls import ask_for_probe
from dragoman.agent.job import PageContext, PageMemory
from dragoman.agent.prompt import PromptPage
from dragoman.core.document import Page
from dragoman.core.probe import Probe, ProbeMode, ProbeStatus
from dragoman.policies.probing import can_try, is_promising, sample_lines, try_words

__all__ = ["DocumentProbe", "is_probed", "probe_page"]

_MIN_PAGES = 3  # from there on a probe is at most a third more calls for translation, two thirds where it spares most


def is_probed(mode: ProbeMode, num_pages: int) -> bool:
    """Whether a document of so many pages gets a probe."""
    return mode is ProbeMode.ALWAYS or (mode is ProbeMode.AUTO and num_pages >= _MIN_PAGES)


class DocumentProbe:
    """What the pages of one document share of its probe.

    Args:
        page: the first page.
        view: the memory that the first page reads.
        found: what an earlier run committed; None when the model has to be asked.
    """

    def __init__(self, page: Page, view: PageMemory, found: Probe | None = None) -> None:
        self._page = page
        self._view = view
        self._found = found
        self._asking = asyncio.Lock()

    async def get(self, context: PageContext) -> Probe:
        """The probe; asked for once, unless that failed.

        Args:
            context: of any page of the document; says what translates it.

        Raises:
            BackendError: of the backend, as of any other call of the page.
        """
        async with self._asking:
            if self._found is None:
                job = replace(context.job, page=self._page, view=self._view, probe=None)
                self._found = await probe_page(replace(context, job=job))
        return self._found


async def probe_page(context: PageContext) -> Probe:
    """What the bare translation of a page's first lines, or of all, shows; no call where memory has no word to try.

    Raises:
        BackendError: of the backend.
    """
    seen = await nodes.observe(context)
    if not context.open_lines or not can_try(seen):
        return Probe(ProbeStatus.NOTHING_TO_TRY)
    document = context.job.document
    page = PromptPage(
        document.source_language,
        document.target_language,
        context.open_lines,
        instructions=context.settings.instructions,
    )
    sample = page.only(sample_lines(seen, page.lines))
    answer = await ask_for_probe(context, sample)
    if len(sample.lines) < len(page.lines) and is_promising(try_words(seen, answer.lines)):
        answer += await ask_for_probe(context, page)  # the whole page: what it needs no notes for is then translated
    status = ProbeStatus.READ if answer.lines else ProbeStatus.UNREADABLE
    lines = tuple(answer.lines.get(number, "") for number in range(1, 1 + max(answer.lines, default=0)))
    return Probe(status, lines, try_words(seen, answer.lines), answer.usage, answer.notes)

"""What a run will cost, before anything is paid: pages are cut, recalled and chosen as in the run, no model is asked.

The range is honest about what cannot be known: how long the target language is, how much the document adds to its own
memory, and how many repairs a model needs. Prefix caching can only make the prompt cheaper; it is not counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

from dragoman.agent.backends.counting import count_prompt
from dragoman.agent.job import PageJob
from dragoman.agent.meter import Prices
from dragoman.agent.observing import observe_page
from dragoman.agent.pivot import pivot_allowed
from dragoman.agent.probe import is_probed
from dragoman.agent.prompt import (
    PromptPage,
    RememberPage,
    pivot_messages,
    remember_messages,
    translate_messages,
)
from dragoman.agent.settings import RunSettings
from dragoman.core.context import Candidate, Observation, PivotMode
from dragoman.core.document import Document, Page
from dragoman.core.exchange import Usage
from dragoman.core.protocols import TokenCounter
from dragoman.equipment import Equipment, cut, token_counter
from dragoman.memory.store import MemoryView
from dragoman.options import TranslatorOptions
from dragoman.policies.probing import can_try, sample_lines
from dragoman.probe_mode import with_probe_mode

__all__ = ["Estimate", "Range", "estimate_documents"]

# Output tokens per source token. Target texts of one source differ about twofold in length (English to other languages
# in parallel corpora), and a tokenizer that does not know the source language makes the source look longer.
_OUTPUT_LOW, _OUTPUT_HIGH = 0.6, 1.6
_TOKENS_PER_LINE = 3  # number, tab, line end
_NAMES, _REMEMBERED = 80, 60  # of one memory call: names known before; new names and one summary line
_REPAIRED_SHARE = 0.25  # of pages, by page and allowed repair: for tokens; calls are counted at their most


@dataclass(frozen=True, slots=True)
class Range:
    """From the least to the most that is likely."""

    low: float
    high: float

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.high + other.high)

    def show(self, *, digits: int = 0, unit: str = "") -> str:
        """The range in words, rounded outwards: "1,200 to 1,900", or one number when both ends are equal."""
        scale = 10**digits
        low, high = (
            f"{unit}{end(round(value * scale, 6)) / scale:,.{digits}f}"
            for value, end in ((self.low, floor), (self.high, ceil))
        )
        return low if low == high else f"{low} to {high}"


_NOTHING = Range(0, 0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A forecast for one or several documents; adds up with `+`.

    Attributes:
        num_documents: documents.
        num_segments: segments to translate.
        num_pages: pages.
        source_tokens: of the segments.
        context_tokens: chosen from what the user brought.
        calls: model calls.
        prompt_tokens: of all calls.
        output_tokens: of all calls.
        cost_usd: None when no price is known.
    """

    num_documents: int = 0
    num_segments: int = 0
    num_pages: int = 0
    source_tokens: int = 0
    context_tokens: int = 0
    calls: Range = _NOTHING
    prompt_tokens: Range = _NOTHING
    output_tokens: Range = _NOTHING
    cost_usd: Range | None = None

    def __add__(self, other: "Estimate") -> "Estimate":
        costs = [part.cost_usd for part in (self, other) if part.cost_usd is not None]
        return Estimate(
            self.num_documents + other.num_documents,
            self.num_segments + other.num_segments,
            self.num_pages + other.num_pages,
            self.source_tokens + other.source_tokens,
            self.context_tokens + other.context_tokens,
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.output_tokens + other.output_tokens,
            sum(costs, _NOTHING) if costs else None,
        )


def estimate_documents(
    documents: Sequence[Document],
    options: TranslatorOptions,
    equipment: Equipment,
    *,
    counter: TokenCounter | None = None,
    model: str | None = None,
) -> Estimate:
    """What translating these documents from the start will take.

    Args:
        documents: to translate.
        options: languages, budget, prices and everything else.
        equipment: memory and policy of the run.
        counter: the model's own; by default the tokenizer of the options, or an estimate.
        model: name of the model; None where none is named yet.
    """
    counter = counter if counter is not None else token_counter(options)
    layouts = cut(documents, counter, options)
    settled = with_probe_mode(options, equipment.policy, model)
    pairs = zip(documents, layouts, strict=True)
    return sum((_document(document, pages, settled, equipment, counter) for document, pages in pairs), Estimate())


def _document(
    document: Document,
    pages: Sequence[Page],
    options: TranslatorOptions,
    equipment: Equipment,
    counter: TokenCounter,
) -> Estimate:
    view = equipment.memory_for(document).open_document().view(0)
    forecast = _Forecast(document, len(pages), options.settings, equipment, counter)
    total = sum((forecast.page(page, view) for page in pages), forecast.probe(pages, view))
    prices = Prices(*options.prices) if options.prices else None
    cost = None if prices is None else Range(_cost(prices, total, "low"), _cost(prices, total, "high"))
    return total + Estimate(num_documents=1, cost_usd=cost)


def _cost(prices: Prices, estimate: Estimate, end: str) -> float:
    prompt, output = (getattr(part, end) for part in (estimate.prompt_tokens, estimate.output_tokens))
    return prices.cost_usd(Usage(prompt_tokens=round(prompt), output_tokens=round(output)))


@dataclass(frozen=True, slots=True)
class _Forecast:
    """Estimates single pages of one document."""

    document: Document
    num_pages: int
    settings: RunSettings
    equipment: Equipment
    counter: TokenCounter

    def page(self, page: Page, view: MemoryView) -> Estimate:
        chosen = self._choose(page, view)
        context = sum(candidate.tokens for candidate in chosen)
        prompt = self._prompt(page, chosen)
        source, least, most = self._lengths(page)
        widest = prompt + self.settings.budget_tokens - context
        parts = [
            (Range(1, 1), Range(prompt, widest), Range(least, most)),
            self._repair(widest, most),
            self._pivot(page, least, most),
            self._remember(page, least, most),
        ]
        calls, prompts, outputs = (sum((part[place] for part in parts), _NOTHING) for place in range(3))
        return Estimate(0, len(page.segments), 1, source, context, calls, prompts, outputs)

    def probe(self, pages: Sequence[Page], view: MemoryView) -> Estimate:
        """The bare translation of the first page, of its first lines at least; what it spares is not counted."""
        if not pages or not is_probed(self.settings.probe, len(pages)):
            return Estimate()
        first, seen = pages[0], self._observe(pages[0], view)
        if not can_try(seen):
            return Estimate()
        num_lines = len(sample_lines(seen, range(1, len(first.segments) + 1)))
        sample = self._bare(replace(first, segments=first.segments[:num_lines]))
        if num_lines == len(first.segments):
            return sample
        whole = self._bare(first)
        possible = [Range(0, part.high) for part in (whole.calls, whole.prompt_tokens, whole.output_tokens)]
        return sample + Estimate(calls=possible[0], prompt_tokens=possible[1], output_tokens=possible[2])

    def _bare(self, page: Page) -> Estimate:
        prompt, (_, least, most) = self._prompt(page, ()), self._lengths(page)
        return Estimate(calls=Range(1, 1), prompt_tokens=Range(prompt, prompt), output_tokens=Range(least, most))

    def _lengths(self, page: Page) -> tuple[int, float, float]:
        """Tokens of a page's source, and the least and most of its translation."""
        source = sum(self.counter.count_tokens(line) for line in page.sources)
        least, most = (
            source * factor + _TOKENS_PER_LINE * len(page.segments) for factor in (_OUTPUT_LOW, _OUTPUT_HIGH)
        )
        return source, least, most

    def _choose(self, page: Page, view: MemoryView) -> tuple[Candidate, ...]:
        observation = self._observe(page, view)
        chosen = frozenset(self.equipment.policy.choose(observation, seed=self.settings.seed).chosen)
        return tuple(candidate for candidate in observation.candidates if candidate.id in chosen)

    def _observe(self, page: Page, view: MemoryView) -> Observation:
        job = PageJob(self.document, page, self.num_pages, view, self.settings.seed)
        return observe_page(job, self.settings, self.counter)

    def _prompt(self, page: Page, chosen: tuple[Candidate, ...]) -> int:
        prompt = PromptPage(
            self.document.source_language,
            self.document.target_language,
            dict(enumerate(page.sources, start=1)),
            chosen,
            instructions=self.settings.instructions,
        )
        return count_prompt(translate_messages(prompt), self.counter)

    def _repair(self, prompt: float, output: float) -> tuple[Range, Range, Range]:
        share = _REPAIRED_SHARE * self.settings.max_repairs
        return Range(0, self.settings.max_repairs), Range(0, share * prompt), Range(0, share * output)

    def _pivot(self, page: Page, least: float, most: float) -> tuple[Range, Range, Range]:
        mode = self.settings.pivot
        if not pivot_allowed(mode, self.document.source_language, self.document.target_language):
            return _NOTHING, _NOTHING, _NOTHING
        lines = dict(enumerate(page.sources, start=1))
        prompt = count_prompt(pivot_messages(self.document.source_language, lines), self.counter)
        sure = 1 if mode is PivotMode.ALWAYS else 0
        # The rendering enters the translation prompt as well.
        return Range(sure, 1), Range(sure * (prompt + least), prompt + most), Range(sure * least, most)

    def _remember(self, page: Page, least: float, most: float) -> tuple[Range, Range, Range]:
        if self.settings.remember == "never":
            return _NOTHING, _NOTHING, _NOTHING
        sure = 1 if self.settings.remember == "always" else 0
        lines = dict(enumerate(page.sources, start=1))
        asked = RememberPage(self.document.source_language, self.document.target_language, lines, {})
        prompt = count_prompt(remember_messages(asked), self.counter)
        return Range(sure, 1), Range(sure * (prompt + least), prompt + most + _NAMES), Range(0, _REMEMBERED)

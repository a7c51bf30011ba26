"""A page as training meets it: what the policy sees, and what the translator makes of a choice.

Trainer, evaluator and oracle know only this; behind `translate` stands the simulated law of SimLang or a real backend.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from dragoman.core.context import Observation

__all__ = ["PageTask", "Translate"]

Translate = Callable[[tuple[str, ...], bool], Awaitable[tuple[str, ...]]]
"""From the ids in the prompt, in their order, and whether the pivot is called, to one translation per line."""


@dataclass(frozen=True, slots=True)
class PageTask:
    """One page with everything that a choice for it can be scored by.

    Attributes:
        id: of the page and its candidates, such as "qaa-x-simt3/0/p4"; prices and budget are not part of it, so that
            the translation of a slate is asked for once under all of them.
        language: tag of the source language; gains are pooled and held out by it.
        observation: what the policy sees; its own prices and budget are those the page is trained with.
        references: one per line. They reach rewards only, never a prompt.
        translate: see `Translate`; greedy, so that equal choices give equal translations.
        translator: name of the model and its settings; part of the address of a cached reward.
        probe_tokens: the page's share of what the probe of its document took, prompt and answer; 0 without one.
        probe_calls: its share of the call.
    """

    id: str
    language: str
    observation: Observation
    references: tuple[str, ...]
    translate: Translate = field(repr=False, compare=False)
    translator: str = ""
    probe_tokens: float = 0.0
    probe_calls: float = 0.0

    @property
    def document_id(self) -> str:
        """The document: the unit of cross-fitting and of the bootstrap."""
        return self.observation.document_id

    @property
    def sources(self) -> tuple[str, ...]:
        """One per line."""
        return self.observation.page.sources

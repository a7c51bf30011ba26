"""How well a backend turns glossed lines of held-out real documents into English; any backend can be measured."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from dragoman.agent.prompt import PromptPage, translate_messages
from dragoman.core.context import Candidate
from dragoman.core.errors import UnknownNameError
from dragoman.core.languages import ENGLISH
from dragoman.core.protocols import Backend, TokenCounter
from dragoman.training.micro.evaluate import Asked, EvaluateConfig, answer_pages
from dragoman.training.micro.real import (
    MAX_TOKENS,
    RealLanguage,
    RealText,
    automatic_glosses,
    fitting,
    real_context,
    trace_candidates,
)
from dragoman.training.micro.real_sources import RealSentence
from dragoman.training.micro.scores import Interval, grouped_chrf

__all__ = ["REAL_CONDITIONS", "evaluate_real", "real_pages"]

REAL_CONDITIONS: Mapping[str, str] = {
    "real_gloss": "the glosser's own gloss, learned from the training documents",
    "real_linguist": "the linguist's gloss",
    "real_notes": "the glosser's gloss, words and examples",
    "real_nothing": "the lines alone",
}
_LINES, _BUDGET = 5, 150


def real_pages(text: RealText, counter: TokenCounter, condition: str, *, per_language: int) -> list[Asked]:
    """Pages of neighbouring lines of the held-out documents; `Asked.language` is the number of the document.

    Raises:
        UnknownNameError: a condition that does not exist.
    """
    if condition not in REAL_CONDITIONS:
        raise UnknownNameError("condition", condition, REAL_CONDITIONS)
    documents: dict[str, int] = {}
    pages = []
    for language in text.languages:
        for sentences in itertools.islice(_pages(language.dev, counter), per_language):
            place = documents.setdefault(f"{language.language.tag}/{sentences[0].document}", len(documents))
            lines = {number: s.source for number, s in enumerate(sentences, 1)}
            context = _context(language, sentences, condition, counter)
            messages = translate_messages(PromptPage(language.language, ENGLISH, lines, context))
            references = {number: s.english for number, s in enumerate(sentences, 1)}
            pages.append(Asked(condition, place, messages, references, ()))
    return pages


def _pages(sentences: Sequence[RealSentence], counter: TokenCounter) -> Iterator[Sequence[RealSentence]]:
    for _, document in itertools.groupby(sentences, key=lambda sentence: sentence.document):
        left: Sequence[RealSentence] = tuple(document)
        while left:
            page = fitting(left[:_LINES], counter, MAX_TOKENS - _BUDGET)
            yield page
            left = left[len(page) :]


def _context(
    language: RealLanguage, sentences: Sequence[RealSentence], condition: str, counter: TokenCounter
) -> tuple[Candidate, ...]:
    if condition == "real_nothing":
        return ()
    view = language.view(None)
    if condition == "real_linguist":
        glosses = {number: " ".join(s.glosses) for number, s in enumerate(sentences, 1)}
    else:
        glosses = automatic_glosses(view, sentences, counter)
    budget = _BUDGET if condition == "real_notes" else 0
    notes = real_context(view, sentences, counter=counter, budget=budget)
    return (*notes, *trace_candidates(sentences, glosses))


def evaluate_real(
    backend: Backend,
    pages: Sequence[Asked],
    *,
    config: EvaluateConfig = EvaluateConfig(),  # noqa: B008
) -> dict[str, Interval]:
    """chrF by condition against the free translations; the interval resamples documents.

    Raises:
        BackendError: of the backend.
        MissingExtraError: sacrebleu is not installed.
    """
    groups: dict[str, dict[int, list[tuple[str, str]]]] = {}
    for page in answer_pages(backend, pages, config):
        asked = page.asked
        pairs = [(page.answers.get(number, ""), right) for number, right in asked.references.items()]
        groups.setdefault(asked.condition, {}).setdefault(asked.language, []).extend(pairs)
    return {condition: grouped_chrf(list(found.values())) for condition, found in groups.items()}

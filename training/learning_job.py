"""Pages to learn from, as `dragoman policy` finds them: generated languages, or a user's documents with references."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dragoman.agent.backends import make_backend
from dragoman.agent.call_cache import CallCache
from dragoman.agent.job import PageJob
from dragoman.agent.meter import Meter, with_meter
from dragoman.agent.observing import observe_page
from dragoman.core.context import Observation
from dragoman.core.errors import ConfigurationError
from dragoman.core.protocols import Backend
from dragoman.core.records import Kind
from dragoman.equipment import Equipment, cut, equip, open_document, token_counter
from dragoman.options import TranslatorOptions
from dragoman.training.agent_tasks import TrainingDocument, agent_tasks, read_reference
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings

__all__ = [
    "DOCUMENT_SETTINGS",
    "PIVOT_MIX",
    "SIM_LANGUAGES",
    "SIM_MIX",
    "SIM_SETTINGS",
    "TaskSplit",
    "document_tasks",
    "first_observations",
    "held_out_tasks",
    "open_model",
    "pivot_tasks",
    "simlang_split",
    "split_tasks",
]

SIM_MIX = tuple(
    SimTerms(known=known, budget_tokens=budget, recalled=True, damaged=damaged, without=without)
    for without in (frozenset(), frozenset((Kind.EXEMPLAR,)))
    for damaged in (0.0, 0.3)
    for known in (0.0, 0.3)
    for budget in (400, 800, 1600)
)
"""What the shipped policy is trained on: the real memory with its real features, scarce and ample budgets; for half of
the languages a dictionary of which three tenths are wrong, for half no translated sentences, so that words stay open
which these would explain."""

SIM_LANGUAGES = 4 * len(SIM_MIX)
"""Generated languages to learn from."""

DOCUMENT_SETTINGS = TrainSettings(estimator="reg", learning_rate=0.01, inner_steps=4)
"""Of a training on a user's documents, where translations are paid. Small steps: the loss does not bound their size."""

SIM_SETTINGS = replace(DOCUMENT_SETTINGS, log_pages=384, updates=240, pages_per_update=32)
"""Of a training on generated languages, whose translations cost nothing. With a third of the log and a quarter of the
slates, two seeds differ by a tenth of the gap between top-k and the best choices."""

_GRAMMARLESS = frozenset((Kind.RULE, Kind.TRACE))
PIVOT_MIX = tuple(
    SimTerms(known=known, recalled=True, pivot_allowed=True, pivot_price=3.0, without=without)
    for known in (0.0, 0.3, 0.7)
    for without in (frozenset(), _GRAMMARLESS)
)
"""What the pivot head is trained on: languages with and without a grammar, some of them known in part."""

_BLOCK_PAGES = 4
_FEW_DOCUMENTS = 4


@dataclass(frozen=True, slots=True)
class TaskSplit:
    """Pages to learn from and pages to judge by; no document is on both sides."""

    train: tuple[PageTask, ...]
    develop: tuple[PageTask, ...]


def simlang_split(num_languages: int, *, mix: Sequence[SimTerms] = SIM_MIX, seed: int = 0) -> TaskSplit:
    """Generated languages: `num_languages` of the training split, and half as many other ones to judge by.

    Raises:
        ConfigurationError: fewer than two languages.
    """
    if num_languages < 2:
        raise ConfigurationError(f"{num_languages} generated languages to learn from: give at least 2 (--languages)")
    return TaskSplit(
        mixed_tasks("train", num_languages, pages=4, mix=mix, seed=seed),
        mixed_tasks("dev", max(len(mix), num_languages // 2), pages=3, mix=mix, seed=seed + 7),
    )


def pivot_tasks(num_languages: int, *, seed: int = 0) -> tuple[PageTask, ...]:
    """Generated pages on which the pivot is allowed."""
    return mixed_tasks("train", num_languages, pages=3, mix=PIVOT_MIX, seed=seed)


@asynccontextmanager
async def open_model(options: TranslatorOptions, cache_file: Path | None) -> AsyncIterator[tuple[Backend, Meter]]:
    """The translating model with its books; what it answered once is kept in the cache file."""
    backend = make_backend(
        options.model,
        base_url=options.base_url,
        api_key=options.api_key,
        tokenizer=options.tokenizer,
        **dict(options.backend_options),
    )
    meter = Meter()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(backend.close)
        cache = None
        if cache_file is not None and options.model != "gloss":
            cache = CallCache(cache_file)
            stack.callback(cache.close)
        yield with_meter(backend, meter, workers=options.workers, cache=cache), meter


async def document_tasks(
    sources: Sequence[Path], references: Sequence[Path], options: TranslatorOptions, backend: Backend
) -> tuple[PageTask, ...]:
    """The pages of documents whose translations are there, scored by a real model.

    Args:
        sources: documents.
        references: their translations, in the same order, format and segmentation.
        options: languages, resources and settings of the translation.
        backend: translates.

    Raises:
        ConfigurationError: not one reference per document.
        InputError: a file cannot be used, or a reference has other segments.
    """
    if len(sources) != len(references) or not sources:
        raise ConfigurationError(f"{len(sources)} documents and {len(references)} references: give one for each")
    equipment: Equipment = equip(options)
    found: list[PageTask] = []
    for source, reference in zip(sources, references, strict=True):
        document = open_document(source, options)
        lines = read_reference(document, open_document(reference, options))
        (pages,) = cut([document], backend, options)
        given = TrainingDocument(document, pages, lines)
        memory = equipment.memory_for(document)
        found += await agent_tasks(given, memory, backend, options.settings, base_policy=equipment.policy)
    return tuple(found)


def split_tasks(tasks: Sequence[PageTask]) -> TaskSplit:
    """Every fourth document is held out; few long documents count as blocks of pages.

    Raises:
        ConfigurationError: fewer than three documents or blocks.
    """
    blocks = _as_documents(tasks)
    names = list(dict.fromkeys(task.document_id for task in blocks))
    if len(names) < 3:
        raise ConfigurationError(
            f"{len(tasks)} pages make {len(names)} parts: training needs three documents, or one of "
            f"{2 * _BLOCK_PAGES + 1} pages or more"
        )
    held = set(names[2::4])
    return TaskSplit(
        tuple(task for task in blocks if task.document_id not in held),
        tuple(task for task in blocks if task.document_id in held),
    )


def _as_documents(tasks: Sequence[PageTask]) -> tuple[PageTask, ...]:
    if len({task.document_id for task in tasks}) >= _FEW_DOCUMENTS:
        return tuple(tasks)
    return tuple(replace(task, observation=_block(task)) for task in tasks)


def _block(task: PageTask) -> Observation:
    observation = task.observation
    block = observation.page.index // _BLOCK_PAGES
    return replace(observation, document_id=f"{observation.document_id}#{block}")


def held_out_tasks(num_languages: int, *, mix: Sequence[SimTerms] = SIM_MIX, seed: int = 0) -> tuple[PageTask, ...]:
    """Pages of languages that nothing was trained on."""
    return mixed_tasks("test", num_languages, pages=3, mix=mix, seed=seed + 11)


def first_observations(
    sources: Sequence[Path], options: TranslatorOptions, page: int
) -> Iterator[tuple[str, Observation]]:
    """What a policy sees of one page of each document when only the user's resources are known; no model is asked.

    Raises:
        ConfigurationError: a document has no such page.
    """
    equipment, counter = equip(options), token_counter(options)
    for source in sources:
        document = open_document(source, options)
        (pages,) = cut([document], counter, options)
        if not 1 <= page <= len(pages):
            raise ConfigurationError(f"{source} has {len(pages)} pages: give --page from 1 to {len(pages)}")
        view = equipment.memory_for(document).open_document().view(0)
        job = PageJob(document, pages[page - 1], len(pages), view, options.settings.seed)
        yield document.name, observe_page(job, options.settings, counter)

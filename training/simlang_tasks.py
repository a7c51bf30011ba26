"""Pages of SimLang as training tasks, scored by the simulated law in process: the fast path of the rollouts.

Two kinds of offer. *Drawn*: candidates and features are drawn (`simulated_offers`). *Recalled*: the real memory with
its real features reads the language's resources, and a perfect memory call adds each page. Both are labelled a
simulation, because the translator is one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dragoman.agent.settings import DEFAULT_K
from dragoman.core.context import Observation
from dragoman.core.document import Page, Segment
from dragoman.core.records import Kind, Resource
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.store import DocumentMemory, Memory
from dragoman.training.perturbed import damage
from dragoman.training.simlang import SimDocument, SimLanguage, generate_document, pack
from dragoman.training.simlang.keys import PIVOT_KEY
from dragoman.training.simlang.needs import ItemReader, familiar_keys, trace_keys
from dragoman.training.simlang.records import page_records, resource_records
from dragoman.training.simulated import simulate
from dragoman.training.simulated_offers import OfferTable
from dragoman.training.tasks import PageTask

__all__ = ["SimOffers", "SimTerms", "mixed_tasks", "simlang_tasks"]


@dataclass(frozen=True, slots=True)
class SimTerms:
    """What the pages of a document are trained with.

    Attributes:
        known: share of words and rules that the translator knows without context, 0 to 1.
        budget_tokens: of a page.
        price_per_100_tokens: lambda.
        pivot_price: mu.
        pivot_allowed: whether the pivot may be called.
        recalled: real memory and features instead of drawn ones.
        distractors: drawn records per useful record; drawn offers only.
        without: kinds of record that the user did not bring.
        damaged: share of the dictionary's entries that have the gloss of another one; recalled offers only.
    """

    known: float = 0.0
    budget_tokens: int = 1600
    price_per_100_tokens: float = 0.15
    pivot_price: float = 0.5
    pivot_allowed: bool = False
    recalled: bool = False
    distractors: float = 1.0
    without: frozenset[Kind] = frozenset()
    damaged: float = 0.0


def simlang_tasks(
    languages: Iterable[SimLanguage], *, pages: int, terms: SimTerms, seed: int = 0
) -> tuple[PageTask, ...]:
    """The pages of one document per language.

    Args:
        languages: see `simlang.pack`.
        pages: of each document.
        terms: of all of them.
        seed: of the documents and, with drawn offers, of the features.
    """
    found: list[PageTask] = []
    for language in languages:
        offers = SimOffers(generate_document(language, seed=seed, pages=pages), terms, seed=seed)
        found += offers.tasks()
    return tuple(found)


class SimOffers:
    """The pages of one document under given terms.

    Args:
        document: generated.
        terms: see `SimTerms`.
        seed: of drawn features.
    """

    def __init__(self, document: SimDocument, terms: SimTerms, *, seed: int = 0) -> None:
        self._document = document
        self._terms = terms
        self._seed = seed
        self._counter = EstimatedTokenCounter()
        self._known = familiar_keys(document.language, terms.known)
        self._reader = ItemReader(document)

    def tasks(self) -> tuple[PageTask, ...]:
        """One task per page."""
        recalled = self._terms.recalled
        observations = self._recalled() if recalled else self._drawn()
        return tuple(self._task(page, observation) for page, observation in enumerate(observations))

    def _task(self, page: int, observation: Observation) -> PageTask:
        language = self._document.language.tag
        sentences = self._document.pages[page]
        terms = self._terms
        observation = replace(
            observation,
            candidates=tuple(c for c in observation.candidates if c.record.kind not in terms.without),
            budget_tokens=terms.budget_tokens,
            price_per_100_tokens=terms.price_per_100_tokens,
            pivot_price=terms.pivot_price,
            pivot_allowed=terms.pivot_allowed,
        )
        law = _PageLaw(self._document, page, observation, self._reader, self._known)
        return PageTask(
            id=f"{language}/{self._document.seed}/{self._terms.known:g}{self._damage}/p{page}",
            language=language,
            observation=observation,
            references=tuple(sentence.reference for sentence in sentences),
            translate=law.translate,
            translator=f"simulation:{self._terms.known:g}",
        )

    @property
    def _damage(self) -> str:
        return f"-{self._terms.damaged:g}" if self._terms.damaged else ""

    def _drawn(self) -> Iterator[Observation]:
        table = OfferTable(self._document, self._counter, distractors=self._terms.distractors, known=self._known)
        for page in range(len(self._document.pages)):
            yield table.observation(page, seed=self._seed)

    def _recalled(self) -> Iterator[Observation]:
        """What the real memory offers page by page."""
        records = resource_records(self._document)
        wrong = damage(records, share=self._terms.damaged, seed=self._document.seed)
        brought = tuple(wrong.get(record.id, record) for record in records if record.kind not in self._terms.without)
        memory = Memory([Resource("dictionary", "simlang", "", brought)]).open_document()
        for page, sentences in enumerate(self._document.pages):
            segments = tuple(Segment(s.id, s.source, paragraph=s.paragraph) for s in sentences)
            yield self._observe(memory, Page(page, segments))
            memory.add(page, page_records(self._document, page))

    def _observe(self, memory: DocumentMemory, page: Page) -> Observation:
        recall = memory.view(page.index).recall(page, counter=self._counter, k=DEFAULT_K)
        return Observation(
            document_id=f"{self._document.language.tag}/{self._document.seed}",
            page=page,
            num_pages=len(self._document.pages),
            candidates=recall.candidates,
            budget_tokens=self._terms.budget_tokens,
            dictionary_coverage=recall.dictionary_coverage,
            has_dictionary=recall.has_dictionary,
            memory_version=page.index,
        )


class _PageLaw:
    """The law of the simulated translator for one page, with what each candidate gives worked out beforehand."""

    def __init__(
        self, document: SimDocument, page: int, observation: Observation, reader: ItemReader, known: frozenset[str]
    ) -> None:
        self._sentences = document.pages[page]
        self._known = known
        wanted = frozenset(key for sentence in self._sentences for key in sentence.requires) - known
        self._keys: dict[str, frozenset[str]] = {}
        self._traced: dict[str, tuple[int, frozenset[str]]] = {}
        self._irrelevant: dict[str, int] = {}
        for candidate in observation.candidates:
            record = candidate.record
            if record.kind is Kind.TRACE:
                line = candidate.lines[0] - 1
                self._traced[candidate.id] = (line, trace_keys(self._sentences[line], record.target))
            else:
                keys = reader.record_keys(record)
                self._keys[candidate.id] = keys
                self._irrelevant[candidate.id] = 0 if keys & wanted else candidate.tokens

    async def translate(self, chosen: tuple[str, ...], pivot: bool) -> tuple[str, ...]:
        """As `SimulatedTranslator` would, without a prompt."""
        provided = frozenset((PIVOT_KEY,)) | self._known if pivot else self._known
        provided = provided.union(*(self._keys[id] for id in chosen if id in self._keys))
        irrelevant = sum(self._irrelevant.get(id, 0) for id in chosen)
        traced = dict(self._traced[id] for id in chosen if id in self._traced)
        nothing: frozenset[str] = frozenset()
        return tuple(
            simulate(sentence, provided | traced.get(line, nothing), irrelevant)
            for line, sentence in enumerate(self._sentences)
        )


def mixed_tasks(
    split: str, num_languages: int, *, pages: int, mix: Sequence[SimTerms], seed: int = 0, start: int = 0
) -> tuple[PageTask, ...]:
    """One document per language of a split, under the terms of a mix in turn.

    Args:
        split: "train", "dev" or "test".
        num_languages: from `start`.
        pages: of each document.
        mix: terms; the languages take them in turn.
        seed: of the documents.
        start: first language.
    """
    found: list[PageTask] = []
    for number, language in enumerate(pack(split, num_languages, start=start)):
        found += simlang_tasks([language], pages=pages, terms=mix[number % len(mix)], seed=seed)
    return tuple(found)

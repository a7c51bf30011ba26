"""Real language in the mixture: pages of glossed sentences of real languages, as the agent would ask for them.

The gloss line is the glosser's own, learned from the other documents of the language, or the linguist's with the
glosser's kinds of faults; words and examples come from the memory's own recall. The answer is the free translation.
Files are read once for each `RealText`; a maker of shards keeps one.
"""

import random
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from dragoman.agent.prompt import PromptPage, translate_messages
from dragoman.core.context import Candidate, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.hashing import content_hash
from dragoman.core.languages import ENGLISH, Language
from dragoman.core.protocols import TokenCounter
from dragoman.core.records import Kind, MemoryRecord, Resource
from dragoman.core.rendering import render_item
from dragoman.memory.morphology import analyse, is_label, normalise
from dragoman.memory.store import Memory, MemoryView
from dragoman.policies import make_policy
from dragoman.training.micro.drawing import Example, numbered
from dragoman.training.micro.real_gloss import known_english, noised
from dragoman.training.micro.real_sources import (
    LANGUAGES,
    RealSentence,
    RealSource,
    read_language,
    require_data,
    split_sentences,
)

__all__ = [
    "FOLDS",
    "REAL_TASK",
    "RealLanguage",
    "RealText",
    "automatic_glosses",
    "fitting",
    "induced_entries",
    "real_context",
    "real_example",
    "trace_candidates",
]

REAL_TASK = "real"  # every task of real text begins so
FOLDS = 4
MAX_TOKENS = 620  # of lines, glosses, notes and translations; the fixed words of a prompt come on top
_LINES = ((1, 3), (2, 5), (2, 6), (3, 8))
_RATES = (0.0, 0.05, 0.1, 0.2)
_K: Mapping[Kind, int] = {Kind.ENTRY: 30, Kind.EXEMPLAR: 4}


class RealLanguage:
    """A language of the training side.

    Args:
        source: what it is.
        sentences: all of them, in order.
    """

    def __init__(self, source: RealSource, sentences: Sequence[RealSentence]) -> None:
        self.language = Language(source.tag, source.name)
        self.train, self.dev = split_sentences(sentences)
        self._views: dict[int, MemoryView] = {}

    @cached_property
    def folds(self) -> tuple[tuple[RealSentence, ...], ...]:
        """The training sentences in parts of whole documents."""
        parts: list[list[RealSentence]] = [[] for _ in range(FOLDS)]
        for sentence in self.train:
            parts[zlib.crc32(f"fold/{sentence.document}".encode()) % FOLDS].append(sentence)
        return tuple(tuple(part) for part in parts)

    @cached_property
    def lemmas(self) -> tuple[str, ...]:
        """Glosses of stems, each once."""
        found = {lemma for s in self.train for _, lemma in _stems(s)}
        return tuple(sorted(found))

    def view(self, fold: int | None) -> MemoryView:
        """A memory of the training sentences outside a fold; of all of them for None."""
        key = FOLDS if fold is None else fold
        if key not in self._views:
            known = [s for number, part in enumerate(self.folds) if number != key for s in part]
            self._views[key] = Memory(_resources(known)).open_document().view(0)
        return self._views[key]


class RealText:
    """All real languages that training may use.

    Args:
        data: the data folder.

    Raises:
        ConfigurationError: one of its files is not there.
    """

    def __init__(self, data: Path) -> None:
        require_data(data)
        self.languages = tuple(RealLanguage(source, read_language(data, source)) for source in LANGUAGES.values())

    def draw(self, chance: random.Random) -> RealLanguage:
        """A language, in proportion to its sentences."""
        return chance.choices(self.languages, [len(language.train) for language in self.languages])[0]


def real_example(text: RealText, chance: random.Random, level: int, counter: TokenCounter) -> Example:
    """A page of real sentences with its gloss lines, sometimes with words and examples, seldom with words alone."""
    language = text.draw(chance)
    fold = chance.choice([number for number, part in enumerate(language.folds) if part])
    shape = chance.choices(("gloss", "gloss+words", "words"), (65, 27, 8))[0]
    budget = chance.choice((80, 150, 250)) if shape != "gloss" else 0
    sentences = fitting(_draw(language.folds[fold], level, chance), counter, MAX_TOKENS - budget)
    view = language.view(fold)
    glosses = {} if shape == "words" else _traces(language, view, sentences, chance, counter)
    context = (
        *real_context(view, sentences, counter=counter, budget=budget, seed=chance.randrange(1 << 30)),
        *trace_candidates(sentences, glosses),
    )
    lines = {number: s.source for number, s in enumerate(sentences, 1)}
    answers = {n: known_english(s, glosses.get(n, "").split()) for n, s in enumerate(sentences, 1)}
    messages = translate_messages(PromptPage(language.language, ENGLISH, lines, context))
    return Example(REAL_TASK if glosses else f"{REAL_TASK} words", messages, numbered(answers))


def real_context(
    view: MemoryView, sentences: Sequence[RealSentence], *, counter: TokenCounter, budget: int, seed: int = 0
) -> tuple[Candidate, ...]:
    """Words and examples for a page as the agent's own policy chooses them; nothing for no budget."""
    if budget <= 0:
        return ()
    page = _page(sentences)
    recall = view.recall(page, counter=counter, k=_K)
    observation = Observation(
        document_id=sentences[0].document,
        page=page,
        num_pages=1,
        candidates=recall.candidates,
        budget_tokens=budget,
        pivot_allowed=False,
        dictionary_coverage=recall.dictionary_coverage,
        has_dictionary=recall.has_dictionary,
        memory_version=0,
    )
    chosen = make_policy("top-k").choose(observation, seed=seed).chosen
    by_id = {candidate.id: candidate for candidate in recall.candidates}
    return tuple(by_id[id_] for id_ in chosen)


def automatic_glosses(view: MemoryView, sentences: Sequence[RealSentence], counter: TokenCounter) -> dict[int, str]:
    """The glosser's line for each sentence, by line number."""
    recall = view.recall(_page(sentences), counter=counter, k={Kind.TRACE: len(sentences)})
    return {candidate.lines[0]: render_item(candidate.record) for candidate in recall.candidates}


def _traces(
    language: RealLanguage,
    view: MemoryView,
    sentences: Sequence[RealSentence],
    chance: random.Random,
    counter: TokenCounter,
) -> dict[int, str]:
    if chance.random() < 0.5:
        return automatic_glosses(view, sentences, counter)
    rate = chance.choice(_RATES)
    return {n: " ".join(noised(s.glosses, rate, language.lemmas, chance)) for n, s in enumerate(sentences, 1)}


def trace_candidates(sentences: Sequence[RealSentence], glosses: Mapping[int, str]) -> list[Candidate]:
    """Gloss lines, by line number, as context."""
    return [
        Candidate(MemoryRecord(Kind.TRACE, sentences[number - 1].source, gloss), Features(), 0, (number,))
        for number, gloss in glosses.items()
    ]


def _draw(pool: Sequence[RealSentence], level: int, chance: random.Random) -> Sequence[RealSentence]:
    """Neighbours more often than strangers: real pages hang together."""
    number = min(chance.randint(*_LINES[min(level, len(_LINES) - 1)]), len(pool))
    if chance.random() < 0.6:
        start = chance.randrange(len(pool) - number + 1)
        return pool[start : start + number]
    return chance.sample(pool, number)


def fitting(sentences: Sequence[RealSentence], counter: TokenCounter, max_tokens: int) -> Sequence[RealSentence]:
    """As many of the sentences as stay within the limit; one at least."""
    spent, kept = 0, 0
    for sentence in sentences:
        texts = (sentence.source, " ".join(sentence.glosses), sentence.english)
        spent += sum(counter.count_tokens(text) for text in texts)
        kept += spent <= max_tokens
    return sentences[: max(1, kept)]


def _page(sentences: Sequence[RealSentence]) -> Page:
    return Page(0, tuple(Segment(str(number), s.source, paragraph=0) for number, s in enumerate(sentences)))


def _resources(sentences: Sequence[RealSentence]) -> tuple[Resource, ...]:
    """Glossed text, and the dictionary that follows from it."""
    glossed = tuple(
        MemoryRecord(
            Kind.EXEMPLAR,
            s.source,
            s.english,
            attributes=(("gloss", " ".join(s.glosses)), ("segmented", " ".join(s.words))),
        )
        for s in sentences
    )
    entries = tuple(induced_entries(sentences))
    return tuple(
        Resource(kind, f"{kind}.txt", content_hash(*map(render_item, records)), records)
        for kind, records in (("glossed", glossed), ("dictionary", entries))
    )


def induced_entries(sentences: Iterable[RealSentence]) -> list[MemoryRecord]:
    """A dictionary from glosses: each stem with its three most frequent glosses."""
    glosses: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        for stem, lemma in _stems(sentence):
            glosses[stem][re.sub(r"[._]+", " ", lemma)] += 1
    return [
        MemoryRecord(Kind.ENTRY, stem, "; ".join(lemma for lemma, _ in found.most_common(3)))
        for stem, found in sorted(glosses.items())
    ]


def _stems(sentence: RealSentence) -> list[tuple[str, str]]:
    """(stem, its gloss) of the words that have a lexical gloss."""
    pairs = zip(sentence.words, sentence.glosses, strict=True)
    parts = (analyse(normalise(word), gloss) for word, gloss in pairs)
    return [(p.stem, p.lemma) for p in parts if p and p.stem and not is_label(p.lemma) and "?" not in p.lemma]

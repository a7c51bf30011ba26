"""A made-up language with a document and the agent's own memory about it: where training pages come from.

Nothing of the agent is imitated here. Resources are written as files and read by the loaders, candidates come from
`Memory.recall` and the fixed policies; only what a perfect memory call would have added after each page is known.
"""

import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dragoman.core.context import Candidate, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.protocols import TokenCounter
from dragoman.core.records import Kind, MemoryRecord, Resource
from dragoman.core.rendering import render_item
from dragoman.memory.flip import flip_records
from dragoman.memory.glosser import Glosser, render_gloss
from dragoman.memory.resources import load_resource
from dragoman.memory.store import Memory, MemoryView
from dragoman.policies import make_policy
from dragoman.training.simlang import SimDocument, SimLanguage, SimSentence, generate_document, write_folder
from dragoman.training.simlang.grammar import RULES
from dragoman.training.simlang.keys import entry_key, name_key, rule_key
from dragoman.training.simlang.language import generate_language
from dragoman.training.simlang.needs import ItemReader
from dragoman.training.simlang.records import page_records

__all__ = ["ALL_RULES", "Wanted", "World", "gloss_traces"]

ALL_RULES = frozenset(rule_key(rule) for rule in RULES)
_NOTHING: frozenset[str] = frozenset()
_GENERATED = frozenset((rule_key("agreement"), rule_key("sounds")))  # what only a writer of the language needs


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which context a page gets besides what the agent's own policies choose.

    Attributes:
        distractors: records that answer no need, per record that answers one.
        dropped: kinds that are left out.
        without: beginning of the keys whose items are left out, such as "name:"; of names with "gender:" only the
            gender is.
    """

    distractors: float = 1.0
    dropped: frozenset[Kind] = frozenset()
    without: str = ""


class World:
    """A language, a document in it and memories in both directions.

    Args:
        seed: of language and document.
        split: train, dev or test.
        pages: length of the document.
        counter: what a record costs.
        lost_words: share of the dictionary that the user does not have, 0 to 1; glossed text is then left out too.
    """

    def __init__(self, seed: int, *, split: str, pages: int, counter: TokenCounter, lost_words: float = 0.0) -> None:
        self.seed = seed
        self.counter = counter
        self.language: SimLanguage = generate_language(seed, split=split)
        self.document: SimDocument = generate_document(self.language, seed=seed, pages=pages)
        self.reader = ItemReader(self.document)
        self._split, self._pages, self._lost = split, pages, lost_words
        self._views: dict[tuple[bool, int], MemoryView] = {}

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """What the user brings, as loaded from files."""
        with tempfile.TemporaryDirectory() as scratch:
            made = write_folder(self.seed, pages=self._pages, folder=Path(scratch), split=self._split)
            kinds = ["dictionary", "grammar", "parallel", "glossary"] + ([] if self._lost else ["glossed"])
            loaded = tuple(load_resource(kind, getattr(made, kind)) for kind in kinds)
        return tuple(self._thinned(resource) if resource.kind == "dictionary" else resource for resource in loaded)

    def _thinned(self, resource: Resource) -> Resource:
        chance = random.Random(f"lost/{self.seed}")
        kept = tuple(record for record in resource.records if chance.random() >= self._lost)
        return replace(resource, records=kept, hash=f"{resource.hash}-{self._lost}")

    @cached_property
    def _memories(self) -> dict[bool, Memory]:
        return {}

    def _memory(self, out: bool) -> Memory:
        """What the user brings, in one direction."""
        if out not in self._memories:
            self._memories[out] = Memory(self.resources, flip=out)
        return self._memories[out]

    def view(self, page: int, *, out: bool) -> MemoryView:
        """Memory as it stands before a page, after perfect memory calls on all pages before it."""
        if (out, page) not in self._views:
            memory = self._memory(out).open_document()
            for earlier in range(page):
                records = page_records(self.document, earlier)
                memory.add(earlier, flip_records(records) if out else records)
            self._views[out, page] = memory.view(page)
        return self._views[out, page]

    def page(self, sentences: Sequence[SimSentence], *, out: bool) -> Page:
        """These sentences as the agent's page; they belong to one page of the document."""
        texts = [(s.id, s.reference if out else s.source, s.paragraph) for s in sentences]
        return Page(sentences[0].page, tuple(Segment(id_, text, paragraph=p) for id_, text, p in texts))

    def observation(self, page: Page, *, out: bool, k: dict[Kind, int], budget: int) -> Observation:
        """What the agent's policies would see."""
        recall = self.view(page.index, out=out).recall(page, counter=self.counter, k=k)
        return Observation(
            document_id=self.language.tag,
            page=page,
            num_pages=len(self.document.pages),
            candidates=recall.candidates,
            budget_tokens=budget,
            pivot_allowed=False,
            dictionary_coverage=recall.dictionary_coverage,
            has_dictionary=recall.has_dictionary,
            memory_version=page.index,
        )

    def chosen(self, observation: Observation, policy: str, seed: int) -> tuple[Candidate, ...]:
        """The candidates that a fixed policy picks."""
        by_id = {candidate.id: candidate for candidate in observation.candidates}
        choice = make_policy(policy).choose(observation, seed=seed)
        return tuple(by_id[id_] for id_ in choice.chosen)

    def needed(
        self, sentences: Sequence[SimSentence], *, out: bool, wanted: Wanted, seed: int
    ) -> tuple[Candidate, ...]:
        """One item for each need of the sentences, drawn distractors, and the automatic gloss.

        What is left out by `wanted.without` is taken out of the very prompt that is made otherwise.
        """
        chance = random.Random(seed)
        page = self.page(sentences, out=out)
        keyed = self._keyed(page.index, out)
        needs = [s.requires | (_GENERATED if out else _NOTHING) for s in sentences]
        useful = _cover(keyed, frozenset().union(*needs), chance)
        useful = [n for n in useful if keyed[n][0].kind not in wanted.dropped]
        drawn = self._distractors(keyed, useful, round(len(useful) * wanted.distractors), chance)
        left = _left(keyed, wanted.without)
        picked = [_candidate(left[n], needs, chance, self.counter) for n in (*useful, *drawn) if n in left]
        traces = self._traces(page, list(left.values()) if wanted.without else None, out=out)
        return tuple(c for c in (*picked, *traces) if c.record.kind not in wanted.dropped)

    def _traces(
        self, page: Page, kept: list[tuple[MemoryRecord, frozenset[str]]] | None, *, out: bool
    ) -> Sequence[Candidate]:
        """The glosses of the agent's memory, or of the records that were kept."""
        if kept is not None:
            return gloss_traces([record for record, _ in kept], page.sources)
        k = {Kind.TRACE: len(page.segments)}
        return self.view(page.index, out=out).recall(page, counter=self.counter, k=k).candidates

    def _distractors(
        self,
        keyed: Sequence[tuple[MemoryRecord, frozenset[str]]],
        useful: Iterable[int],
        number: int,
        chance: random.Random,
    ) -> list[int]:
        """Records that answer no need, of the kinds of the useful ones in proportion."""
        answered = frozenset(key for n in useful for key in keyed[n][1])
        shares = Counter(keyed[n][0].kind for n in useful)
        pools: dict[Kind, list[int]] = {kind: [] for kind in shares}
        for place in chance.sample(range(len(keyed)), len(keyed)):
            record, keys = keyed[place]
            if record.kind in pools and not keys & answered:
                pools[record.kind].append(place)
        found: list[int] = []
        while len(found) < number and any(pools.values()):
            kinds = [kind for kind, pool in pools.items() if pool]
            found.append(pools[chance.choices(kinds, [shares[kind] for kind in kinds])[0]].pop())
        return found

    def _keyed(self, page: int, out: bool) -> list[tuple[MemoryRecord, frozenset[str]]]:
        """All records before a page with the keys they answer."""
        found = []
        for record in self.view(page, out=out).records():
            keys = self.item_keys(record.kind, render_item(record), out=out)
            found.append((record, keys))
        return found

    def item_keys(self, kind: Kind, item: str, *, out: bool) -> frozenset[str]:
        """The keys that an item answers; items of the way out of English are turned round first."""
        if not out:
            return self.reader.item_keys(kind, item)
        if kind is Kind.ENTRY:
            return self._flipped_entry_keys(item)
        if kind in (Kind.ENTITY, Kind.EXEMPLAR, Kind.RULE):
            item = _turned_round(item, " = " if kind is Kind.ENTITY else " => ")
        return self.reader.item_keys(kind, item)

    def mirrored(self, line: str) -> tuple[str, ...]:
        """The gloss of each word of an English line in this language, with all names known."""
        glosser = self._memory(True).glosser
        names = {entity.english: form for form, entity in self.document.entities.items()}
        return tuple(token.gloss for token in glosser.gloss_line(line, names)) if glosser else ()

    def written_keys(self, line: str, gloss: str) -> frozenset[str]:
        """The words and names that the gloss line of an English line gives in this language."""
        pieces = {piece for word in self.mirrored(line) for piece in re.split("[-=]", word)}
        names = re.findall(r"\w+", gloss)
        return self.piece_keys([*(pieces - self.document.entities.keys()), *names])

    def piece_keys(self, pieces: Iterable[str]) -> frozenset[str]:
        """The keys of stems and names among pieces of words."""
        words = self.language.lexicon.senses.keys() & pieces
        names = self.document.entities.keys() & pieces
        return frozenset([*map(entry_key, words), *map(name_key, names)])

    def _flipped_entry_keys(self, item: str) -> frozenset[str]:
        """An entry of one gloss is enough to write the word."""
        gloss, _, right = item.partition(" = ")
        stem = right.partition(" (")[0]
        concepts = self.language.lexicon.senses.get(stem, ())
        lemmas = {lemma for c in concepts for lemma in (("he", "she", "it") if c == "p.3" else (c[2:],))}
        return frozenset((entry_key(stem),)) if gloss in lemmas else _NOTHING


def gloss_traces(records: Iterable[MemoryRecord], lines: Sequence[str]) -> list[Candidate]:
    """An automatic gloss of each line by a glosser that knows these records."""
    glosser = Glosser(records)
    glosses = (render_gloss(glosser.gloss_line(line)) for line in lines)
    return [
        Candidate(MemoryRecord(Kind.TRACE, line, gloss), Features(), 0, (number,))
        for number, (line, gloss) in enumerate(zip(lines, glosses, strict=True), 1)
    ]


def _turned_round(item: str, mark: str) -> str:
    """An entity or example with its two sides exchanged; anything else as it is."""
    lead = "e.g. " if item.startswith("e.g. ") else ""
    head, found, rest = item.removeprefix(lead).partition(mark)
    target, bracket, details = rest.partition(" (") if mark == " = " else (rest, "", "")
    return f"{lead}{target}{mark}{head}{bracket}{details}" if found else item


def _cover(
    keyed: Sequence[tuple[MemoryRecord, frozenset[str]]], open_needs: frozenset[str], chance: random.Random
) -> list[int]:
    """Places of records that answer all needs that any record answers, those that answer most first."""
    order = [n for n, (_, keys) in enumerate(keyed) if keys & open_needs]
    chance.shuffle(order)
    found = []
    for number in sorted(order, key=lambda n: -len(keyed[n][1] & open_needs)):
        if keyed[number][1] & open_needs:
            found.append(number)
            open_needs -= keyed[number][1]
    return found


def _left(
    keyed: Sequence[tuple[MemoryRecord, frozenset[str]]], without: str
) -> dict[int, tuple[MemoryRecord, frozenset[str]]]:
    """What is left of the records, by their place."""
    if not without:
        return dict(enumerate(keyed))
    if without == "gender:":
        return {n: (_genderless(record), keys) for n, (record, keys) in enumerate(keyed)}
    return {n: pair for n, pair in enumerate(keyed) if not any(key.startswith(without) for key in pair[1])}


def _genderless(record: MemoryRecord) -> MemoryRecord:
    if record.kind is not Kind.ENTITY:
        return record
    return replace(record, attributes=tuple(pair for pair in record.attributes if pair[0] != "gender"))


def _candidate(
    keyed: tuple[MemoryRecord, frozenset[str]],
    needs: Sequence[Iterable[str]],
    chance: random.Random,
    counter: TokenCounter,
) -> Candidate:
    record, keys = keyed
    lines = tuple(n for n, wanted in enumerate(needs, 1) if keys & frozenset(wanted))
    if not lines and record.kind in (Kind.ENTRY, Kind.ENTITY, Kind.EXEMPLAR):
        lines = (chance.randint(1, len(needs)),)
    return Candidate(record, Features(), counter.count_tokens(render_item(record)), lines)

"""Pages between two constructed languages: a dictionary from one to the other, names, and the grammar of the second.

The records are made directly, because no file format of a generated language holds such a dictionary; the automatic
gloss is the agent's own glosser on them.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.agent.prompt import PromptPage
from dragoman.core.context import Candidate, Features
from dragoman.core.protocols import TokenCounter
from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.core.rendering import render_item
from dragoman.training.micro.world import World, gloss_traces
from dragoman.training.simlang import SimLanguage, SimSentence
from dragoman.training.simlang.grammar import grammar_rules
from dragoman.training.simlang.inventory import POS_NAMES
from dragoman.training.simlang.keys import IDIOM_KEY, POLITE_KEY
from dragoman.training.simlang.realise import realise

__all__ = ["BetweenPage", "between_page"]

_USAGE = frozenset((IDIOM_KEY, POLITE_KEY))


@dataclass(frozen=True, slots=True)
class BetweenPage:
    """A page with its translation into the other language.

    Attributes:
        prompt: lines and context.
        targets: line number to translation.
        derivable: numbers of the lines that need no knowledge of usage.
    """

    prompt: PromptPage
    targets: dict[int, str]
    derivable: frozenset[int]


def between_page(
    world: World, other: SimLanguage, sentences: Sequence[SimSentence], *, glossed: bool, seed: int
) -> BetweenPage:
    """These sentences with what is needed to write them in the other language, among as many other words."""
    chance = random.Random(seed)
    entries, names = _entries(world.language, other), _names(world, other)
    needs = [frozenset(s.requires) for s in sentences]
    words = [_Keyed(record, f"entry:{record.source}") for record in entries]
    words += [_Keyed(record, f"name:{record.source}") for record in names]
    useful = [word for word in words if any(word.key in need for need in needs)]
    drawn = chance.sample(words, min(len(words), len(useful)))
    kept = {word.record.id: word for word in (*useful, *drawn)}
    candidates = [_candidate(word, needs, chance, world.counter) for word in kept.values()]
    candidates += [Candidate(rule, Features(), 0) for rule in _rules(other)]
    if glossed:
        candidates += gloss_traces([*entries, *names, *_affixes(world)], [s.source for s in sentences])
    lines = {n: s.source for n, s in enumerate(sentences, 1)}
    return BetweenPage(
        PromptPage(world.language.language, other.language, lines, tuple(candidates)),
        {n: realise(other, s.meaning).source for n, s in enumerate(sentences, 1)},
        frozenset(n for n, s in enumerate(sentences, 1) if not s.requires & _USAGE),
    )


@dataclass(frozen=True, slots=True)
class _Keyed:
    record: MemoryRecord
    key: str


def _entries(source: SimLanguage, target: SimLanguage) -> list[MemoryRecord]:
    place = Provenance("dictionary.tsv")
    return [
        MemoryRecord(
            Kind.ENTRY,
            stem,
            "; ".join(target.stem(concept) for concept in concepts),
            attributes=(("pos", POS_NAMES[concepts[0][0]]),),
            provenance=place,
        )
        for stem, concepts in source.lexicon.senses.items()
    ]


def _names(world: World, target: SimLanguage) -> list[MemoryRecord]:
    return [
        MemoryRecord(
            Kind.ENTITY,
            form,
            target.name_form(entity.english),
            attributes=(("gender", entity.gender or "it"), ("type", entity.sort)),
            provenance=Provenance("glossary.tsv"),
        )
        for form, entity in world.document.entities.items()
    ]


def _rules(language: SimLanguage) -> list[MemoryRecord]:
    return [
        MemoryRecord(Kind.RULE, rule.heading, rule.statement.replace("`", ""), provenance=Provenance("grammar.md"))
        for rule in grammar_rules(language)
    ]


def _affixes(world: World) -> list[MemoryRecord]:
    """The rules of the source language, from which the glosser takes affixes."""
    return [record for resource in world.resources for record in resource.records if record.kind is Kind.RULE]


def _candidate(
    word: _Keyed, needs: Sequence[frozenset[str]], chance: random.Random, counter: TokenCounter
) -> Candidate:
    lines = tuple(n for n, need in enumerate(needs, 1) if word.key in need) or (chance.randint(1, len(needs)),)
    return Candidate(word.record, Features(), counter.count_tokens(render_item(word.record)), lines)

"""Examples of translation: into English with and without gloss, out of it, between constructed languages, bare words.

Out of English only lines whose words and names are all in the prompt count for the loss.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from dragoman.agent.prompt import PromptPage, parse_prompt, pivot_messages, translate_messages
from dragoman.core.context import Candidate, Features
from dragoman.core.languages import ENGLISH
from dragoman.core.records import Kind, MemoryRecord
from dragoman.training.micro.between import between_page
from dragoman.training.micro.drawing import (
    Draw,
    Example,
    draw_context,
    english_lines,
    gloss_lines,
    numbered,
    prompt_page,
    provided_keys,
)
from dragoman.training.micro.lookups import english_lookups, explained_labels, target_lookups
from dragoman.training.simlang import SimSentence
from dragoman.training.simlang.language import generate_language

__all__ = ["between", "headwords", "into_english", "out_of_english", "without_notes"]


def into_english(draw: Draw, *, glossed: bool, task: str) -> Example:
    """With the automatic gloss of the lines, or with words and rules alone."""
    sentences = draw.sentences()
    context = draw_context(draw, sentences, out=False, glossed=glossed)
    page = prompt_page(draw.world, sentences, context, out=False)
    messages = translate_messages(page)
    provided = frozenset[str]() if glossed else provided_keys(draw.world, parse_prompt(messages), out=False)
    lookups = {} if glossed else english_lookups(sentences, provided)
    labels = {} if glossed else explained_labels(sentences, messages[-1].content)
    return Example(task, messages, numbered(english_lines(draw.world, sentences, messages)), lookups, labels)


def out_of_english(draw: Draw) -> Example:
    """With resources turned round, and with or without the gloss, which is the line as the memory writes it."""
    sentences = replace(draw, level=min(draw.level, draw.chance.choice((0, 1, 1, 2, 3)))).sentences()
    context = draw_context(draw, sentences, out=True, glossed=draw.chance.random() < 0.75)
    messages = translate_messages(prompt_page(draw.world, sentences, context, out=True))
    prompt = parse_prompt(messages)
    provided = provided_keys(draw.world, prompt, out=True)
    glosses = gloss_lines(prompt).items()
    glossed = {number: draw.world.written_keys(prompt.text[number], gloss) for number, gloss in glosses}
    pieces = numbered(
        {number: s.source for number, s in enumerate(sentences, 1)},
        lambda number: _words_known(sentences[number - 1], provided | glossed.get(number, frozenset())),
    )
    lookups = {} if prompt.items(Kind.TRACE) else target_lookups(draw.world, prompt.text, provided)
    return Example("out", messages, pieces, lookups)


def _words_known(sentence: SimSentence, provided: frozenset[str]) -> bool:
    """Whether the line can be written; one that explains a name in brackets cannot, as the English does not say so."""
    words = {key for key in sentence.requires if key.startswith(("entry:", "name:"))}
    return words <= provided and "(" not in sentence.source


def between(draw: Draw) -> Example:
    """Into another constructed language of the same split."""
    sentences = replace(draw, level=min(draw.level, 1)).sentences()
    other = generate_language(draw.seed(), split=draw.world.language.split)
    made = between_page(draw.world, other, sentences, glossed=draw.chance.random() < 0.6, seed=draw.seed())
    return Example("between", translate_messages(made.prompt), numbered(made.targets, lambda n: n in made.derivable))


def headwords(draw: Draw) -> Example:
    """Headwords on lines of their own, in either direction, or several on a line, which are put word by word."""
    world, chance = draw.world, draw.chance
    out = chance.random() < 0.4
    records = [r for r in world.view(0, out=out).records(Kind.ENTRY) if " " not in r.source]
    picked = chance.sample(records, min(len(records), chance.choice((3, 4, 6, 8, 12, 16))))
    lines = _word_lines(picked, chance)
    texts = {n: _cased(" ".join(record.source for record in line), chance) for n, line in enumerate(lines, 1)}
    senses = {n: [record.target.partition(";")[0] for record in line] for n, line in enumerate(lines, 1)}
    answers = {n: " ".join(found) for n, found in senses.items()}
    answers = {n: text[0].upper() + text[1:] if texts[n][0].isupper() else text for n, text in answers.items()}
    places = {record.id: n for n, line in reversed([*enumerate(lines, 1)]) for record in line}
    context = tuple(Candidate(record, Features(), 0, (places.get(record.id, 1),)) for record in picked)
    own = world.language.language
    languages = (ENGLISH, own) if out else (own, ENGLISH)
    lookups = {n: [sense.split()[0] for sense in found] for n, found in senses.items()}
    messages = translate_messages(PromptPage(*languages, texts, context))
    return Example("words", messages, numbered(answers), lookups)


def _word_lines(picked: Sequence[MemoryRecord], chance: random.Random) -> list[list[MemoryRecord]]:
    """One word a line, or lines of words that come again and again: much to look up in a short prompt."""
    if chance.random() < 0.4:
        return [[record] for record in chance.sample(picked, min(len(picked), chance.randint(3, 8)))]
    return [chance.choices(picked, k=chance.randint(1, 6)) for _ in range(chance.randint(3, 7))]


def _cased(text: str, chance: random.Random) -> str:
    return text[0].upper() + text[1:] if chance.random() < 0.3 else text


def without_notes(draw: Draw) -> Example:
    """A page without any context, or the pivot's prompt: names and words stay as they are."""
    sentences = draw.sentences()[:3]
    page = prompt_page(draw.world, sentences, (), out=False)
    messages = translate_messages(page)
    if draw.chance.random() < 0.5:
        messages = pivot_messages(page.source_language, page.lines)
    return Example("nothing", messages, numbered(english_lines(draw.world, sentences, messages)))

"""Examples of the calls that follow a translation: missing lines, repair, memory."""

from dataclasses import replace

from dragoman.agent.prompt import (
    RememberPage,
    complete_messages,
    remember_messages,
    repair_messages,
    translate_messages,
)
from dragoman.core.languages import ENGLISH
from dragoman.core.records import Kind
from dragoman.training.micro.drawing import Draw, Example, draw_context, english_lines, numbered, prompt_page
from dragoman.training.simlang import SimSentence
from dragoman.training.simlang.records import about_line

__all__ = ["complete", "remember", "repair"]


def complete(draw: Draw) -> Example:
    """Some lines of a page are asked again; their neighbours may stand among the examples."""
    sentences = draw.sentences()
    context = draw_context(draw, sentences, out=False, glossed=draw.chance.random() < 0.7)
    page = prompt_page(draw.world, sentences, context, out=False)
    numbers = draw.chance.sample(range(1, len(sentences) + 1), draw.chance.randint(1, max(1, len(sentences) // 2)))
    others = [s for n, s in enumerate(sentences, 1) if n not in numbers][:2]
    part = replace(page.only(numbers), solved=tuple((s.source, s.reference) for s in others))
    messages = complete_messages(part, part.lines)
    return Example("complete", messages, numbered(english_lines(draw.world, sentences, messages)))


def repair(draw: Draw) -> Example:
    """Drafts with a fault that the agent's checks name."""
    sentences = draw.sentences()
    context = draw_context(draw, sentences, out=False, glossed=draw.chance.random() < 0.7)
    page = prompt_page(draw.world, sentences, context, out=False)
    known = english_lines(draw.world, sentences, translate_messages(page))
    numbers = draw.chance.sample(sorted(known), draw.chance.randint(1, max(1, len(known) // 3)))
    drafts, faults = {}, {}
    for number in numbers:
        draft, faults[number] = _fault(draw, sentences[number - 1], known[number], number)
        if draft:
            drafts[number] = draft
    messages = repair_messages(page, drafts, faults)
    return Example("repair", messages, numbered(english_lines(draw.world, sentences, messages)))


def _fault(draw: Draw, sentence: SimSentence, known: str, number: int) -> tuple[str, str]:
    """A faulty draft ("" for none) and the message about it, worded as in `agent.check`."""
    kind = draw.chance.randrange(4)
    if kind == 0:
        return sentence.source, "the line repeats its source: translate it"
    if kind == 1:
        return "", f'the answer had no line "{number}<tab>translation"'
    if kind == 2:
        words = known.split()
        return " ".join(words[: len(words) // 2]), "the answer ends inside this line"
    names = [(form, e.english) for form, e in draw.world.document.entities.items() if e.english in known]
    if not names:
        return "", "the translation is empty"
    form, english = draw.chance.choice(names)
    return known.replace(english, form), f"names not rendered as before: {form} = {english}"


def remember(draw: Draw) -> Example:
    """What a page adds to memory: introduced names and the topic."""
    sentences, chance = draw.sentences(), draw.chance
    world = draw.world
    own = world.language.language
    introduced = [s.introduces for s in sentences if s.introduces is not None]
    view = world.view(sentences[0].page, out=False)
    known = [record for record in view.records(Kind.ENTITY) if any(record.source in s.source for s in sentences)]
    asks = chance.random() < 0.6
    page = RememberPage(
        own,
        ENGLISH,
        {n: s.source for n, s in enumerate(sentences, 1)},
        {n: s.reference for n, s in enumerate(sentences, 1)},
        essence=about_line(sentences[0].topic) if chance.random() < 0.5 else "",
        names=tuple(known),
        ask_essence=asks,
    )
    lines = [f"{world.language.name_form(e.english)} = {e.english} ({e.gender or 'it'}, {e.sort})" for e in introduced]
    lines += [f"about: {about_line(sentences[0].topic)}"] if asks else []
    return Example("remember", remember_messages(page), (("\n".join(lines), True),))

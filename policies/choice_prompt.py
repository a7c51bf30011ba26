"""What a model is asked when it chooses its own context, and the strict reading of what it answers.

Items are numbered through all sections of one question, and an answer line names its section, so that a number under
the wrong heading is seen. What cannot be read is said to be unreadable; it never counts as "nothing".

Source: the observe-and-act loop of Loong (LoongDocMT), written anew from its description: its answers were evaluated
as code and a malformed one meant an empty choice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from dragoman.core.context import Candidate, Observation
from dragoman.core.exchange import Message
from dragoman.core.records import Kind
from dragoman.core.rendering import SECTIONS, render_item

__all__ = ["Answer", "Question", "choice_messages", "make_question", "parse_answer"]

_SYSTEM = (
    "You choose notes for the translation of a text. A note helps when the text cannot be translated rightly without "
    "it; every other note costs tokens and distracts. Answer with one line per section of notes: the name of the "
    "section, a colon, and the numbers of the notes to use with spaces between them, or none. "
    "A last line stop means that no further section is wanted."
)
_LINE = re.compile(r"(?P<section>[A-Za-z]+) ?: ?(?P<numbers>none|\d+(?: \d+)*)")
_STOP = "stop"


@dataclass(frozen=True, slots=True)
class Question:
    """Candidates to choose from, numbered from 1 through all sections.

    Attributes:
        sections: candidates with their numbers, by section name, in the order of the prompt.
    """

    sections: Mapping[str, Mapping[int, Candidate]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What could be read.

    Attributes:
        chosen: candidates in the order named.
        stop: whether no further section is wanted.
        fault: why the answer cannot be read; empty when it can. Then nothing is chosen.
    """

    chosen: tuple[Candidate, ...] = ()
    stop: bool = False
    fault: str = ""


def make_question(candidates: Sequence[Candidate], kinds: Sequence[Kind]) -> Question:
    """The question for these kinds."""
    sections: dict[str, dict[int, Candidate]] = {}
    number = 0
    for kind in kinds:
        for candidate in (candidate for candidate in candidates if candidate.record.kind is kind):
            number += 1
            sections.setdefault(SECTIONS[kind], {})[number] = candidate
    return Question(MappingProxyType(sections))


def choice_messages(observation: Observation, question: Question, chosen: Sequence[Candidate]) -> tuple[Message, ...]:
    """The chat that asks; what was chosen before stands above what is offered now."""
    lines = ["## Text", *(f"{n}\t{text}" for n, text in enumerate(observation.page.sources, 1))]
    if chosen:
        lines += ["", "## Chosen already", *(render_item(candidate.record) for candidate in chosen)]
    left = observation.budget_tokens - sum(candidate.tokens for candidate in chosen)
    lines += ["", "## Budget", f"{max(0, left)} tokens"]
    for section, items in question.sections.items():
        lines += ["", f"## {section}"]
        lines += [f"{number}\t{render_item(c.record)} [{c.tokens} tokens]" for number, c in items.items()]
    return Message("system", _SYSTEM), Message("user", "\n".join(lines))


def parse_answer(text: str, question: Question) -> Answer:
    """What the model chose; the whole answer is unreadable when any line of it is.

    A section that is left out was not chosen from, which is a fault too, unless the answer ends with stop.
    """
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    stop = bool(lines) and lines[-1].lower().rstrip(".") == _STOP
    chosen: dict[str, tuple[Candidate, ...]] = {}
    for line in lines[:-1] if stop else lines:
        match = _LINE.fullmatch(line)
        if match is None:
            return Answer(fault=f"line {line[:60]!r} is not 'section: numbers'")
        section, fault = match["section"], _fault(match["section"], match["numbers"], question, chosen)
        if fault:
            return Answer(fault=fault)
        chosen[section] = tuple(question.sections[section][number] for number in _numbers(match["numbers"]))
    missing = [section for section in question.sections if section not in chosen]
    if missing and not stop:
        return Answer(fault=f"no line for section {missing[0]!r}" if lines else "the answer is empty")
    return Answer(tuple(candidate for items in chosen.values() for candidate in items), stop)


def _fault(section: str, numbers: str, question: Question, seen: Mapping[str, object]) -> str:
    if section not in question.sections:
        return f"there is no section {section!r}"
    if section in seen:
        return f"section {section!r} is answered twice"
    given = _numbers(numbers)
    unknown = [number for number in given if number not in question.sections[section]]
    if unknown:
        return f"{section} has no number {unknown[0]}"
    return f"{section} names a number twice" if len(set(given)) < len(given) else ""


def _numbers(text: str) -> list[int]:
    return [] if text == "none" else [int(number) for number in text.split()]

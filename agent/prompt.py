"""The prompts: one regular shape for all models, large and micro, and its exact inverse.

What stays the same within a document comes first, the source last, so that servers with a prefix cache compute
little twice. Knows nothing of backends, memory or policies: it prints what was chosen. `parse_prompt` reads a
prompt back; the `gloss` backend and the simulated translator use nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from dragoman.agent.word_order import position_in_text
from dragoman.core.context import Candidate
from dragoman.core.errors import BadRequestError, MemoryError3E
from dragoman.core.exchange import Message
from dragoman.core.languages import Language
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.rendering import SECTIONS, one_line, render_item

__all__ = [
    "ParsedPrompt",
    "PromptPage",
    "RememberPage",
    "complete_messages",
    "parse_prompt",
    "pivot_messages",
    "remember_messages",
    "repair_messages",
    "translate_messages",
]

ENGLISH, DRAFT, FAULTS, TEXT, TRANSLATION = "English", "Draft", "Faults", "Text", "Translation"
_NUMBERED = (ENGLISH, DRAFT, FAULTS, TEXT, TRANSLATION)

_TRANSLATE, _INTO = "Translate ", " into "
_USE_NOTES = ". Use the notes."
_FORMAT = " Keep every line number and tag. Answer with one line per line: number, tab, translation."
_REPAIR = "Correct the faults of the draft."
_REMEMBER, _PAIR, _LIST = "Read the ", " text and its ", " translation. List each new name or special term once:"
_REMEMBER_FORMAT = (
    "name = rendering (gender, type)\n"
    "Gender is he, she, it, they or ?. Type is person, place, group, thing or term. Leave out what Names has."
)
_ABOUT = "Last line: about: what happens so far, in one short sentence."


@dataclass(frozen=True, slots=True)
class PromptPage:
    """What a prompt about source lines is made of.

    Attributes:
        source_language: of the lines.
        target_language: of the answer.
        lines: line number to source text, ascending; numbers are 1-based places on the page.
        candidates: the chosen context, in the order of the observation.
        english: line number to the pivot's rendering; empty when the pivot was not called.
        instructions: the user's own words.
        solved: (source, translation) pairs of neighbouring lines, shown as examples when only some lines are asked.
    """

    source_language: Language
    target_language: Language
    lines: Mapping[int, str]
    candidates: tuple[Candidate, ...] = ()
    english: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    instructions: str = ""
    solved: tuple[tuple[str, str], ...] = ()

    def only(self, numbers: Iterable[int]) -> "PromptPage":
        """The same page with these lines alone and the context that speaks about them (or about all lines)."""
        kept = {number: self.lines[number] for number in sorted(numbers)}
        useful = tuple(c for c in self.candidates if not c.lines or not kept.keys().isdisjoint(c.lines))
        english = {number: text for number, text in self.english.items() if number in kept}
        return replace(self, lines=kept, candidates=useful, english=english)


@dataclass(frozen=True, slots=True)
class RememberPage:
    """What the one memory call of a page is made of.

    Attributes:
        source_language: of the lines.
        target_language: of the translations.
        lines: line number to source text.
        translations: line number to translation.
        essence: the summary so far; empty at the start of a document.
        names: name records that the model shall not list again.
        ask_essence: whether a new summary line is wanted.
    """

    source_language: Language
    target_language: Language
    lines: Mapping[int, str]
    translations: Mapping[int, str]
    essence: str = ""
    names: tuple[MemoryRecord, ...] = ()
    ask_essence: bool = True


@dataclass(frozen=True, slots=True)
class ParsedPrompt:
    """A prompt read back.

    Attributes:
        source_language: its name, as printed.
        target_language: its name, as printed.
        sections: item lines as rendered, by kind; a trace item is "number<TAB>gloss"; absent kinds are empty.
        text: line number to source text.
        english: line number to the pivot's rendering.
        draft: line number to the draft to correct.
        faults: line number to its faults.
        translation: line number to translation (memory call only).
        instructions: the user's own words.
        wants_translation: false for the memory call.
    """

    source_language: str
    target_language: str
    sections: Mapping[Kind, tuple[str, ...]]
    text: Mapping[int, str]
    english: Mapping[int, str]
    draft: Mapping[int, str]
    faults: Mapping[int, str]
    translation: Mapping[int, str]
    instructions: str = ""
    wants_translation: bool = True

    def items(self, kind: Kind) -> tuple[str, ...]:
        """The item lines of a kind; empty when the prompt has none."""
        return self.sections.get(kind, ())


def translate_messages(page: PromptPage) -> tuple[Message, ...]:
    """The call that translates the lines of a page."""
    return _chat(_translate_system(page), _context_sections(page) | _numbered(TEXT, page.lines))


def complete_messages(page: PromptPage, numbers: Iterable[int]) -> tuple[Message, ...]:
    """The call for lines that an answer left out: these lines alone, with the context that speaks about them."""
    return translate_messages(page.only(numbers))


def repair_messages(page: PromptPage, drafts: Mapping[int, str], faults: Mapping[int, str]) -> tuple[Message, ...]:
    """The call that corrects faulty lines.

    Args:
        page: the whole page; only the faulty lines are shown.
        drafts: the previous draft of each faulty line that has one.
        faults: line number to all its faults, in one line.
    """
    part = page.only(faults)
    sections = _context_sections(part) | _numbered(DRAFT, drafts) | _numbered(FAULTS, faults)
    return _chat(f"{_translate_system(page)}\n{_REPAIR}", sections | _numbered(TEXT, part.lines))


def pivot_messages(source_language: Language, lines: Mapping[int, str]) -> tuple[Message, ...]:
    """The call of the tool `translate_to_english`."""
    system = f"{_TRANSLATE}{one_line(source_language.name)}{_INTO}English.{_FORMAT}"
    return _chat(system, _numbered(TEXT, lines))


def remember_messages(page: RememberPage) -> tuple[Message, ...]:
    """The one memory call of a page."""
    languages = f"{one_line(page.source_language.name)}{_PAIR}{one_line(page.target_language.name)}"
    system = [f"{_REMEMBER}{languages}{_LIST}", _REMEMBER_FORMAT] + ([_ABOUT] if page.ask_essence else [])
    names = [render_item(record) for record in page.names]
    items = {SECTIONS[Kind.ESSENCE]: [one_line(page.essence)], SECTIONS[Kind.ENTITY]: names}
    texts = _numbered(TEXT, page.lines) | _numbered(TRANSLATION, page.translations)
    return _chat("\n".join(system), items | texts)


def parse_prompt(messages: Sequence[Message]) -> ParsedPrompt:
    """What stands in a prompt that this module printed.

    Raises:
        BadRequestError: if the messages were not printed by this module.
    """
    system, user = (message.content for message in messages[:2]) if len(messages) >= 2 else ("", "")
    languages = _parse_system(system)
    sections = _parse_sections(user)
    numbered = {name: _by_number(sections.get(name, ())) for name in _NUMBERED}
    return ParsedPrompt(
        source_language=languages.source,
        target_language=languages.target,
        sections={kind: tuple(sections[name]) for kind, name in SECTIONS.items() if name in sections},
        text=numbered[TEXT],
        english=numbered[ENGLISH],
        draft=numbered[DRAFT],
        faults=numbered[FAULTS],
        translation=numbered[TRANSLATION],
        instructions=languages.instructions,
        wants_translation=languages.wants_translation,
    )


def _translate_system(page: PromptPage) -> str:
    pair = f"{one_line(page.source_language.name)}{_INTO}{one_line(page.target_language.name)}"
    system = f"{_TRANSLATE}{pair}{_USE_NOTES}{_FORMAT}"
    return f"{system}\n{page.instructions.strip()}" if page.instructions.strip() else system


def _context_sections(page: PromptPage) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    for kind, name in SECTIONS.items():
        if kind is Kind.TRACE:  # the pivot's rendering stands between the examples and the gloss
            sections |= _numbered(ENGLISH, page.english)
        of_kind = [candidate for candidate in page.candidates if candidate.record.kind is kind]
        sections[name] = _items(kind, of_kind, page.lines)
        if kind is Kind.EXEMPLAR:
            sections[name] += [f"{one_line(source)} => {one_line(target)}" for source, target in page.solved]
    return sections


def _items(kind: Kind, candidates: list[Candidate], lines: Mapping[int, str]) -> list[str]:
    if kind is Kind.TRACE:
        return _trace_items(candidates, lines)
    if kind is Kind.ENTRY:
        candidates = sorted(candidates, key=lambda c: position_in_text(c.record.source, c.lines, lines))
    elif kind is not Kind.EXEMPLAR:
        candidates = sorted(candidates, key=_stable_place)
    return [render_item(candidate.record) for candidate in candidates]


def _stable_place(candidate: Candidate) -> tuple[int, str, str, bool, str]:
    """An order that does not change from page to page; a rule stands right before its own examples."""
    record = candidate.record
    page = -1 if record.provenance.page is None else record.provenance.page
    group = record.attribute("rule") or record.id
    return (page, record.provenance.origin, group, bool(record.attribute("rule")), record.id)


def _trace_items(candidates: Iterable[Candidate], lines: Mapping[int, str]) -> list[str]:
    glosses: dict[int, str] = {}
    for candidate in candidates:
        if not candidate.lines:
            raise MemoryError3E(f"trace record {candidate.id} names no line: give the number of the line it glosses")
        glosses |= {number: render_item(candidate.record) for number in candidate.lines if number in lines}
    return _numbered("", glosses)[""]


def _numbered(name: str, lines: Mapping[int, str]) -> dict[str, list[str]]:
    return {name: [f"{number}\t{lines[number].replace(chr(10), ' ')}" for number in sorted(lines)]}


def _chat(system: str, sections: Mapping[str, Iterable[str]]) -> tuple[Message, ...]:
    printed: list[str] = []
    for name, items in sections.items():
        shown = [_guard(item) for item in items if item]
        printed += [f"## {name}", *shown] if shown else []
    return (Message("system", system), Message("user", "\n".join(printed)))


def _guard(item: str) -> str:
    """A space in front keeps an item from reading as a heading; the parser takes one space away."""
    return f" {item}" if item.startswith(("#", " ")) else item


@dataclass(frozen=True, slots=True)
class _System:
    source: str
    target: str
    instructions: str
    wants_translation: bool


def _parse_system(system: str) -> _System:
    first, _, rest = system.partition("\n")
    if first.startswith(_TRANSLATE) and first.endswith(_FORMAT):
        names = first.removeprefix(_TRANSLATE).removesuffix(_FORMAT)
        names = names.removesuffix(_USE_NOTES) if names.endswith(_USE_NOTES) else names.removesuffix(".")
        source, _, target = names.partition(_INTO)
        return _System(source, target, rest.removesuffix(_REPAIR).strip(), wants_translation=True)
    if first.startswith(_REMEMBER) and first.endswith(_LIST):
        source, _, target = first.removeprefix(_REMEMBER).removesuffix(_LIST).partition(_PAIR)
        return _System(source, target, "", wants_translation=False)
    raise BadRequestError(
        f"cannot read a prompt that begins {system[:60]!r}: this backend answers only Dragoman's own prompts"
    )


def _parse_sections(user: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    items: list[str] = []
    for line in user.split("\n"):
        if line.startswith("## "):
            items = sections.setdefault(line.removeprefix("## "), [])
        elif line:
            items.append(line.removeprefix(" "))
    return sections


def _by_number(items: Iterable[str]) -> dict[int, str]:
    pairs = (item.partition("\t") for item in items)
    return {int(number): text for number, _, text in pairs}

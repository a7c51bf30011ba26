"""What the tokenizer's merges are learned from: English, glosses, the fixed words of prompts, and pairs of letters."""

import re
from collections.abc import Iterable, Iterator

from dragoman.agent.prompt import PromptPage, RememberPage, pivot_messages, remember_messages, translate_messages
from dragoman.core.languages import ENGLISH, Language
from dragoman.training.simlang import SimDocument, SimLanguage, generate_document, pack
from dragoman.training.simlang.grammar import grammar_rules
from dragoman.training.simlang.inventory import TOPICS
from dragoman.training.simlang.records import about_line
from dragoman.training.simlang.resources import dictionary_rows

__all__ = ["tokenizer_corpus"]

_FORM = re.compile(r"`[^`]*`")
_FIXED_REPEATS = 30
_SECTIONS = ("Rules", "Style", "About", "Names", "Words", "Examples", "English", "Gloss", "Text", "Draft", "Faults")


def tokenizer_corpus(num_languages: int, english: Iterable[str] = ()) -> Iterator[str]:
    """Texts in a fixed order.

    Args:
        num_languages: of the training split, with a document of four pages each.
        english: further English lines, such as translations of real texts.
    """
    yield from english
    for _ in range(_FIXED_REPEATS):
        yield from _fixed()
    for language in pack("train", num_languages):
        document = generate_document(language, seed=0, pages=4)
        yield from _document(document)
        yield from _grammar(language)
        for stem, pos, gloss, _ in dictionary_rows(language):
            yield f" {gloss} ({pos})"
            yield from _pairs(stem)


def _fixed() -> Iterator[str]:
    """The fixed words of every prompt."""
    nothing = Language("x-n", "X")
    page = PromptPage(nothing, ENGLISH, {1: ""})
    for messages in (
        translate_messages(page),
        pivot_messages(nothing, {1: ""}),
        remember_messages(RememberPage(nothing, ENGLISH, {1: ""}, {1: ""})),
    ):
        yield messages[0].content
    yield "".join(f"## {name}\n" for name in _SECTIONS)
    yield "<|im_start|>system\n<|im_start|>user\n<|im_start|>assistant\n"
    yield from (f"about: {about_line(topic)}" for topic in TOPICS)


def _document(document: SimDocument) -> Iterator[str]:
    for sentence in document.sentences:
        yield sentence.reference
        yield f"1\t{sentence.gloss}"
    for entity in (*document.glossary, *document.introduced):
        yield f" = {entity.english} ({entity.gender or 'it'}, {entity.sort})"


def _grammar(language: SimLanguage) -> Iterator[str]:
    for rule in grammar_rules(language):
        yield _FORM.sub("", f"{rule.heading}: {rule.statement}")


def _pairs(word: str) -> Iterator[str]:
    """A constructed word in pieces of two letters, with and without a space in front, and its beginning in capitals."""
    yield from (f" {word[:2]}", word[:2], f" {word[:2].capitalize()}", word[:2].capitalize())
    yield from (word[at : at + 2] for at in range(2, len(word), 2))
    yield f"-{word[:2]}"

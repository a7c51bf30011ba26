"""From options to the objects that do the work: resources, memory, policy, token counter; no model is loaded here."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dragoman.core.document import Document, Page
from dragoman.core.errors import InputError
from dragoman.core.formats import document_from_text, read_document
from dragoman.core.pages import split_pages
from dragoman.core.protocols import ContextPolicy, TokenCounter
from dragoman.core.records import Resource
from dragoman.core.tokens import EstimatedTokenCounter, load_token_counter
from dragoman.direction import Vocabulary, is_turned, vocabulary_of
from dragoman.memory.store import Memory
from dragoman.options import TranslatorOptions
from dragoman.policies import DEFAULT_POLICY, make_policy
from dragoman.resources import directed, load_resources, problems_of

__all__ = ["Equipment", "Shelf", "cut", "equip", "open_document", "token_counter"]


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a run works with.

    Attributes:
        resources: what the user brought.
        memory: the same, indexed, in the direction that the languages (or the first document) suggest.
        policy: chooses the context.
        shelf: the memories in both directions; None where `memory` serves every document.
    """

    resources: tuple[Resource, ...]
    memory: Memory
    policy: ContextPolicy
    shelf: "Shelf | None" = None

    def memory_for(self, document: Document) -> Memory:
        """The memory in the direction of a document."""
        return self.memory if self.shelf is None else self.shelf.memory_for(document)

    @property
    def problems(self) -> tuple[str, ...]:
        """Rows of resources that could not be read."""
        return problems_of(self.resources)


class Shelf:
    """What the user brought, indexed once for each direction that is needed.

    Args:
        resources: in the direction of their files.
        options: say the direction, or let each document decide.
    """

    def __init__(self, resources: tuple[Resource, ...], options: TranslatorOptions) -> None:
        self.resources = resources
        self._options = options
        self._memories: dict[bool, Memory] = {}
        self._filling = threading.Lock()

    def memory_for(self, document: Document | None) -> Memory:
        """The memory in the direction of a document, or in the one that the options suggest."""
        flip = self._options.flip
        return self.memory_at(flip=flip if document is None else self.is_turned(document, otherwise=flip))

    def memory_at(self, *, flip: bool) -> Memory:
        """The memory in one direction."""
        with self._filling:
            if flip not in self._memories:
                self._memories[flip] = Memory(directed(self.resources) if flip else self.resources, flip=flip)
            return self._memories[flip]

    def is_turned(self, document: Document, *, otherwise: bool) -> bool:
        """Whether a document is in the language of the glosses; `otherwise` where its words do not tell."""
        if self._options.glosses_in != "auto":
            return self._options.flip
        return is_turned(self._vocabulary, document, otherwise=otherwise)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return vocabulary_of(self.resources)


def equip(
    options: TranslatorOptions,
    *,
    memory: Memory | None = None,
    policy: ContextPolicy | None = None,
    first: Document | None = None,
) -> Equipment:
    """What the options name; a memory or policy that is given takes the place of the one they name.

    Args:
        options: what the user asks for.
        memory: serves every document as it is.
        policy: chooses the context.
        first: a document that decides the direction of `Equipment.memory`, so that only one index is made.

    Raises:
        UnknownNameError: there is no such policy.
        InputError: a resource cannot be used.
    """
    chosen = policy if policy is not None else make_policy(options.policy or DEFAULT_POLICY)
    resources = load_resources(options.resources)
    if memory is not None:
        return Equipment(resources, memory, chosen)
    shelf = Shelf(resources, options)
    return Equipment(resources, shelf.memory_for(first), chosen, shelf)


def open_document(
    source: str | Path | Document,
    options: TranslatorOptions,
    *,
    format: str | None = None,  # the word users know
    encoding: str | None = None,
) -> Document:
    """A document from a path, from text, or as it is.

    Raises:
        InputError: the file cannot be read in its format and encoding.
    """
    if isinstance(source, Document):
        return source
    if not isinstance(source, str | Path):
        raise InputError(f"a text, a path or a document is needed, not {type(source).__name__}")
    source_language, target_language = options.source_language, options.target_language
    if isinstance(source, Path):
        return read_document(
            source, source_language=source_language, target_language=target_language, format=format, encoding=encoding
        )
    return document_from_text(
        source, source_language=source_language, target_language=target_language, format=format or "text"
    )


def token_counter(options: TranslatorOptions) -> TokenCounter:
    """The tokenizer the user named, else an estimate; no model is asked."""
    return load_token_counter(options.tokenizer) if options.tokenizer else EstimatedTokenCounter()


def cut(documents: Sequence[Document], counter: TokenCounter, options: TranslatorOptions) -> list[tuple[Page, ...]]:
    """The pages of each document."""
    settings = options.settings
    limits = {"max_tokens": settings.page_tokens, "max_lines": settings.page_lines}
    return [split_pages(document, counter, **limits) for document in documents]

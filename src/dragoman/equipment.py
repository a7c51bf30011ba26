"""From options to the objects that do the work: resources, memory, policy, token counter; no model is loaded here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.core.document import Document, Page
from dragoman.core.formats import document_from_text, read_document
from dragoman.core.pages import split_pages
from dragoman.core.protocols import ContextPolicy, TokenCounter
from dragoman.core.records import Resource
from dragoman.core.tokens import EstimatedTokenCounter, load_token_counter
from dragoman.memory.store import Memory
from dragoman.options import TranslatorOptions
from dragoman.policies import DEFAULT_POLICY, make_policy
from dragoman.resources import load_resources, problems_of

__all__ = ["Equipment", "cut", "equip", "open_document", "token_counter"]


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a run works with.

    Attributes:
        resources: what the user brought.
        memory: the same, indexed, in the direction of the translation.
        policy: chooses the context.
    """

    resources: tuple[Resource, ...]
    memory: Memory
    policy: ContextPolicy

    @property
    def problems(self) -> tuple[str, ...]:
        """Rows of resources that could not be read."""
        return problems_of(self.resources)


def equip(
    options: TranslatorOptions, *, memory: Memory | None = None, policy: ContextPolicy | None = None
) -> Equipment:
    """What the options name; a memory or policy that is given takes the place of the one they name.

    Raises:
        UnknownNameError: there is no such policy.
        InputError: a resource cannot be used.
    """
    chosen = policy if policy is not None else make_policy(options.policy or DEFAULT_POLICY)
    resources = load_resources(options.resources, flip=options.flip)
    return Equipment(resources, memory if memory is not None else Memory(resources, flip=options.flip), chosen)


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

"""Dragoman: translates long documents and low-resource languages with an agent that remembers and looks things up."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dragoman.core.document import Document, Segment
    from dragoman.core.errors import DragomanError
    from dragoman.core.formats import read_document
    from dragoman.core.languages import Language, parse_language
    from dragoman.estimate import Estimate
    from dragoman.options import TranslatorOptions
    from dragoman.results import TranslationResult
    from dragoman.sdk import AsyncTranslator, Translator

__version__ = "0.1.0"

__all__ = [
    "AsyncTranslator",
    "Document",
    "DragomanError",
    "Estimate",
    "Language",
    "Segment",
    "TranslationResult",
    "Translator",
    "TranslatorOptions",
    "__version__",
    "parse_language",
    "read_document",
]

# Public name to its module; loaded on first use, so that `import dragoman` stays light.
_HOMES = {
    "AsyncTranslator": "dragoman.sdk",
    "Document": "dragoman.core.document",
    "DragomanError": "dragoman.core.errors",
    "Estimate": "dragoman.estimate",
    "Language": "dragoman.core.languages",
    "Segment": "dragoman.core.document",
    "TranslationResult": "dragoman.results",
    "Translator": "dragoman.sdk",
    "TranslatorOptions": "dragoman.options",
    "parse_language": "dragoman.core.languages",
    "read_document": "dragoman.core.formats",
}


def __getattr__(name: str) -> Any:  # Any: whichever public name is asked for
    if name not in _HOMES:
        raise AttributeError(f"module 'dragoman' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

"""Every error Dragoman raises on purpose, in one tree.

    DragomanError
    |-- ConfigurationError      a setting or an option is wrong
    |   |-- UnknownNameError        a policy, model, format or mode that does not exist
    |   |-- MissingExtraError       an optional library is not installed
    |   `-- ChangedRunError         a saved run was made with other settings or resources
    |-- InputError              something the user brought cannot be used
    |   |-- EncodingError           bytes are not text in the expected encoding
    |   |-- FormatError             a document cannot be read in its format
    |   |-- LanguageError           a language name or tag cannot be understood
    |   `-- ResourceError           a dictionary, grammar or other resource cannot be used
    |-- BackendError            the model did not answer usefully
    |   |-- BackendUnreachableError connection refused, time-out, server errors that did not pass
    |   |-- AuthenticationError     key missing or rejected
    |   |-- RateLimitError          still limited after the allowed waits
    |   |-- ContextOverflowError    the prompt does not fit the model
    |   `-- BadRequestError         the server refused the request for another reason
    |-- PolicyError             a policy broke its contract or cannot be loaded
    |-- ShapeError              an array has another shape than the function needs
    |-- MemoryError3E           a memory record or version that does not exist
    |-- JournalError            the journal cannot be opened, read or written
    |-- TrainingError           a training cannot go on; its last checkpoint is kept
    |-- LimitReachedError       a limit set by the user stopped the run; the state is saved
    `-- InterruptedRunError     the user stopped the run; the state is saved

A message holds what was given, what was expected and what to do. `exit_code` is what the command line returns.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar

__all__ = [
    "AuthenticationError",
    "BackendError",
    "BackendUnreachableError",
    "BadRequestError",
    "ChangedRunError",
    "ConfigurationError",
    "ContextOverflowError",
    "DragomanError",
    "EncodingError",
    "FormatError",
    "InputError",
    "InterruptedRunError",
    "JournalError",
    "LanguageError",
    "LimitReachedError",
    "MemoryError3E",
    "MissingExtraError",
    "PolicyError",
    "RateLimitError",
    "ResourceError",
    "ShapeError",
    "TrainingError",
    "UnknownNameError",
]


class DragomanError(Exception):
    """Root of all expected errors."""

    exit_code: ClassVar[int] = 1


class ConfigurationError(DragomanError):
    """A setting or an option is wrong."""

    exit_code = 2


class UnknownNameError(ConfigurationError):
    """A name that is not in a fixed table.

    Args:
        role: what the name stands for, for example "policy".
        given: the name as the user wrote it.
        known: all names that would have worked.
    """

    def __init__(self, role: str, given: str, known: Iterable[str]) -> None:
        names = list(known)
        close = get_close_matches(given, names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        super().__init__(f"unknown {role} {given!r}: known are {', '.join(names)}{hint}")


class MissingExtraError(ConfigurationError):
    """An optional library is needed and not installed.

    Args:
        purpose: what the user asked for, for example "--model hf:".
        extra: the pip extra that brings it.
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an optional part: pip install 'dragoman[{extra}]'")


class ChangedRunError(ConfigurationError):
    """A saved run was made with other settings or resources."""


class InputError(DragomanError):
    """Something the user brought cannot be used."""


class EncodingError(InputError):
    """Bytes are not text in the expected encoding."""


class FormatError(InputError):
    """A document cannot be read in its format."""


class LanguageError(InputError):
    """A language name or tag cannot be understood."""

    exit_code = 2


class ResourceError(InputError):
    """A dictionary, grammar or other resource cannot be used."""


class BackendError(DragomanError):
    """The model did not answer usefully."""


class BackendUnreachableError(BackendError):
    """Connection refused, time-out, or server errors that did not pass."""

    exit_code = 5


class AuthenticationError(BackendError):
    """The key is missing or was rejected."""


class RateLimitError(BackendError):
    """The server still limits us after the allowed waits."""


class ContextOverflowError(BackendError):
    """The prompt does not fit the model's context window."""


class BadRequestError(BackendError):
    """The server refused the request for a reason that waiting does not cure."""


class PolicyError(DragomanError):
    """A policy broke its contract or cannot be loaded."""


class ShapeError(DragomanError):
    """An array has another shape than the function needs."""


class MemoryError3E(DragomanError):
    """A memory record or version that does not exist."""


class JournalError(DragomanError):
    """The journal cannot be opened, read or written."""


class TrainingError(DragomanError):
    """A training cannot go on; its last checkpoint is kept."""


class LimitReachedError(DragomanError):
    """A limit set by the user stopped the run; everything done is saved."""

    exit_code = 4


class InterruptedRunError(DragomanError):
    """The user stopped the run; everything done is saved."""

    exit_code = 130

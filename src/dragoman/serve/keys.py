"""API keys: who may ask, and how much. Only digests are kept; every comparison takes the same time.

A key file holds one key per line: a name, the key, and limits if wanted.

    # name   key              limits
    reader   sk-2f6c...       per_minute=60 concurrent=4
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from dragoman.core.errors import ConfigurationError, InputError, UnknownNameError

__all__ = ["ANYBODY", "ApiKey", "find_key", "make_key", "read_key_file"]

_MIN_LENGTH = 8
_LIMITS = ("per_minute", "concurrent")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Somebody who may ask.

    Attributes:
        name: of the key; sessions, jobs and files belong to it, so a new secret under the same name keeps them.
        digest: SHA-256 of the secret.
        per_minute: requests to the model in any 60 seconds; None means any number.
        concurrent: requests to the model at a time; None means any number.
    """

    name: str
    digest: bytes = b""
    per_minute: int | None = None
    concurrent: int | None = None


ANYBODY = ApiKey("local")
"""Who asks where no keys are set."""


def make_key(secret: str, name: str | None = None) -> ApiKey:
    """The key with this secret; without a name it is named after its digest.

    Raises:
        ConfigurationError: the secret is too short to be one, or has blanks.
    """
    if len(secret) < _MIN_LENGTH or not secret.isprintable() or " " in secret:
        raise ConfigurationError(f"an API key has {len(secret)} characters: give at least {_MIN_LENGTH}, no blanks")
    digest = _digest(secret)
    return ApiKey(name or f"key-{digest.hex()[:12]}", digest)


def read_key_file(path: Path) -> tuple[ApiKey, ...]:
    """The keys of a file, in its order.

    Raises:
        InputError: the file cannot be read.
        ConfigurationError: a line cannot be understood, or a name stands twice.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"key file {path} cannot be read ({error}): give a text file") from error
    numbered = ((number, line.partition("#")[0].split()) for number, line in enumerate(lines, start=1))
    keys = tuple(_parse(path, number, words) for number, words in numbered if words)
    names = [key.name for key in keys]
    if not keys or len(set(names)) < len(names):
        raise ConfigurationError(f"key file {path} has no key, or a name twice: write one 'NAME KEY' per line")
    return keys


def find_key(keys: Iterable[ApiKey], secret: str) -> ApiKey | None:
    """The key with this secret; looks at all of them, so that time tells nothing."""
    digest, found = _digest(secret), None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key
    return found


def _parse(path: Path, number: int, words: list[str]) -> ApiKey:
    if len(words) < 2:
        raise ConfigurationError(f"{path}, line {number}: expected a name and a key, as in: reader sk-2f6c81d0")
    key = make_key(words[1], words[0])
    for word in words[2:]:
        limit, _, value = word.partition("=")
        if limit not in _LIMITS:
            raise UnknownNameError(f"limit in {path}, line {number}", limit, _LIMITS)
        if not value.isdecimal() or int(value) < 1:
            raise ConfigurationError(f"{path}, line {number}: {word!r} is no limit, write it as {limit}=10")
        key = replace(key, per_minute=int(value)) if limit == "per_minute" else replace(key, concurrent=int(value))
    return key


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()

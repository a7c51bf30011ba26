"""Content hashes: the one place that decides how things get stable ids."""

import hashlib
import json
from typing import Any

__all__ = ["content_hash", "stable_json"]


def stable_json(value: Any) -> str:  # Any: whatever JSON can hold
    """The one JSON spelling of `value`: sorted keys, no spaces, real characters."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def content_hash(*parts: str | bytes, length: int = 16) -> str:
    """Hex hash of the parts and of the borders between them.

    Args:
        parts: texts or bytes; ("ab", "c") and ("a", "bc") give different hashes.
        length: number of hex digits, at most 64.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:length]

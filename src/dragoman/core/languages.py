"""placeholder, replaced by the documents part"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    tag: str
    name: str
    direction: str = "ltr"
    script: str | None = None

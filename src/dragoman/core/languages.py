"""Languages by any name: never a closed list.

A language is a BCP-47 tag, a glottocode, an English or native name, or `tag:name` for what no registry knows. Names and
scripts come from `langcodes` with `language_data` (CLDR and the IANA registry), loaded on first use. A two- or
three-letter word is read as a tag first ("ga" is Irish, not Ga: write "gaa").
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dragoman.core.errors import LanguageError
from dragoman.core.hashing import content_hash

if TYPE_CHECKING:
    import langcodes

__all__ = ["ENGLISH", "Language", "parse_language"]

_MAX_NAME = 80
_TAG = re.compile(r"(?:[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*|[XxIi](?:[-_][A-Za-z0-9]{1,8})+)")
_GLOTTOCODE = re.compile(r"(?=.{0,3}[a-z])[a-z0-9]{4}[0-9]{4}")
# Scripts written from right to left (Unicode 16, ScriptMetadata, those in use by living or literary languages).
_RIGHT_TO_LEFT = frozenset(
    ["Adlm", "Arab", "Aran", "Armi", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Sogd", "Syrc", "Thaa", "Yezi"]
)
_WAY_OUT = 'give a BCP-47 tag ("sw"), a glottocode ("komn1238"), a name ("Swahili") or tag:name ("qaa-x-sim:Simlish")'


@dataclass(frozen=True, slots=True)
class Language:
    """A language as the user named it.

    Attributes:
        tag: BCP-47 tag; `x-...` (private use) for glottocodes and for names that no registry knows.
        name: for people and prompts.
        direction: "ltr" or "rtl", from the script.
        script: ISO 15924 code such as "Latn"; None when neither the tag nor CLDR tells it.
    """

    tag: str
    name: str
    direction: str = "ltr"
    script: str | None = None

    @property
    def is_english(self) -> bool:
        """Whether it is some English: en, en-GB, en-Latn-US."""
        return self.tag.lower().split("-")[0] in ("en", "eng")


ENGLISH = Language("en", "English")
"""English as it stands in prompts; one that is parsed has its script as well."""


@lru_cache(maxsize=1024)
def parse_language(text: str) -> Language:
    """The language that `text` names; an unknown plain name becomes a private-use tag `x-<slug>` with that name.

    Raises:
        LanguageError: when `text` cannot be a language's name: empty, no letters, control characters, over 80
            characters, or `tag:name` with something that is not a tag in front.
    """
    given = text.strip()
    head, colon, name = (part.strip() for part in given.partition(":"))
    _require_name(given, text)
    if not colon:
        return _from_code(given) or _from_name(given)
    _require_name(name, text)
    coded = _from_code(head, trusted=True)
    if coded is None:
        raise LanguageError(f"language {text!r}: {head!r} in front of the colon is not a tag; {_WAY_OUT}")
    return Language(coded.tag, name, coded.direction, coded.script)


def _require_name(name: str, text: str) -> None:
    has_letter = any(char.isalpha() for char in name)
    if not has_letter or len(name) > _MAX_NAME or not name.isprintable():
        raise LanguageError(f"language {text[:_MAX_NAME]!r} cannot be understood: {_WAY_OUT}")


def _from_code(code: str, *, trusted: bool = False) -> Language | None:
    """The language of a tag or glottocode; `trusted` takes any well-formed tag, else only registered ones."""
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    if _GLOTTOCODE.fullmatch(code.lower()):
        return Language(f"x-{code.lower()}", code.lower())
    if not _TAG.fullmatch(code):
        return None
    if langcodes.tag_is_valid(code):
        return _describe(langcodes.Language.get(langcodes.standardize_tag(code)))
    try:
        return _describe(langcodes.Language.get(code, normalize=False)) if trusted else None
    except LanguageTagError:
        return None


def _from_name(name: str) -> Language:
    import langcodes

    try:
        found = langcodes.find(name)
    except LookupError:
        return Language(f"x-{_slug(name)}", name)
    return _describe(found)  # its English name, so that "Deutsch" and "German" are one run


def _describe(language: "langcodes.Language") -> Language:
    tag, script = language.to_tag(), _script(language)
    name = language.display_name()
    shown = tag if name.startswith("Unknown language") else name
    return Language(tag, shown, "rtl" if script in _RIGHT_TO_LEFT else "ltr", script)


def _script(language: "langcodes.Language") -> str | None:
    """The tag's script, else the one CLDR expects; langcodes itself answers "Latn" for all it does not know."""
    from langcodes.data_dicts import LIKELY_SUBTAGS

    if language.script:
        return language.script
    return language.maximize().script if language.language in LIKELY_SUBTAGS else None


def _slug(name: str) -> str:
    """BCP-47 private-use subtags (eight letters or digits at most) from a name; a hash where nothing is ASCII."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]{1,8}", plain)
    return "-".join(words) if words else content_hash(name, length=8)

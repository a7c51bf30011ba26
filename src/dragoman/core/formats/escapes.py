"""How a translation is made safe for its place. Source text is never touched: only what was translated comes here."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ESCAPES", "Escape"]


@dataclass(frozen=True, slots=True)
class Escape:
    """Two steps, either of which may do nothing.

    Attributes:
        piece: applied to each stretch of translated text between tags.
        whole: applied to the result, tags restored; its second argument says whether the line starts with a tag.
    """

    piece: Callable[[str], str] | None = None
    whole: Callable[[str, bool], str] | None = None


# What would open another block at the start of a Markdown line (CommonMark 0.31, chapters 4 and 5). Marks alone count
# even where they are too few for a rule: the next sentence on the line may bring more.
_BLOCK_START = re.compile(
    r"[-+*](?=\s|$)|>|#{1,6}(?=\s|$)|=+\s*$|-+\s*$|(?:\*\s*)+$|(?:_\s*)+$|(?:-\s*)+$|~~~|```|</?[A-Za-z!?]|<!|<\?"
    r"|\[[^\[\]]*\]:"
)
_ORDERED_START = re.compile(r"(\d{1,9})(?=[.)](?:\s|$))")
_CLOSING_HASHES = re.compile(r"(?<=\s)(#+)$|^(#+)$")
_PLAIN_YAML = re.compile(r"[^\W\d_](?:[^:#\n\"'\\{}\[\],&*!|>%@`]|:(?=\S)|(?<=\S)#|')*", re.UNICODE)
_YAML_WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "null", "y", "n"])


def _guard_start(text: str, starts_with_tag: bool) -> str:
    text = _guard_end(text, starts_with_tag)
    if starts_with_tag:
        return text
    if _BLOCK_START.match(text):
        return "\\" + text
    return _ORDERED_START.sub(r"\1\\", text, count=1) if _ORDERED_START.match(text) else text


def _guard_end(text: str, _: bool) -> str:
    """A lone backslash at the end would become a hard break or eat what follows."""
    backslashes = len(text) - len(text.rstrip("\\"))
    return text + "\\" if backslashes % 2 else text


def _guard_heading(text: str, starts_with_tag: bool) -> str:
    return _CLOSING_HASHES.sub(r"\\\g<0>", _guard_end(text, starts_with_tag))


def _guard_cell(text: str, starts_with_tag: bool) -> str:
    guarded = _guard_end(text, starts_with_tag)
    return guarded + " " if guarded.endswith("\\") else guarded  # the table rule looks one character back only


def _guard_first_cell(text: str, starts_with_tag: bool) -> str:
    return _guard_cell(_guard_start(text, starts_with_tag), starts_with_tag)


def _escape_pipes(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def _json_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _json_ascii(text: str) -> str:
    return json.dumps(text)[1:-1]


def _yaml_plain(text: str, _: bool) -> str:
    """As it is where YAML takes it for the same string, else in double quotes."""
    is_plain = _PLAIN_YAML.fullmatch(text) and text.lower() not in _YAML_WORDS and not text.endswith(":")
    return text if is_plain else f'"{_json_text(text)}"'


def _yaml_single(text: str) -> str:
    return text.replace("'", "''")


ESCAPES: Mapping[str, Escape] = MappingProxyType(
    {
        "none": Escape(),
        "markdown": Escape(whole=_guard_end),
        "markdown-line": Escape(whole=_guard_start),
        "markdown-heading": Escape(whole=_guard_heading),
        "markdown-cell": Escape(piece=_escape_pipes, whole=_guard_cell),
        "markdown-first-cell": Escape(piece=_escape_pipes, whole=_guard_first_cell),
        "json": Escape(piece=_json_text),
        "json-ascii": Escape(piece=_json_ascii),
        "yaml-plain": Escape(whole=_yaml_plain),
        "yaml-double": Escape(piece=_json_text),
        "yaml-single": Escape(piece=_yaml_single),
    }
)

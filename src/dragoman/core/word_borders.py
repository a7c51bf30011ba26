"""Scripts that write no borders between words: what is cut, matched and joined differently there."""

import re

__all__ = ["is_borderless", "join_lines"]

_BORDERLESS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_WIDE_SIGNS = ((0x3000, 0x303F), (0xFF01, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF65))  # 、。「」 and ，！？（）
_SHARED_SIGNS = "“”‘’—…·"  # Chinese writes them without spaces, others with
# A line end with the characters at its sides; the tags of paired markup (`dragoman.core.tags`) are looked through.
_LINE_END = re.compile(r"(\S)((?:</?g\d+>)*)\s*[\r\n]\s*(?=(?:</?g\d+>)*(\S))")


def is_borderless(character: str) -> bool:
    """Whether the character's script writes no borders between words."""
    code = ord(character)
    return code >= 0x0E00 and any(first <= code <= last for first, last in _BORDERLESS)


def join_lines(text: str) -> str:
    """The text with its line ends made spaces, or nothing between two characters that are written without one.

    Args:
        text: lines of one paragraph, without white space at its edges; paired markup as `<g1>` and `</g1>`.
    """
    return _LINE_END.sub(lambda match: match[1] + match[2] + _joint(match[1], match[3]), text)


def _joint(left: str, right: str) -> str:
    is_tight = all(_is_wide(side) or side in _SHARED_SIGNS for side in (left, right))
    return "" if is_tight and (_is_wide(left) or _is_wide(right)) else " "


def _is_wide(character: str) -> bool:
    return is_borderless(character) or any(first <= ord(character) <= last for first, last in _WIDE_SIGNS)

"""Scripts that write no borders between words: what is cut, matched and joined differently there."""

__all__ = ["is_borderless"]

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


def is_borderless(character: str) -> bool:
    """Whether the character's script writes no borders between words."""
    code = ord(character)
    return code >= 0x0E00 and any(first <= code <= last for first, last in _BORDERLESS)

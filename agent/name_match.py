"""Whether a name stands in a line, whatever ending a language gives it there.

Two questions with two costs of being wrong. `stands_in` (the source: is this line about the name?) is careful: the
whole name, perhaps with a prefix or ending, and a capital where the name has one, so that "Mark" is not in "market".
`is_rendered` (the translation: may the rendering be said to be there?) is generous: "Anna" is met in "Anny".
"""

from functools import lru_cache

from dragoman.memory.text import is_borderless, normalise, tokens, words

__all__ = ["is_rendered", "stands_in"]

_MIN_STEM = 3
_MAX_AFFIX = 5  # letters an inflected form may add


def stands_in(name: str, line: str) -> bool:
    """Whether every word of the name stands in the line; false for an empty name."""
    parts = words(name)
    if not parts:
        return bool(name.strip()) and normalise(name) in normalise(line)
    return all(_has_form_of(part, line) for part in parts)


def is_rendered(name: str, line: str) -> bool:
    """Whether the rendering, or an inflected form of each of its words, is anywhere in the line."""
    plain = normalise(line)
    if normalise(name) in plain:
        return True
    stems = [_stem(normalise(word)) for word in words(name)]
    return bool(stems) and all(stem in plain for stem in stems)


def _has_form_of(part: str, line: str) -> bool:
    if any(map(is_borderless, part)):
        return normalise(part) in normalise(line)
    return any(_is_form_of(part, word) for word in _forms(line))


@lru_cache(maxsize=4096)
def _forms(line: str) -> tuple[str, ...]:
    """The words and what hyphens and apostrophes join in them."""
    return tuple(dict.fromkeys((*words(line), *tokens(line))))


def _is_form_of(name: str, word: str) -> bool:
    short, long = normalise(name), normalise(word)
    if short == long:
        return True
    if len(short) <= _MIN_STEM or len(long) > len(short) + _MAX_AFFIX:
        return False
    if long.startswith(short):
        return word[0].isupper() >= name[0].isupper()
    return long.endswith(short) and word[-len(name)].isupper() >= name[0].isupper()


def _stem(word: str) -> str:
    """About three quarters of a word: what most inflections leave."""
    return word[: max(_MIN_STEM, len(word) - max(1, len(word) // 4))]

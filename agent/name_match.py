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
_KEPT = 8192  # lines and names whose spellings are kept: each is compared many times on its page

_Form = tuple[str, str]  # normalised, as written


def stands_in(name: str, line: str) -> bool:
    """Whether every word of the name stands in the line; false for an empty name."""
    parts, plain = _name_forms(name), _plain(line)
    if not parts:
        return bool(name.strip()) and _plain(name) in plain
    return all(part[0] in plain for part in parts) and all(_has_form_of(part, line) for part in parts)


def is_rendered(name: str, line: str) -> bool:
    """Whether the rendering, or an inflected form of each of its words, is anywhere in the line."""
    plain = _plain(line)
    if _plain(name) in plain:
        return True
    stems = [_stem(word) for word, _ in _name_forms(name)]
    return bool(stems) and all(stem in plain for stem in stems)


def _has_form_of(part: _Form, line: str) -> bool:
    """Whether a word of the line is a form of this part of a name, which is known to be in the line's letters."""
    return any(map(is_borderless, part[1])) or any(_is_form_of(part, word) for word in _line_forms(line))


def _is_form_of(name: _Form, word: _Form) -> bool:
    (short, name_written), (long, word_written) = name, word
    if short == long:
        return word_written[0].isupper() >= name_written[0].isupper()
    if len(short) <= _MIN_STEM or len(long) > len(short) + _MAX_AFFIX:
        return False
    if long.startswith(short):
        return word_written[0].isupper() >= name_written[0].isupper()
    start = word_written[-len(name_written) :]  # may be shorter than the name where one sign stands for two letters
    return long.endswith(short) and start[0].isupper() >= name_written[0].isupper()


@lru_cache(maxsize=_KEPT)
def _plain(text: str) -> str:
    return normalise(text)


@lru_cache(maxsize=_KEPT)
def _name_forms(name: str) -> tuple[_Form, ...]:
    return tuple((normalise(word), word) for word in words(name))


@lru_cache(maxsize=_KEPT)
def _line_forms(line: str) -> tuple[_Form, ...]:
    """The words and what hyphens and apostrophes join in them."""
    return tuple((normalise(word), word) for word in dict.fromkeys((*words(line), *tokens(line))))


def _stem(word: str) -> str:
    """About three quarters of a word: what most inflections leave."""
    return word[: max(_MIN_STEM, len(word) - max(1, len(word) // 4))]

"""Sentence borders by the library `sentencex` (about 300 languages, rules of its fallback chain for the rest).

`sentencex` 1.0 keeps every character, but has two faults that are kept away from it here: it panics when white
space of more than one byte follows certain stops (so white space becomes plain spaces first, one for one), and its time
grows with the square of the number of brackets and quotes (so it sees at most `WINDOW` characters at once).
A language that the library does not know, private-use tags included, gets its generic rules: full stops of all
scripts, `!`, `?`, quotes and brackets.
"""

import re
from collections.abc import Iterator

__all__ = ["MAX_SENTENCE", "WINDOW", "sentence_ends"]

WINDOW = 4000
MAX_SENTENCE = 4000  # characters; longer ones are cut at white space, as no model answers a line of any length

_SPACE = re.compile(r"\s")


def sentence_ends(text: str, language_tag: str) -> tuple[int, ...]:
    """Ends of the sentences of one paragraph, ascending; the last one is `len(text)`; () for the empty text.

    The ranges tile the text: white space after a sentence belongs to it. Line ends count as spaces. A sentence of more
    than `MAX_SENTENCE` characters is cut at white space where there is any.

    Args:
        text: a paragraph without markup.
        language_tag: BCP-47 tag; only its first subtag is used.
    """
    plain = _SPACE.sub(" ", text.encode("utf-8", "replace").decode("utf-8"))  # lone surrogates would not pass
    ends: list[int] = []
    for end in _window_ends(plain, language_tag.split("-")[0].lower()):
        ends.extend(_cuts(plain, ends[-1] if ends else 0, end))
        ends.append(end)
    return tuple(ends)


def _window_ends(text: str, language: str) -> Iterator[int]:
    """Ends found window by window; the last, perhaps cut, sentence of a window is read again in the next one."""
    import sentencex  # type: ignore[import-untyped]  # a compiled module without stubs

    position = 0
    while position < len(text):
        pieces = sentencex.segment(language, text[position : position + WINDOW])
        is_last = position + WINDOW >= len(text)
        for piece in pieces if is_last else pieces[:-1]:
            position += len(piece)
            yield position
        if not is_last and len(pieces) == 1:  # no border in the whole window
            position += WINDOW


def _cuts(text: str, start: int, end: int) -> Iterator[int]:
    while end - start > MAX_SENTENCE:
        space = text.rfind(" ", start + 1, start + MAX_SENTENCE)
        if space < 0:
            space = text.find(" ", start + MAX_SENTENCE, end)
        if space < 0 or space + 1 >= end:
            return
        start = space + 1
        yield start

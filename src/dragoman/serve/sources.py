"""The language of a text whose request names none.

A server started with `--from` takes that language. Without it the detector is asked, the same that answers /detect. It
knows some 140 languages and those of the server's own resources; a text in any other language fits none of them well.
Then nothing is guessed: the prompt says "source language", and a client that asked for detection is told what to name.
"""

from dragoman.core.languages import Language
from dragoman.serve.detect import CERTAIN
from dragoman.serve.errors import ServeError
from dragoman.serve.modes import UNKNOWN_SOURCE
from dragoman.serve.state import Serving

__all__ = ["find_source"]

_MIN_LETTERS = 40  # in fewer, a low confidence says that the text is short, not that its language is rare
_MAX_TEXT = 4000


async def find_source(serving: Serving, text: str, *, is_asked: bool) -> tuple[Language, str]:
    """The language of a text and a warning, of which one is empty: `UNKNOWN_SOURCE`, or no words.

    Args:
        serving: the server's state.
        text: to be translated.
        is_asked: whether the client asked for detection (`source_lang: auto`), rather than said nothing.

    Raises:
        ServeError: 400, detection was asked for and a text long enough to tell fits no language well.
    """
    guess = await serving.detect(text[:_MAX_TEXT])
    if guess.confidence >= CERTAIN:
        return guess.language, ""
    if not any(char.isalpha() for char in text):
        return UNKNOWN_SOURCE, ""
    best = f"the best guess is {guess.language.tag} with {guess.confidence:.0%}"
    if is_asked and sum(char.isalpha() for char in text) >= _MIN_LETTERS:
        raise ServeError(
            400,
            f"the language of the text cannot be told: {best}, and languages with few resources are not known at all. "
            "Name it in source_lang (a tag such as kom, a glottocode such as komn1238, a name, or TAG:NAME), or start "
            "the server with --from",
            code="source_language_unclear",
            param="source_lang",
        )
    return UNKNOWN_SOURCE, f"the source language is not named and cannot be told ({best}): name it in source_lang"

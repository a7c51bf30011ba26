"""Gloss lines in the words of another language written out: names put in, or words of the plain gloss joined.

Out of English the gloss line is the sentence itself (`dragoman.memory.mirror`), and only what it leaves open behind "?"
is put in here. Out of another language it has a gloss for each word, in the order of the source.
"""

import re
from collections.abc import Sequence

from dragoman.agent.realisation.lexicon import Lexicon
from dragoman.memory.english import NO_ARTICLE
from dragoman.memory.glosser import UNKNOWN
from dragoman.memory.morphology import is_label, normalise
from dragoman.memory.source_line import SourceWord, with_signs

__all__ = ["completed", "joined"]

_OPEN = re.compile(r"(?P<before>\+?)(?<!\w)\?(?P<word>[^\W_](?:[\w'’.-]*\w)?)(?P<after>\+?)")


def completed(gloss: str, lexicon: Lexicon) -> str:
    """The sentence with renderings in place of the words that the gloss leaves open; those without one stay."""
    found = _OPEN.sub(lambda match: _rendering(match["word"], lexicon), gloss)
    return found[:1].upper() + found[1:] if gloss.lstrip(UNKNOWN)[:1].isupper() else found


def _rendering(word: str, lexicon: Lexicon) -> str:
    """Of a name, whose affixes may stand behind it with hyphens."""
    pieces = word.split("-")
    for size in range(len(pieces), 0, -1):
        phrase = lexicon.phrase_at([normalise("-".join(pieces[:size]))], 0)
        if phrase is not None and phrase[1].is_name:
            return "-".join([phrase[1].target, *pieces[size:]])
    return word


def joined(sources: Sequence[SourceWord], glosses: Sequence[str], lexicon: Lexicon) -> str:
    """The glosses of words as they are written, in their order; never without its punctuation."""
    texts = (
        _unknown(source, lexicon) if gloss.startswith(UNKNOWN) else _surface(gloss)
        for source, gloss in zip(sources, glosses, strict=True)
    )
    line = with_signs((source.opening, text, source.closing) for source, text in zip(sources, texts, strict=True))
    line = line or " ".join(f"{s.opening}{s.form}{s.closing}" for s in sources)
    is_capital = bool(sources) and sources[0].form[:1].isupper()
    return line[:1].upper() + line[1:] if is_capital else line


def _unknown(source: SourceWord, lexicon: Lexicon) -> str:
    """A word that the gloss does not know: its rendering where it is a name, else itself."""
    phrase = lexicon.phrase_at([normalise(source.form)], 0)
    if phrase is not None and phrase[1].is_name:
        return phrase[1].target
    return source.form.lower() if source.form.lower() in NO_ARTICLE else source.form


def _surface(gloss: str) -> str:
    """A word of the gloss as it is written; labels are left out."""
    return "".join(piece for piece in gloss.split("-") if not is_label(piece)).replace(".", " ").strip()

"""Words of glossed text taken apart: which piece is the stem, which are affixes, and what each means.

Reads Leipzig-style aligned tiers: `-` and `=` separate morphemes, `~` reduplication, `left\\stem/right` a stem inside a
circumfix whose meaning stands before `\\` in the gloss. Knows nothing of any language and keeps no state.

Conventions: Leipzig Glossing Rules (Comrie, Haspelmath, Bickel 2015).
"""

import re
import unicodedata
from dataclasses import dataclass

from dragoman.core.tags import TAG, strip_tags
from dragoman.memory import text

__all__ = ["Analysis", "analyse", "glossable", "is_label", "normalise", "split_gloss", "surface"]

_SEPARATOR = re.compile(r"[-=~\u2013]")
_FRAMED_WORD = re.compile(r"^(?P<left>[^\\]*)\\(?P<stem>[^/]*)/(?P<right>.*)$")
_FRAMED_GLOSS = re.compile(r"^(?P<left>[^\\]*)\\(?P<stem>[^-=~\\]+)(?P<right>.*)$")
_LABEL = re.compile(r"^[^a-z\u00df-\u00f6\u00f8-\u00ff]*[A-Z0-9][^a-z\u00df-\u00f6\u00f8-\u00ff]*$")
_MARKS = "".join(
    c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c)[0] == "M"
)  # vowel signs and such
# A lone "?" is a gloss that is not known; after a letter it ends a question, also where it may write a glottal stop.
_EDGES = re.compile(rf"^[^\w\-=~\\/?]+|(?<=[\w{_MARKS}])[^\w{_MARKS}\-=~\\/'’ʼ]+$|[^\w{_MARKS}\-=~\\/?'’ʼ]+$")
_ZERO = frozenset({"", "∅", "Ø", "0"})


@dataclass(frozen=True, slots=True)
class Analysis:
    """One glossed word.

    Attributes:
        left, right: the affixes before and after the stem, joined, without separators; "" for none.
        stem: the stem as it stands in the word.
        lemma: gloss of the stem.
        left_glosses, right_glosses: grammatical glosses in order. A circumfix has its gloss on the left.
        left_forms, right_forms: the affixes in order, one for each gloss; none of a circumfix.
    """

    left: str
    stem: str
    right: str
    lemma: str
    left_glosses: tuple[str, ...] = ()
    right_glosses: tuple[str, ...] = ()
    left_forms: tuple[str, ...] = ()
    right_forms: tuple[str, ...] = ()


def normalise(word: str) -> str:
    """The word as it is looked up: the one spelling of `memory.text`, without tags and punctuation at its edges."""
    return _EDGES.sub("", text.normalise(strip_tags(word)))


def glossable(line: str) -> list[str]:
    """The white-space separated words of a line that have a letter or a digit: those that get a gloss."""
    return [word for word in TAG.sub(" ", line).split() if any(map(str.isalnum, word))]


def surface(word: str) -> str:
    """A segmented word without its separators and zero morphemes."""
    pieces = re.split(r"[-=~\u2013\\/]", word)
    return "".join(piece for piece in pieces if piece not in _ZERO)


def is_label(gloss: str) -> bool:
    """Whether a gloss is a grammatical label (`PL`, `3SG.F`, `PST`) and not a word."""
    return bool(_LABEL.match(gloss))


def split_gloss(gloss: str) -> tuple[str, tuple[str, ...]]:
    """Lemma and grammatical labels of a word's gloss; a word of labels only has the first as its lemma.

    Several lexical pieces (compounds) are joined by `.`: "hand-wash-PST" gives ("hand.wash", ("PST",)).
    """
    pieces = [piece for piece in re.split(r"[-=~\u2013\\]", gloss) if piece]
    lexical = [piece for piece in pieces if not is_label(piece)]
    if not lexical:
        return (pieces[0], tuple(pieces[1:])) if pieces else ("", ())
    return ".".join(lexical), tuple(piece for piece in pieces if is_label(piece))


def analyse(word: str, gloss: str) -> Analysis | None:
    """The parts of a segmented, glossed word; None when the two tiers do not have the same number of pieces."""
    framed_word, framed_gloss = _FRAMED_WORD.match(word), _FRAMED_GLOSS.match(gloss)
    if framed_word and framed_gloss:
        return _framed(framed_word, framed_gloss)
    forms, glosses = _SEPARATOR.split(word), _SEPARATOR.split(gloss)
    if len(forms) > 1 and not forms[0] and not glosses[0]:  # a clitic written apart: "=ko", "=PTC"
        forms, glosses = forms[1:], glosses[1:]
    if len(forms) != len(glosses) or not any(forms):
        return None
    first, last = _stem_span(forms, glosses)
    return Analysis(
        left=_join(forms[:first]),
        stem=_join(forms[first : last + 1]),
        right=_join(forms[last + 1 :]),
        lemma=".".join(glosses[first : last + 1]),
        left_glosses=tuple(glosses[:first]),
        right_glosses=tuple(glosses[last + 1 :]),
        left_forms=tuple(map(surface, forms[:first])),
        right_forms=tuple(map(surface, forms[last + 1 :])),
    )


def _framed(word: re.Match[str], gloss: re.Match[str]) -> Analysis:
    left_glosses = [piece for piece in _SEPARATOR.split(gloss["left"]) if piece]
    right_glosses = [piece for piece in _SEPARATOR.split(gloss["right"]) if piece]
    return Analysis(
        left=surface(word["left"]),
        stem=surface(word["stem"]),
        right=surface(word["right"]),
        lemma=gloss["stem"],
        left_glosses=tuple(left_glosses),
        right_glosses=tuple(right_glosses),
    )


def _stem_span(forms: list[str], glosses: list[str]) -> tuple[int, int]:
    """First and last piece of the stem: the lexical pieces, else the first piece that is not empty."""
    lexical = [index for index, gloss in enumerate(glosses) if gloss and not is_label(gloss)]
    if lexical:
        return lexical[0], lexical[-1]
    first = next(index for index, form in enumerate(forms) if form)
    return first, first


def _join(forms: list[str]) -> str:
    return "".join(form for form in forms if form not in _ZERO)

"""What the dictionary and the names of a prompt say about each word of its text: what looking up has to find.

Training asks the network for it at the word itself, so that looking up is learned from every word of the text and not
only through the answers, whose order is another one; one block later for a grammatical label of the word; and two
blocks later for what stands before it in the answer, so that an answer finds its next word by the one it has just
written (docs/micro.md).
"""

import re
from collections.abc import Mapping, Sequence

from dragoman.memory.morphology import is_label, split_gloss
from dragoman.training.micro.world import World
from dragoman.training.simlang import SimSentence

__all__ = ["UNMARKED", "english_lookups", "explained_labels", "preceding", "target_lookups"]

UNMARKED = "="  # stands for the label of a word that has none

_MIN_STEM = 3  # letters of what may have an ending
_LONGEST_ENDING = 3
_MIN_PART = 4  # letters of a stem that may stand anywhere in a word


def english_lookups(sentences: Sequence[SimSentence], provided: frozenset[str]) -> Mapping[int, Sequence[str]]:
    """English lemmas of the words whose entry or name stands in the prompt, in the sense that is meant.

    Args:
        sentences: line 1 is the first.
        provided: keys of what stands in the prompt.
    """
    known = frozenset(key for key in provided if key.startswith(("entry:", "name:")))
    lines = enumerate(map(_words, sentences), 1)
    return {number: [_lemma(gloss, key in known) for gloss, key in words] for number, words in lines}


def _words(sentence: SimSentence) -> Sequence[tuple[str, str]]:
    glosses = sentence.gloss.split()
    same = len(glosses) == len(sentence.word_keys) == len(sentence.source.split())
    return list(zip(glosses, sentence.word_keys, strict=True)) if same else []


def _lemma(gloss: str, is_known: bool) -> str:
    lemma, _ = split_gloss(gloss)
    return lemma if is_known and lemma and not is_label(lemma) else ""


def explained_labels(sentences: Sequence[SimSentence], prompt: str) -> Mapping[int, Sequence[str]]:
    """A label of each word that the prompt explains as "(LABEL)"; of several the lines take turns.

    Args:
        sentences: line 1 is the first.
        prompt: all of it.

    Returns:
        `UNMARKED` for a word without labels, "" for one whose labels are not explained; empty where none is.
    """
    explained = frozenset(re.findall(r"\(([A-Z]+)\)", prompt))
    lines = {number: _words(sentence) for number, sentence in enumerate(sentences, 1)} if explained else {}
    return {n: [_label(gloss, explained, n) for gloss, _ in words] for n, words in lines.items()}


def _label(gloss: str, explained: frozenset[str], turn: int) -> str:
    lemma, labels = split_gloss(gloss)
    labels = (lemma, *labels) if is_label(lemma) else labels
    found = [label for label in labels if label in explained]
    if not labels:
        return UNMARKED
    return found[turn % len(found)] if found else ""


def target_lookups(world: World, lines: Mapping[int, str], provided: frozenset[str]) -> Mapping[int, Sequence[str]]:
    """Stems and names of the language for the words of English lines.

    Args:
        world: of the language.
        lines: by number.
        provided: keys of what stands in the prompt.
    """
    return {n: [_stem(world, gloss, provided) for gloss in world.mirrored(line)] for n, line in lines.items()}


def _stem(world: World, gloss: str, provided: frozenset[str]) -> str:
    """Of the pieces of a word the first that the prompt gives."""
    pieces = gloss.replace("=", "-").split("-")
    return next((piece for piece in pieces if world.piece_keys([piece]) & provided), "")


def preceding(lookups: Sequence[str], answer: str, number: int) -> Sequence[str]:
    """For each word of a line, the found word that stands before it in the answer; the line's number for the first.

    Args:
        lookups: of the words of the line, in the order of the text; "" for nothing.
        answer: the line's translation.
        number: of the line.

    Returns:
        As long as `lookups`; "" for what is not looked up or does not stand in the answer.
    """
    words = answer.lower().split()
    free = set(range(len(words)))
    places: dict[int, int] = {}  # of the answer, to that of the text
    for place, what in enumerate(lookups):
        found = next((n for n in sorted(free) if what and _holds(words[n], what.lower())), None)
        if found is not None:
            free.remove(found)
            places[found] = place
    before, last = [""] * len(lookups), str(number)
    for _, place in sorted(places.items()):
        before[place], last = last, lookups[place]
    return before


def _holds(word: str, what: str) -> bool:
    """Whether a word is a form of what was looked up; irregular forms are not known."""
    word = word.strip(".,!?")
    stem = what[:-1] if what[-1] in "ey" and len(what) > _MIN_PART else what
    is_inflected = len(stem) >= _MIN_STEM and word.startswith(stem) and len(word) <= len(what) + _LONGEST_ENDING
    return word == what or is_inflected or (len(stem) >= _MIN_PART and stem in word)

"""What the dictionary and the names of a prompt say about each word of its text: what looking up has to find.

Training asks the network for it at the word itself, so that looking up is learned from every word of the text and not
only through the answers, whose order is another one (docs/micro.md).
"""

from collections.abc import Mapping, Sequence

from dragoman.memory.morphology import is_label, split_gloss
from dragoman.training.micro.world import World
from dragoman.training.simlang import SimSentence

__all__ = ["english_lookups", "target_lookups"]


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


def target_lookups(world: World, lines: Mapping[int, str], provided: frozenset[str]) -> Mapping[int, Sequence[str]]:
    """Stems and names of the language for the words of English lines.

    Args:
        world: of the language.
        lines: by number.
        provided: keys of what stands in the prompt.
    """
    return {n: [_stem(world, gloss, provided) for gloss in world.mirrored(line)] for n, line in lines.items()}


def _stem(world: World, gloss: str, provided: frozenset[str]) -> str:
    known = world.language.lexicon.senses.keys() | world.document.entities.keys()
    for piece in gloss.replace("=", "-").split("-"):
        if piece in known and world.mirrored_keys(piece) & provided:
            return piece
    return ""

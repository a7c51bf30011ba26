"""Translation memory on the examples of a prompt: the same line, or one that differs in a word or two."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dragoman.memory.morphology import normalise

__all__ = ["Match", "TranslationMemory", "substitute"]


@dataclass(frozen=True, slots=True)
class Match:
    """An example near a line.

    Attributes:
        target: the example's translation.
        similarity: share of common words in order (2 * common / all words of both), 1 when the lines are the same.
        replaced: (word of the example, word of the line) where one stands for the other.
        complete: whether replacing those words turns the example into the line.
    """

    target: str
    similarity: float
    replaced: tuple[tuple[str, str], ...] = ()
    complete: bool = True


class TranslationMemory:
    """Looks lines up in example pairs.

    Args:
        pairs: (source, target), best first; the first of two equal sources counts.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._examples: dict[tuple[str, ...], str] = {}
        for source, target in pairs:
            self._examples.setdefault(_key(source), target)

    def best(self, line: str) -> Match | None:
        """The most similar example; None when there is none."""
        key = _key(line)
        if key and key in self._examples:
            return Match(self._examples[key], 1.0)
        matches = [_compare(example, target, key) for example, target in self._examples.items()]
        return max(matches, key=lambda match: match.similarity, default=None)


def substitute(match: Match, translate: Callable[[str], str]) -> str | None:
    """The example's target with the differing words exchanged; None when one of them cannot be found in it.

    Args:
        match: a near example.
        translate: the plain translation of one source word; "" when unknown.
    """
    if not match.complete:
        return None
    target = match.target
    for old, new in match.replaced:
        old_text, new_text = translate(old), translate(new)
        if not old_text or not new_text or target.lower().count(old_text.lower()) != 1:
            return None
        start = target.lower().index(old_text.lower())
        target = target[:start] + new_text + target[start + len(old_text) :]
    return target


def _key(line: str) -> tuple[str, ...]:
    return tuple(word for word in map(normalise, line.split()) if word)


def _compare(example: tuple[str, ...], target: str, line: tuple[str, ...]) -> Match:
    matcher = SequenceMatcher(None, example, line, autojunk=False)
    replaced: list[tuple[str, str]] = []
    complete = True
    for code, first, last, start, end in matcher.get_opcodes():
        if code == "equal":
            continue
        if code == "replace" and last - first == end - start:
            replaced.extend(zip(example[first:last], line[start:end], strict=True))
        else:
            complete = False
    return Match(target, matcher.ratio(), tuple(replaced), complete)

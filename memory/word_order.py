"""What neighbours in a source sentence show about word order, by their parts of speech and by where they stand in the
translation. Pure."""

from collections.abc import Sequence

__all__ = ["CLAUSE", "contrast", "ordered_classes"]

CLAUSE = ("", "beside a verb")
"""Names of what shows the order of the clause: neighbours without a verb (subject and object), and with one."""

_IN_PHRASE = 2  # places between a noun and its adjective or adposition in the target: "in the house"


def ordered_classes(pos: str, other: str, distance: int) -> set[str]:
    """The classes of words whose order two neighbours show; those in `CLAUSE` are about the order of the clause.

    Two words of one phrase, between which the target has at most an article, show how phrases are built; before and
    after a phrase stands what the order of the clause puts there. Adjectives, numerals and adpositions show theirs
    beside their noun only. Conjunctions stand alone.

    Args:
        pos, other: parts of speech as the dictionary states them, in lower case; "" for none.
        distance: in places, between the two in the target.
    """
    special = {name for name in (pos, other) if _is_special(name)}
    nouns = _is_noun(pos) + _is_noun(other)
    is_phrase = distance <= _IN_PHRASE and nouns > 0
    if special:
        return {name for name in special if is_phrase or "conj" in name}
    if nouns == 2 and is_phrase:
        return set()  # a possessor and what it has
    return {CLAUSE[any(name.startswith("v") for name in (pos, other))]}


def contrast(counts: Sequence[tuple[int, int]]) -> float:
    """From turned neighbours and all of them: -1 (none is turned) to 1 (all are), nearer to 0 where few are met."""
    num_turned, total = sum(turned for turned, _ in counts), sum(of for _, of in counts)
    return (2 * num_turned - total) / (total + 2)


def _is_noun(pos: str) -> bool:
    return pos.startswith("n") and not pos.startswith("num")


def _is_special(pos: str) -> bool:
    """Whether grammars have sections of their own about the class; a word of no stated class has none."""
    return bool(pos) and (pos.startswith("num") or not pos.startswith(("n", "v", "pron", "pro", "adv")))

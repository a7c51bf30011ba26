"""Verbs of several words: "was going", "had gone", "would go", "I'll go" are one verb and its helpers."""

from collections.abc import Sequence

from dragoman.memory.english_tags import Lexis, Read, WordClass

__all__ = ["settle_helpers"]

_MODALS = frozenset({"would", "could", "should", "might", "may", "can", "must"})
_BETWEEN = frozenset({WordClass.NEGATION, WordClass.OTHER, WordClass.PRONOUN, WordClass.AUXILIARY})
_LONGEST = 3  # words between helper and verb


def settle_helpers(read: Sequence[Read], lexis: Lexis) -> None:
    """Makes auxiliaries of "be" and "have" before another form of a verb, and of modals that have no translation."""
    for place, word in enumerate(read):
        if word.form.endswith("'ll"):
            _future(read[place + 1 :])
        elif word.lemma in _MODALS and not lexis.stem(word.lemma):
            word.kind, word.labels = WordClass.AUXILIARY, [label for label in word.labels if label == "NEG"]
        elif word.lemma in ("be", "have", "had") and (verb := _verb(read[place + 1 :], word.lemma, lexis)) is not None:
            is_perfect = word.lemma != "be"
            kept = [label for label in word.labels if label != "PST"]
            word.labels = [*kept, "PST"] if is_perfect or "PST" in word.labels else kept
            word.kind, verb.kind = WordClass.AUXILIARY, WordClass.VERB
            verb.labels = [label for label in verb.labels if label != "PST"]


def _verb(after: Sequence[Read], helper: str, lexis: Lexis) -> Read | None:
    """The participle that a helper belongs to."""
    for word in after[:_LONGEST]:
        label = lexis.inflected.get(word.form, ("", "-"))[1]
        is_gerund = word.form.endswith("ing") and label == ""
        if (is_gerund and helper == "be") or (label == "PST" and word.form != word.lemma):
            return word
        if word.kind not in _BETWEEN:
            return None
    return None


def _future(after: Sequence[Read]) -> None:
    verb = next((word for word in after if word.kind is WordClass.VERB), None)
    if verb is not None and "FUT" not in verb.labels:
        verb.labels.append("FUT")

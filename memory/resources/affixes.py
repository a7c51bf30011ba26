"""Affixes that a grammar states in so many words: "-ka marks the plural" gives "-ka=PL".

Looks for a hyphenated form beside a known grammatical term or a label in capitals, and for a particle right before
its label: "the particle `na` (DEF)". It misses most of what a grammar says in prose; tables of affix and label are
read fully.

Labels: Leipzig Glossing Rules (Comrie, Haspelmath, Bickel 2015).
"""

import re
from collections.abc import Sequence
from types import MappingProxyType

from dragoman.core.records import Kind, MemoryRecord

__all__ = ["find_affixes", "row_affixes", "stated_affixes", "stated_particles"]

_AFFIX = re.compile(r"(?<![\w-])(?:[-=][^\W\d_][\w'’ʼ]{0,7}|[^\W\d_][\w'’ʼ]{0,7}[-=])(?![\w-])")
_LABEL = re.compile(r"(?<![\w.])(?:[123](?:SG|PL|DU)?|[A-Z]{2,6})(?:\.[A-Z0-9]{1,5})*(?![\w.]*[a-z])")
_PARTICLE = re.compile(
    r"\b(?:particle|clitic|article|marker|auxiliary|conjunction|adposition|postposition|preposition)\s+"
    r"[`*]*(?P<form>[^\W\d_][\w'’ʼ]*)[`*]*\s+\((?P<label>[A-Z][A-Z0-9.]*)\)"
)
_TERMS = MappingProxyType(
    {
        "plural": "PL",
        "singular": "SG",
        "dual": "DU",
        "past": "PST",
        "present": "PRS",
        "future": "FUT",
        "negation": "NEG",
        "negative": "NEG",
        "negates": "NEG",
        "question": "Q",
        "interrogative": "Q",
        "accusative": "ACC",
        "nominative": "NOM",
        "genitive": "GEN",
        "dative": "DAT",
        "ergative": "ERG",
        "absolutive": "ABS",
        "locative": "LOC",
        "ablative": "ABL",
        "allative": "ALL",
        "instrumental": "INS",
        "comitative": "COM",
        "possessive": "POSS",
        "possessor": "POSS",
        "imperative": "IMP",
        "perfect": "PRF",
        "perfective": "PFV",
        "imperfective": "IPFV",
        "progressive": "PROG",
        "causative": "CAUS",
        "passive": "PASS",
        "reflexive": "REFL",
        "diminutive": "DIM",
        "definite": "DEF",
        "indefinite": "INDF",
        "feminine": "F",
        "masculine": "M",
        "neuter": "N",
        "object": "OBJ",
        "subject": "SBJ",
        "infinitive": "INF",
    }
)
_TERM = re.compile(r"\b(" + "|".join(sorted(_TERMS, key=len, reverse=True)) + r")\b", re.IGNORECASE)


def find_affixes(text: str, heading: str = "") -> str:
    """`-ka=PL; ge-=PST` for the affixes of a sentence or paragraph that have a label near; "" for none.

    Each affix takes the nearest label of its own sentence, those behind it first; the heading serves a sentence that
    has none.
    """
    found: dict[str, str] = {}
    for sentence in re.split(r"(?<=[.;!?])\s+", text.replace("`", " ").replace("*", " ")):
        labels = _labels(sentence) or [(len(sentence), label) for _, label in _labels(heading)][:1]
        for match in _AFFIX.finditer(sentence):
            if labels and match[0] not in found:
                found[match[0]] = _nearest(labels, match.end())
    return "; ".join(f"{form}={label}" for form, label in found.items())


def stated_affixes(record: MemoryRecord) -> tuple[tuple[str, str], ...]:
    """("-ka", "PL") pairs of a rule: its attribute `affixes`, else what its text states; () for what is no rule.

    The text of a rule that was turned round (see `flip`) speaks of the target language and is not read.
    """
    if not _is_source_rule(record):
        return ()
    text = record.attribute("affixes") or find_affixes(record.target, record.source)
    items = (item.rpartition("=") for item in re.split(r"[;,\s]+", text))
    return tuple((form, label) for form, _, label in items if form.strip("-=~") and label)


def stated_particles(record: MemoryRecord) -> tuple[tuple[str, str], ...]:
    """("na", "DEF") pairs of a rule that says "the particle na (DEF)"; () for what is no rule."""
    if not _is_source_rule(record):
        return ()
    return tuple((match["form"], match["label"]) for match in _PARTICLE.finditer(record.target))


def _is_source_rule(record: MemoryRecord) -> bool:
    names = {name for name, _ in record.attributes}
    return record.kind is Kind.RULE and not names & {"rule", "target_affixes", "target_particles"}


def row_affixes(cells: Sequence[str], header: Sequence[str], heading: str) -> str:
    """The same for a table row; a label in another cell wins over the header of the affix's own column."""
    plain = [cell.replace("`", "").replace("*", "").strip() for cell in cells]
    pairs = []
    for index, cell in enumerate(plain):
        match = _AFFIX.fullmatch(cell)
        if not match:
            continue
        others = " ".join(other for place, other in enumerate(plain) if place != index and not _AFFIX.fullmatch(other))
        column = header[index] if index < len(header) else ""
        labels = _labels(others) or _labels(column) or _labels(heading)
        if labels:
            pairs.append(f"{cell}={labels[0][1]}")
    return "; ".join(pairs)


def _labels(text: str) -> list[tuple[int, str]]:
    """(offset, label) of capital labels and of grammatical terms."""
    capital = [(match.start(), match[0]) for match in _LABEL.finditer(text)]
    named = [(match.start(), _TERMS[match[1].lower()]) for match in _TERM.finditer(text)]
    return sorted(capital or named)


def _nearest(labels: Sequence[tuple[int, str]], place: int) -> str:
    # What stands behind an affix names it more often than what stands before: "-ka marks the plural".
    return min(labels, key=lambda item: item[0] - place if item[0] >= place else 2 * (place - item[0]))[1]

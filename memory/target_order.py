"""The order in which a language puts its words, as the rules of a grammar state it, for sentences from English.

What no rule states stays as in English. The agent's `stated_typology` reads rules for the way into English.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from dragoman.core.records import Kind, MemoryRecord

__all__ = ["ENGLISH_ORDER", "Role", "TargetOrder", "stated_order"]

Role = str  # of a part of a clause: S subject, V verb, O object, X phrase with an adposition, A adverb

ENGLISH_ORDER: tuple[Role, ...] = ()  # of the clause: nothing is moved
_BASIC = re.compile(
    r"\b(?:basic|dominant|usual|neutral|unmarked|canonical) (?:\w+ )?order (?:is|of) [^.]{0,40}?\b([SVO]{3})\b"
)
_FULL = re.compile(r"full order of a clause is:? ([^.]+)\.", re.I)
_ROLES = MappingProxyType({"subject": "S", "verb": "V", "object": "O", "adposition": "X", "adverb": "A"})
_POSTPOSITIONS = re.compile(r"there are postpositions|(?:has|have|uses?) (?:only )?postpositions", re.I)
_VERB_FINAL = re.compile(
    r"\b(?:language|order|clauses?) (?:is|are) (?:\w+ )?verb[- ]final|the verb (?:comes|stands) (?:at the end|last)",
    re.I,
)
_NOUN_FIRST = re.compile(r"adjectives? (?:and numerals? )?(?:\w+ )?(?:follows?|(?:stands?|comes?) after)", re.I)
_OWNER_LAST = re.compile(r"possessor (?:comes|stands|is) (?:after|behind)|possessors? follows?", re.I)
_PARTICLE = re.compile(r"\((?P<label>DEF|NEG|Q)\)\*{0,2} (?P<place>before|after|at the (?:start|end) of) ")
_LINK_LAST = re.compile(r"conjunction stands at the end", re.I)
_HYPHENED = re.compile(r"affixes of names are written with a hyphen", re.I)


@dataclass(frozen=True, slots=True)
class TargetOrder:
    """Where things stand.

    Attributes:
        clause: the roles in their order; empty where it is not stated.
        noun_first: numerals and adjectives follow their noun.
        postpositions: adpositions follow their phrase.
        owner_last: a possessor follows what it has.
        last: labels of particles that follow what they mark, the noun phrase, the verb or the sentence.
        link_last: a conjunction closes its clause.
        hyphened_names: affixes of names are written with a hyphen.
    """

    clause: tuple[Role, ...] = ENGLISH_ORDER
    noun_first: bool = False
    postpositions: bool = False
    owner_last: bool = False
    last: frozenset[str] = frozenset()
    link_last: bool = False
    hyphened_names: bool = False

    @property
    def is_stated(self) -> bool:
        """Whether anything is known to stand elsewhere than in English."""
        return self != TargetOrder(hyphened_names=self.hyphened_names)


def stated_order(records: Iterable[MemoryRecord]) -> TargetOrder:
    """What the rules among some records say; their examples are not read."""
    rules = (record for record in records if record.kind is Kind.RULE and not record.attribute("rule"))
    text = "\n".join(f"{rule.source}: {rule.target}" for rule in rules)
    particles = {match["label"]: match["place"] for match in _PARTICLE.finditer(text)}
    return TargetOrder(
        clause=_clause_order(text),
        noun_first=bool(_NOUN_FIRST.search(text)),
        postpositions=bool(_POSTPOSITIONS.search(text)),
        owner_last=bool(_OWNER_LAST.search(text)),
        last=frozenset(label for label, place in particles.items() if place in ("after", "at the end of")),
        link_last=bool(_LINK_LAST.search(text)),
        hyphened_names=bool(_HYPHENED.search(text)),
    )


def _clause_order(text: str) -> tuple[Role, ...]:
    if match := _FULL.search(text):
        words = (part.split()[0].lower() for part in match[1].split(",") if part.split())
        return tuple(_ROLES[word] for word in words if word in _ROLES)
    if match := _BASIC.search(text):
        return _with_the_rest(match[1])
    return _with_the_rest("SOV") if _VERB_FINAL.search(text) else ENGLISH_ORDER


def _with_the_rest(basic: Sequence[Role]) -> tuple[Role, ...]:
    """Adverbs and phrases with adpositions stand before a verb that comes last, else at the end."""
    verb_last = basic[-1] == "V"
    return (basic[0], "A", "X", *basic[1:]) if verb_last else (*basic, "X", "A")

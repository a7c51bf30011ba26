"""What a prompt says about words: its names, dictionary entries, rules and word order, ready for look-up.

Built from the item lines of a prompt and from nothing else, so that what a policy leaves out is not known here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dragoman.agent.prompt import ParsedPrompt
from dragoman.agent.realisation.grouping import Typology
from dragoman.agent.realisation.labels import read_word
from dragoman.agent.realisation.words import Role, Tense
from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory import english
from dragoman.memory.glosser import UNKNOWN, Glosser, GlossToken
from dragoman.memory.morphology import normalise
from dragoman.memory.resources.affixes import find_affixes

__all__ = ["Lexicon", "Phrase", "example_pairs", "stated_typology"]

_ITEM = re.compile(r"^(?P<source>.+?) = (?P<target>.+?)(?: \((?P<details>[^()]*)\))?$")
_EXAMPLE = re.compile(r"^(?:e\.g\. )?(?P<source>.+?) => (?P<target>.+)$")
_VERB_FINAL = re.compile(
    r"\bSOV\b|\bOSV\b|verb[- ]final|verb (?:comes|stands|is|goes)? ?(?:at the end|last|final)", re.I
)
_VERB_FIRST = re.compile(r"\bVSO\b|\bVOS\b|verb[- ](?:initial|first)|verb (?:comes|stands|is|goes)? ?first", re.I)
_VERB_MIDDLE = re.compile(r"\bSVO\b|\bOVS\b|verb[- ]medial|verb (?:comes|stands|is) (?:between|second)", re.I)
_ADJECTIVE_AFTER = re.compile(
    r"adjectives? (?:\w+ ){0,2}(?:follows?|after)|nouns? (?:\w+ ){0,3}before (?:\w+ )?adjective", re.I
)
_POSSESSED = re.compile(r"(?:on|to|of|marks?) the possessed noun", re.I)
_INDEFINITE = re.compile(r"(?:without it|no article|unmarked)[^.]*\bindefinite\b", re.I)
_OBJECT_FIRST = re.compile(r"\b(?:OSV|OVS|VOS)\b")
_MIN_BEGINNING = 3


@dataclass(frozen=True, slots=True)
class Phrase:
    """A name or an entry of the prompt; `is_name` and `pos` as the prompt says."""

    target: str
    is_name: bool
    pos: str = ""


class Lexicon:
    """Names, words and affixes of one prompt.

    Args:
        prompt: the prompt as read back.
    """

    def __init__(self, prompt: ParsedPrompt) -> None:
        self._phrases: dict[tuple[str, ...], Phrase] = {}
        self._pos: dict[str, str] = {}
        records = [*self._entries(prompt, Kind.ENTITY), *self._entries(prompt, Kind.ENTRY), *_rules(prompt)]
        self._glosser = Glosser(records)
        self._longest = max(map(len, self._phrases), default=1)

    def phrase_at(self, words: Sequence[str], start: int) -> tuple[int, Phrase] | None:
        """The longest name or entry that begins at a word, with the number of words it covers; None for none."""
        for length in range(min(self._longest, len(words) - start), 0, -1):
            found = self._phrases.get(tuple(words[start : start + length]))
            if found is not None:
                return length, found
        return None

    def gloss(self, word: str) -> tuple[GlossToken, str]:
        """The best gloss of a word by entries and affixes, and its part of speech where known."""
        token = self._glosser.gloss_word(word)
        if token.lemma_gloss == UNKNOWN:
            close = self._closest(normalise(word))
            if close is not None:
                gloss = ".".join(close.target.split())
                token = GlossToken(word, gloss, 0.3, gloss, token.affix_glosses)
        return token, self.pos_of(token.lemma_gloss)

    def pos_of(self, lemma: str) -> str:
        """Part of speech of the entry with that translation; "" where the prompt says none."""
        return self._pos.get(lemma.replace(".", " "), "")

    def _closest(self, word: str) -> Phrase | None:
        """The entry that shares the longest beginning with the word: inflection mostly stands at the end."""
        best, length = None, _MIN_BEGINNING - 1
        for headword, phrase in self._phrases.items():
            if len(headword) == 1:
                shared = _shared_beginning(headword[0], word)
                if shared > length and shared >= 0.6 * max(len(headword[0]), len(word) - 3):
                    best, length = phrase, shared
        return best

    def _entries(self, prompt: ParsedPrompt, kind: Kind) -> Iterator[MemoryRecord]:
        for source, given, detail in _read_items(prompt, kind):
            target = _first_sense(given)
            phrase = Phrase(target, kind is Kind.ENTITY, detail if kind is Kind.ENTRY else "")
            self._phrases.setdefault(tuple(map(normalise, source.split())), phrase)
            self._pos.setdefault(target, phrase.pos)
            yield MemoryRecord(kind, source, target)


def _read_items(prompt: ParsedPrompt, kind: Kind) -> Iterator[tuple[str, str, str]]:
    """Both sides of every "source = target (detail, ...)" of a section, and the first detail."""
    for match in filter(None, map(_ITEM.match, prompt.items(kind))):
        yield match["source"], match["target"], (match["details"] or "").split(", ")[0]


def example_pairs(prompt: ParsedPrompt) -> list[tuple[str, str]]:
    """Source and target of every example line, those of rules included."""
    matches = (_EXAMPLE.match(item) for kind in (Kind.EXEMPLAR, Kind.RULE) for item in prompt.items(kind))
    return [(match["source"], match["target"]) for match in matches if match]


def stated_typology(prompt: ParsedPrompt) -> Typology:
    """What the Rules section says about word order, and what the labels of the Gloss section show.

    Without a word the most common type is taken: verb-final with postpositions, past tense unmarked.
    """
    text = "\n".join(item for item in prompt.items(Kind.RULE) if not item.startswith("e.g. "))
    labels = {label for item in prompt.items(Kind.TRACE) for label in re.split(r"[\s:\\=-]+", item)}
    words = {gloss for item in prompt.items(Kind.TRACE) for gloss in item.split()}
    known = Typology(
        object_first=bool(_OBJECT_FIRST.search(text)),
        adjective_after_noun=bool(_ADJECTIVE_AFTER.search(text)),
        has_article="DEF" in words or bool(_INDEFINITE.search(text)),
        unmarked_tense=Tense.PRESENT if "PST" in labels and not labels & {"PRS", "NPST"} else Tense.PAST,
    )
    known = replace(known, possessed_marked=bool(_POSSESSED.search(text)))
    if not any(pattern.search(text) for pattern in (_VERB_FINAL, _VERB_FIRST, _VERB_MIDDLE)):
        known = _with_seen_order(known, prompt.items(Kind.TRACE))
    elif _VERB_FIRST.search(text) and not _VERB_FINAL.search(text):
        known = replace(known, verb_final=False, verb_first=True, postpositions=False)
    elif _VERB_MIDDLE.search(text) and not _VERB_FINAL.search(text):
        known = replace(known, verb_final=False, postpositions=False)
    if "postposition" in text.lower() or "preposition" in text.lower():
        known = replace(known, postpositions="postposition" in text.lower())
    return known


def _with_seen_order(known: Typology, items: Sequence[str]) -> Typology:
    """Where no rule speaks of the verb: where verbs and adpositions stand in the glosses of the page."""
    lines = [[read_word("", gloss) for gloss in item.partition("\t")[2].split()] for item in items]
    lines = [line for line in lines if len(line) > 2 and any(word.role is Role.VERB for word in line)]
    first = sum(line[0].role is Role.VERB for line in lines)
    last = sum(line[-1].role is Role.VERB for line in lines)
    before = sum(line[0].lemma in english.PREPOSITIONS for line in lines)
    after = sum(line[-1].lemma in english.PREPOSITIONS for line in lines)
    if 2 * first > len(lines) and first > last:
        return replace(known, verb_final=False, verb_first=True, postpositions=after > before)
    if lines and 5 * max(first, last) < len(lines):
        return replace(known, verb_final=False, postpositions=after > before)
    return known


def _rules(prompt: ParsedPrompt) -> Iterator[MemoryRecord]:
    for item in prompt.items(Kind.RULE):
        heading, _, text = item.partition(": ")
        affixes = find_affixes(text or heading, heading)
        if affixes:
            yield MemoryRecord(Kind.RULE, heading, text, attributes=(("affixes", affixes),))


def _first_sense(target: str) -> str:
    return re.split(r"[;/]|, ", target)[0].strip() or target


def _shared_beginning(first: str, second: str) -> int:
    count = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        count += 1
    return count

"""The gloss of an English line in the words of the language it goes into: the mirror of the gloss into English.

English words in English order, each replaced by the stem the dictionary gives, with the affixes and particles that the
grammar states for its number, tense, case and so on: "The five potters took the door" becomes "taper batle kenak-ta
bifa-lan taper nepa". What is left to the translator is order and agreement. English is read with a small grammar of
its own (determiners, auxiliaries, the verb of a clause); nothing is trained.

A word without translation stays as it is behind "?", what no word stands for is "_", and a category without a known
form stays as its label, so that there is one token for each word.
Related: lexical pre-translation of low-resource prompts (DiPMT, arXiv:2302.07856), which has neither affixes nor roles.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.english import PREPOSITIONS
from dragoman.memory.english_clause import EnglishWord, read_clauses
from dragoman.memory.english_tags import Part, WordClass
from dragoman.memory.glosser import UNKNOWN, GlossToken
from dragoman.memory.mirror_classes import controllers
from dragoman.memory.mirror_tables import MirrorTables
from dragoman.memory.morphology import glossable, normalise

__all__ = ["SILENT", "MirrorGlosser", "is_english"]

SILENT = "_"

_NO_NAMES: Mapping[str, str] = MappingProxyType({})
_ALWAYS_SAID = frozenset({"PL", "PST", "FUT", "NEG", "Q"})  # shown as labels where no form is known
_CERTAIN, _LINKED, _LABELLED = 0.9, 0.4, 0.3
_COMMON = frozenset("the a in to not and i you he she we they of on with for from is was".split())  # noqa: SIM905 - reads better
# What no word stands for where much glossed text has none: cases and verb forms mostly say it.
_DISPENSABLE = PREPOSITIONS | frozenset("be have had has as up about so a an the that been out".split())  # noqa: SIM905 - reads better
_ENOUGH_COMMON = 5  # of these words; dictionaries lack some, other languages have a few by chance


def is_english(records: Iterable[MemoryRecord]) -> bool:
    """Whether flipped records have English on their source side: whether they know the commonest words of it."""
    met: set[str] = set()
    for record in records:
        if record.kind is not Kind.RULE or record.attribute("rule"):
            met.update(_COMMON.intersection(record.source.lower().split()))
        if len(met) >= _ENOUGH_COMMON:
            return True
    return False


class MirrorGlosser:
    """Learns from flipped records once, then only answers.

    Args:
        records: as `Memory(flip=True)` holds them: English on the source side.
    """

    def __init__(self, records: Iterable[MemoryRecord]) -> None:
        self._tables = MirrorTables(records)

    def lemma(self, form: str) -> str:
        """The headword that an inflected English form belongs to; the form itself where none is known."""
        return self._tables.inflected.get(form, (form, ""))[0]

    def gloss_line(self, line: str, names: Mapping[str, str] = _NO_NAMES) -> tuple[GlossToken, ...]:
        """One token for each word of the line that `glossable` names, in its order.

        Args:
            line: of English text.
            names: single words, as spelled, to their renderings.
        """
        known = self._tables.names
        if names:
            known = known | {normalise(source): target for source, target in names.items()}
        words = glossable(line)
        read = self._agreeing(read_clauses(words, self._tables, known.keys()))
        return tuple(self._token(word, english, known) for word, english in zip(words, read, strict=True))

    def _agreeing(self, read: Sequence[EnglishWord]) -> list[EnglishWord]:
        """The words with the class of their noun as the innermost label, where they show it."""
        found = []
        for word, noun in zip(read, controllers(read), strict=True):
            label = "" if noun is None else self._tables.classes.label(word, read[noun])
            is_shown = bool(label) and self._tables.has(label)
            found.append(replace(word, labels=(label, *word.labels)) if is_shown else word)
        return found

    def gloss_word(self, word: str) -> GlossToken:
        """The gloss of one word on its own."""
        return self.gloss_line(word)[0] if glossable(word) else GlossToken(word, UNKNOWN, 0.0, UNKNOWN)

    def _token(self, word: str, english: EnglishWord, names: Mapping[str, str]) -> GlossToken:
        if english.part is Part.MARKER:
            return self._marker(word, english)
        if english.part is Part.SILENT:
            return GlossToken(word, SILENT, _CERTAIN, SILENT, exact=True)
        name = names.get(english.lemma, "")
        if not name and not english.phrase and (form := self._met(english)):
            return GlossToken(word, form, _CERTAIN, english.lemma, english.labels, exact=True)
        stem = name or english.phrase or self._tables.stem(english.lemma)
        if not stem and (form := self._tables.links.form(english.lemma)):
            return GlossToken(word, form, _LINKED, english.lemma, english.labels)
        if not stem:
            return self._unknown(word, english)
        gloss = self._inflected(".".join(stem.split()), english)
        return GlossToken(word, gloss, _CERTAIN, english.lemma, english.labels, exact=True)

    def _met(self, english: EnglishWord) -> str:
        """The form that glossed text has for such a word, or `SILENT`; "" where it does not say."""
        if english.kind is WordClass.PRONOUN:
            persons = self._tables.persons
            if self._tables.frames is None and self._tables.stem(english.lemma):
                return ""
            is_dropped = persons.is_dropped(english.lemma, english.place)
            return SILENT if is_dropped else persons.pronoun(english.lemma, english.place)
        form = self._tables.frames and self._tables.frames.form(english, self._tables.stem)
        return ".".join(str(form).split()) if form else ""

    def _unknown(self, word: str, english: EnglishWord) -> GlossToken:
        lemma = ".".join(english.lemma.split())
        if any(map(str.isdigit, lemma)):
            return GlossToken(word, lemma, 1.0, lemma, exact=True)
        if self._tables.frames is not None and english.lemma in _DISPENSABLE:
            return GlossToken(word, SILENT, _LABELLED, SILENT)
        return GlossToken(word, "-".join((f"{UNKNOWN}{lemma}", *english.labels)), 0.0, UNKNOWN, english.labels)

    def _marker(self, word: str, english: EnglishWord) -> GlossToken:
        """A word that is a particle in the language, or nothing where an affix says it."""
        (label,) = english.labels
        form = "" if self._tables.persons.is_dropped(english.lemma, english.place) else self._tables.particle(label)
        missing = label if label in _ALWAYS_SAID and not self._tables.has(label) else ""
        return GlossToken(
            word, form or missing or SILENT, _CERTAIN if form else _LABELLED, label, (label,), exact=bool(form)
        )

    def _inflected(self, stem: str, english: EnglishWord) -> str:
        whole, clitics, inner = stem, "", stem
        for label in english.labels:
            form = self._tables.affix(label, inner)
            if not form and (particle := self._tables.particle(label)):
                clitics += f"={particle}"
            elif form.startswith("-"):
                whole, inner = whole + form, inner + form.strip("-")
            elif form:
                whole, inner = form + whole, form.strip("-") + inner
            elif label in _ALWAYS_SAID:
                whole = f"{whole}-{label}"
        return whole + clitics

"""The gloss of an English line in the words of the language it goes into: the mirror of the gloss into English.

Each English word is replaced by the stem the dictionary gives, with the affixes and particles that the grammar states
for its number, tense, case and so on. English is read with a small grammar of its own (determiners, auxiliaries, the
verb of a clause); nothing is trained. There are two views of it:

- `gloss_line`, a token for each English word, in English order: "the potters took the door" is "taper kenak-ta
  bifa-lan taper nepa". A word without translation stays as it is behind "?", what no word stands for is "_", and a
  category without a known form stays as its label.
- `write_line`, what prompts show: the sentence as it is written, its words in the order that the grammar states, "Taper
  nepa taper kenakta bifalan.". Only what the memory does not know is left to the translator; it stands behind "?".

Related: lexical pre-translation of low-resource prompts (DiPMT, arXiv:2302.07856), which has neither affixes nor roles.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.english import NO_ARTICLE, PREPOSITIONS
from dragoman.memory.english_clause import EnglishWord, read_clauses
from dragoman.memory.english_tags import Part, Place, WordClass
from dragoman.memory.glosser import UNKNOWN, GlossToken
from dragoman.memory.mirror_classes import controllers
from dragoman.memory.mirror_lines import learn_style, with_opening, written_line
from dragoman.memory.mirror_openings import Opening, Openings
from dragoman.memory.mirror_tables import MirrorTables
from dragoman.memory.morphology import glossable, normalise
from dragoman.memory.reordering import Placed
from dragoman.memory.source_line import SourceWord, split_words

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


@dataclass(frozen=True, slots=True)
class _Said:
    """A word: its gloss, and how it is written, "" for nothing, with the particles behind it."""

    token: GlossToken
    text: str
    particles: tuple[str, ...] = ()


class MirrorGlosser:
    """Learns from flipped records once, then only answers.

    Args:
        records: as `Memory(flip=True)` holds them: English on the source side.
    """

    def __init__(self, records: Iterable[MemoryRecord]) -> None:
        records = tuple(records)
        self._tables = MirrorTables(records)
        self._style = learn_style(records)
        self._openings = Openings(records)

    def lemma(self, form: str) -> str:
        """The headword that an inflected English form belongs to; the form itself where none is known."""
        return self._tables.inflected.get(form, (form, ""))[0]

    def gloss_line(self, line: str, names: Mapping[str, str] = _NO_NAMES) -> tuple[GlossToken, ...]:
        """One token for each word of the line that `glossable` names, in its order.

        Args:
            line: of English text.
            names: single words, as spelled, to their renderings.
        """
        words = glossable(line)
        found = self._openings.find(line)
        opened = _opened(words[: found.num_words], found.opening) if found else ()
        return (*opened, *(said.token for said, _ in self._read(words[len(opened) :], names)))

    def write_line(self, line: str, names: Mapping[str, str] = _NO_NAMES) -> str:
        """The line as it is written in the language, tags and punctuation where they were.

        A word that is not known stands as "?Word"; affixes of a name among them are joined by "-" where the language
        writes them so, else by "+", which is taken out when the name is put in.

        Args:
            line: of English text, tags and all.
            names: as above.
        """

        def say(sources: Sequence[SourceWord]) -> list[Placed]:
            read = self._read([f"{source.form}{source.closing}" for source in sources], names)
            return [Placed(said.text, english, said.particles) for said, english in read]

        if found := self._openings.find(line):
            return with_opening(found.opening, written_line(found.rest, self._style, say, is_start=False), self._style)
        return written_line(line, self._style, say)

    def _read(self, words: Sequence[str], names: Mapping[str, str]) -> list[tuple[_Said, EnglishWord]]:
        """What is said for each word of a line, with its punctuation, and how the word is read."""
        known = self._tables.names
        if names:
            known = known | {normalise(source): target for source, target in names.items()}
        read = self._agreeing(read_clauses(words, self._tables, known.keys()))
        return [(self._said(word, english, known), english) for word, english in zip(words, read, strict=True)]

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

    def _said(self, word: str, english: EnglishWord, names: Mapping[str, str]) -> _Said:
        if english.part is Part.MARKER:
            return self._marker(word, english)
        if english.part is Part.SILENT:
            return _Said(GlossToken(word, SILENT, _CERTAIN, SILENT, exact=True), "")
        name = names.get(english.lemma, "")
        if not name and not english.phrase and (met := self._met(word, english)) is not None:
            return met
        stem = name or english.phrase or self._tables.stem(english.lemma, english.kind)
        if not stem and (form := self._tables.links.form(english.lemma)):
            return _Said(GlossToken(word, form, _LINKED, english.lemma, english.labels), form.replace("-", ""))
        if not stem:
            return self._unknown(word, english)
        return self._inflected(word, stem, english)

    def _met(self, word: str, english: EnglishWord) -> _Said | None:
        """What glossed text has for such a word; None where it does not say."""
        if english.kind is WordClass.PRONOUN:
            persons = self._tables.persons
            if self._tables.frames is None and self._tables.stem(english.lemma):
                return None
            if persons.is_dropped(english.lemma, english.place):
                return _silent(word, english)
            form = persons.pronoun(english.lemma, english.place)
            return _known(word, english, form, form) if form else None
        met = self._tables.frames and self._tables.frames.form(english, self._tables.stem)
        return _known(word, english, str(met), f"{met.left}{met.stem}{met.right}") if met else None

    def _unknown(self, word: str, english: EnglishWord) -> _Said:
        lemma = ".".join(english.lemma.split())
        if any(map(str.isdigit, lemma)):
            return _Said(GlossToken(word, lemma, 1.0, lemma, exact=True), _form(word))
        if self._tables.frames is not None and english.lemma in _DISPENSABLE:
            return _Said(GlossToken(word, SILENT, _LABELLED, SILENT), "")
        gloss = "-".join((f"{UNKNOWN}{lemma}", *english.labels))
        return _Said(GlossToken(word, gloss, 0.0, UNKNOWN, english.labels), *self._open(word, english))

    def _open(self, word: str, english: EnglishWord) -> tuple[str, tuple[str, ...]]:
        """How a word that is not known is written, with the affixes of a name where it is spelled like one."""
        form = _form(word)
        if english.place is Place.OWNER:
            form = form.removesuffix("'s").removesuffix("’s")
        if not form[:1].isupper() or form.lower() in NO_ARTICLE:
            return f"{UNKNOWN}{form.lower() if form.lower() in NO_ARTICLE else form}", ()
        text, inner = f"{UNKNOWN}{form}", normalise(form)
        particles: list[str] = []
        joint = "-" if self._style.order.hyphened_names else "+"
        for label in english.labels:
            affix = self._tables.affix(label, inner)
            if affix.startswith("-"):
                text = f"{text}{joint}{affix.strip('-')}"
            elif affix:
                text = f"{affix.strip('-')}{joint}{text}"
            elif particle := self._tables.particle(label):
                particles.append(particle)
        return text, tuple(particles)

    def _marker(self, word: str, english: EnglishWord) -> _Said:
        """A word that is a particle in the language, or nothing where an affix says it."""
        (label,) = english.labels
        form = "" if self._tables.persons.is_dropped(english.lemma, english.place) else self._tables.particle(label)
        missing = label if label in _ALWAYS_SAID and not self._tables.has(label) else ""
        gloss, sure = form or missing or SILENT, _CERTAIN if form else _LABELLED
        return _Said(GlossToken(word, gloss, sure, label, (label,), exact=bool(form)), form)

    def _inflected(self, word: str, stem: str, english: EnglishWord) -> _Said:
        """A stem with its affixes, and the particles that say what no affix does."""
        gloss = inner = ".".join(stem.split())
        text = stem
        clitics: list[str] = []
        joint = "-" if self._style.order.hyphened_names and stem[:1].isupper() else ""
        for label in english.labels:
            form = self._tables.affix(label, inner)
            letters = form.strip("-")
            if not form and (particle := self._tables.particle(label)):
                clitics.append(particle)
            elif form.startswith("-"):
                text = text if joint else self._tables.forms.ends.written(text, letters)
                gloss, inner, text = gloss + form, inner + letters, f"{text}{joint}{letters}"
            elif form:
                gloss, inner, text = form + gloss, letters + inner, f"{letters}{joint}{text}"
            elif label in _ALWAYS_SAID:
                gloss = f"{gloss}-{label}"
        gloss = "=".join((gloss, *clitics))
        token = GlossToken(word, gloss, _CERTAIN, english.lemma, english.labels, exact=True)
        return _Said(token, text, tuple(clitics))


def _silent(word: str, english: EnglishWord) -> _Said:
    """A word for which glossed text has nothing."""
    return _Said(GlossToken(word, SILENT, _CERTAIN, english.lemma, english.labels, exact=True), "")


def _known(word: str, english: EnglishWord, gloss: str, text: str) -> _Said:
    token = GlossToken(word, ".".join(gloss.split()), _CERTAIN, english.lemma, english.labels, exact=True)
    return _Said(token, text)


def _opened(words: Sequence[str], opening: Opening) -> tuple[GlossToken, ...]:
    """The tokens of an expression: its translation stands at the first word, the others are silent."""
    glosses = [".".join(opening.text.split()), *[SILENT] * (len(words) - 1)]
    return tuple(
        GlossToken(word, gloss, _CERTAIN, gloss, exact=True) for word, gloss in zip(words, glosses, strict=True)
    )


def _form(word: str) -> str:
    """A word without the signs that touch it."""
    return split_words(word)[0].form

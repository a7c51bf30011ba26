"""The words of a mirrored gloss put into the order of their language.

The English line is read clause by clause (`dragoman.memory.english_clause`); its phrases get their roles from there,
the words inside a phrase and the phrases of a clause are then put as the rules state. Every word comes back once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType

from dragoman.memory.english_clause import EnglishWord
from dragoman.memory.english_tags import Part, Place, WordClass
from dragoman.memory.target_order import Role, TargetOrder

__all__ = ["Placed", "reordered"]

_LINK, _REST = "L", "-"
_ROLES: Mapping[Place, Role] = MappingProxyType({Place.SUBJECT: "S", Place.OBJECT: "O", Place.GOVERNED: "X"})


@dataclass(frozen=True, slots=True)
class Placed:
    """A written word and how the English word it stands for is read; `text` is "" where nothing is said."""

    text: str
    english: EnglishWord
    particles: tuple[str, ...] = ()  # behind it in the gloss, with "="

    @property
    def marks(self) -> str:
        """The label of a particle, else ""."""
        return self.english.labels[0] if self.english.part is Part.MARKER and self.english.labels else ""

    @property
    def asking(self) -> list[str]:
        """Its particles that make the sentence a question and so belong to that."""
        if self.marks == "Q":
            return [*filter(None, (self.text,)), *self.particles]
        return list(self.particles) if "Q" in self.english.labels else []

    @property
    def said(self) -> list[str]:
        """What is written for it in its clause."""
        if self.marks == "Q":
            return []
        return [*filter(None, (self.text,)), *(() if self.asking else self.particles)]


@dataclass(slots=True)
class _Phrase:
    """A part of a clause while it is put together."""

    role: Role
    head: list[str] = field(default_factory=list)
    modifiers: list[str] = field(default_factory=list)
    article: list[str] = field(default_factory=list)
    owner: "_Phrase | None" = None
    between: list[str] = field(default_factory=list)
    adposition: list[str] = field(default_factory=list)

    def written(self, order: TargetOrder) -> list[str]:
        """Its words in order."""
        if self.role == "V":
            return [*self.head, *self.modifiers] if "NEG" in order.last else [*self.modifiers, *self.head]
        inner = [*self.head, *self.modifiers] if order.noun_first else [*self.modifiers, *self.head]
        words = [*inner, *self.article] if "DEF" in order.last else [*self.article, *inner]
        if self.owner is not None:
            owner = self.owner.written(order)
            words = [*words, *self.between, *owner] if order.owner_last else [*owner, *self.between, *words]
        return [*words, *self.adposition] if order.postpositions else [*self.adposition, *words]


def reordered(words: Sequence[Placed], order: TargetOrder) -> list[str]:
    """The written words of a stretch without punctuation inside, in the order of the language."""
    written: list[str] = []
    question: list[str] = []
    for _, clause in groupby(words, key=lambda word: word.english.clause):
        said = list(clause)
        question += [particle for word in said for particle in word.asking]
        written += _clause(said, order)
    return [*written, *question] if "Q" in order.last else [*question, *written]


def _clause(words: Sequence[Placed], order: TargetOrder) -> list[str]:
    phrases = list(_phrases(words))
    links = [word for phrase in phrases if phrase.role == _LINK for word in phrase.written(order)]
    phrases = [phrase for phrase in phrases if phrase.role != _LINK]
    if order.clause and any(phrase.role == "V" for phrase in phrases):
        places = {role: place for place, role in enumerate(order.clause)}
        phrases.sort(key=lambda phrase: places.get(phrase.role, len(places)))
    said = [word for phrase in phrases for word in phrase.written(order)]
    return [*said, *links] if order.link_last else [*links, *said]


def _phrases(words: Sequence[Placed]) -> Iterator[_Phrase]:
    """The phrases of a clause in English order."""
    verb = _Phrase("V")
    open_ = _Phrase(_REST)
    after_verb = False
    for number, word in enumerate(words):
        kind = word.english.kind
        if word.marks == "NEG" or kind in (WordClass.AUXILIARY, WordClass.NEGATION):
            verb.modifiers += word.said
        elif kind is WordClass.CONJUNCTION and number == 0:
            yield _Phrase(_LINK, word.said)
        elif kind in (WordClass.OTHER, WordClass.VERB, WordClass.CONJUNCTION):
            yield from _closed(open_, after_verb=after_verb)
            open_ = _Phrase(_REST)
            if kind is WordClass.VERB and not after_verb:
                after_verb = True
                verb.head = word.said
                yield verb
            else:
                yield _Phrase("A" if kind is WordClass.OTHER else _REST, word.said)
        else:
            open_, done = _taken(open_, word)
            if done is not None:
                yield done
    yield from _closed(open_, after_verb=after_verb)
    if not after_verb and verb.modifiers:
        yield verb


def _taken(phrase: _Phrase, word: Placed) -> tuple[_Phrase, _Phrase | None]:
    """The phrase with one more word of it, or a new one and the phrase that the word closed."""
    english = word.english
    if english.kind is WordClass.ARTICLE:
        phrase.article += word.said
    elif english.kind is WordClass.PREPOSITION:
        phrase.adposition += word.said
    elif english.place is Place.OWNER:
        text = word.said[:1] if word.text else []
        owner = _Phrase(_REST, [*phrase.head, *text], phrase.modifiers, phrase.article, phrase.owner, phrase.between)
        phrase = _Phrase(_REST, owner=owner, between=word.said[len(text) :], adposition=phrase.adposition)
    elif english.place in _ROLES:
        phrase.head += word.said
        phrase.role = _ROLES[english.place]
        return _Phrase(_REST), phrase
    elif english.kind is WordClass.NOUN:
        phrase.head += word.said
    else:
        phrase.modifiers += word.said
    return phrase, None


def _closed(phrase: _Phrase, *, after_verb: bool) -> Iterator[_Phrase]:
    """What no head closed: behind the verb it is a predicate, which stands where an object does."""
    if phrase.head or phrase.modifiers or phrase.article or phrase.owner or phrase.adposition:
        phrase.role = "X" if phrase.adposition else "O" if after_verb else "S"
        yield phrase

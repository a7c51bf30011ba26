"""Documents of a language: pages of sentences that know what a reader of them needs.

A page is two paragraphs of five sentences. A chapter of `CHAPTER_PAGES` pages has one topic; ambiguous words are kept
from its first page, because nothing could have told the topic by then. About half of the names stand in the glossary,
each other one is introduced on some page with its rendering and gender and used from there on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dragoman.core.errors import ConfigurationError
from dragoman.training.simlang.english import Reader, render
from dragoman.training.simlang.inventory import TOPICS
from dragoman.training.simlang.keys import gender_key, name_key
from dragoman.training.simlang.language import SimLanguage
from dragoman.training.simlang.meaning import Entity, Meaning
from dragoman.training.simlang.realise import realise
from dragoman.training.simlang.story import Teller, introduction, invent_entity, vocabulary

__all__ = [
    "CHAPTER_PAGES",
    "PAGE_SENTENCES",
    "SimDocument",
    "SimSentence",
    "generate_document",
    "make_sentence",
]

PAGE_SENTENCES = 10
PARAGRAPH_SENTENCES = 5
CHAPTER_PAGES = 4


@dataclass(frozen=True, slots=True)
class SimSentence:
    """A sentence with its translation and everything needed to translate it.

    Attributes:
        id: unique in its document, such as "d3.p0.s7".
        source: as written.
        reference: the English translation.
        divided: source words with morphemes divided by hyphens, no punctuation.
        gloss: one gloss per word of `divided`.
        word_keys: per word the key of the item that explains it, or "".
        requires: every key without which the translation differs.
        given: keys that the page itself gives (an introduced name).
        meaning: the tree behind it.
        topic: of the chapter.
        page: 0-based.
        paragraph: 0-based, counted through the document.
        language: whose sentence it is.
    """

    id: str
    source: str
    reference: str
    divided: str
    gloss: str
    word_keys: tuple[str, ...]
    requires: frozenset[str]
    given: frozenset[str]
    meaning: Meaning
    topic: str
    page: int
    paragraph: int
    language: SimLanguage = field(repr=False, compare=False)

    @property
    def needs(self) -> frozenset[str]:
        """The exact set of items to bring: all of them give the reference, without any one of them it is missed."""
        return self.requires - self.given

    @property
    def introduces(self) -> Entity | None:
        """The entity whose rendering stands in this sentence."""
        subject = self.meaning.clause.subject
        return subject.entity if subject.introduced else None


@dataclass(frozen=True)
class SimDocument:
    """A document with its cast.

    Attributes:
        language: it is written in.
        seed: as given.
        pages: sentences by page.
        glossary: entities whose renderings the glossary gives.
        introduced: entities whose renderings a page gives.
    """

    language: SimLanguage
    seed: int
    pages: tuple[tuple[SimSentence, ...], ...]
    glossary: tuple[Entity, ...]
    introduced: tuple[Entity, ...]

    @property
    def sentences(self) -> tuple[SimSentence, ...]:
        """All sentences in order."""
        return tuple(sentence for page in self.pages for sentence in page)

    @cached_property
    def by_source(self) -> Mapping[str, SimSentence]:
        """Source line to its sentence."""
        return {sentence.source: sentence for sentence in self.sentences}

    @cached_property
    def entities(self) -> Mapping[str, Entity]:
        """Name in the language to who bears it."""
        return {self.language.name_form(entity.english): entity for entity in (*self.glossary, *self.introduced)}

    def page_topic(self, page: int) -> str:
        """What a page is about."""
        return self.pages[page][0].topic


def generate_document(
    language: SimLanguage, *, seed: int, pages: int | None = None, sentences: int | None = None
) -> SimDocument:
    """A document of a number of pages, or of a number of sentences in as many pages as that takes.

    Raises:
        ConfigurationError: neither or both were given, or less than one.
    """
    if (pages is None) == (sentences is None):
        raise ConfigurationError(f"pages is {pages} and sentences is {sentences}: give exactly one of them")
    total = sentences if sentences is not None else (pages or 0) * PAGE_SENTENCES
    if total < 1:
        raise ConfigurationError(f"a document of {total} sentences: give at least one page or sentence")
    return _Author(language, seed).document(total)


def make_sentence(
    language: SimLanguage, meaning: Meaning, *, name: str = "", given: frozenset[str] = frozenset(), topic: str = ""
) -> SimSentence:
    """A sentence from its meaning, outside of any document."""
    return _sentence(language, meaning, _Place(name, topic, 0, 0), given)


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    topic: str
    page: int
    paragraph: int


def _sentence(language: SimLanguage, meaning: Meaning, place: _Place, given: frozenset[str]) -> SimSentence:
    made = realise(language, meaning)
    return SimSentence(
        id=place.name,
        source=made.source,
        reference=render(meaning, Reader(language)),
        divided=made.divided,
        gloss=made.gloss,
        word_keys=made.word_keys,
        requires=made.requires,
        given=given & made.requires,
        meaning=meaning,
        topic=place.topic,
        page=place.page,
        paragraph=place.paragraph,
        language=language,
    )


class _Author:
    """Writes one document."""

    def __init__(self, language: SimLanguage, seed: int) -> None:
        self._language = language
        self._seed = seed
        self._chance = language.chance("document", seed)
        self._seen: set[str] = set()

    def document(self, total: int) -> SimDocument:
        num_pages = -(-total // PAGE_SENTENCES)
        glossary, introduced = self._cast(num_pages)
        num_chapters = -(-num_pages // CHAPTER_PAGES)
        topics = [t for _ in range(-(-num_chapters // len(TOPICS))) for t in self._chance.shuffled(TOPICS)]
        pages = []
        for page in range(num_pages):
            size = min(PAGE_SENTENCES, total - page * PAGE_SENTENCES)
            known = (*glossary, *introduced[:page])
            arriving = introduced[page] if page < len(introduced) else None
            pages.append(tuple(self._page(page, topics[page // CHAPTER_PAGES], known, arriving, size)))
        return SimDocument(self._language, self._seed, tuple(pages), glossary, introduced[:num_pages])

    def _cast(self, num_pages: int) -> tuple[tuple[Entity, ...], tuple[Entity, ...]]:
        """Entities of the glossary, and those that are introduced, one a page."""
        wanted = ["person", "person", "place", "person"] + ["person", "place", "person"] * min(2, num_pages // 4)
        arriving = ["person", "person", "place", "person", "person", "place", "person", "person"][
            : max(1, num_pages - 1)
        ]
        found: dict[str, Entity] = {}
        for sort in wanted + arriving:
            entity = invent_entity(self._chance, sort)
            forms = {self._language.name_form(english) for english in found}
            while entity.english in found or self._language.name_form(entity.english) in forms:
                entity = invent_entity(self._chance, sort)
            found[entity.english] = entity
        entities = tuple(found.values())
        return entities[: len(wanted)], entities[len(wanted) :]

    def _page(
        self, page: int, topic: str, known: tuple[Entity, ...], arriving: Entity | None, size: int
    ) -> Iterator[SimSentence]:
        excluded = frozenset(self._language.lexicon.other) if page % CHAPTER_PAGES == 0 else frozenset()
        cast = known if arriving is None else (*known, arriving)
        teller = Teller(
            self._chance,
            vocabulary(topic, excluded),
            people=[entity for entity in cast if entity.sort == "person"],
            places=[entity for entity in cast if entity.sort == "place"],
        )
        given = frozenset() if arriving is None else self._keys_of(arriving)
        for number in range(size):
            opens = number % PARAGRAPH_SENTENCES == 0
            introducing = arriving if number == 0 else None
            if opens:
                teller.start_paragraph(introducing)
            paragraph = page * (PAGE_SENTENCES // PARAGRAPH_SENTENCES) + number // PARAGRAPH_SENTENCES
            place = _Place(f"d{self._seed}.p{page}.s{number}", topic, page, paragraph)
            yield self._new(teller, introducing, place, given)

    def _new(self, teller: Teller, introducing: Entity | None, place: _Place, given: frozenset[str]) -> SimSentence:
        """A sentence whose source line the document does not have yet."""
        while True:
            meaning = introduction(self._chance, introducing) if introducing else teller.meaning()
            sentence = _sentence(self._language, meaning, place, given)
            if sentence.source not in self._seen:
                self._seen.add(sentence.source)
                return sentence

    def _keys_of(self, entity: Entity) -> frozenset[str]:
        form = self._language.name_form(entity.english)
        return frozenset((name_key(form), gender_key(form)))

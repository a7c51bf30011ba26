"""The resources of a language in the file formats that `dragoman.memory.resources` reads."""

from collections.abc import Iterable, Sequence

from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.documents import SimDocument, SimSentence, make_sentence
from dragoman.training.simlang.inventory import POS_NAMES, TOPICS
from dragoman.training.simlang.language import SimLanguage
from dragoman.training.simlang.meaning import Meaning
from dragoman.training.simlang.story import Teller, vocabulary

__all__ = [
    "dictionary_rows",
    "dictionary_tsv",
    "glossary_rows",
    "glossary_tsv",
    "glossed_sentences",
    "glossed_text",
    "parallel_sentences",
    "parallel_tsv",
]

_NUM_PARALLEL = 120
_NUM_GLOSSED = 60
_NUM_SHOWN = 4  # lines that show the fixed expression, and pairs that show the polite register


def dictionary_rows(language: SimLanguage) -> list[tuple[str, str, str, str]]:
    """(headword, part of speech, glosses, variants), by headword; an ambiguous word has both senses in one row."""
    rows = []
    for stem, concepts in sorted(language.lexicon.senses.items()):
        glosses = "; ".join("he; she; it" if concept == "p.3" else concept[2:] for concept in concepts)
        rows.append((stem, POS_NAMES[concepts[0][0]], glosses, _variant(language, stem)))
    return rows


def dictionary_tsv(language: SimLanguage) -> str:
    """The whole lexicon."""
    return _tsv(("headword", "pos", "gloss", "variants"), dictionary_rows(language))


def glossary_rows(document: SimDocument) -> list[tuple[str, str, str, str]]:
    """(name, rendering, gender, type) of the part of the cast that no page introduces."""
    name_form = document.language.name_form
    return [(name_form(e.english), e.english, e.gender or "it", e.sort) for e in document.glossary]


def glossary_tsv(document: SimDocument) -> str:
    """Names of the document whose renderings its own pages never give."""
    return _tsv(("source", "target", "gender", "type"), glossary_rows(document))


def parallel_sentences(language: SimLanguage, number: int = _NUM_PARALLEL) -> list[SimSentence]:
    """Sentences with their translations: ordinary ones, some with the fixed expression, and register pairs."""
    chance = language.chance("parallel")
    plain = _sentences(language, chance, number)
    shown: list[Meaning] = []
    for sentence in plain[:_NUM_SHOWN]:
        shown.append(Meaning(sentence.meaning.clause, idiom=True))
        shown.append(Meaning(sentence.meaning.clause, polite=True))
    return chance.shuffled([*plain, *(make_sentence(language, meaning) for meaning in shown)])


def parallel_tsv(language: SimLanguage, number: int = _NUM_PARALLEL) -> str:
    """Source and translation."""
    rows = [(sentence.source, sentence.reference) for sentence in parallel_sentences(language, number)]
    return _tsv(("source", "target"), rows)


def glossed_sentences(language: SimLanguage, number: int = _NUM_GLOSSED) -> list[SimSentence]:
    """Sentences whose glosses are shown."""
    return _sentences(language, language.chance("glossed"), number)


def glossed_text(language: SimLanguage, number: int = _NUM_GLOSSED) -> str:
    """Interlinear blocks: words, divided words, gloss, translation.

    Four lines, because the sound changes make the divided words differ from the written ones, and names keep the
    hyphens of their affixes.
    """
    return "\n".join(
        f"{s.source}\n{s.divided}\n{s.gloss}\n'{s.reference}'\n" for s in glossed_sentences(language, number)
    )


def _sentences(language: SimLanguage, chance: Chance, number: int) -> list[SimSentence]:
    """Ordinary sentences of all topics without names, fixed expression and polite register."""
    found: dict[str, SimSentence] = {}
    while len(found) < number:
        topic = TOPICS[len(found) % len(TOPICS)]
        meaning = Teller(chance, vocabulary(topic)).meaning()
        if not meaning.idiom and not meaning.polite:
            sentence = make_sentence(language, meaning, topic=topic)
            found[sentence.source] = sentence
    return list(found.values())


def _variant(language: SimLanguage, stem: str) -> str:
    """The form a stem takes before a vowel where its last sound is voiced there."""
    if language.typology.prefixing or language.typology.sandhi != "voicing":
        return ""
    voiced = language.phonology.suffixed(stem, "a").rpartition("-")[0]
    return "" if voiced == stem else voiced


def _tsv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in (header, *rows))

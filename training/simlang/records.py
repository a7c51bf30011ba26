"""The resources and the memory of a generated document as records, without files and without an agent.

For tests of methods at thousands of pages a minute. The files of `folder` hold the same content.
"""

from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.training.simlang.documents import SimDocument, SimSentence
from dragoman.training.simlang.grammar import grammar_rules
from dragoman.training.simlang.inventory import TOPIC_LABELS
from dragoman.training.simlang.resources import dictionary_rows, glossary_rows, parallel_sentences

__all__ = ["about_line", "page_records", "resource_records"]


def resource_records(document: SimDocument) -> tuple[MemoryRecord, ...]:
    """What a user would bring: dictionary, grammar with examples, parallel sentences, glossary."""
    language = document.language
    records = [
        MemoryRecord(Kind.ENTRY, stem, gloss, attributes=(("pos", pos),), provenance=Provenance("dictionary.tsv"))
        for stem, pos, gloss, _ in dictionary_rows(language)
    ]
    for rule in grammar_rules(language):
        place = Provenance("grammar.md", rule.heading)
        stated = MemoryRecord(Kind.RULE, rule.heading, rule.statement.replace("`", ""), provenance=place)
        examples = (("rule", stated.id),)
        records.append(stated)
        records += [MemoryRecord(Kind.RULE, s, t, attributes=examples, provenance=place) for s, t in rule.examples]
    records += [_exemplar(s, Provenance("parallel.tsv")) for s in parallel_sentences(language)]
    records += [_entity(row, Provenance("user", "glossary.tsv")) for row in glossary_rows(document)]
    return tuple(records)


def page_records(document: SimDocument, page: int) -> tuple[MemoryRecord, ...]:
    """What a perfect memory call adds after a page: names it introduces, its essence, its lines as exemplars."""
    sentences = document.pages[page]
    place = Provenance("document", f"page {page + 1}", page)
    records = []
    for entity in (sentence.introduces for sentence in sentences):
        if entity is not None:
            form = document.language.name_form(entity.english)
            records.append(_entity((form, entity.english, entity.gender or "it", entity.sort), place))
    records.append(MemoryRecord(Kind.ESSENCE, "", about_line(document.page_topic(page)), provenance=place))
    return (*records, *(_exemplar(sentence, place) for sentence in sentences))


def about_line(topic: str) -> str:
    """The essence of a page."""
    return f"a story of {TOPIC_LABELS[topic]}"


def _exemplar(sentence: SimSentence, place: Provenance) -> MemoryRecord:
    return MemoryRecord(Kind.EXEMPLAR, sentence.source, sentence.reference, provenance=place)


def _entity(row: tuple[str, str, str, str], place: Provenance) -> MemoryRecord:
    name, rendering, gender, sort = row
    return MemoryRecord(Kind.ENTITY, name, rendering, attributes=(("gender", gender), ("type", sort)), provenance=place)

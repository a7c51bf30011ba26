"""The files of a generated language: complete, true to the language, and readable by the loaders."""

import json
from pathlib import Path

import pytest

from dragoman.core.formats import read_document
from dragoman.core.languages import parse_language
from dragoman.core.pages import split_pages
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.resources import load_resource
from dragoman.training.simlang import SimDocument, SimFolder, generate_document, generate_language, write_folder
from dragoman.training.simlang.grammar import grammar_markdown, grammar_rules, marker_forms
from dragoman.training.simlang.inventory import CONCEPTS
from dragoman.training.simlang.needs import ItemReader, record_keys, trace_keys
from dragoman.training.simlang.packs import pack
from dragoman.training.simlang.records import page_records, resource_records
from dragoman.training.simlang.resources import dictionary_rows, parallel_sentences

KINDS = ("dictionary", "grammar", "parallel", "glossed", "glossary")


@pytest.fixture(scope="module", params=[7, 8, 11])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SimFolder:
    return write_folder(request.param, pages=5, folder=tmp_path_factory.mktemp("sim") / "deep" / "folder")


@pytest.fixture(scope="module")
def document() -> SimDocument:
    return generate_document(generate_language(7, split="test"), seed=7, pages=5)


def loaded(folder: SimFolder) -> list[MemoryRecord]:
    return [record for kind in KINDS for record in load_resource(kind, getattr(folder, kind)).records]


@pytest.mark.parametrize("kind", KINDS)
def test_the_loaders_read_every_file_without_a_problem(folder: SimFolder, kind: str) -> None:
    resource = load_resource(kind, getattr(folder, kind))
    assert resource.problems == ()
    assert len(resource.records) >= 5


def test_the_document_is_read_as_the_sentences_and_pages_it_was_made_of(folder: SimFolder) -> None:
    language = parse_language(folder.language)
    document = read_document(folder.document, source_language=language, target_language=parse_language("en"))
    meta = json.loads(folder.meta.read_text(encoding="utf-8"))
    pages = split_pages(document, EstimatedTokenCounter(), max_tokens=600, max_lines=10)
    assert len(document.segments) == len(meta["sentences"]) == 50
    assert [len(page.segments) for page in pages] == [10] * 5
    references = folder.reference.read_text(encoding="utf-8").splitlines()
    sources = folder.document.read_text(encoding="utf-8").splitlines()
    assert [not line for line in references] == [not line for line in sources]
    assert language.tag == meta["tag"]


def test_files_and_memory_of_earlier_pages_answer_every_need(folder: SimFolder) -> None:
    seed = json.loads(folder.meta.read_text(encoding="utf-8"))["seed"]
    document = generate_document(generate_language(seed, split="test"), seed=seed, pages=5)
    reader = ItemReader(document)
    answered = frozenset(key for record in loaded(folder) for key in reader.record_keys(record))
    for number, page in enumerate(document.pages):
        for sentence in page:
            assert sentence.needs <= answered, sentence.source
        answered |= {key for record in page_records(document, number) for key in reader.record_keys(record)}


def test_records_made_without_files_answer_the_same_keys_as_the_files(folder: SimFolder) -> None:
    seed = json.loads(folder.meta.read_text(encoding="utf-8"))["seed"]
    document = generate_document(generate_language(seed, split="test"), seed=seed, pages=5)
    reader = ItemReader(document)
    from_files = frozenset(key for record in loaded(folder) for key in reader.record_keys(record))
    from_memory = frozenset(key for record in resource_records(document) for key in reader.record_keys(record))
    assert from_memory == from_files


def test_the_dictionary_has_every_lexeme_and_both_senses_of_an_ambiguous_word() -> None:
    for language in pack("test", 5):
        rows = {headword: gloss.split("; ") for headword, _, gloss, _ in dictionary_rows(language)}
        for concept in CONCEPTS:
            gloss = "he" if concept == "p.3" else concept[2:]
            assert gloss in rows[language.stem(concept)]
        for concept, other in language.lexicon.other.items():
            assert rows[language.stem(concept)] in ([concept[2:], other[2:]], [other[2:], concept[2:]])


def test_the_grammar_mentions_every_affix_and_particle() -> None:
    for split in ("train", "dev", "test"):
        for language in pack(split, 8):
            book = grammar_markdown(language)
            for gloss in (*language.markers.affixes, *language.markers.particles):
                for form in marker_forms(language, gloss):
                    assert f"`{form}`" in book or f"| {form} |" in book
                assert gloss in book


def test_every_morpheme_of_a_text_stands_in_grammar_or_dictionary() -> None:
    for split in ("train", "test"):
        for language in pack(split, 20):
            listed = {headword: {headword, *variant.split()} for headword, _, _, variant in dictionary_rows(language)}
            stems = {form for forms in listed.values() for form in forms}
            for sentence in generate_document(language, seed=2, pages=2).sentences:
                for word, gloss in zip(sentence.divided.split(), sentence.gloss.split(), strict=True):
                    for form, label in zip(word.split("-"), gloss.split("-"), strict=True):
                        if label in language.markers.affixes or label in language.markers.particles:
                            assert form in {marker.strip("-") for marker in marker_forms(language, label)}
                        elif not label[0].isupper() and not label.startswith("("):
                            assert form in stems


def test_the_loader_finds_the_affixes_that_the_grammar_states(folder: SimFolder) -> None:
    meta = json.loads(folder.meta.read_text(encoding="utf-8"))
    language = generate_language(meta["seed"], split="test")
    records = load_resource("grammar", folder.grammar).records
    found = {pair for record in records for pair in record.attribute("affixes").split("; ") if pair}
    for gloss in language.markers.affixes:
        for form in marker_forms(language, gloss):
            assert f"{form}={gloss}" in found


def test_each_rule_becomes_one_record_with_its_examples(folder: SimFolder) -> None:
    meta = json.loads(folder.meta.read_text(encoding="utf-8"))
    language = generate_language(meta["seed"], split="test")
    records = load_resource("grammar", folder.grammar).records
    rules = grammar_rules(language)
    assert sum(len(rule.examples) for rule in rules) == sum(bool(record.attribute("rule")) for record in records)
    stated = [record for record in records if not record.attribute("rule") and not record.target.startswith("form:")]
    assert [record.source for record in stated] == [rule.heading for rule in rules]


def test_parallel_sentences_show_idiom_and_register_pairs() -> None:
    for language in pack("train", 5):
        sentences = parallel_sentences(language)
        clauses = [s.meaning.clause for s in sentences if not s.meaning.polite and not s.meaning.idiom]
        polite = [s for s in sentences if s.meaning.polite]
        assert len(polite) >= 3
        assert all(sentence.meaning.clause in clauses for sentence in polite)
        assert sum(sentence.meaning.idiom for sentence in sentences) >= 3


@pytest.mark.parametrize(
    ("kind", "source", "target", "attributes"),
    [
        (Kind.ENTRY, "{stem}", "nonsense", ()),
        (Kind.ENTRY, "unheard", "king", ()),
        (Kind.ENTITY, "{name}", "Somebody", (("gender", "he"),)),
        (Kind.RULE, "Plural", "The suffix -zzz (PL) marks the plural of nouns.", ()),
        (Kind.ESSENCE, "", "a story of nothing", ()),
        (Kind.EXEMPLAR, "kofal ba", "a line", ()),
        (Kind.STYLE, "", "be brief", ()),
        (Kind.TRACE, "kofal ba", "a line", ()),
    ],
)
def test_a_corrupted_or_foreign_record_answers_nothing(
    document: SimDocument, kind: Kind, source: str, target: str, attributes: tuple[tuple[str, str], ...]
) -> None:
    stem, name = document.language.stem("n.king"), next(iter(document.entities))
    record = MemoryRecord(kind, source.format(stem=stem, name=name), target, attributes=attributes)
    assert record_keys(record, document) == frozenset()


def test_a_rendering_without_its_gender_answers_the_name_alone(document: SimDocument) -> None:
    form, entity = next((f, e) for f, e in document.entities.items() if e.gender)
    bare = MemoryRecord(Kind.ENTITY, form, entity.english)
    full = MemoryRecord(Kind.ENTITY, form, entity.english, attributes=(("gender", entity.gender), ("type", "person")))
    assert record_keys(bare, document) == {f"name:{form}"}
    assert record_keys(full, document) == {f"name:{form}", f"gender:{form}"}


def test_a_dictionary_turned_round_answers_the_same_entry(document: SimDocument) -> None:
    stem = document.language.stem("n.king")
    assert record_keys(MemoryRecord(Kind.ENTRY, "king", stem), document) == {f"entry:{stem}"}


def test_a_gloss_answers_the_words_and_marks_it_has_right(document: SimDocument) -> None:
    for sentence in document.sentences:
        words = {key for key in sentence.word_keys if key.startswith(("entry:", "name:"))}
        assert words <= trace_keys(sentence, sentence.gloss)
        assert trace_keys(sentence, " ".join("?" for _ in sentence.gloss.split())) == frozenset()
        assert trace_keys(sentence, sentence.gloss + " extra") == frozenset()


def test_writing_again_gives_the_same_files(tmp_path: Path) -> None:
    first = write_folder(3, pages=2, folder=tmp_path)
    before = {file.name: file.read_bytes() for file in first.folder.iterdir()}
    write_folder(3, pages=2, folder=tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert len(before) == 8

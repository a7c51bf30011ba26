"""SimLang: languages and documents from a seed, and the exact needs of their sentences."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.training.simlang import SimDocument, SimLanguage, generate_document, generate_language, pack
from dragoman.training.simlang.documents import CHAPTER_PAGES, PAGE_SENTENCES, make_sentence
from dragoman.training.simlang.english import Reader, past_form, plural_form, render, third_form
from dragoman.training.simlang.inventory import CONCEPTS, NOUNS, TOPIC_OF, TOPICS, VERBS
from dragoman.training.simlang.meaning import FUTURE, PRESENT, Clause, Entity, Meaning, NounPhrase
from dragoman.training.simlang.needs import oracle_needs
from dragoman.training.simlang.realise import realise
from dragoman.training.simlang.typology import SANDHI, SPLITS, WORD_ORDERS, families
from dragoman.training.simulated import simulate

KING = NounPhrase("n.king", definite=True)
BOAT = NounPhrase("n.knife", plural=True, adjective="a.big")
SEES = Clause("v.see", KING, object=BOAT, tense=PRESENT)

# What `golden` printed when these tests were written. Another value means other bytes for the same seed: if that is
# meant, say so in the changelog, because saved experiments no longer repeat.
GOLDEN = "1592bbe9d9d1849f"

PRINT_GOLDEN = """
import tempfile, pathlib
from dragoman.core.hashing import content_hash
from dragoman.training.simlang import write_folder
with tempfile.TemporaryDirectory() as folder:
    write_folder(7, pages=6, folder=pathlib.Path(folder))
    files = sorted(pathlib.Path(folder).iterdir())
    print(content_hash(*(part for file in files for part in (file.name, file.read_bytes()))))
"""


@pytest.fixture(scope="module")
def languages() -> list[SimLanguage]:
    return [language for split in SPLITS for language in pack(split, 15)]


@pytest.fixture(scope="module")
def documents(languages: list[SimLanguage]) -> list[SimDocument]:
    return [generate_document(language, seed=1, pages=6) for language in languages]


@pytest.mark.parametrize("hash_seed", ["0", "12345"])
def test_the_same_seed_gives_the_same_bytes_in_any_process(hash_seed: str) -> None:
    printed = subprocess.run(
        [sys.executable, "-c", PRINT_GOLDEN],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    assert printed.stdout.strip() == GOLDEN


@settings(max_examples=25)
@given(seed=st.integers(0, 10**9), split=st.sampled_from(SPLITS))
def test_exactly_the_needs_give_the_reference_and_each_of_them_matters(seed: int, split: str) -> None:
    document = generate_document(generate_language(seed, split=split), seed=seed, pages=3)
    for sentence in document.sentences:
        assert simulate(sentence, oracle_needs(sentence)) == sentence.reference
        for key in sentence.needs:
            assert simulate(sentence, sentence.needs - {key}) != sentence.reference, (key, sentence.source)


def test_an_item_changes_only_the_sentences_that_need_it(documents: list[SimDocument]) -> None:
    sentences = documents[0].sentences
    everything = frozenset(key for sentence in sentences for key in sentence.requires)
    for key in sorted(everything):
        changed = {s.id for s in sentences if simulate(s, everything - {key}) != s.reference}
        assert changed == {s.id for s in sentences if key in s.needs}


def test_every_kind_of_need_occurs(documents: list[SimDocument]) -> None:
    kinds = {
        key if key.startswith(("rule:", "exemplar:")) else key.partition(":")[0]
        for document in documents
        for sentence in document.sentences
        for key in sentence.needs
    }
    rules = "order adjective adposition possession definite plural case past future negation question conjunction"
    assert kinds == {
        *(f"rule:{rule}" for rule in rules.split()),
        *("entry", "name", "gender", "sense", "exemplar:idiom", "exemplar:polite"),
    }


def test_every_word_order_arranges_the_same_meaning_differently() -> None:
    base = generate_language(1)
    glosses = set()
    for order in WORD_ORDERS:
        language = generate_language(1, typology=replace(base.typology, order=order, definite="affix"))
        words = realise(language, Meaning(SEES)).gloss.split()
        roles = [
            next((r for r, lemma in (("S", "king"), ("V", "see"), ("O", "knife")) if lemma in word), "")
            for word in words
        ]
        assert "".join(roles) == order
        glosses.add(tuple(roles))
    assert len(glosses) == len(WORD_ORDERS)


def test_languages_of_a_pack_differ_in_every_setting_and_sandhi(languages: list[SimLanguage]) -> None:
    for field in fields(languages[0].typology):
        values = {getattr(language.typology, field.name) for language in languages}
        assert len(values) > 1, field.name
    assert {language.typology.sandhi for language in languages} == set(SANDHI)
    assert len({language.name for language in languages}) > 40


def test_no_typological_family_is_in_two_splits_and_every_order_is_in_each() -> None:
    all_families = [family for split in SPLITS for family in families(split)]
    assert len(all_families) == len(set(all_families)) == 24
    for split in SPLITS:
        assert {order for order, _, _ in families(split)} == set(WORD_ORDERS)
        assert {language.typology.family for language in pack(split, 30)} <= set(families(split))


def test_the_same_number_names_different_languages_in_each_split() -> None:
    tags = [generate_language(5, split=split).tag for split in SPLITS]
    assert tags == ["qaa-x-simt5", "qaa-x-simd5", "qaa-x-sim5"]
    assert len({generate_language(5, split=split).stem("n.king") for split in SPLITS}) == 3
    assert generate_language(123456789, split="test").tag == "qaa-x-sim12345-6789"


def test_glosses_stand_word_by_word_under_the_source(documents: list[SimDocument]) -> None:
    for document in documents:
        for sentence in document.sentences:
            words = sentence.source.rstrip(".?").split()
            divided, glosses = sentence.divided.split(), sentence.gloss.split()
            assert len(words) == len(divided) == len(glosses) == len(sentence.word_keys)
            for word, parts, gloss in zip(words, divided, glosses, strict=True):
                assert word.lower() in (parts.lower(), parts.replace("-", "").lower())
                assert parts.count("-") == gloss.count("-")


def test_no_language_writes_a_word_as_english_does(languages: list[SimLanguage]) -> None:
    english = {concept[2:].lower() for concept in CONCEPTS}
    for language in languages:
        assert not english & set(language.lexicon.senses)
        assert set(language.lexicon.stems) == set(CONCEPTS)


def test_ambiguous_words_join_two_topics_of_one_word_class(languages: list[SimLanguage]) -> None:
    for language in languages:
        shared = [concepts for concepts in language.lexicon.senses.values() if len(concepts) > 1]
        assert len(shared) == 20
        for first, second in shared:
            assert first[0] == second[0]
            assert TOPIC_OF[first] != TOPIC_OF[second]


def test_ambiguous_words_wait_until_a_page_could_tell_the_topic(documents: list[SimDocument]) -> None:
    for document in documents:
        seen = {sentence.page for sentence in document.sentences if any("sense:" in key for key in sentence.needs)}
        assert seen
        assert all(page % CHAPTER_PAGES for page in seen)


def test_a_name_is_known_from_the_glossary_or_introduced_before_its_use(documents: list[SimDocument]) -> None:
    for document in documents:
        known = {document.language.name_form(entity.english) for entity in document.glossary}
        for page in document.pages:
            for sentence in page:
                if sentence.introduces:
                    known.add(document.language.name_form(sentence.introduces.english))
                    assert f"({sentence.introduces.english})" in sentence.source
                used = {key.partition(":")[2] for key in sentence.requires if key.startswith(("name:", "gender:"))}
                assert used <= known
        assert len(document.introduced) == len(document.pages) - 1


def test_names_are_not_derivable_from_their_renderings(documents: list[SimDocument]) -> None:
    for document in documents:
        assert len(document.entities) == len(document.glossary) + len(document.introduced)
        assert all(form[:3].lower() != entity.english[:3].lower() for form, entity in document.entities.items())


def test_pronouns_leave_gender_open_in_the_source_alone() -> None:
    language = generate_language(2)
    made = [make_sentence(language, _sleeps(gender)) for gender in ("he", "she")]
    assert made[0].source == made[1].source
    assert [sentence.reference for sentence in made] == ["He sleeps.", "She sleeps."]


def _sleeps(gender: str) -> Meaning:
    return Meaning(Clause("v.sleep", NounPhrase("p.3", Entity("Ann", gender, "person")), tense=PRESENT))


@pytest.mark.parametrize(
    ("meaning", "expected"),
    [
        (Meaning(SEES), "The king sees big knives."),
        (Meaning(replace(SEES, negated=True)), "The king does not see big knives."),
        (Meaning(replace(SEES, tense=FUTURE), question=True), "Will the king see big knives?"),
        (Meaning(replace(SEES, subject=NounPhrase("p.we")), question=True), "Do we see big knives?"),
        (Meaning(replace(SEES, subject=NounPhrase("p.who")), question=True), "Who sees big knives?"),
        (
            Meaning(replace(SEES, subject=NounPhrase("p.who"), negated=True), question=True),
            "Who does not see big knives?",
        ),
        (Meaning(Clause("v.be", NounPhrase("p.I"), quality="a.ugly")), "I was ugly."),
        (Meaning(Clause("v.be", KING, identity=NounPhrase("n.uncle")), question=True), "Was the king an uncle?"),
        (
            Meaning(replace(SEES, object=replace(BOAT, possessor=KING, numeral="u.two"))),
            "The king sees the king's two big knives.",
        ),
        (
            Meaning(SEES, link="c.because", second=replace(SEES, subject=NounPhrase("p.they"), negated=True)),
            "The king sees big knives because they do not see big knives.",
        ),
    ],
)
def test_english_is_what_a_person_would_write(meaning: Meaning, expected: str) -> None:
    assert render(meaning, Reader(generate_language(0))) == expected


@pytest.mark.parametrize(
    ("form", "word", "expected"),
    [
        (plural_form, "wolf", "wolves"),
        (plural_form, "city", "cities"),
        (plural_form, "donkey", "donkeys"),
        (plural_form, "box", "boxes"),
        (third_form, "carry", "carries"),
        (third_form, "go", "goes"),
        (third_form, "watch", "watches"),
        (past_form, "carry", "carried"),
        (past_form, "obey", "obeyed"),
        (past_form, "bake", "baked"),
        (past_form, "steal", "stole"),
    ],
)
def test_english_forms_follow_the_school_book(form: object, word: str, expected: str) -> None:
    assert callable(form)
    assert form(word) == expected


def test_the_inventory_has_hundreds_of_concepts_each_once_and_no_invisible_inflection() -> None:
    assert len(CONCEPTS) > 450
    assert [concept for concept, number in Counter(CONCEPTS).items() if number > 1] == []
    assert all(plural_form(noun.concept[2:]) != noun.concept[2:] for noun in NOUNS)
    assert all(past_form(verb.concept[2:]) != verb.concept[2:] for verb in VERBS)
    assert len(TOPICS) == 10


def test_one_meaning_can_be_said_in_two_constructed_languages() -> None:
    first, second = generate_language(1), generate_language(2)
    for sentence in generate_document(first, seed=3, pages=2).sentences:
        other = make_sentence(second, sentence.meaning)
        assert other.source != sentence.source


@pytest.mark.parametrize(("sentences", "pages"), [(1, 1), (9, 1), (10, 1), (11, 2), (25, 3)])
def test_a_document_has_as_many_sentences_as_asked(sentences: int, pages: int) -> None:
    document = generate_document(generate_language(4), seed=0, sentences=sentences)
    assert len(document.sentences) == sentences
    assert len(document.pages) == pages
    assert all(len(page) == PAGE_SENTENCES for page in document.pages[:-1])
    assert len(document.by_source) == sentences


def test_bad_requests_say_what_to_do() -> None:
    language = generate_language(0)
    with pytest.raises(ConfigurationError, match="give exactly one"):
        generate_document(language, seed=0)
    with pytest.raises(ConfigurationError, match="at least one page"):
        generate_document(language, seed=0, pages=0)
    with pytest.raises(UnknownNameError, match="did you mean 'train'"):
        generate_language(0, split="trian")

"""What glossed text teaches about writing a language; expected glosses are written by hand."""

import pytest

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.english_tags import Place
from dragoman.memory.flip import flip_records
from dragoman.memory.glosser import render_gloss
from dragoman.memory.mirror import MirrorGlosser
from dragoman.memory.mirror_links import Links
from dragoman.memory.mirror_persons import Persons, tidy_gloss

# (segmented, gloss, English) of a language whose past is PA, whose pronouns are labels, and which has no article.
TEXT = (
    ("yo kofal uruf-a-m", "1s.UNM dog see-PA-1s", "I saw a dog."),
    ("kofal uruf-a-k", "dog see-PA-3s", "He saw a dog."),
    ("kofal ikiw-a-k", "dog go-PA-3s", "The dog went."),
    ("wi kofal uruf-a-mik", "3p.UNM dog see-PA-3p", "They saw a dog."),
    ("yena sel me ikiw-a-k", "1s.GEN child not go-PA-3s", "My child did not go."),
    ("sel wa-pa ikiw-em-ua", "child river-LOC go-SIM-PRS.3s", "The child is going to the river."),
    ("sel kuum-a-k", "child hit-PA-3s", "The child struck."),
)


def text(*rows: tuple[str, str, str], times: int) -> list[MemoryRecord]:
    return [
        MemoryRecord(
            Kind.EXEMPLAR,
            segmented.replace("-", ""),
            english,
            attributes=(("gloss", gloss), ("segmented", segmented)),
            provenance=f"line {number}",
        )
        for number in range(times)
        for segmented, gloss, english in rows
    ]


@pytest.fixture(scope="module")
def taught() -> MirrorGlosser:
    """From 1,680 glossed words and a grammar whose prose misleads: nothing in the text ends in -based."""
    grammar = MemoryRecord(Kind.RULE, "Plural", "A verb-based plural is rare.", attributes=(("affixes", "-based=PL"),))
    return MirrorGlosser(flip_records([grammar, *text(*TEXT, times=80)]))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("I saw the dog.", "yo uruf-am _ kofal"),  # pronoun by its label, the verb's form for the person
        ("He saw him.", "_ uruf-ak ?he"),  # mostly left out as a subject; no pronoun of the third person was met
        ("They went.", "wi ikiw-ak"),  # the form of the verb that was met
        ("My dogs went.", "yena kofal-PL ikiw-ak"),  # -based is not believed
        ("The dog was going.", "_ kofal _ ikiw-ak"),  # "was" is a helper
        ("The dog did not go.", "_ kofal _ me ikiw-ak"),  # the word that is glossed "not"
        ("The dog went to the river.", "_ kofal ikiw-ak _ _ wa-pa"),  # a case says it
        ("I struck.", "yo kuum-ak"),  # the glosses only have "hit"
    ],
)
def test_much_glossed_text_teaches_forms_that_no_grammar_states(
    taught: MirrorGlosser, line: str, expected: str
) -> None:
    assert render_gloss(taught.gloss_line(line)) == expected


def test_little_glossed_text_changes_no_form() -> None:
    rule = MemoryRecord(Kind.RULE, "Plural", "The suffix -ka (PL) marks the plural.")
    found = MirrorGlosser(flip_records([rule, *text(*TEXT, times=1)])).gloss_line("The dogs.")
    assert render_gloss(found) == "_ kofal-ka"


CLASSES = (
    ("kofal ge-miru", "dog CLB-see", "The dog sees."),
    ("sel lo-miru", "child CLA-see", "The child sees."),
    ("na lo-miru", "1SG CLA-see", "I see."),
    ("tri sel lo-miru", "three child CLA-see", "Three children see."),
    ("bel kofal ge-miru", "big dog CLB-see", "A big dog sees."),
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("The dog saw it.", "_ kofal ge-miru-PST _"),
        ("The child sees.", "_ sel lo-miru"),
        ("Elena sees.", "Kexiri lo-miru"),  # names are of the class of pronouns
        ("The big child sees.", "_ bel sel lo-miru"),  # adjectives do not agree here
    ],
)
def test_verbs_show_the_class_of_a_noun_that_glossed_text_tells(line: str, expected: str) -> None:
    words = [MemoryRecord(Kind.ENTRY, "bel", "big", attributes=(("pos", "adj"),))]
    words += [MemoryRecord(Kind.ENTRY, "miru", "see", attributes=(("pos", "verb"),))]
    glosser = MirrorGlosser(flip_records([*words, *text(*CLASSES, times=1)]))
    assert render_gloss(glosser.gloss_line(line, {"Elena": "Kexiri"})).replace("?it", "_") == expected


@pytest.mark.parametrize(
    ("lemma", "place", "expected"),
    [
        ("i", Place.SUBJECT, "na"), ("i", Place.OBJECT, "nam"), ("i", Place.OWNER, "nai"), ("she", Place.SUBJECT, "ta"),
        ("he", Place.SUBJECT, "to"), ("we", Place.SUBJECT, "ni"), ("they", Place.SUBJECT, ""),
        ("dog", Place.SUBJECT, ""),
    ],
)  # fmt: skip
def test_pronouns_are_found_by_person_number_case_and_gender(lemma: str, place: Place, expected: str) -> None:
    persons = Persons()
    met = {"na": "1SG.NOM", "nam": "1SG.ACC", "nai": "1SG-POSS", "ta": "3SG.F", "to": "3SG.M", "ni": "1NSG"}
    assert all(persons.learn(form, gloss) for form, gloss in met.items())
    assert not persons.learn("kofal", "dog")
    assert persons.pronoun(lemma, place) == expected


def test_small_person_labels_are_put_in_capitals_and_words_are_not() -> None:
    assert tidy_gloss("see-PA-1s") == "see-PA-1S"
    assert tidy_gloss("1s/p.younger.sibling") == "1S/P.younger.sibling"
    assert tidy_gloss("dog-PL") == "dog-PL"


def test_words_are_linked_only_when_they_meet_often() -> None:
    links = Links()
    for _ in range(4):
        links.learn(["strike"], ["kuum", "na"])
        links.learn(["go"], ["na"])
    links.learn(["once"], ["kuum"])
    assert links.form("strike") == "kuum"
    assert links.form("once") == links.form("never") == ""

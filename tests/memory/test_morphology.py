"""Glossed words taken apart; expected parts follow the Leipzig Glossing Rules by hand."""

import pytest

from dragoman.memory.morphology import Analysis, analyse, glossable, is_label, normalise, split_gloss, surface


@pytest.mark.parametrize(
    ("word", "gloss", "expected"),
    [
        ("tura", "river", Analysis("", "tura", "", "river")),
        ("tura-ka", "river-PL", Analysis("", "tura", "ka", "river", (), ("PL",), (), ("ka",))),
        (
            "na-tura=ri",
            "1SG.POSS-river=ERG",
            Analysis("na", "tura", "ri", "river", ("1SG.POSS",), ("ERG",), ("na",), ("ri",)),
        ),
        ("tura-∅-ka", "river-SG-PL", Analysis("", "tura", "ka", "river", (), ("SG", "PL"), (), ("", "ka"))),
        ("=ko", "=PTC", Analysis("", "ko", "", "PTC")),
        ("tu-ri", "3SG-ERG", Analysis("", "tu", "ri", "3SG", (), ("ERG",), (), ("ri",))),
        ("ta-mano-ba", "hand-wash-PST", Analysis("", "tamano", "ba", "hand.wash", (), ("PST",), (), ("ba",))),
        ("ŋa\\trik/wé", "1SG:PST\\tell", Analysis("ŋa", "trik", "wé", "tell", ("1SG:PST",), ())),
        ("z=\\rä/", "PROX=3SG:PST\\be", Analysis("z", "rä", "", "be", ("PROX", "3SG:PST"), ())),
        ("\\rä/=wä", "3SG\\be=EMPH", Analysis("", "rä", "wä", "be", ("3SG",), ("EMPH",))),
        ("tura-ka", "river", None),
        ("--", "-", None),
    ],
)
def test_a_glossed_word_is_taken_apart(word: str, gloss: str, expected: Analysis | None) -> None:
    assert analyse(word, gloss) == expected


@pytest.mark.parametrize(
    ("gloss", "expected"),
    [
        ("PL", True), ("3SG.F", True), ("2|3PL>1SG.IO:PST:IPFV", True), ("1SG", True),
        ("dog", False), ("Thomas", False), ("be.inside", False), ("?", False), ("", False),
    ],
)  # fmt: skip
def test_labels_are_told_from_words(gloss: str, expected: bool) -> None:
    assert is_label(gloss) is expected


@pytest.mark.parametrize(
    ("gloss", "expected"),
    [
        ("dog-PL", ("dog", ("PL",))),
        ("1SG:PST\\tell", ("tell", ("1SG:PST",))),
        ("3SG-ERG", ("3SG", ("ERG",))),
        ("=PTC", ("PTC", ())),
        ("?-PL", ("?", ("PL",))),
        ("", ("", ())),
    ],
)
def test_a_gloss_is_split_into_lemma_and_labels(gloss: str, expected: tuple[str, tuple[str, ...]]) -> None:
    assert split_gloss(gloss) == expected


def test_surface_and_glossable_words() -> None:
    assert surface("z=ŋa\\trik/wé-∅") == "zŋatrikwé"
    assert glossable("“kofal” — <x1/> 12, <g2>tura</g2>!") == ["“kofal”", "12,", "tura", "!"][:3]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Lovuup?", "lovuup"),  # the last word of a question
        ('word?!"', "word"),
        ("«ten?»", "ten"),
        ("?", "?"),  # a gloss that is not known
        ("?-NEG", "?-neg"),
        ("-ka", "-ka"),
        ("l'", "l'"),
    ],
)
def test_words_are_looked_up_without_the_punctuation_around_them(word: str, expected: str) -> None:
    assert normalise(word) == expected

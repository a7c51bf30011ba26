"""Languages of texts: what letters tell, and confidences that admit what they do not."""

import pytest

from dragoman.core.languages import Language, parse_language
from dragoman.serve.detect import UNKNOWN, Detector

KOFALI = Language("qaa-x-kofali", "Kofali")
SENTENCES = ["kofal tenu mira sela", "mirako ten kofalin rasu", "senu tela mira koro"]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector({KOFALI: SENTENCES})


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("The old dog sleeps beside the river.", "en"),
        ("Der alte Hund schläft neben dem Fluss.", "de"),
        ("Le vieux chien dort près de la rivière.", "fr"),
        ("Старый пёс спит у реки.", "ru"),
        ("늙은 개가 강가에서 잔다.", "ko"),
        ("Kofal mira tenu", "qaa-x-kofali"),
    ],
)
def test_a_sentence_is_known_by_its_letters(detector: Detector, text: str, tag: str) -> None:
    assert detector.best(text).language.tag == tag


def test_a_sentence_of_a_known_language_is_nearly_certain(detector: Detector) -> None:
    assert detector.best("Der alte Hund schläft neben dem Fluss.").confidence > 0.9


def test_a_text_in_an_unknown_language_gets_no_high_confidence() -> None:
    assert Detector({}).best("Kofal mira tenu").confidence < 0.5


def test_english_wins_where_two_words_say_little() -> None:
    guess = Detector({}).best("Proton beam")
    assert (guess.language.tag, guess.confidence < 0.5) == ("en", True)


@pytest.mark.parametrize("text", ["", "  \n", "12 + 34 = 46", "?!"])
def test_a_text_without_letters_has_no_language(detector: Detector, text: str) -> None:
    assert detector.rank(text) == ()
    assert detector.best(text).language == UNKNOWN
    assert detector.best(text).confidence == 0


def test_confidences_are_shares_best_first(detector: Detector) -> None:
    for text in ("The old dog", "mira", "kofal the hund"):
        confidences = [guess.confidence for guess in detector.rank(text)]
        assert confidences == sorted(confidences, reverse=True)
        assert all(0 <= confidence <= 1 for confidence in confidences)


def test_languages_of_the_server_come_first_and_once() -> None:
    german = parse_language("de")
    languages = Detector({KOFALI: SENTENCES, german: ["Hund"]}).languages
    assert languages[:2] == (KOFALI, german)
    assert [language.tag for language in languages].count("de") == 1
    assert len(languages) == 140

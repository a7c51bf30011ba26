"""Languages by any name."""

import pytest

from dragoman.core.errors import LanguageError
from dragoman.core.languages import Language, parse_language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("en", Language("en", "English", "ltr", "Latn")),
        ("pt_BR", Language("pt-BR", "Portuguese (Brazil)", "ltr", "Latn")),
        ("zh-Hant", Language("zh-Hant", "Chinese (Traditional)", "ltr", "Hant")),
        ("ar", Language("ar", "Arabic", "rtl", "Arab")),
        ("ff-Adlm", Language("ff-Adlm", "Fula (Adlam)", "rtl", "Adlm")),
        ("German", Language("de", "German", "ltr", "Latn")),
        ("  Deutsch ", Language("de", "German", "ltr", "Latn")),
        ("日本語", Language("ja", "Japanese", "ltr", "Jpan")),
        ("ddo", Language("ddo", "Dido", "ltr", "Cyrl")),
        ("komn1238", Language("x-komn1238", "komn1238")),
        ("komn1238:Komnzo", Language("x-komn1238", "Komnzo")),
        ("qaa-x-sim7:Simlish", Language("qaa-x-sim7", "Simlish")),
        ("x-sim7", Language("x-sim7", "x-sim7")),
        ("Simlish", Language("x-simlish", "Simlish")),
        ("Language of the Sea", Language("x-language-of-the-sea", "Language of the Sea")),
        ("ur:Urdu of Delhi", Language("ur", "Urdu of Delhi", "rtl", "Arab")),
    ],
)
def test_a_language_is_understood(text: str, expected: Language) -> None:
    found = parse_language(text)
    assert (found.tag, found.name, found.direction) == (expected.tag, expected.name, expected.direction)
    assert found.script == expected.script or text == "ddo"  # CLDR has changed its mind about Tsez


def test_a_name_without_ascii_letters_gets_a_stable_private_tag() -> None:
    first = parse_language("Язык моря")
    assert first.tag.startswith("x-")
    assert (first, first.name) == (parse_language("Язык моря"), "Язык моря")
    assert first.tag != parse_language("Язык гор").tag


@pytest.mark.parametrize("text", ["en", "en-GB", "eng", "English", "American English", "en-Latn-US"])
def test_english_is_english(text: str) -> None:
    assert parse_language(text).is_english


@pytest.mark.parametrize("text", ["de", "enf", "x-english", "ang", "Simlish"])
def test_other_languages_are_not_english(text: str) -> None:
    assert not parse_language(text).is_english


@pytest.mark.parametrize("text", ["", "  ", "?!", "12", "a\nb", "x" * 81, "en:", ":Name", "no tag:Name", "??:Name"])
def test_nonsense_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(LanguageError, match="BCP-47") as caught:
        parse_language(text)
    assert "\n" not in str(caught.value)

"""Names are met in inflected forms, and not inside other words."""

import pytest

from dragoman.agent.name_match import is_rendered, stands_in


@pytest.mark.parametrize(
    ("name", "line", "met"),
    [
        ("Anna", "Anna came.", True),
        ("Anna", "ANNA CAME.", True),
        ("Anna", "Annas Haus", True),
        ("Anna", "l'Anna", True),
        ("Anna", "Joanna came.", False),
        ("Nairobi", "walikaa kuNairobi", True),
        ("القاهرة", "والقاهرة", True),
        ("Anna", "They announced it.", False),
        ("Mark", "in the market", False),
        ("Mark", "mark the page", False),
        ("term", "Term of art", True),
        ("Ro", "and ro came", False),
        ("waffillig", "xwaﬃllig", True),
        ("Bo", "Bo came.", True),
        ("Bo", "Bob came.", False),
        ("Anna Karenina", "Karenina, Anna", True),
        ("Anna Karenina", "Anna came.", False),
        ("東京", "彼は東京へ行った。", True),
        ("Москва", "Москвада болдым.", True),
        ("C-3PO", "Then C-3PO spoke.", True),
        ("", "Anything.", False),
        ("???", "What???", True),
    ],
)
def test_a_name_stands_in_a_line(name: str, line: str, met: bool) -> None:
    assert stands_in(name, line) is met


@pytest.mark.parametrize(
    ("name", "line", "met"),
    [
        ("Anna", "Видел Anny.", True),
        ("Москва", "в Москве", True),
        ("Thomas", "Tom came.", False),
        ("Karenina", "бачив Kareninę", True),
        ("東京", "東京へ", True),
        ("", "", True),
    ],
)
def test_a_rendering_is_met_generously(name: str, line: str, met: bool) -> None:
    assert is_rendered(name, line) is met

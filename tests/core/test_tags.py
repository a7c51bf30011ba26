"""Protected spans, tags and numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.tags import (
    Role,
    Span,
    check_tags,
    find_spans,
    missing_numbers,
    numbers,
    pair_elements,
    restore,
    strip_tags,
    tags_of,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain, 3.5% of words", []),
        ("run `a b` now", ["`a b`"]),
        ("(see https://en.wikipedia.org/wiki/A_(b)), ok", ["https://en.wikipedia.org/wiki/A_(b)"]),
        ("www.a.b/c, or mailto:x@y.z.", ["www.a.b/c", "mailto:x@y.z"]),
        ("mail a.b+c@d-e.org.", ["a.b+c@d-e.org"]),
        ("{a} {a.b[0]:>3} {{ c }} ${d e} {% if %} {}", ["{a}", "{{ c }}", "${d e}", "{% if %}", "{}"]),
        ("%s %d %1$s %-5.2f %(n)s %@ 100%", ["%s", "%d", "%1$s", "%-5.2f", "%(n)s", "%@"]),
        ("#PRS_ORG# wrote #1 and #tag", ["#PRS_ORG#"]),
        ("<i class='x'>a</i> 1 < 2 > 0 <!-- b -->", ["<i class='x'>", "</i>", "<!-- b -->"]),
        ("&nbsp; &#8212; &x AT&T", ["&nbsp;", "&#8212;"]),
        ("<x1/> <g22> </g22> <x1>", ["<x1/>", "<g22>", "</g22>", "<x1>"]),
    ],
)
def test_protected_spans_are_found(text: str, found: list[str]) -> None:
    assert [text[span.start : span.end] for span in find_spans(text)] == found


@given(st.text(st.sampled_from("`<>/xg12{}%$#@.: ahtpsw_&;()-!"), max_size=60))
def test_spans_ascend_without_overlap_and_no_tag_is_left_outside(text: str) -> None:
    spans = find_spans(text)
    borders = [border for span in spans for border in (span.start, span.end)]
    assert borders == sorted(borders)
    outside = " ".join(
        text[a:b] for a, b in zip([0, *[s.end for s in spans]], [*[s.start for s in spans], len(text)], strict=True)
    )
    assert "<x1/>" not in outside


def test_elements_that_open_and_close_become_pairs() -> None:
    text = "<p><b>x</b><br/></i>"
    roles = [(span.role, span.pair) for span in pair_elements(text, find_spans(text))]
    assert roles == [(Role.ALONE, -1), (Role.OPEN, 3), (Role.CLOSE, 3), (Role.ALONE, -1), (Role.ALONE, -1)]
    assert pair_elements("ab", [Span(0, 1)]) == [Span(0, 1)]


@pytest.mark.parametrize(
    ("source", "translation", "fault"),
    [
        ("a <x1/> b <g2>c</g2>", "<g2>C</g2> A <x1/>", None),
        ("a <x1/>", "A < x1 / >", None),
        ("a <x1/>", "A", "lost <x1/>"),
        ("a", "A <x1/>", "added <x1/>"),
        ("a <x1/>", "<x1/> A <x1/>", "added <x1/>"),
        ("<g1>a</g1>", "<g1>A", "lost </g1>"),
        ("<g1>a</g1>", "</g1>A<g1>", "</g1> is not nested well"),
        ("<g1>a</g1> <g2>b</g2>", "<g1>A<g2></g1>B</g2>", "</g1> is not nested well"),
        ("<x1/> <x2/>", "<x3/>", "lost <x1/> <x2/>; added <x3/>"),
        ("<g1>a<g2></g1>b</g2>", "<g1>A<g2></g1>B</g2>", None),
    ],
)
def test_tags_of_a_translation_are_checked(source: str, translation: str, fault: str | None) -> None:
    assert check_tags(source, translation) == fault


def test_tags_are_read_whatever_their_spelling() -> None:
    assert tags_of("<x1> < g2 >a</ G2 > <y3/>") == ("<x1/>", "<g2>", "</g2>")
    assert strip_tags("a<x1/>b") == "ab"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A <x1/> B", "A `c` B"),
        ("<g2>A</g2> <X1 />", "[A](u) `c`"),
        ("<g2>A <x1/>", "A `c`"),
        ("A <x9/>", "A "),
        ("a|b <x1/>", "a/b `c`"),
    ],
)
def test_tags_become_what_they_stand_for(text: str, expected: str) -> None:
    tags = (("<x1/>", "`c`"), ("<g2>", "["), ("</g2>", "](u)"))
    assert restore(text, tags, lambda piece: piece.replace("|", "/")) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("no number", ()),
        ("in 1984, 12 men", ("1984", "12")),
        ("1,234.50 and 1.234,50 and 1 234 567", ("123450", "123450", "1234567")),
        ("१२३४ and ١٢٣٫٤ and ３４", ("1234", "1234", "34")),
        ("<x12/> 7 <g3>8</g3>", ("7", "8")),
        ("at 10:30, 5-6 days", ("1030", "5", "6")),
        ("1\u202f000 km, x²", ("1000",)),
    ],
)
def test_numbers_are_read_as_digits(line: str, expected: tuple[str, ...]) -> None:
    assert numbers(line) == expected


@pytest.mark.parametrize(
    ("source", "translation", "missing"),
    [
        ("1,234 men", "1.234 Männer", ()),
        ("in 2020", "im Jahr 2021", ("2020",)),
        ("3 men", "drei Männer", ()),
        ("12 and 12", "12", ()),
        ("15 %", "१५ %", ()),
    ],
)
def test_missing_numbers_are_named(source: str, translation: str, missing: tuple[str, ...]) -> None:
    assert missing_numbers(source, translation) == missing

"""Sentence borders tile the text in every language."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.core.sentences import MAX_SENTENCE, WINDOW, sentence_ends


def cut(text: str, tag: str) -> list[str]:
    ends = sentence_ends(text, tag)
    return [text[start:end].strip() for start, end in zip((0, *ends), ends, strict=False)]


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        ("en", "Mr. Smith left. He is 3.5 m tall! Really?", ["Mr. Smith left.", "He is 3.5 m tall!", "Really?"]),
        ("de-AT", "Das ist z. B. gut. Ja.", ["Das ist z. B. gut.", "Ja."]),
        ("zh-Hans", "你好。再见！", ["你好。", "再见！"]),
        ("hi", "यह है। वह है।", ["यह है।", "वह है।"]),
        ("ar", "ما هذا؟ كتاب.", ["ما هذا؟", "كتاب."]),
        ("x-sim7", "Kofal mira. Teno! Za?", ["Kofal mira.", "Teno!", "Za?"]),
        ("kom", "Öti mort. Mukӧd.", ["Öti mort.", "Mukӧd."]),
        ("tci", "Fi yam. Be yam.", ["Fi yam.", "Be yam."]),
        ("en", "", []),
    ],
)
def test_sentences_of_known_and_unknown_languages(tag: str, text: str, expected: list[str]) -> None:
    assert cut(text, tag) == expected


_SPIKY = st.lists(
    st.sampled_from(
        ["a", "B", ". ", "… ", "? ", "\u2028", "\u3000", "\x1c", "“", "(", "”)", "Mr.", "。", "👩", "\ud800"]
    )
)


@given(st.one_of(st.text(), _SPIKY.map("".join)), st.sampled_from(["en", "zh", "hi", "fr", "qaa-x-a", "x-sim7", "kom"]))
@settings(max_examples=300)
def test_ends_ascend_and_reach_the_end(text: str, tag: str) -> None:
    ends = sentence_ends(text, tag)
    assert list(ends) == sorted(set(ends))
    assert ends[-1:] == ((len(text),) if text else ())
    assert all(end > 0 for end in ends)


def test_windows_do_not_show_in_the_borders() -> None:
    sentence = "The quick brown fox jumps over the dog. "
    ends = sentence_ends(sentence * 1000, "en")
    assert ends == tuple(range(len(sentence), 1000 * len(sentence) + 1, len(sentence)))


def test_endless_sentences_are_cut_at_white_space_only() -> None:
    text = "word " * (3 * WINDOW // 5)
    pieces = cut(text, "en")
    assert all(len(piece) <= MAX_SENTENCE for piece in pieces)
    assert set(" ".join(pieces).split()) == {"word"}
    assert sentence_ends("w" * (3 * WINDOW), "en") == (3 * WINDOW,)

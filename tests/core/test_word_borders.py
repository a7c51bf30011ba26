"""How the lines of a paragraph are joined, by hand."""

import pytest

from dragoman.core.formats import document_from_text
from dragoman.core.languages import ENGLISH, Language
from dragoman.core.word_borders import join_lines

CHINESE = Language("zh", "Chinese")


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        ("the old\nhouse", "the old house"),
        ("小河旁边\n有一座房子", "小河旁边有一座房子"),
        ("川のそばに\r\n  家があります", "川のそばに家があります"),
        ("川のカ\nメラ\nー", "川のカメラー"),
        ("他们回家了，\n吃了晚饭", "他们回家了，吃了晚饭"),
        ("他说：“好。”\n她笑了", "他说：“好。”她笑了"),
        ("我们用\nPython 写", "我们用 Python 写"),
        ("第 3\n章", "第 3 章"),
        ("บ้านหลัง\nเก่า", "บ้านหลังเก่า"),
        ("강가에\n집이 있다", "강가에 집이 있다"),
        ("“Yes”\n“No”", "“Yes” “No”"),
        ("小河<g1>旁边</g1>\n<g2>有</g2>房子", "小河<g1>旁边</g1><g2>有</g2>房子"),
        ("运行 <x1/>\n然后", "运行 <x1/> 然后"),
        ("一\n二\n三", "一二三"),
    ],
)
def test_a_line_end_is_a_space_only_where_the_script_writes_one(lines: str, joined: str) -> None:
    assert join_lines(lines) == joined


LINE = "春天来的时候小河旁边的老房子里住进了一家人他们每天早上都到河边去打水然后回家做饭再到田里去干"


@pytest.mark.parametrize(
    ("text", "format_name", "source"),
    [
        (f"{LINE}\n活。", "text", f"{LINE}活。"),
        (f"{LINE}\r\n活。", "text", f"{LINE}活。"),
        ("小河旁边\n有一座**房\n子**。\n", "markdown", "小河旁边有一座<g1>房子</g1>。"),
        ("> 小河旁边\n> 有一座房子。\n", "markdown", "小河旁边有一座房子。"),
        ("- 小河旁边\n  有一座 house\n  很老。\n", "markdown", "小河旁边有一座 house 很老。"),
    ],
)
def test_wrapped_chinese_is_read_without_spaces_and_kept_as_it_was(text: str, format_name: str, source: str) -> None:
    document = document_from_text(text, source_language=CHINESE, target_language=ENGLISH, format=format_name)
    assert [segment.source for segment in document.segments] == [source]
    assert document.join({}).decode() == text
    assert document.join({segment.id: segment.source for segment in document.segments}).decode() == text

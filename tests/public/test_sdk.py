"""The SDK: typed results, files, streams, injected parts, both forms, and several calls at once."""

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from dragoman import AsyncTranslator, Translator, parse_language, read_document
from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.agent.events import Event, PageFinished, RunFinished, RunStarted
from dragoman.agent.settings import RunSettings
from dragoman.core.context import PivotMode
from dragoman.core.errors import (
    ConfigurationError,
    InputError,
    LimitReachedError,
    ResourceError,
    UnknownNameError,
)
from dragoman.core.exchange import Purpose, Request
from dragoman.core.probe import ProbeMode
from dragoman.loop_thread import LoopThread
from dragoman.memory.resources import load_resource
from dragoman.memory.store import Memory
from dragoman.options import AUTO_BUDGET, RESOURCE_BUDGET, TranslatorKeywords, TranslatorOptions, make_options
from dragoman.policies import make_policy
from dragoman.report import render_report

TEXT = "kofal mira.\nten kofal.\n"


def echo(**more: Any) -> ScriptedBackend:
    return ScriptedBackend(echo_lines(), **more)


def test_translate_gives_text_segments_usage_and_choices(words: Path) -> None:
    with Translator("x-simlish", "English", dictionary=words, backend=echo()) as translator:
        result = translator.translate(TEXT)
    assert result.text == str(result) == "«kofal mira.»\n«ten kofal.»\n"
    assert [line.translation for line in result.segments] == ["«kofal mira.»", "«ten kofal.»"]
    assert result.failed == ()
    assert result.usage.calls == sum(usage.calls for usage in result.usage_by_purpose.values())
    assert Purpose.TRANSLATE in result.usage_by_purpose
    assert len(result.choices) == 1
    assert not result.is_gloss


def test_default_is_the_gloss_and_the_result_says_so(words: Path) -> None:
    with Translator("x-simlish", "English", dictionary=words) as translator:
        result = translator.translate(TEXT)
    assert result.is_gloss
    assert "dog" in result.text


def test_show_context_names_what_was_offered_for_a_line(words: Path) -> None:
    with Translator("x-simlish", "English", dictionary=words, backend=echo()) as translator:
        result = translator.translate(TEXT)
    items = result.show_context(0)
    assert {"kofal", "mira"} <= {item.candidate.record.source for item in items}
    assert "ten" not in {item.candidate.record.source for item in items if item.candidate.lines}
    assert result.show_context(result.segments[0].segment_id) == items
    assert [item.decision.included for item in items] == sorted((i.decision.included for i in items), reverse=True)
    for missing in (7, -8, "nonsense"):
        with pytest.raises(InputError, match="is not in this result"):
            result.show_context(missing)


def test_result_shows_itself_in_notebooks_with_everything_escaped() -> None:
    with Translator("x-simlish", "English", backend=echo()) as translator:
        shown = translator.translate("<script>x</script> & so\n" * 60)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;" in shown
    assert "and 20 more segments" in shown


def test_translate_file_writes_and_keeps_the_format(tmp_path: Path) -> None:
    source = tmp_path / "a.md"
    source.write_bytes(b"\xef\xbb\xbf# Title\r\n\r\nA [link](http://x.y).\r\n")
    with Translator("x-simlish", "English", backend=echo()) as translator:
        result = translator.translate_file(source, tmp_path / "out" / "b.md")
        unwritten = translator.translate_file(str(source))
    assert result.output == tmp_path / "out" / "b.md"
    assert result.output.read_bytes() == result.data
    assert result.data.startswith(b"\xef\xbb\xbf# \xc2\xabTitle\xc2\xbb\r\n")
    assert result.text.startswith("# ")
    assert unwritten.output is None
    assert unwritten.save(tmp_path / "c.md").read_bytes() == result.data
    assert "Title" in unwritten.save_report(tmp_path / "r.html").read_text(encoding="utf-8")


def test_document_objects_and_language_objects_are_accepted(tale: Path) -> None:
    pair = {"source_language": parse_language("x-simlish"), "target_language": parse_language("English")}
    document = read_document(tale, **pair)
    with Translator(*pair.values(), backend=echo()) as translator:
        assert len(translator.translate(document).segments) == 9


def test_empty_text_is_an_empty_result() -> None:
    with Translator("x-simlish", "English", backend=echo()) as translator:
        result = translator.translate("")
    assert (result.text, result.segments, result.usage.calls) == ("", (), 0)


def test_stream_gives_pages_as_they_come_and_the_end_last() -> None:
    with Translator("x-simlish", "English", backend=echo(), page_lines=1) as translator:
        events = list(translator.stream("one\n\ntwo\n\nthree\n"))
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    pages = [event.result for event in events if isinstance(event, PageFinished)]
    assert [line.translation for page in pages for line in page.lines] == ["«one»", "«two»", "«three»"]


def test_stream_that_is_left_early_can_be_followed_by_another() -> None:
    with Translator("x-simlish", "English", backend=echo(), page_lines=1) as translator:
        for event in translator.stream("one\n\ntwo\n\nthree\n"):
            if isinstance(event, PageFinished):
                break
        assert translator.translate("one\n\ntwo\n\nthree\n").text == "«one»\n\n«two»\n\n«three»\n"


def test_progress_callback_hears_every_event() -> None:
    heard: list[Event] = []
    with Translator("x-simlish", "English", backend=echo(), on_event=heard.append) as translator:
        translator.translate(TEXT)
    assert isinstance(heard[-1], RunFinished)


async def test_async_form_runs_several_at_once() -> None:
    backend = echo()
    async with AsyncTranslator("x-simlish", "English", backend=backend) as translator:
        texts = [f"text {number}\n" for number in range(8)]
        results = await asyncio.gather(*(translator.translate(text) for text in texts))
        streamed = [event async for event in translator.stream("more\n")]
    assert [result.text for result in results] == [f"«text {number}»\n" for number in range(8)]
    assert isinstance(streamed[-1], RunFinished)


async def test_equal_texts_at_once_are_paid_once() -> None:
    backend = echo()
    async with AsyncTranslator("x-simlish", "English", backend=backend, remember="never") as translator:
        first, second = await asyncio.gather(translator.translate(TEXT), translator.translate(TEXT))
    assert first.text == second.text
    assert len(backend.requests) == 1


async def test_sync_form_works_inside_a_running_loop() -> None:
    with Translator("x-simlish", "English", backend=echo()) as translator:
        assert translator.translate("one\n").text == "«one»\n"


def test_memory_and_policy_can_be_given_as_objects(words: Path) -> None:
    memory = Memory([load_resource("dictionary", words)])
    with Translator("x-simlish", "English", memory=memory, policy=make_policy("full"), backend=echo()) as translator:
        result = translator.translate(TEXT)
    assert result.choices[0].policy == "full:1"
    assert result.choices[0].chosen
    with pytest.raises(ConfigurationError, match="put the resources into the memory"):
        Translator("x-simlish", "English", memory=memory, dictionary=words)


def test_pivot_may_have_a_model_of_its_own() -> None:
    backend, pivot = echo(), ScriptedBackend(echo_lines("E {}"), name="english")
    with Translator("x-simlish", "German", backend=backend, pivot_backend=pivot, pivot="always") as translator:
        result = translator.translate(TEXT)
    assert [request.purpose for request in pivot.requests] == [Purpose.PIVOT]
    assert result.pages[0].pivot_lines == ("E kofal mira.", "E ten kofal.")
    assert "E ten kofal." in backend.requests[0].messages[-1].content
    named = make_options("x-simlish", "German", {"pivot_model": "scripted"})
    assert named.pivot_model == "scripted"


def test_out_of_english_the_dictionary_is_read_backwards(words: Path) -> None:
    backend = echo()
    with Translator("English", "x-simlish", dictionary=words, backend=backend) as translator:
        translator.translate("The dog.\n")
    assert "dog = kofal" in backend.requests[0].messages[-1].content


def test_note_may_be_words_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "style.md"
    path.write_text("Short sentences.", encoding="utf-8")
    backend = echo()
    with Translator("x-simlish", "English", note=["Be formal.", path], backend=backend) as translator:
        translator.translate(TEXT)
    prompt = backend.requests[0].messages[-1].content
    assert "Be formal." in prompt
    assert "Short sentences." in prompt
    with pytest.raises(ResourceError), Translator("x-simlish", "English", note="missing.md") as translator:
        translator.translate(TEXT)


def test_rows_that_could_not_be_read_are_in_the_result(tmp_path: Path) -> None:
    path = tmp_path / "w.tsv"
    path.write_text("headword\tpos\tglosses\nkofal\tnoun\tdog\nbroken\n", encoding="utf-8")
    with Translator("x-simlish", "English", dictionary=path, backend=echo()) as translator:
        result = translator.translate(TEXT)
    assert len(result.problems) == 1
    assert "3" in result.problems[0]


def test_journal_resumes_across_translators(tmp_path: Path) -> None:
    journal, backend = tmp_path / "j.sqlite", echo()
    for _ in range(2):
        with Translator("x-simlish", "English", journal=journal, backend=backend, remember="never") as translator:
            result = translator.translate(TEXT)
    assert len(backend.requests) == 1
    assert result.usage.calls == 1


def test_limit_is_an_error_and_what_is_done_stays(tmp_path: Path) -> None:
    text = "\n\n".join(f"Line {number}." for number in range(20))
    options: dict[str, Any] = {"journal": tmp_path / "j.sqlite", "page_lines": 1, "remember": "never"}
    with (
        pytest.raises(LimitReachedError),
        Translator("x-simlish", "English", backend=echo(), max_tokens=300, workers=1, **options) as translator,
    ):
        translator.translate(text)
    backend = echo()
    with Translator("x-simlish", "English", backend=backend, **options) as translator:
        assert translator.translate(text).text.count("«") == 20
    assert 0 < len(backend.requests) < 20


def test_failed_lines_are_listed_not_raised() -> None:
    def script(request: Request) -> str:
        return ""

    with Translator("x-simlish", "English", backend=ScriptedBackend(script)) as translator:
        result = translator.translate(TEXT)
    assert len(result.failed) == 2
    assert result.text == TEXT
    assert len(result.issues) >= 2
    assert "2 failed" in result._repr_html_()


def test_injected_backend_is_not_closed_and_a_closed_translator_opens_again() -> None:
    closed: list[bool] = []

    class Watched(ScriptedBackend):
        async def close(self) -> None:
            closed.append(True)

    translator = Translator("x-simlish", "English", backend=Watched(echo_lines()))
    translator.translate(TEXT)
    translator.close()
    translator.close()
    assert closed == []
    assert translator.translate(TEXT).text
    translator.close()


def test_temporary_journal_goes_with_the_translator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Translator("x-simlish", "English", backend=echo()) as translator:
        translator.translate(TEXT)
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("keywords", "budget"),
    [
        ({}, AUTO_BUDGET),
        ({"parallel": "p.tsv"}, AUTO_BUDGET),
        ({"dictionary": "d.tsv"}, RESOURCE_BUDGET),
        ({"grammar": ["g.md"]}, RESOURCE_BUDGET),
        ({"glossed": "g.txt", "budget_tokens": 90}, 90),
        ({"budget_tokens": "auto"}, AUTO_BUDGET),
        ({"budget_tokens": "70"}, 70),
    ],
)
def test_budget_depends_on_what_the_user_brings(keywords: dict[str, Any], budget: int) -> None:
    assert make_options("x-simlish", "English", keywords).settings.budget_tokens == budget


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"dictionery": "d.tsv"}, UnknownNameError),
        ({"pivot": "maybe"}, UnknownNameError),
        ({"budget_tokens": "much"}, ConfigurationError),
        ({"wave": 0}, ConfigurationError),
        ({"probe": "sometimes"}, UnknownNameError),
    ],
)
def test_bad_keywords_are_refused_when_the_translator_is_made(keywords: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Translator("x-simlish", "English", **keywords)


def test_run_settings_keep_their_names() -> None:
    options = make_options("x-simlish", "English", {"wave": 3, "pivot": "auto", "seed": 5, "page_lines": 4})
    expected = RunSettings(wave=3, pivot=PivotMode.AUTO, seed=5, page_lines=4, probe=ProbeMode.AUTO)
    assert options.settings == expected


def test_keyword_list_covers_options_and_settings() -> None:
    resources = {"dictionary", "grammar", "parallel", "glossed", "glossary", "note", "remembered"}
    named = {f.name for f in fields(TranslatorOptions)} - {
        "source_language",
        "target_language",
        "resources",
        "settings",
    }
    expected = resources | (named - {"policy"}) | {f.name for f in fields(RunSettings)}
    assert set(get_type_hints(TranslatorKeywords)) == expected


def test_both_translators_take_the_same_arguments() -> None:
    assert inspect.signature(Translator) == inspect.signature(AsyncTranslator)
    for name in ("translate", "translate_file", "estimate"):
        own, other = (inspect.signature(getattr(kind, name)) for kind in (Translator, AsyncTranslator))
        assert list(own.parameters) == list(other.parameters)


def test_key_does_not_stand_in_the_representation() -> None:
    translator = Translator("x-simlish", "English", api_key="secret", model="m", base_url="http://x/v1")
    assert "secret" not in repr(translator.options)
    assert repr(translator) == "Translator(Simlish -> English, model=m)" or "-> English" in repr(translator)


def test_report_of_a_result_is_the_one_of_the_run(words: Path) -> None:
    with Translator("x-simlish", "English", dictionary=words, backend=echo()) as translator:
        result = translator.translate(TEXT)
    assert "kofal = dog" in render_report([result.report_data])


def test_loop_thread_raises_what_the_coroutine_raises() -> None:
    async def broken() -> None:
        raise KeyError("inner")

    thread = LoopThread()
    with pytest.raises(KeyError, match="inner"):
        thread.run(broken())
    thread.close()
    thread.close()


@pytest.mark.parametrize("form", [Translator, AsyncTranslator])
def test_nothing_is_loaded_before_the_first_call(form: Callable[..., Any], tmp_path: Path) -> None:
    form("x-simlish", "English", dictionary=tmp_path / "missing.tsv", model="nonsense", journal=tmp_path / "j.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_the_model_declines_is_asked_about_once() -> None:
    backend = echo()
    with Translator("English", "x-simlish", backend=backend, page_lines=1) as translator:
        translator.translate("They saw Bodo.\nAgain they saw Bodo.\nThen came Dora.\n")
    asked = [request for request in backend.requests if request.purpose is Purpose.REMEMBER]
    assert ["Bodo" in request.messages[-1].content for request in asked] == [True, False]

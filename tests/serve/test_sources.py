"""Where a request names no source language: the detector of /detect is asked, and says when it cannot tell."""

from collections.abc import Callable
from typing import Any

import pytest

from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.core.exchange import Request

Serve = Callable[..., Any]
GERMAN = "Der alte Hund schläft heute vor dem Haus am Fluss."
NOBODYS = "Watik fof erera kuma bisoro tenna wupo garil mokka sefa ilun."


def keeping(prompts: list[str]) -> ScriptedBackend:
    """A model that keeps the system prompts it gets."""

    def script(request: Request) -> str:
        prompts.append(request.messages[0].content)
        return echo_lines()(request)

    return ScriptedBackend(script)


async def test_auto_names_the_language_of_the_text(serve: Serve) -> None:
    prompts: list[str] = []
    client = await serve(keeping(prompts))
    options = {"source_lang": "auto", "target_lang": "fr"}
    body = (await client.chat(GERMAN, translation_options=options)).json()
    assert body["dragoman"]["languages"] == {"source": "de", "target": "fr", "detected": True}
    assert any("from German" in prompt or "German into French" in prompt for prompt in prompts)


async def test_the_servers_own_source_language_comes_first(serve: Serve) -> None:
    client = await serve(source_language="gsw")
    body = (await client.chat(GERMAN, translation_options={"source_lang": "auto", "target_lang": "fr"})).json()
    assert body["dragoman"]["languages"] == {"source": "gsw", "target": "fr"}


@pytest.mark.parametrize("stream", [False, True])
async def test_a_text_that_fits_no_language_is_refused_with_what_to_name(serve: Serve, stream: bool) -> None:
    client = await serve()
    options = {"source_lang": "auto", "target_lang": "de"}
    answer = await client.chat(NOBODYS, translation_options=options, stream=stream)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("source_language_unclear", "source_lang")
    for words in ("few resources", "glottocode", "--from"):
        assert words in error["message"]


async def test_who_asked_for_no_detection_is_warned_only(serve: Serve) -> None:
    client = await serve()
    body = (await client.chat(NOBODYS, model="dragoman:de")).json()
    assert body["dragoman"]["languages"] == {"source": "und", "target": "de"}
    assert "cannot be told" in body["dragoman"]["warnings"][0]


@pytest.mark.parametrize("text", ["OK.", "12:30"])
async def test_a_text_of_a_word_or_without_letters_is_translated_as_it_is(serve: Serve, text: str) -> None:
    client = await serve()
    answer = await client.chat(text, translation_options={"source_lang": "auto", "target_lang": "de"})
    assert answer.status_code == 200
    assert answer.json()["dragoman"]["languages"]["source"] == "und"


async def test_a_session_stays_whole_when_its_lines_look_like_several_languages(serve: Serve) -> None:
    client = await serve()
    options = {"source_lang": "auto", "target_lang": "fr", "document_id": "tale"}
    for text in (GERMAN, "OK.", "The old dog sleeps in front of the house today."):
        assert (await client.chat(text, translation_options=options)).status_code == 200
    (pair,) = (await client.get("/v1/sessions/tale")).json()["memory"]
    assert pair == {"languages": "und>fr", "pages": 3}


async def test_a_job_finds_its_language_or_is_refused(serve: Serve) -> None:
    client = await serve()
    order = {"input": GERMAN, "target_lang": "fr", "source_lang": "auto"}
    job = (await client.post("/v1/translations/jobs", json=order)).json()
    assert job["source_lang"] == "de:German"
    refused = await client.post("/v1/translations/jobs", json={**order, "input": NOBODYS})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "source_language_unclear")
    unnamed = await client.post("/v1/translations/jobs", json={"input": NOBODYS, "target_lang": "fr"})
    assert unnamed.json()["source_lang"] == "und:source language"

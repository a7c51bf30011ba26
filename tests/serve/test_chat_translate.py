"""Translate mode of /v1/chat/completions: how languages are named, what an answer holds, how a session grows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent.backends.gloss import GlossBackend

PAIR = {"target_lang": "German", "source_lang": "en"}

WAYS = {
    "translation_options": {"translation_options": PAIR},
    "model suffix with a pair": {"model": "dragoman:eng-deu"},
    "model suffix with a target": {"model": "dragoman-fast:de"},
    "chat_template_kwargs": {"chat_template_kwargs": {"source_lang_code": "en", "target_lang_code": "de"}},
}


@pytest.mark.parametrize("fields", WAYS.values(), ids=WAYS)
async def test_every_way_to_name_a_target_switches_to_translate_mode(serve: Any, fields: dict[str, Any]) -> None:
    client = await serve()
    response = await client.chat("Hello world.", **fields)
    assert response.json()["choices"][0]["message"]["content"] == "«Hello world.»"
    assert response.json()["dragoman"]["languages"]["target"] == "de"
    assert response.headers["x-dragoman-mode"] == "translate"


async def test_a_content_part_of_translategemma_names_the_languages(serve: Any) -> None:
    client = await serve()
    part = {"type": "text", "text": "Hello.", "source_lang_code": "en", "target_lang_code": "cs"}
    body = {"messages": [{"role": "user", "content": [part]}]}
    answer = (await client.post("/v1/chat/completions", json=body)).json()
    assert answer["choices"][0]["message"]["content"] == "«Hello.»"
    assert answer["dragoman"]["languages"] == {"source": "en", "target": "cs"}


@pytest.mark.parametrize(
    ("suffix", "source", "target"),
    [
        ("kom-eng", "kom-eng", None),
        ("de", None, "de"),
        ("en-de", "en", "de"),
        ("zh-Hans-en", "zh-Hans", "en"),
        ("pt-BR", None, "pt-BR"),
        ("en-pt-BR", "en", "pt-BR"),
        ("sr-Latn", None, "sr-Latn"),
        ("Komnzo", None, "Komnzo"),
    ],
)
def test_a_model_suffix_is_split_between_tags_and_not_inside_one(
    suffix: str, source: str | None, target: str | None
) -> None:
    from dragoman.serve.modes import _split_languages

    expected = ("kom", "eng") if suffix == "kom-eng" else (source, target)
    assert _split_languages(suffix) == expected


async def test_the_layout_of_a_text_stays(serve: Any) -> None:
    client = await serve()
    text = "  First line.\n\n\nSecond paragraph, a bit longer.\n"
    answer = (await client.chat(text, translation_options=PAIR)).json()
    content = answer["choices"][0]["message"]["content"]
    assert content == "  «First line.»\n\n\n«Second paragraph, a bit longer.»\n"


async def test_a_text_of_several_pages_comes_whole(serve: Any) -> None:
    client = await serve()
    text = "\n".join(f"Sentence number {number} stands here." for number in range(25))
    answer = (await client.chat(text, model="dragoman-nocontext:de")).json()
    expected = "\n".join(f"«Sentence number {number} stands here.»" for number in range(25))
    assert answer["choices"][0]["message"]["content"] == expected
    assert answer["dragoman"]["tokens"]["by_purpose"]["translate"]["calls"] == 3


async def test_a_blank_text_costs_nothing(serve: Any) -> None:
    client = await serve()
    answer = (await client.chat(" \n", translation_options=PAIR)).json()
    assert answer["choices"][0]["message"]["content"] == " \n"
    assert answer["usage"]["total_tokens"] == 0


async def test_an_answer_names_its_context_and_its_trace_has_the_rest(serve: Any, words: Path) -> None:
    settings = {"translator": {"dictionary": words}, "source_language": "x-sim:Simlish"}
    client = await serve(**settings)
    response = await client.chat("mira ten", translation_options={"target_lang": "en"})
    extension = response.json()["dragoman"]
    assert {"mira = river (noun)", "ten = old (adj)"} <= {item["text"] for item in extension["context"]}
    assert extension["tokens"]["context"]["entry"] > 0
    assert extension["policy"].startswith("top-k:1")
    assert extension["pivot"] == {"called": False}
    trace = (await client.get(f"/v1/traces/{response.headers['x-dragoman-trace-id']}")).json()
    assert trace["pages"][0]["lines"][0]["source"] == "mira ten"
    assert trace["pages"][0]["context"][0]["reason"]
    without = await client.chat("mira ten", translation_options={"target_lang": "en", "return_context": False})
    assert "context" not in without.json()["dragoman"]


async def test_terms_of_a_request_are_offered_at_once(serve: Any) -> None:
    client = await serve()
    options = {**PAIR, "terms": [{"source": "mainboard", "target": "Hauptplatine"}], "context_budget": 200}
    answer = (await client.chat("The mainboard is new.", translation_options=options)).json()
    assert "mainboard = Hauptplatine" in {item["text"] for item in answer["dragoman"]["context"]}


NAMES = {
    "document_id": lambda id: {"translation_options": {**PAIR, "document_id": id}},
    "metadata": lambda id: {"translation_options": PAIR, "metadata": {"session_id": id}},
    "session_id": lambda id: {"translation_options": PAIR, "session_id": id},
    "header": lambda id: {"translation_options": PAIR, "headers": {"X-Session-Id": id}},
}


@pytest.mark.parametrize("named", NAMES.values(), ids=NAMES)
async def test_a_session_remembers_names_for_later_requests(serve: Any, named: Callable[[str], dict[str, Any]]) -> None:
    client = await serve()
    first = (await client.chat("Tamok has a dog.", **named("book"))).json()
    assert first["dragoman"]["session"] == {"id": "book", "version": 1}
    second = (await client.chat("Then Tamok sleeps.", **named("book"))).json()
    assert "Tamok = Thomas (he, person)" in {item["text"] for item in second["dragoman"]["context"]}
    other = (await client.chat("Then Tamok sleeps.", **named("another book"))).json()
    assert other["dragoman"]["context"] == []


async def test_a_session_outlives_the_server(serve: Any) -> None:
    await (await serve()).chat("Tamok has a dog.", translation_options={**PAIR, "document_id": "book"})
    again = await serve()
    assert (await again.get("/v1/sessions/book")).json()["memory"] == [{"languages": "en>de", "pages": 1}]
    answer = (await again.chat("Tamok sleeps.", translation_options={**PAIR, "document_id": "book"})).json()
    assert "Tamok = Thomas (he, person)" in {item["text"] for item in answer["dragoman"]["context"]}
    assert (await again.delete("/v1/sessions/book")).json()["deleted"] is True
    assert (await again.get("/v1/sessions/book")).status_code == 404


async def test_without_a_session_nothing_is_remembered(serve: Any) -> None:
    client = await serve()
    await client.chat("Tamok has a dog.", translation_options=PAIR)
    answer = (await client.chat("Tamok sleeps.", translation_options=PAIR)).json()
    assert answer["dragoman"]["context"] == []
    assert answer["dragoman"]["session"] is None


async def test_requests_of_a_session_may_run_side_by_side(serve: Any) -> None:
    import asyncio

    client = await serve()
    options = {**PAIR, "document_id": "book"}
    answers = await asyncio.gather(*(client.chat(f"Page {n} is read.", translation_options=options) for n in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await client.get("/v1/sessions/book")).json()["memory"] == [{"languages": "en>de", "pages": 8}]


async def test_the_alias_nocontext_neither_reads_nor_fills_a_session(serve: Any) -> None:
    client = await serve()
    await client.chat("Tamok has a dog.", translation_options={**PAIR, "document_id": "book"})
    baseline = {"model": "dragoman-nocontext", "translation_options": {**PAIR, "document_id": "book"}}
    answer = (await client.chat("Tamok sleeps.", **baseline)).json()
    assert answer["dragoman"]["context"] == []
    assert (await client.get("/v1/sessions/book")).json()["memory"][0]["pages"] == 1


async def test_the_stream_starts_with_the_role_and_joins_to_the_same_text(serve: Any, events: Any) -> None:
    client = await serve()
    text = "\n".join(f"Line {number} is here." for number in range(15))
    whole = (await client.chat(text, translation_options=PAIR)).json()
    streamed = await client.chat(text, translation_options=PAIR, stream=True)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    frames = events(streamed.text)
    assert frames[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    pieces = [frame["choices"][0]["delta"].get("content", "") for frame in frames]
    assert len([piece for piece in pieces if piece]) == 2
    assert "".join(pieces) == whole["choices"][0]["message"]["content"]
    assert [frame["choices"][0]["finish_reason"] for frame in frames][-1] == "stop"
    assert frames[-1]["dragoman"]["mode"] == "translate"
    assert all(frame["choices"] and "usage" not in frame for frame in frames)


async def test_a_usage_chunk_comes_only_on_request(serve: Any, events: Any) -> None:
    client = await serve()
    fields = {"translation_options": PAIR, "stream": True, "stream_options": {"include_usage": True}}
    last = events((await client.chat("Hello.", **fields)).text)[-1]
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] > 0


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"n": 2}, "n"),
    ],
)
async def test_what_does_not_go_with_a_translation_is_refused(serve: Any, fields: dict[str, Any], param: str) -> None:
    client = await serve()
    response = await client.chat("Hello.", translation_options=PAIR, **fields)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


async def test_a_deadline_ends_a_slow_answer_and_tells_clients_not_to_repeat_it(serve: Any) -> None:
    from dragoman.agent.backends.scripted import Latency, ScriptedBackend, echo_lines

    client = await serve(ScriptedBackend(echo_lines(), latency=Latency(fixed_ms=5000)), ready_timeout_s=60)
    response = await client.chat("Hello.", translation_options={**PAIR, "deadline_s": 0.05})
    assert response.status_code == 408
    assert response.json()["error"]["code"] == "deadline_exceeded"
    assert response.headers["x-should-retry"] == "false"


async def test_the_gloss_translates_and_says_why_it_cannot_follow_instructions(serve: Any, words: Path) -> None:
    client = await serve(GlossBackend(), translator={"dictionary": words}, source_language="x-sim:Simlish")
    refused = await client.chat("Translate this please: mira ten")
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "target_language_missing"
    translated = await client.chat("mira ten", model="dragoman:en")
    assert "river" in translated.json()["choices"][0]["message"]["content"]


async def test_the_gloss_translates_by_default_into_the_language_of_the_server(serve: Any, words: Path) -> None:
    settings = {"translator": {"dictionary": words}, "source_language": "x-sim:Simlish", "target_language": "en"}
    client = await serve(GlossBackend(), **settings)
    answer = await client.chat("mira ten")
    assert answer.headers["x-dragoman-mode"] == "translate"
    assert "river" in answer.json()["choices"][0]["message"]["content"]

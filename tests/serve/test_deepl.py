"""The shape of DeepL: texts, glossaries of both versions, documents; keys; its own error body."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from dragoman.agent.backends.scripted import Latency, ScriptedBackend, echo_lines
from dragoman.core.exchange import Request
from dragoman.serve.keys import make_key

Serve = Callable[..., Any]
PAIR = {"source_lang": "EN", "target_lang": "DE", "entries": "dog\tHund\nriver\tFluss", "entries_format": "tsv"}


def keeping(prompts: list[str]) -> ScriptedBackend:
    """A model that keeps the prompts it gets."""

    def script(request: Request) -> str:
        prompts.append("\n".join(message.content for message in request.messages))
        return echo_lines()(request)

    return ScriptedBackend(script)


async def test_texts_come_back_in_order_with_what_clients_read(serve: Serve) -> None:
    client = await serve()
    body = {"text": ["The old dog sleeps.", "Der Hund schläft heute."], "target_lang": "FR"}
    answer = await client.post("/v2/translate", json=body)
    assert answer.json() == {
        "translations": [
            {"detected_source_language": "EN", "text": "«The old dog sleeps.»", "billed_characters": 19},
            {"detected_source_language": "DE", "text": "«Der Hund schläft heute.»", "billed_characters": 23},
        ]
    }


async def test_a_form_repeats_its_texts(serve: Serve) -> None:
    client = await serve()
    body = {"text": ["One dog.", "Two dogs."], "target_lang": "DE", "source_lang": "EN", "show_billed_characters": "1"}
    answer = (await client.post("/v2/translate", data=body)).json()
    assert [each["text"] for each in answer["translations"]] == ["«One dog.»", "«Two dogs.»"]


async def test_context_formality_and_instructions_reach_the_model(serve: Serve) -> None:
    prompts: list[str] = []
    client = await serve(keeping(prompts))
    body = {
        "text": "A dog.",
        "target_lang": "DE",
        "context": "A tale of the sea.",
        "formality": "more",
        "custom_instructions": ["Keep it short."],
    }
    assert (await client.post("/v2/translate", json=body)).status_code == 200
    prompt = next(each for each in prompts if "A dog." in each)
    for words in ("A tale of the sea.", "formal register", "Keep it short."):
        assert words in prompt


async def test_a_glossary_reaches_the_model_as_names(serve: Serve) -> None:
    prompts: list[str] = []
    client = await serve(keeping(prompts))
    made = (await client.post("/v2/glossaries", json={"name": "animals", **PAIR})).json()
    assert (made["entry_count"], made["ready"], made["source_lang"]) == (2, True, "en")
    body = {"text": "The dog.", "target_lang": "DE", "source_lang": "EN", "glossary_id": made["glossary_id"]}
    assert (await client.post("/v2/translate", json=body)).status_code == 200
    prompt = next(each for each in prompts if "The dog." in each)
    assert "dog = Hund" in prompt
    assert "river" not in prompt


async def test_a_glossary_needs_the_source_language_and_its_pair(serve: Serve) -> None:
    client = await serve()
    made = (await client.post("/v2/glossaries", json={"name": "animals", **PAIR})).json()
    body = {"text": "The dog.", "target_lang": "DE", "glossary_id": made["glossary_id"]}
    assert (await client.post("/v2/translate", json=body)).status_code == 400
    wrong_pair = {**body, "source_lang": "FR"}
    assert (await client.post("/v2/translate", json=wrong_pair)).status_code == 404


async def test_a_glossary_of_version_two_is_made_listed_read_and_deleted(serve: Serve) -> None:
    client = await serve()
    made = (await client.post("/v2/glossaries", data={"name": "animals", **PAIR})).json()
    path = f"/v2/glossaries/{made['glossary_id']}"
    entries = await client.get(f"{path}/entries")
    assert entries.text == PAIR["entries"]
    assert entries.headers["content-type"].startswith("text/tab-separated-values")
    assert (await client.get("/v2/glossaries")).json()["glossaries"] == [made]
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_a_glossary_of_version_three_grows_and_shrinks(serve: Serve) -> None:
    client = await serve()
    back = {"source_lang": "DE", "target_lang": "EN", "entries": "Hund,dog", "entries_format": "csv"}
    made = await client.post("/v3/glossaries", json={"name": "animals", "dictionaries": [PAIR, back]})
    path = f"/v3/glossaries/{made.json()['glossary_id']}"
    assert [each["entry_count"] for each in made.json()["dictionaries"]] == [2, 1]
    more = {**PAIR, "entries": "dog\tKöter\nsun\tSonne"}
    assert (await client.patch(path, json={"name": "beasts", "dictionaries": [more]})).json()["name"] == "beasts"
    query = {"source_lang": "EN", "target_lang": "DE"}
    (shown,) = (await client.get(f"{path}/entries", params=query)).json()["dictionaries"]
    assert shown["entries"] == "dog\tKöter\nriver\tFluss\nsun\tSonne"
    replaced = await client.put(f"{path}/dictionaries", json={**PAIR, "entries": "sun\tSonne"})
    assert replaced.json() == {"source_lang": "en", "target_lang": "de", "entry_count": 1}
    gone = await client.delete(f"{path}/dictionaries", params={"source_lang": "DE", "target_lang": "EN"})
    assert gone.status_code == 204
    assert len((await client.get(path)).json()["dictionaries"]) == 1


async def test_a_form_names_dictionaries_by_number(serve: Serve) -> None:
    client = await serve()
    form = {"name": "animals", **{f"dictionaries[0].{name}": value for name, value in PAIR.items()}}
    assert (await client.post("/v3/glossaries", data=form)).json()["dictionaries"][0]["entry_count"] == 2


@pytest.mark.parametrize("entries", ["", "dog", "dog\t", "dog\tHund\ndog\tKöter", "a\tb\tc"])
async def test_entries_that_cannot_be_read_are_refused(serve: Serve, entries: str) -> None:
    client = await serve()
    answer = await client.post("/v2/glossaries", json={"name": "animals", **PAIR, "entries": entries})
    assert answer.status_code == 400
    assert list(answer.json()) == ["message"]


async def test_another_keys_glossary_cannot_be_seen(serve: Serve) -> None:
    client = await serve(keys=(make_key("secret-key-1", "one"), make_key("secret-key-2", "two")))
    one, two = ({"Authorization": f"DeepL-Auth-Key secret-key-{number}"} for number in (1, 2))
    made = (await client.post("/v2/glossaries", json={"name": "animals", **PAIR}, headers=one)).json()
    path = f"/v2/glossaries/{made['glossary_id']}"
    assert (await client.get(path, headers=one)).status_code == 200
    assert (await client.get(path, headers=two)).status_code == 404
    assert (await client.delete(path, headers=two)).status_code == 404
    assert (await client.get("/v2/glossaries", headers=two)).json() == {"glossaries": []}


@pytest.mark.parametrize("header", [None, "DeepL-Auth-Key wrong-key-1", "DeepL-Auth-Key "])
@pytest.mark.parametrize("path", ["/v2/usage", "/v2/languages", "/v2/glossaries", "/v3/glossaries"])
async def test_without_its_key_every_route_answers_403(serve: Serve, header: str | None, path: str) -> None:
    client = await serve(keys=(make_key("secret-key-1"),))
    answer = await client.get(path, headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, list(answer.json())) == (403, ["message"])


async def test_usage_counts_characters_of_the_key(serve: Serve) -> None:
    client = await serve()
    await client.post("/v2/translate", json={"text": ["12345", "678"], "target_lang": "DE"})
    assert (await client.get("/v2/usage")).json() == {"character_count": 8, "character_limit": 1_000_000_000_000}


async def test_target_languages_have_the_varieties_that_clients_ask_for(serve: Serve) -> None:
    client = await serve()
    targets = {each["language"] for each in (await client.get("/v2/languages?type=target")).json()}
    sources = {each["language"] for each in (await client.get("/v2/languages")).json()}
    assert {"EN", "EN-GB", "EN-US", "PT-BR", "DE"} <= targets
    assert "EN-GB" not in sources


async def test_the_kind_of_languages_may_stand_in_a_body(serve: Serve) -> None:
    client = await serve()
    answer = await client.request("GET", "/v2/languages", data={"type": "target"})
    assert "EN-GB" in {each["language"] for each in answer.json()}


async def test_a_document_is_translated(serve: Serve) -> None:
    client = await serve()
    files = {"file": ("tale.md", b"# Tale\n\nThe old dog sleeps.\n")}
    handle = (await client.post("/v2/document", data={"target_lang": "DE"}, files=files)).json()
    assert re.fullmatch("[0-9A-F]{32}", handle["document_id"])
    assert re.fullmatch("[0-9A-F]{64}", handle["document_key"])
    path, key = f"/v2/document/{handle['document_id']}", {"document_key": handle["document_key"]}
    for _ in range(200):
        status = (await client.post(path, json=key)).json()
        if status["status"] not in ("queued", "translating"):
            break
        await asyncio.sleep(0.05)
    assert (status["status"], status["billed_characters"]) == ("done", 28)
    assert (await client.post(f"{path}/result", data=key)).text == "# «Tale»\n\n«The old dog sleeps.»\n"
    wrong = await client.post(path, json={"document_key": "another-key"})
    assert (wrong.status_code, list(wrong.json())) == (404, ["message"])


async def test_a_document_that_is_not_ready_is_503(serve: Serve) -> None:
    client = await serve(ScriptedBackend(echo_lines(), latency=Latency(fixed_ms=5000)))
    files = {"file": ("tale.txt", b"The old dog sleeps.\n")}
    handle = (await client.post("/v2/document", data={"target_lang": "DE"}, files=files)).json()
    key = {"document_key": handle["document_key"]}
    answer = await client.post(f"/v2/document/{handle['document_id']}/result", json=key)
    assert (answer.status_code, list(answer.json())) == (503, ["message"])
    (job,) = (await client.get("/v1/translations/jobs")).json()["data"]
    await client.post(f"/v1/translations/jobs/{job['id']}/cancel")


@pytest.mark.parametrize("name", ["tale.docx", "tale", "../tale.txt"])
async def test_a_document_that_cannot_be_read_is_refused(serve: Serve, name: str) -> None:
    client = await serve()
    answer = await client.post("/v2/document", data={"target_lang": "DE"}, files={"file": (name, b"A dog.")})
    assert (answer.status_code, list(answer.json())) == (400, ["message"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target_lang", "XX"),
        ("source_lang", "XX"),
        ("target_lang", "17"),
        ("formality", "rude"),
        ("split_sentences", "2"),
    ],
)
async def test_a_value_that_means_nothing_is_refused_by_name(serve: Serve, field: str, value: str) -> None:
    client = await serve()
    answer = await client.post("/v2/translate", json={"text": "A dog.", "target_lang": "DE", field: value})
    assert answer.status_code == 400
    assert field in answer.json()["message"]


async def test_english_has_no_formality_and_says_so(serve: Serve) -> None:
    client = await serve()
    body = {"text": "Der Hund.", "target_lang": "EN-US", "formality": "more"}
    answer = await client.post("/v2/translate", json=body)
    assert answer.status_code == 400
    assert "formality 'more' is not supported for target_lang EN-US" in answer.json()["message"]
    assert (await client.post("/v2/translate", json={**body, "formality": "prefer_more"})).status_code == 200
    listed = (await client.get("/v2/languages?type=target")).json()
    assert {each["supports_formality"] for each in listed if each["language"] in ("EN-GB", "EN-US")} == {False}
    assert {each["supports_formality"] for each in listed if each["language"] in ("DE", "SW")} == {True}


async def test_names_and_new_languages_are_targets_too(serve: Serve) -> None:
    client = await serve()
    for target in ("de", "pt-BR", "Swahili", "qaa-x-kofali:Kofali"):
        body = {"text": "A dog.", "target_lang": target, "formality": "Less"}
        assert (await client.post("/v2/translate", json=body)).status_code == 200


async def test_a_large_glossary_costs_only_the_terms_of_the_text(serve: Serve) -> None:
    prompts: list[str] = []
    client = await serve(keeping(prompts))
    entries = "\n".join(f"term{number}\tWort{number}" for number in range(10_000))
    made = (await client.post("/v2/glossaries", json={"name": "large", **PAIR, "entries": entries})).json()
    assert made["entry_count"] == 10_000
    ask = {"target_lang": "DE", "source_lang": "EN", "glossary_id": made["glossary_id"]}
    assert (await client.post("/v2/translate", json={"text": "One term77 here.", **ask})).status_code == 200
    assert "term77 = Wort77" in next(each for each in prompts if "One term77" in each)
    files = {"file": ("tale.txt", b"One term78 here.\n")}
    assert (await client.post("/v2/document", data=ask, files=files)).status_code == 200

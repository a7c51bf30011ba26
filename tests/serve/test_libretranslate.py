"""The shape of LibreTranslate: JSON and forms, single texts and lists, its own error body."""

from collections.abc import Callable
from typing import Any

import pytest

from dragoman.serve.keys import make_key

Serve = Callable[..., Any]


async def test_json_and_forms_get_the_same_answer(serve: Serve) -> None:
    client = await serve()
    fields = {"q": "The old dog sleeps.", "source": "en", "target": "de"}
    for sent in ({"json": fields}, {"data": fields}):
        answer = await client.post("/translate", **sent)
        assert (answer.status_code, answer.json()) == (200, {"translatedText": "«The old dog sleeps.»"})


async def test_a_list_of_texts_comes_back_as_lists(serve: Serve) -> None:
    client = await serve()
    body = {"q": ["Der Hund schläft heute.", ""], "source": "auto", "target": "en", "alternatives": 3}
    answer = (await client.post("/translate", json=body)).json()
    assert answer["translatedText"] == ["«Der Hund schläft heute.»", ""]
    assert [each["language"] for each in answer["detectedLanguage"]] == ["de", "und"]
    assert answer["alternatives"] == [[], []]


async def test_markup_is_kept(serve: Serve) -> None:
    client = await serve()
    body = {"q": "<p>An <b>old</b> dog.</p>", "source": "en", "target": "de", "format": "html"}
    answer = await client.post("/translate", json=body)
    assert answer.json()["translatedText"] == "«<p>An <b>old</b> dog.</p>»"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": {"source": "en", "target": "de"}}, 400),
        ({"json": {"q": 5, "source": "en", "target": "de"}}, 400),
        ({"json": ["q"]}, 400),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"<q/>", "headers": {"content-type": "application/xml"}}, 415),
        ({"json": {"q": "a", "source": "en", "target": "17"}}, 400),
    ],
)
async def test_a_wrong_request_gets_the_error_body_of_this_shape(serve: Serve, sent: Any, status: int) -> None:
    client = await serve()
    answer = await client.post("/translate", **sent)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert isinstance(answer.json()["error"], str)


async def test_detection_tells_a_percentage(serve: Serve) -> None:
    client = await serve()
    best = (await client.post("/detect", data={"q": "Der alte Hund schläft neben dem Fluss."})).json()[0]
    assert best["language"] == "de"
    assert 90 < best["confidence"] <= 100


async def test_detection_of_no_letters_is_unknown_with_confidence_zero(serve: Serve) -> None:
    client = await serve()
    assert (await client.post("/detect", json={"q": "12"})).json() == [{"language": "und", "confidence": 0.0}]


async def test_languages_have_targets(serve: Serve) -> None:
    client = await serve(source_language="qaa-x-kofali:Kofali")
    listed = (await client.get("/languages")).json()
    assert listed[0]["code"] == "qaa-x-kofali"
    assert "en" in listed[0]["targets"]


async def test_the_key_travels_in_the_body_or_in_a_header(serve: Serve) -> None:
    client = await serve(keys=(make_key("secret-key-1"),))
    body = {"q": "a dog", "source": "en", "target": "de"}
    refused = await client.post("/translate", json=body)
    assert (refused.status_code, list(refused.json())) == (403, ["error"])
    assert (await client.post("/translate", json={**body, "api_key": "wrong-key-1"})).status_code == 403
    assert (await client.post("/translate", json={**body, "api_key": "secret-key-1"})).status_code == 200
    headers = {"Authorization": "Bearer secret-key-1"}
    assert (await client.post("/translate", json=body, headers=headers)).status_code == 200


async def test_a_file_is_translated_and_fetched_without_a_key(serve: Serve) -> None:
    client = await serve(keys=(make_key("secret-key-1"),))
    fields = {"source": "en", "target": "de", "api_key": "secret-key-1"}
    made = await client.post("/translate_file", data=fields, files={"file": ("tale.md", b"# Tale\n\nA dog.\n")})
    assert made.status_code == 200, made.text
    file = await client.get(made.json()["translatedFileUrl"])
    assert file.text == "# «Tale»\n\n«A dog.»\n"
    assert file.headers["content-disposition"].startswith("attachment")
    assert (await client.get(f"{made.json()['translatedFileUrl']}x")).status_code == 404
    assert (await client.get("/download_file/bm9ib2R5L2pvYi0x/tale.md")).status_code == 404


@pytest.mark.parametrize("name", ["../../etc/passwd.txt", "tale.exe", "tale.docx"])
async def test_a_file_with_a_strange_name_is_refused(serve: Serve, name: str) -> None:
    client = await serve()
    fields = {"source": "en", "target": "de"}
    answer = await client.post("/translate_file", data=fields, files={"file": (name, b"A dog.")})
    assert answer.status_code in (400, 415)
    assert list(answer.json()) == ["error"]

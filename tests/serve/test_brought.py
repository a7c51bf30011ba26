"""What a server's user brought, in the direction of each text; and what a session asks a model about once."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dragoman.agent.backends.http import HttpBackend, HttpConfig
from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.core.exchange import Purpose, Request
from dragoman.serve.upstream import make_free_model

Serve = Callable[..., Any]


def spanish(tmp_path: Path) -> dict[str, str]:
    """A dictionary whose glosses are Spanish: English says nothing about its direction."""
    path = tmp_path / "words.tsv"
    rows = "kofal\tnoun\tperro\nmira\tnoun\trío\nten\tadj\tviejo\n"
    path.write_text("headword\tpos\tglosses\n" + rows, encoding="utf-8")
    return {"dictionary": str(path)}


async def context_of(client: Any, text: str, source: str, target: str, **options: str) -> list[str]:
    """The context that was chosen for a text."""
    asked = {"source_lang": source, "target_lang": target, **options}
    body = (await client.chat(text, translation_options=asked)).json()
    return [item["text"] for item in body["dragoman"]["context"]]


async def test_the_words_of_a_text_tell_which_way_resources_are_read(serve: Serve, tmp_path: Path) -> None:
    client = await serve(translator=spanish(tmp_path), policy="full")
    forward = await context_of(client, "Ten kofal mira.", "qaa:Kofalish", "es")
    assert any(item.startswith("kofal") and "perro" in item for item in forward)
    back = await context_of(client, "El viejo perro y el río.", "es", "qaa:Kofalish")
    assert any(item.startswith("perro") and "kofal" in item for item in back)


async def test_a_line_that_tells_nothing_is_read_as_earlier_ones(serve: Serve, tmp_path: Path) -> None:
    client = await serve(translator=spanish(tmp_path), policy="full")
    await context_of(client, "El viejo perro y el río.", "es", "qaa:Kofalish", document_id="tale")
    assert client.app.state.serving.brought._told == {("es", "qaa"): True}
    back = await context_of(client, "¡Perros, ríos!", "es", "qaa:Kofalish", document_id="tale")
    assert all("= kofal" not in item or item.startswith("perro") for item in back)


async def test_a_job_reads_resources_in_the_direction_of_its_document(serve: Serve, tmp_path: Path) -> None:
    client = await serve(translator=spanish(tmp_path), policy="full")
    order = {"input": "El viejo perro y el río.", "source_lang": "es", "target_lang": "qaa:Kofalish"}
    for more in ({}, {"terms": [{"source": "perro", "target": "kofalu"}]}):
        job = (await client.post("/v1/translations/jobs", json={**order, **more})).json()
        trace = await page_of(client, job["id"])
        texts = [item["text"] for item in trace["context"]]
        assert any(text.startswith("río") and "mira" in text for text in texts)
        assert not more or any(text.startswith("perro") and "kofalu" in text for text in texts)


async def page_of(client: Any, id: str) -> dict[str, Any]:
    """The trace of the first page of a job."""
    for _ in range(200):
        if (await client.get(f"/v1/translations/jobs/{id}")).json()["status"] == "completed":
            break
        await asyncio.sleep(0.02)
    page: dict[str, Any] = (await client.get(f"/v1/translations/jobs/{id}/trace?page=0")).json()["pages"][0]
    return page


async def test_a_session_asks_about_a_name_once(serve: Serve) -> None:
    asked: list[str] = []

    def script(request: Request) -> str:
        if request.purpose is Purpose.REMEMBER:
            asked.append(request.messages[-1].content)
            return "about: a tale"
        return echo_lines()(request)

    client = await serve(ScriptedBackend(script))
    options = {"source_lang": "en", "target_lang": "fr", "document_id": "tale"}
    for text in ("There came Tamok.", "Then went Tamok.", "Then slept Tamok.", "Then sang Orla."):
        await client.chat(text, translation_options=options)
    assert [("Tamok" in each, "Orla" in each) for each in asked] == [(True, False), (False, True)]


def test_a_model_of_a_server_may_be_called_like_a_built_in_one() -> None:
    for name in ("glossy-7b", "micro", "gloss"):
        backend = HttpBackend(HttpConfig(model=name, base_url="http://127.0.0.1:9/v1"))
        assert make_free_model(backend) is not None

"""The whole path with a real engine: the openai client, our server, vLLM's own server on the CPU, a tiny random model.

Its words mean nothing; what counts is that every document comes back whole, with its layout, and that streams stream.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest


@pytest.mark.slow
@pytest.mark.vllm
async def test_ten_documents_at_once_and_streams_through_a_real_engine(
    process: Callable[..., Any], vllm_server_url: str
) -> None:
    server = await asyncio.to_thread(process, "--model", "tiny", "--base-url", vllm_server_url, "--jobs", "10")
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        ids = await asyncio.gather(*(_start(http, number) for number in range(10)))
        bodies = await asyncio.gather(*(_over(http, id) for id in ids))
        failed = [body for body in bodies if (body["status"], body["pages"]["done"]) != ("completed", 2)]
        assert not failed, failed[0]["error"]
        result = (await http.get(f"/v1/translations/jobs/{ids[0]}/result")).text
        assert len(result.splitlines()) == 12
    client = openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
    messages: list[Any] = [{"role": "user", "content": "Say something."}]
    texts = await asyncio.gather(*(_stream(client, messages) for _ in range(10)))
    assert all(len(pieces) > 1 for pieces in texts)
    await client.close()


async def _start(http: httpx.AsyncClient, number: int) -> str:
    text = "".join(f"Sentence {line} of tale {number} is short.\n" for line in range(12))
    order = {"input": text, "source_lang": "en", "target_lang": "de", "model": "dragoman-fast"}
    return str((await http.post("/v1/translations/jobs", json=order)).json()["id"])


async def _over(http: httpx.AsyncClient, id: str) -> dict[str, Any]:
    for _ in range(1200):
        body: dict[str, Any] = (await http.get(f"/v1/translations/jobs/{id}")).json()
        if body["status"] not in ("queued", "running"):
            return body
        await asyncio.sleep(0.1)
    raise AssertionError(f"still {body}")


async def _stream(client: openai.AsyncOpenAI, messages: list[Any]) -> list[str]:
    stream = await client.chat.completions.create(model="dragoman", messages=messages, max_tokens=12, stream=True)
    return [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]

"""Pages from elsewhere cannot make the server work; programs, its own page and allowed pages can."""

from collections.abc import Callable
from typing import Any

import pytest

from dragoman.serve.keys import make_key

Serve = Callable[..., Any]
FORM = {"q": "A dog.", "source": "en", "target": "de"}


@pytest.mark.parametrize(
    ("origin", "cors", "status"),
    [
        (None, (), 200),
        ("http://127.0.0.1:8000", (), 200),
        ("http://localhost:3000", (), 200),
        ("moz-extension://9f2c", (), 200),
        ("https://evil.example", (), 403),
        ("null", (), 403),
        ("http://127.0.0.1.evil.example", (), 403),
        ("https://mine.example", ("https://mine.example",), 200),
        ("https://mine.example", ("https://other.example",), 403),
        ("https://any.example", ("*",), 200),
    ],
)
async def test_a_form_of_a_foreign_page_is_refused(
    serve: Serve, origin: str | None, cors: tuple[str, ...], status: int
) -> None:
    client = await serve(cors=cors)
    headers = {} if origin is None else {"Origin": origin}
    answer = await client.post("/translate", data=FORM, headers=headers)
    assert answer.status_code == status
    assert ("error" in answer.json()) == (status == 403)


async def test_a_foreign_page_may_look_at_what_is_open(serve: Serve) -> None:
    client = await serve()
    assert (await client.get("/health", headers={"Origin": "https://evil.example"})).status_code == 200


async def test_with_keys_the_key_decides(serve: Serve) -> None:
    client = await serve(keys=(make_key("secret-key-1"),))
    form = {**FORM, "api_key": "secret-key-1"}
    answer = await client.post("/translate", data=form, headers={"Origin": "https://mine.example"})
    assert answer.status_code == 200

"""Each public client does what people do with it, against the real server; `conftest.py` says how and with what."""

import os
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.clients,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(
        not os.environ.get("TEST_CLIENTS"), reason="installs eleven clients: make test-clients (TEST_CLIENTS=1) runs it"
    ),
]


def test_the_client_works_unmodified(client: Any, tried: Callable[[Any], Any]) -> None:
    outcome = tried(client)
    assert not outcome.problem, outcome.row
    assert outcome.tried, "its script names nothing that worked"

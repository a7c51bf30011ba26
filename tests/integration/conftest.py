"""Fixtures of the tests that go through the whole product."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

FAKE_SERVER = Path(__file__).resolve().parents[1] / "fake_server.py"


@pytest.fixture(scope="session")
def echo_server_url() -> Iterator[str]:
    """Base URL of a scripted server in a process of its own: every numbered line comes back in «»."""
    server = subprocess.Popen([sys.executable, str(FAKE_SERVER)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait(timeout=10)
        server.stdout.close()

"""DeepL's own tests of their Python client, aimed at our server; the result goes into docs/compatibility.md.

They are in no package: DEEPL_PYTHON names a checkout of github.com/DeepLcom/deepl-python. They run as against a server
that is not DeepL's mock, so what steers the mock is skipped by the tests themselves.
"""

import fnmatch
import os
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = os.environ.get("DEEPL_PYTHON", "")
PACKAGES = ("deepl", "pytest", "pydantic<2", "click")

# Why tests of theirs cannot pass here, by the name of the test.
REASONS = {
    "test_general::test_version": "names the version of the checkout; the client is the newest one",
    "test_invalid_url": "asks a host in the internet",
    "test_cli::test_no_command": "the client alone: its exit code has changed since, no server is asked",
    "test_cli::test_glossary_no_subcommand": "the client alone: its exit code has changed since, no server is asked",
    "test_text_preserve_formatting": "compares with DeepL's own translation",
    "test_tag_handling_*ml": "compares with DeepL's own translation; `ignore_tags` is not used here",
    "test_translate_document_low_level": "the client asks again until it is ready; only the mock keeps it waiting",
    "test_rephrase_text::*": "DeepL Write is another product",
    "test_style_rules::*": "style rules are not offered",
    "test_translation_memories::*": "DeepL's translation memories are not offered",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """One of their tests: passed, failed or skipped, and what it said."""

    name: str
    state: str
    said: str

    @property
    def reason(self) -> str:
        """Why it did not pass; empty when nobody knows."""
        if self.state == "skipped":
            return self.said
        found = [why for name, why in REASONS.items() if fnmatch.fnmatch(self.name, f"*{name}*")]
        return found[0] if found else ""


@pytest.mark.slow
@pytest.mark.clients
@pytest.mark.timeout(1500)
@pytest.mark.skipif(not os.environ.get("TEST_CLIENTS"), reason="make test-clients (TEST_CLIENTS=1) runs it")
@pytest.mark.skipif(not CHECKOUT, reason="needs a checkout of DeepLcom/deepl-python: set DEEPL_PYTHON to its folder")
def test_deepls_own_tests_fail_only_where_a_reason_is_known(
    work: Path,
    serving: Callable[..., AbstractContextManager[str]],
    environment: Callable[..., Path],
    write_suite: Callable[[str], None],
    key: str,
) -> None:
    home = environment("deepl-suite", PACKAGES)
    with serving(work, "phrasebook.py", str(Path(CHECKOUT).resolve())) as base_url:
        tested = run_suite(home, base_url.removesuffix("/v1"), key, work / "deepl.xml")
    write_suite(section(tested, client_version(home)))
    assert any(each.state == "passed" for each in tested)
    assert [each for each in tested if each.state == "failed" and not each.reason] == []


def run_suite(home: Path, url: str, key: str, report: Path) -> list[Checked]:
    """All their tests against a server."""
    command = [str(home / "bin" / "python"), "-m", "pytest", "tests", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "DEEPL_SERVER_URL": url, "DEEPL_AUTH_KEY": key}
    ran = subprocess.run(
        [*command, f"--junitxml={report}"], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    assert report.exists(), ran.stdout[-3000:] + ran.stderr[-3000:]
    return [checked(case) for case in ET.parse(report).iter("testcase")]


def checked(case: ET.Element) -> Checked:
    """One line of their report."""
    name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
    for state, tag in (("failed", "failure"), ("failed", "error"), ("skipped", "skipped")):
        found = case.find(tag)
        if found is not None:
            return Checked(name, state, " ".join((found.get("message") or "").split())[:160])
    return Checked(name, "passed", "")


def section(tests: list[Checked], version: str) -> str:
    """The part of docs/compatibility.md."""
    counts = Counter(each.state for each in tests)
    rows = [
        f"| `{each.name.replace('|', '/')}` | {each.state} | {each.reason or f'unknown: {each.said}'} |"
        for each in tests
        if each.state != "passed"
    ]
    return "\n".join(
        [
            "## DeepL's own tests",
            "",
            f"Written by `DEEPL_PYTHON=checkout make test-clients` on {datetime.now(UTC).date()}: the tests of",
            f"DeepLcom/deepl-python, client {version}, against `dragoman serve` with a phrasebook as its model:",
            f"**{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped**. Files:",
            f"{', '.join(dict.fromkeys(each.name.partition('::')[0] for each in tests))}.",
            "",
            "| test | result | reason |",
            "|---|---|---|",
            *rows,
        ]
    )


def client_version(home: Path) -> str:
    """Of the installed client."""
    code = "import deepl; print(deepl.__version__)"
    ran: Any = subprocess.run([home / "bin" / "python", "-c", code], capture_output=True, text=True, check=True)
    return str(ran.stdout.strip())


def test_a_result_is_read_with_its_reason() -> None:
    text = (
        '<r><testcase classname="tests.test_general" name="test_version"><failure message="no"/></testcase>'
        '<testcase classname="tests.test_general" name="test_usage"/>'
        '<testcase classname="tests.test_cli" name="test_x"><skipped message="this test requires a mock server"/>'
        "</testcase></r>"
    )
    read = [checked(case) for case in ET.fromstring(text).iter("testcase")]
    assert [(each.name, each.state) for each in read] == [
        ("test_general::test_version", "failed"),
        ("test_general::test_usage", "passed"),
        ("test_cli::test_x", "skipped"),
    ]
    assert read[0].reason.startswith("names the version")
    assert "**1 passed, 1 failed, 1 skipped**" in section(read, "1.0")

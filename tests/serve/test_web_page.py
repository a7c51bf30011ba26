"""The web page in a real browser: a translation from the form to the report, by keyboard, with names corrected."""

import base64
import hashlib
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.core.exchange import Purpose, Request
from dragoman.serve.keys import make_key
from dragoman.serve.settings import ServeSettings
from dragoman.serve.web import render_page

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver: apt-get install chromium chromium-driver"
)
ATTACK = "Tamok <script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> sleeps."
TEXT = "Tamok went home.\n\n" + ATTACK + "\n\n" + "\n\n".join(f"Line {number} is quiet." for number in range(12))
_RENDERING = re.compile(r"^Tamok = ([^(\n]+?)(?: \(.*\))?$", re.MULTILINE)


def script(request: Request) -> str:
    """Renders Tamok as its notes say, as Thomas without notes; proposes the latter."""
    prompt = request.messages[-1].content
    if request.purpose is Purpose.REMEMBER:
        return "Tamok = Thomas (he, person)" if "Tamok" in prompt else ""
    known = _RENDERING.search(prompt)
    return echo_lines()(request).replace("Tamok", known[1] if known else "Thomas")


def test_the_page_loads_nothing_from_elsewhere() -> None:
    html, _ = render_page(ServeSettings())
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']*["']""", html)
    assert "http://" not in html
    assert "https://" not in html


def test_the_policy_allows_exactly_the_script_and_style_of_the_page() -> None:
    html, policy = render_page(ServeSettings(source_language="x</script><script>alert(1)"))
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert (len(scripts), len(styles)) == (1, 1)
    for name, text in (("script", scripts[0]), ("style", styles[0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_no_script_of_the_page_writes_markup() -> None:
    html, _ = render_page(ServeSettings())
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", html)


async def test_the_page_is_served_with_its_policy(serve: Callable[..., Any]) -> None:
    client = await serve(keys=(make_key("secret-key-1"),))
    answer = await client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == render_page(client.app.state.serving.settings)[1]
    assert answer.headers["x-content-type-options"] == "nosniff"


@contextmanager
def serving(tmp_path: Path, **settings: Any) -> Iterator[str]:
    """A server on a socket, in a thread; its address."""
    import uvicorn

    from dragoman.serve.app import create_app

    chosen = ServeSettings(memory_url=tmp_path / "serve.sqlite", **settings)
    config = uvicorn.Config(create_app(chosen, ScriptedBackend(script)), port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(timeout=60)


class Browser:
    """A browser with the few things that these tests do."""

    def __init__(self, driver: Any, downloads: Path) -> None:
        self.driver, self.downloads = driver, downloads

    def get(self, id: str) -> Any:
        return self.driver.find_element("id", id)

    def fill(self, id: str, text: str) -> None:
        self.get(id).clear()
        self.get(id).send_keys(text)

    def press(self, key: str) -> None:
        """A key where the focus is."""
        self.driver.switch_to.active_element.send_keys(key)

    def focus(self, id: str) -> None:
        self.driver.execute_script("arguments[0].focus()", self.get(id))

    def until(self, is_so: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            found = is_so()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"status: {self.get('status').text!r}, error: {self.get('error').text!r}")

    def downloaded(self, ending: str) -> str:
        files = self.until(lambda: [each for each in self.downloads.glob(f"*{ending}") if each.stat().st_size])
        return str(files[0].read_text(encoding="utf-8"))

    def rows(self, kind: str = "") -> list[str]:
        return [row.text for row in self.driver.find_elements("css selector", f"#lines tr[data-segment]{kind}")]

    def complaints(self) -> list[str]:
        """What the console says, without answers that the page shows itself."""
        return [entry["message"] for entry in self.driver.get_log("browser") if "status of 401" not in entry["message"]]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1300,1000"):
        options.add_argument(argument)
    downloads = tmp_path / "downloads"
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield Browser(driver, downloads)
    finally:
        driver.quit()


@pytest.mark.slow
@needs_browser
def test_a_document_is_translated_corrected_and_saved(browser: Browser, tmp_path: Path) -> None:
    words = tmp_path / "words.tsv"
    words.write_text("headword\tpos\tglosses\nquiet\tadj\tstill\n", encoding="utf-8")
    with serving(tmp_path) as address:
        browser.driver.get(address)
        browser.get("text").send_keys(TEXT)
        browser.fill("source", "qaa-x-kofali:Kofali")
        browser.get("resource").send_keys(str(words))
        browser.driver.execute_script("document.querySelector('#form details').open = true")
        browser.focus("approve")
        browser.press(" ")
        browser.focus("start")
        browser.press("\ue007")  # Enter

        browser.until(lambda: browser.get("names-send").text == "Go on" and browser.get("names").is_displayed())
        assert browser.driver.switch_to.active_element.get_attribute("id") == "names-title"
        browser.fill("rendering-0", "Tom")
        browser.press("\ue007")
        browser.until(lambda: "2 lines changed" in browser.get("status").text)

        rows = browser.rows()
        assert len(rows) == 14
        assert rows[0].startswith("1.1 Tamok went home. «Tom went home.»")
        assert len(browser.rows(".changed")) == 2
        browser.driver.find_element("css selector", "#lines .offer summary").click()
        browser.until(lambda: "entity: Tamok = Tom" in browser.rows()[0])
        assert browser.driver.title == "Dragoman"
        browser.get("only-changed").click()
        assert sum(bool(row) for row in browser.rows()) == 2

        browser.get("download").click()
        assert browser.downloaded(".txt").startswith("«Tom went home.»\n\n«Tom <script>")
        browser.get("report").click()
        assert "Translation report" in browser.downloaded(".html")
        browser.driver.refresh()
        browser.until(lambda: browser.get("status").text.startswith("Done") and len(browser.rows()) == 14)
        assert browser.complaints() == []


@pytest.mark.slow
@needs_browser
def test_a_missing_key_is_said_and_a_given_one_used(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, keys=(make_key("secret-key-1"),)) as address:
        browser.driver.get(address)
        browser.get("text").send_keys("Line 1 is quiet.")
        browser.fill("source", "Kofali")
        browser.get("start").click()
        browser.until(lambda: "API key is missing" in browser.get("error").text)
        browser.driver.execute_script("document.querySelector('#form details').open = true")
        browser.fill("key", "secret-key-1")
        browser.get("start").click()
        browser.until(lambda: browser.get("status").text.startswith("Done: 1 line"))
        assert not browser.get("error").is_displayed()
        assert browser.complaints() == []


@pytest.mark.slow
@needs_browser
def test_every_control_has_a_name_and_the_page_fits_a_narrow_screen(browser: Browser, tmp_path: Path) -> None:
    nameless = """return [...document.querySelectorAll("input, select, textarea, button")].filter((control) =>
        !control.labels?.length && !control.getAttribute("aria-label") && !control.textContent.trim()
        && control.id !== "names-send").map((control) => control.outerHTML)"""
    with serving(tmp_path) as address:
        browser.driver.get(address)
        assert browser.driver.execute_script(nameless) == []
        assert browser.get("status").get_attribute("aria-live") == "polite"
        assert browser.get("error").get_attribute("role") == "alert"
        browser.driver.set_window_size(500, 900)
        width = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert browser.driver.execute_script(width) <= 0

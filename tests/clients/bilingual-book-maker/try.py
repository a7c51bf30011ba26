"""bilingual_book_maker: text, Markdown, subtitles, an e-book; then killed in the middle and resumed."""

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

folder = Path(os.environ["WORK"])
tool = str(Path(sys.executable).with_name("bbook_maker"))
lines = ["The old dog sleeps.", "The river is long."]

_CONTAINER = """<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="c.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
_PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="i">tale</dc:identifier>
<dc:title>Tale</dc:title><dc:language>en</dc:language></metadata><manifest>
<item id="t" href="t.xhtml" media-type="application/xhtml+xml"/>
<item id="n" href="n.xhtml" media-type="application/xhtml+xml" properties="nav"/>
</manifest><spine><itemref idref="t"/></spine></package>"""
_NAVIGATION = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title>n</title></head><body><nav epub:type="toc"><ol><li><a href="t.xhtml">Tale</a></li></ol></nav></body>
</html>"""


def write_epub(path: Path, paragraphs: list[str]) -> None:
    """A small e-book with one chapter."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    chapter = f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Tale</title></head><body>{body}</body></html>'
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr("META-INF/container.xml", _CONTAINER)
        book.writestr("c.opf", _PACKAGE)
        book.writestr("n.xhtml", _NAVIGATION)
        book.writestr("t.xhtml", chapter)


def read_epub(path: Path) -> str:
    """All chapters of an e-book."""
    with zipfile.ZipFile(path) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith("xhtml"))


def command(name: str, *more: str) -> list[str]:
    where = ["--api_base", os.environ["BASE_URL"], "--key", os.environ["API_KEY"], "--model", "dragoman"]
    return [tool, "--book_name", name, *where, "--language", "German", "--source_lang", "en", *more]


def run(name: str, *more: str) -> None:
    done = subprocess.run(command(name, *more), cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]


(folder / "tale.txt").write_text("\n\n".join(lines) + "\n")
(folder / "tale.md").write_text("# Tale\n\n" + "\n\n".join(lines) + "\n")
(folder / "tale.srt").write_text(
    "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line}\n\n" for n, line in enumerate(lines, start=1))
)
for name in ("tale.txt", "tale.md", "tale.srt"):
    run(name)
    made = (folder / name.replace("tale.", "tale_bilingual.")).read_text()
    for line in lines:
        assert made.count(f"«{line}»") == 1, made
        assert made.count(line) == 2, made
    print(name.rpartition(".")[2])
write_epub(folder / "tale.epub", lines)
run("tale.epub")
made = read_epub(folder / "tale_bilingual.epub")
assert all(made.count(f"«{line}»") == 1 for line in lines), made
print("epub")

many = [f"The slow snail number {number} sleeps." for number in range(40)]
write_epub(folder / "long.epub", many)
running = subprocess.Popen(command("long.epub"), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
saved: list[Path] = []
deadline = time.monotonic() + 120
while not saved and time.monotonic() < deadline and running.poll() is None:
    time.sleep(0.5)
    saved = [path for path in folder.glob(".long*") if path.stat().st_size]
time.sleep(2)
assert running.poll() is None, "it was over before it could be killed"
running.kill()
running.wait(timeout=60)
assert not (folder / "long_bilingual.epub").exists()
run("long.epub", "--resume")
made = read_epub(folder / "long_bilingual.epub")
assert all(made.count(f"«{line}»") == 1 for line in many), [line for line in many if f"«{line}»" not in made]
print("killed and resumed")

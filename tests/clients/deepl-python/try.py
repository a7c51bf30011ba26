"""deepl: texts, languages, usage, glossaries of both versions, documents, errors; then its command line."""

import io
import os
import subprocess
import sys
from pathlib import Path

import deepl
from deepl.api_data import MultilingualGlossaryDictionaryEntries

url = os.environ["BASE_URL"].removesuffix("/v1")
client = deepl.DeepLClient(os.environ["API_KEY"], server_url=url)
text, translated = "The old dog sleeps.", "«The old dog sleeps.»"

one = client.translate_text(text, target_lang="DE")
assert one.text == translated and one.detected_source_lang == "EN" and one.billed_characters == len(text), one
two = client.translate_text(
    [text, "<p>Two <b>words</b>.</p>"],
    source_lang="EN",
    target_lang="DE",
    formality="more",
    context="A tale.",
    tag_handling="html",
)
assert [each.text for each in two] == [translated, "«<p>Two <b>words</b>.</p>»"], [each.text for each in two]
print("texts, context, formality, tags")

sources = {language.code for language in client.get_source_languages()}
targets = {language.code for language in client.get_target_languages()}
assert {"EN", "DE"} <= sources and {"EN-GB", "PT-BR", "DE"} <= targets
assert client.get_glossary_languages()
usage = client.get_usage()
assert usage.character.count > 0 and not usage.any_limit_reached
print("languages, usage")

glossary = client.create_glossary("animals", "EN", "DE", {"dog": "Hund", "river": "Fluss"})
assert glossary.entry_count == 2 and glossary.ready
assert client.get_glossary_entries(glossary) == {"dog": "Hund", "river": "Fluss"}
assert client.translate_text(text, source_lang="EN", target_lang="DE", glossary=glossary).text == translated
assert glossary.glossary_id in {each.glossary_id for each in client.list_glossaries()}
client.delete_glossary(glossary)
try:
    client.get_glossary(glossary.glossary_id)
except deepl.GlossaryNotFoundException:
    print("glossaries, version 2")

pairs = [
    MultilingualGlossaryDictionaryEntries("EN", "DE", {"dog": "Hund"}),
    MultilingualGlossaryDictionaryEntries("DE", "EN", {"Hund": "dog"}),
]
several = client.create_multilingual_glossary("several", pairs)
assert len(several.dictionaries) == 2
client.update_multilingual_glossary_dictionary(
    several, MultilingualGlossaryDictionaryEntries("EN", "DE", {"river": "Fluss"})
)
(entries,) = client.get_multilingual_glossary_entries(several, "EN", "DE").dictionaries
assert entries.entries == "dog\tHund\nriver\tFluss", entries.entries  # this client leaves them as they come
client.replace_multilingual_glossary_dictionary(
    several, MultilingualGlossaryDictionaryEntries("EN", "DE", {"sun": "Sonne"})
)
assert client.update_multilingual_glossary_name(several, "renamed").name == "renamed"
client.delete_multilingual_glossary_dictionary(several, source_lang="DE", target_lang="EN")
assert len(client.get_multilingual_glossary(several.glossary_id).dictionaries) == 1
client.delete_multilingual_glossary(several)
print("glossaries, version 3")

output = io.BytesIO()
done = client.translate_document(
    f"# Tale\n\n{text}\n".encode(), output, target_lang="DE", source_lang="EN", filename="tale.md"
)
assert done.done and output.getvalue().decode() == f"# «Tale»\n\n{translated}\n", output.getvalue()
print("document")

for call, expected in (
    (lambda: deepl.DeepLClient("wrong-key-here", server_url=url).get_usage(), deepl.AuthorizationException),
    (lambda: client.translate_text(text, source_lang="x" * 200, target_lang="DE"), deepl.DeepLException),
):
    try:
        call()
    except expected:
        continue
    raise AssertionError(f"no {expected.__name__}")
print("errors 400, 403")

environment = {**os.environ, "DEEPL_AUTH_KEY": os.environ["API_KEY"]}


def run(*arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("deepl")), "--server-url", url, *arguments]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


assert run("text", "--to", "DE", text) == translated
assert "EN" in run("languages") and run("usage")
folder = Path(os.environ["WORK"])
(folder / "in.txt").write_text(text + "\n")
run("document", "--to", "DE", str(folder / "in.txt"), str(folder / "out"))
assert (folder / "out" / "in.txt").read_text() == translated + "\n"
print("command line: text, languages, usage, document")

"""The model behind the server when DeepL's own tests run: a phrasebook that obeys glossaries and formality.

Their tests hold one phrase in all their languages (`example_text` in their conftest.py, which is read from the checkout
and stands nowhere here) and compare a handful of sentences with real translations; those are written out below.
"""

import ast
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fake_server import Answer, FakeServer

from dragoman.agent.prompt import parse_prompt
from dragoman.core.errors import BadRequestError
from dragoman.core.exchange import Message
from dragoman.core.languages import parse_language
from dragoman.core.records import Kind

Json = dict[str, Any]  # Any: JSON
_FORMAL = "formal register"
_FAMILIAR = "informal register"
_DELAY_S = 0.7
_QUESTION = "How are you?"


def phrases(checkout: Path) -> dict[str, str]:
    """Their one phrase: code of the language to its words."""
    tree = ast.parse((checkout / "tests" / "conftest.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "example_text":
            found: dict[str, str] = ast.literal_eval(node.value)
            return found
    raise SystemExit(f"no example_text in {checkout}/tests/conftest.py")


class Phrasebook:
    """Answers Dragoman's prompts. A line that is in no book comes back in «».

    Args:
        by_code: the phrase in each language.
    """

    def __init__(self, by_code: dict[str, str]) -> None:
        self._known = set(by_code.values())
        self._by_name = {parse_language(code).name: text for code, text in by_code.items()}

    def answer(self, request: Json) -> str:
        """The numbered lines, translated; the memory call learns nothing."""
        messages = [Message(each["role"], each["content"]) for each in request["messages"]]
        try:
            prompt = parse_prompt(messages)
        except BadRequestError:
            return "OK"
        if not prompt.wants_translation:
            return ""
        terms = dict(item.split(" = ", 1) for item in prompt.sections.get(Kind.ENTITY, ()) if " = " in item)
        return "\n".join(
            f"{number}\t{self._line(text, prompt.target_language, terms, prompt.instructions)}"
            for number, text in prompt.text.items()
        )

    def _line(self, text: str, target: str, terms: dict[str, str], instructions: str) -> str:
        if text.strip() == _QUESTION:
            return "Wie geht es dir?" if _FAMILIAR in instructions else "Wie geht es Ihnen?"
        if text.strip() in self._known and target in self._by_name:
            return self._by_name[target]
        if text.strip() in terms:
            return terms[text.strip()]
        for term, rendering in terms.items():
            text = text.replace(term, rendering)
        return f"«{text}»"


if __name__ == "__main__":
    book = Phrasebook(phrases(Path(sys.argv[1])))
    # Their tests look at a document before it is done: a model takes its time.
    server = FakeServer(lambda request: Answer(book.answer(request), delay_s=_DELAY_S), models=("tale",))
    sys.stdout.write(f"{server.base_url}\n")
    sys.stdout.flush()
    threading.Event().wait()

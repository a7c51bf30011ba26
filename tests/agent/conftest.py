"""A whole document through the whole product, for every backend that has a real model behind it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dragoman import AsyncTranslator, TranslationResult
from dragoman.agent.events import PageFinished, RunFinished
from dragoman.core.protocols import Backend

_NOUNS = ("kofal", "sabo", "nari", "lume", "temu")
DOCUMENT = "\n\n".join(
    " ".join(f"{_NOUNS[(n + k) % 5].capitalize()} {_NOUNS[(n * k) % 5]}-ne {n + k} temu." for k in range(1, 5))
    for n in range(6)
)
DICTIONARY = "kofal\tn\tdog\nsabo\tn\triver\nnari\tv\tsee\nlume\tn\tlamp\ntemu\tv\tcarry\n"

Translate = Callable[[Backend], Awaitable[TranslationResult]]


@pytest.fixture
def translate_document(tmp_path: Path) -> Translate:
    """Translates 24 sentences with a dictionary: once as a stream of events, once as one result."""
    dictionary = tmp_path / "words.tsv"
    dictionary.write_text(DICTIONARY, encoding="utf-8")

    async def translate(backend: Backend) -> TranslationResult:
        def translator(journal: str) -> AsyncTranslator:
            options = {"dictionary": dictionary, "journal": tmp_path / journal, "max_output_tokens": 200}
            return AsyncTranslator("x-simlish", "English", backend=backend, **options)  # type: ignore[arg-type]

        async with translator("streamed.sqlite") as streaming:
            events = [event async for event in streaming.stream(DOCUMENT)]
        assert isinstance(events[-1], RunFinished)
        assert events[-1].error is None
        async with translator("whole.sqlite") as whole:
            result = await whole.translate(DOCUMENT)
        pages = sorted((e for e in events if isinstance(e, PageFinished)), key=lambda event: event.page_index)
        lines = [line for page in pages for line in page.result.lines]
        assert [(line.segment_id, line.source) for line in lines] == [
            (line.segment_id, line.source) for line in result.segments
        ]
        return result

    return translate


@pytest.fixture
def check_whole() -> Callable[[TranslationResult], None]:
    """Nothing is lost: every sentence has a line, in order, with a text or with the reason why not."""

    def check(result: TranslationResult) -> None:
        sentences = [sentence.strip() + "." for sentence in DOCUMENT.replace("\n\n", " ").split(".") if sentence]
        assert [line.source for line in result.segments] == sentences
        assert all(line.translation for line in result.segments)
        assert all(line.issues for line in result.segments if line.translation == line.source)
        assert result.usage.calls > 0
        assert result.usage.prompt_tokens > 24 * 5
        assert result.text.count("\n\n") == DOCUMENT.count("\n\n")

    return check

"""The probe in a run: a bare call or two a document, shared by its pages, saved with the first, paid once."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman import Translator
from dragoman.agent.backends.scripted import ScriptedBackend, text_lines
from dragoman.agent.events import PageFinished, RunFinished
from dragoman.agent.journal import Journal
from dragoman.agent.probe import is_probed
from dragoman.core.errors import BackendUnreachableError, ConfigurationError
from dragoman.core.exchange import Purpose, Request
from dragoman.core.probe import ProbeMode, ProbeStatus
from dragoman.core.records import Kind
from dragoman.core.trajectory import PageResult
from dragoman.policies import make_policy

KNOWN = {"kofal": "dog", "ten": "old"}
TEXT = "kofal ten\nmira kofal\n\nten mira\nkofal sul\n\nsul sul\nmira ten\n"
PAIR = ("x-kof:Kof", "English")


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.tsv"
    path.write_text("kofal\tdog\nmira\triver\nten\told\nsul\tsalt\n", encoding="utf-8")
    return path


def answer(request: Request) -> str:
    """A model that knows two of four words and reads the notes for the others."""
    if request.purpose is Purpose.REMEMBER:
        return ""
    notes = dict(line.split(" = ") for line in request.messages[-1].content.splitlines() if " = " in line)
    own = {**notes, **KNOWN}
    told = {n: " ".join(own.get(word, word) for word in line.split()) for n, line in text_lines(request).items()}
    return "\n".join(f"{number}\tthe {line}" for number, line in told.items())


def settings(words: Path, **more: object) -> dict[str, object]:
    return {"dictionary": words, "page_lines": 2, "remember": "never", "max_repairs": 0, "policy": "full", **more}


def pages_of(translator: Translator) -> tuple[PageResult, ...]:
    return translator.translate(TEXT).pages


@pytest.mark.parametrize("wave", [1, 3])
def test_a_document_is_probed_once_and_known_words_are_withheld_on_every_page(words: Path, wave: int) -> None:
    backend = ScriptedBackend(answer)
    with Translator(*PAIR, backend=backend, **settings(words, probe="always", wave=wave)) as translator:
        first, second, third = pages_of(translator)
    probes = [request for request in backend.requests if request.purpose is Purpose.PROBE]
    assert len(probes) == 1
    assert "## Words" not in probes[0].messages[-1].content
    assert first.probe is not None
    assert (first.probe.status, second.probe, third.probe) == (ProbeStatus.READ, None, None)
    assert {(word.source, word.known) for word in first.probe.tried} == {
        ("kofal", True), ("ten", True), ("mira", False)
    }  # fmt: skip
    assert first.probe.lines == ("the dog old", "the mira dog")
    for page, expected in ((first, {"mira"}), (second, {"mira", "sul"}), (third, {"mira", "sul"})):
        entries = {c.id: c.record.source for c in page.observation.candidates if c.record.kind is Kind.ENTRY}
        assert {entries[id] for id in page.choice.chosen if id in entries} == expected
        withheld = {d.candidate_id for d in page.choice.decisions if d.reason.startswith("withheld: a sense of")}
        assert withheld == {id for id, source in entries.items() if source in KNOWN}
    assert [line.translation for line in first.lines] == ["the dog old", "the river dog"]


def test_the_books_of_the_first_page_hold_the_probe(words: Path) -> None:
    with Translator(*PAIR, backend=ScriptedBackend(answer), **settings(words, probe="always")) as translator:
        result = translator.translate(TEXT)
    first, second, _ = result.pages
    assert first.probe is not None
    assert first.usage[Purpose.PROBE] == first.probe.usage[Purpose.PROBE]
    assert first.usage[Purpose.PROBE].calls == 1
    assert first.usage[Purpose.PROBE].prompt_tokens > 0
    assert Purpose.PROBE not in second.usage
    assert result.usage.calls == 4


def test_without_a_probe_nothing_changes(words: Path) -> None:
    backend = ScriptedBackend(answer)
    with Translator(*PAIR, backend=backend, **settings(words, probe="never")) as translator:
        pages = pages_of(translator)
    assert {request.purpose for request in backend.requests} == {Purpose.TRANSLATE}
    assert all(page.probe is None and page.observation.withheld == () for page in pages)


@pytest.mark.parametrize(
    ("mode", "num_pages", "probed"),
    [
        (ProbeMode.NEVER, 9, False),
        (ProbeMode.ALWAYS, 1, True),
        (ProbeMode.AUTO, 2, False),
        (ProbeMode.AUTO, 3, True),
    ],
)
def test_auto_spares_short_documents(mode: ProbeMode, num_pages: int, probed: bool) -> None:
    assert is_probed(mode, num_pages) is probed


@pytest.mark.parametrize(("policy", "probes"), [("learned", 1), ("top-k", 0), ("none", 0)])
def test_by_default_only_learned_policies_have_documents_probed(words: Path, policy: str, probes: int) -> None:
    backend = ScriptedBackend(answer)
    with Translator(*PAIR, backend=backend, **settings(words, policy=policy)) as translator:
        pages_of(translator)
    assert sum(request.purpose is Purpose.PROBE for request in backend.requests) == probes


def test_a_policy_object_counts_as_what_it_is(words: Path) -> None:
    backend = ScriptedBackend(answer)
    with Translator(*PAIR, backend=backend, **settings(words, policy=make_policy("learned"))) as translator:
        pages_of(translator)
    assert sum(request.purpose is Purpose.PROBE for request in backend.requests) == 1


def test_the_gloss_is_never_probed(words: Path) -> None:
    with Translator(*PAIR, **settings(words, policy="learned")) as translator:
        assert all(page.probe is None for page in pages_of(translator))
    with (
        Translator(*PAIR, **settings(words, probe="always")) as translator,
        pytest.raises(ConfigurationError, match="knows nothing by itself"),
    ):
        translator.translate(TEXT)


def test_without_a_word_to_try_the_model_is_not_asked() -> None:
    backend = ScriptedBackend(answer)
    more = {"page_lines": 2, "remember": "never", "policy": "full", "probe": "always"}
    with Translator(*PAIR, backend=backend, **more) as translator:
        first, *_ = pages_of(translator)
    assert first.probe is not None
    assert first.probe.status is ProbeStatus.NOTHING_TO_TRY
    assert not any(request.purpose is Purpose.PROBE for request in backend.requests)


def test_an_unreadable_probe_is_said_and_withholds_nothing(words: Path) -> None:
    def chatty(request: Request) -> str:
        return "I would rather not." if request.purpose is Purpose.PROBE else answer(request)

    with Translator(*PAIR, backend=ScriptedBackend(chatty), **settings(words, probe="always")) as translator:
        result = translator.translate(TEXT)
        report = result.save_report(words.parent / "report.html").read_text(encoding="utf-8")
    first, *_ = result.pages
    assert first.probe is not None
    assert first.probe.status is ProbeStatus.UNREADABLE
    assert first.usage[Purpose.PROBE].calls == 1
    assert any("probe: the bare translation could not be read" in note for note in first.notes)
    assert all(page.observation.withheld == () for page in result.pages)
    assert "the bare translation could not be read" in report
    assert "Probe: could not be read" in report


def test_a_model_that_cannot_be_reached_stops_the_run_before_anything_is_paid(words: Path) -> None:
    def down(request: Request) -> str | BackendUnreachableError:
        return BackendUnreachableError("down") if request.purpose is Purpose.PROBE else answer(request)

    backend = ScriptedBackend(down)
    with Translator(*PAIR, backend=backend, **settings(words, probe="always", wave=3)) as translator:
        events = list(translator.stream(TEXT))
    assert isinstance(events[-1], RunFinished)
    assert isinstance(events[-1].error, BackendUnreachableError)
    assert not any(request.purpose is Purpose.TRANSLATE for request in backend.requests)


@pytest.mark.parametrize("pages_before", [0, 1, 2])
def test_a_run_that_was_stopped_does_not_pay_the_probe_again(words: Path, tmp_path: Path, pages_before: int) -> None:
    """Stopped after so many pages; before the first is saved, the answer is in the call cache."""
    given = settings(words, probe="always", journal=tmp_path / "journal.sqlite")
    source, output = tmp_path / "tale.txt", tmp_path / "tale.en.txt"
    source.write_text(TEXT, encoding="utf-8")

    def dies(request: Request) -> str | BackendUnreachableError:
        done = sum(r.purpose is Purpose.TRANSLATE for r in early.requests) - 1
        stop = request.purpose is Purpose.TRANSLATE and done >= pages_before
        return BackendUnreachableError("down") if stop else answer(request)

    early = ScriptedBackend(dies)
    with Translator(*PAIR, backend=early, **given) as translator, pytest.raises(BackendUnreachableError):
        translator.translate_file(source, output)
    late = ScriptedBackend(answer)
    with Translator(*PAIR, backend=late, **given) as translator:
        result = translator.translate_file(source, output)
    assert sum(request.purpose is Purpose.PROBE for request in early.requests) == 1
    assert not any(request.purpose is Purpose.PROBE for request in late.requests)
    assert result.pages[0].probe is not None
    assert all(page.observation.withheld for page in result.pages[:2])
    with Translator(*PAIR, backend=ScriptedBackend(answer), **{**given, "journal": None}) as translator:
        expected = translator.translate(TEXT)
    assert [page.choice for page in result.pages] == [
        replace(mine.choice, seed=theirs.choice.seed) for mine, theirs in zip(expected.pages, result.pages, strict=True)
    ]


WORDS = ["dog", "moon", "sun", "salt", "fish", "bird", "tree", "road", "hill", "door", "roof", "wall"]


@pytest.mark.parametrize(
    ("num_known", "asked"),
    [
        (2, [10]),  # a model that knows little shows it in the first ten words
        (12, [10, 24]),  # one that may know the language is asked the whole page
    ],
)
def test_the_whole_page_is_asked_where_the_first_lines_come_out(
    tmp_path: Path, num_known: int, asked: list[int]
) -> None:
    dictionary = tmp_path / "words.tsv"
    dictionary.write_text("".join(f"w{word}\t{word}\n" for word in WORDS), encoding="utf-8")
    known = {f"w{word}": word for word in WORDS[:num_known]}

    def says(request: Request) -> str:
        lines = text_lines(request)
        return "\n".join(f"{number}\t{known.get(line.rstrip('.'), line)}" for number, line in lines.items())

    backend = ScriptedBackend(says)
    more = {"page_lines": 24, "remember": "never", "max_repairs": 0, "policy": "full", "probe": "always"}
    with Translator(*PAIR, backend=backend, dictionary=dictionary, **more) as translator:
        forecast = translator.estimate("\n".join(f"w{word}." for word in WORDS * 2))
        result = translator.translate("\n".join(f"w{word}." for word in WORDS * 2))
    probes = [request for request in backend.requests if request.purpose is Purpose.PROBE]
    assert [len(text_lines(request)) for request in probes] == asked
    (page,) = result.pages
    assert page.probe is not None
    assert (len(page.probe.tried), page.probe.num_known) == (min(12, asked[-1]), min(num_known, asked[-1]))
    assert len(page.probe.lines) == asked[-1]
    assert page.usage[Purpose.PROBE].calls == len(asked)
    assert forecast.calls.low <= result.usage.calls <= forecast.calls.high


def test_the_journal_gives_back_what_was_probed(words: Path, tmp_path: Path) -> None:
    place = tmp_path / "journal.sqlite"
    given = settings(words, probe="always", journal=place)
    with Translator(*PAIR, backend=ScriptedBackend(answer), **given) as translator:
        heard = [event.result for event in translator.stream(TEXT) if isinstance(event, PageFinished)]
    with Journal(place) as journal:
        (run,) = journal.runs()
        saved = journal.results(run.id)
    assert [(page.probe, page.observation.withheld) for page in saved] == [
        (page.probe, page.observation.withheld) for page in heard
    ]


def test_a_journal_from_before_there_were_probes_is_read(words: Path, tmp_path: Path) -> None:
    place = tmp_path / "journal.sqlite"
    given = settings(words, probe="never", journal=place)
    with Translator(*PAIR, backend=ScriptedBackend(answer), **given) as translator:
        pages = pages_of(translator)
    with closing(sqlite3.connect(place)) as old, old:
        old.execute("UPDATE choices SET observation = json_remove(observation, '$.withheld')")
        old.execute("DROP TABLE probes")
    with Journal(place) as journal:
        (run,) = journal.runs()
        assert journal.results(run.id) == pages


def test_reports_show_what_was_tried_and_what_is_withheld(words: Path, tmp_path: Path) -> None:
    with Translator(*PAIR, backend=ScriptedBackend(answer), **settings(words, probe="always")) as translator:
        report = translator.translate(TEXT).save_report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Probe: 2 of 3 dictionary words came out without help" in report
    assert "withheld by the probe" in report
    assert "came out without help in line 1 of the first page" in report


def test_a_forecast_counts_the_probe(words: Path) -> None:
    found = []
    for probe in ("never", "always"):
        with Translator(*PAIR, backend=ScriptedBackend(answer), **settings(words, probe=probe)) as translator:
            found.append(translator.estimate(TEXT))
            usage = translator.translate(TEXT).usage
        assert found[-1].calls.low <= usage.calls <= found[-1].calls.high
    assert found[1].calls.low == found[0].calls.low + 1
    assert found[1].prompt_tokens.low > found[0].prompt_tokens.low

"""The journal keeps exactly what was committed, once, and says clearly why it cannot."""

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dragoman.agent import run_owner
from dragoman.agent.codec import decode, encode
from dragoman.agent.journal import Journal, Run
from dragoman.agent.run_config import RunConfig, run_config
from dragoman.agent.settings import RunSettings
from dragoman.core.context import Candidate, ContextChoice, Decision, Features, Observation, PivotVerdict
from dragoman.core.document import Page, Segment
from dragoman.core.errors import ChangedRunError, DragomanError, JournalError, MissingExtraError
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.records import MemoryRecord, Provenance, Resource
from dragoman.core.trajectory import Issue, LineResult, PageResult

TEXT = st.text(st.characters(exclude_categories=()), max_size=12) | st.sampled_from(["\x00", "\ud800", "\\json:x", ""])
REAL = st.floats(allow_nan=False, allow_infinity=False)
COUNT = st.integers(0, 2**31 - 1)


def several(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(strategy, max_size=3).map(tuple)


USAGE = st.builds(Usage, COUNT, COUNT, COUNT, COUNT, REAL, COUNT)
RECORD = st.builds(
    MemoryRecord,
    source=TEXT,
    target=TEXT,
    note=TEXT,
    attributes=several(st.tuples(TEXT, TEXT)),
    provenance=st.builds(Provenance, TEXT, TEXT, st.none() | COUNT, several(TEXT)),
    confidence=REAL,
    version=COUNT,
)
CANDIDATE = st.builds(Candidate, RECORD, st.builds(Features, *[REAL] * 12), COUNT, several(COUNT), TEXT)
PAGE = st.builds(Page, COUNT, several(st.builds(Segment, TEXT, TEXT, several(st.tuples(TEXT, TEXT)), TEXT, COUNT)))
OBSERVATION = st.builds(
    Observation, document_id=TEXT, page=PAGE, num_pages=COUNT, candidates=several(CANDIDATE), budget_tokens=COUNT,
    price_per_100_tokens=REAL, pivot_price=REAL, dictionary_coverage=REAL, memory_version=COUNT,
)  # fmt: skip
CHOICE = st.builds(
    ContextChoice,
    chosen=several(TEXT),
    decisions=several(st.builds(Decision, TEXT, st.booleans(), REAL, st.booleans(), st.none() | REAL, TEXT)),
    pivot=st.builds(PivotVerdict, st.booleans(), REAL, TEXT),
    tokens=COUNT,
    policy=TEXT,
    seed=COUNT,
)
LINE = st.builds(LineResult, TEXT, TEXT, TEXT, several(st.builds(Issue, segment_id=TEXT, message=TEXT)), COUNT)
RESULT = st.builds(
    PageResult, COUNT, several(LINE), OBSERVATION, CHOICE, st.none() | several(TEXT), several(RECORD),
    several(st.tuples(TEXT, TEXT)), st.dictionaries(st.sampled_from(Purpose), USAGE).map(MappingProxyType), REAL,
    several(TEXT),
)  # fmt: skip


def opened(journal: Journal, world, config: RunConfig, *, name: str = "out.txt", num_lines: int = 6, **more):
    document = world.make_document(num_lines)
    return journal.open_run(document, world.cut(document), run_name=name, config=config, **more)


def results_of(world, num_lines: int = 6) -> list[PageResult]:
    document = world.make_document(num_lines)
    view = world.PlainView(0, ())
    return [
        world.page_result(
            type("Job", (), {"document": document, "page": page, "num_pages": 3, "view": view, "seed": 5})
        )
        for page in world.cut(document)
    ]


@given(RESULT)
@settings(deadline=None, max_examples=60)
def test_a_decoded_result_equals_the_encoded_one(result: PageResult) -> None:
    assert decode(PageResult, encode(result)) == result


@given(RESULT)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_loaded_page_equals_the_committed_one(any_journal: Journal, world, config, result: PageResult) -> None:
    run = opened(any_journal, world, config, fresh=True)
    try:
        assert any_journal.commit(run, result)
        assert any_journal.results(run.id) == (result,)
    finally:
        any_journal.close_run(run)


def test_committing_a_page_twice_changes_nothing(any_journal: Journal, world, config) -> None:
    run = opened(any_journal, world, config, name="twice")
    first, *_ = results_of(world)
    assert any_journal.commit(run, first) is True
    assert any_journal.commit(run, replace(first, seconds=9.0, lines=())) is False
    assert any_journal.results(run.id) == (first,)


def test_usage_adds_up_over_the_pages(any_journal: Journal, world, config) -> None:
    run = opened(any_journal, world, config, name="usage")
    assert any_journal.usage(run.id) == {}
    for result in results_of(world):
        any_journal.commit(run, result)
    assert any_journal.usage(run.id) == {Purpose.TRANSLATE: Usage(calls=3, prompt_tokens=30, output_tokens=15)}


OPENER = """
import sys
from dragoman.agent.journal import Journal
sys.stdin.readline()
with Journal(sys.argv[1]) as journal:
    print(len(journal.runs()))
"""


def test_several_processes_may_make_a_journal_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPENER, str(tmp_path / "journal.db")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    openers = [subprocess.Popen(command, **pipes) for _ in range(4)]
    said = [opener.communicate("go\n") for opener in openers]
    assert said == [("0\n", "")] * 4


def test_the_same_command_again_resumes(any_journal: Journal, world, config) -> None:
    run = opened(any_journal, world, config, name="again")
    first, _, third = results_of(world)
    any_journal.commit(run, third)
    any_journal.commit(run, first)
    any_journal.close_run(run)
    again = opened(any_journal, world, config, name="again")
    assert (again.id, again.done) == (run.id, {0, 2})
    assert any_journal.results(run.id) == (first, third)
    assert any_journal.page(run.id, 2) == third
    assert any_journal.page(run.id, 1) is None


def test_a_changed_configuration_is_refused_and_named(any_journal: Journal, world, config) -> None:
    run = opened(any_journal, world, config, name="changed")
    any_journal.commit(run, results_of(world)[0])
    any_journal.close_run(run)
    changed = RunConfig({**config.settings, "budget_tokens": "800"}, {"dictionary words.tsv": "bb"})
    with pytest.raises(ChangedRunError) as caught:
        opened(any_journal, world, changed, name="changed")
    message = str(caught.value)
    for part in ("1 of 3 pages", "budget_tokens: 400 -> 800", "dictionary words.tsv changed", "--fresh"):
        assert part in message


def test_a_changed_page_layout_is_refused(journal: Journal, world, config) -> None:
    run = opened(journal, world, config)
    journal.commit(run, results_of(world)[0])
    journal.close_run(run)
    document = world.make_document(6)
    with pytest.raises(ChangedRunError, match="pages: 3 -> 2"):
        journal.open_run(document, world.cut(document, 3), run_name="out.txt", config=config)


def test_a_changed_configuration_is_accepted_while_nothing_is_saved(journal: Journal, world, config) -> None:
    journal.close_run(opened(journal, world, config))
    changed = RunConfig({**config.settings, "budget_tokens": "800"}, config.resources)
    assert opened(journal, world, changed).info.config == changed


def test_fresh_starts_over_and_keeps_the_old_pages(any_journal: Journal, world, config) -> None:
    run = opened(any_journal, world, config, name="fresh")
    first, *_ = results_of(world)
    any_journal.commit(run, first)
    any_journal.close_run(run)
    fresh = opened(any_journal, world, config, name="fresh", fresh=True)
    assert fresh.id != run.id
    assert fresh.done == frozenset()
    assert any_journal.results(run.id) == (first,)
    assert [info.id for info in any_journal.runs("fresh")] == [fresh.id]
    assert [info.archived for info in any_journal.runs("fresh", archived=True)] == [True, False]


def test_a_changed_document_is_a_new_run_and_that_is_said(journal: Journal, world, config) -> None:
    journal.close_run(opened(journal, world, config))
    other = opened(journal, world, config, num_lines=8)
    assert other.done == frozenset()
    assert len(other.notices) == 1
    assert "translated from the start" in other.notices[0]


def _speaking(config: RunConfig, source: str, target: str) -> RunConfig:
    return RunConfig({**config.settings, "from": source, "to": target}, config.resources)


def test_other_languages_under_one_name_are_refused_unless_fresh(any_journal: Journal, world, config) -> None:
    def opens(num_lines: int, target: str, **more) -> Run:
        return opened(
            any_journal, world, _speaking(config, "tci:Komnzo", target), name="two", num_lines=num_lines, **more
        )

    german = opens(6, "de:German")
    any_journal.commit(german, results_of(world)[0])
    any_journal.close_run(german)
    for num_lines in (8, 4):  # the languages are part of a document's hash, so the journal sees another document
        with pytest.raises(ChangedRunError) as caught:
            opens(num_lines, "en:English")
        for part in ("languages: Komnzo -> English was Komnzo -> German", "-o", "--fresh"):
            assert part in str(caught.value)
    english = opens(8, "en:English", fresh=True)
    any_journal.commit(english, results_of(world, 8)[0])
    any_journal.close_run(english)
    with pytest.raises(ChangedRunError, match="Komnzo -> German was Komnzo -> English"):
        opens(6, "de:German")  # going on with it would replace the English one as silently


def test_other_languages_are_accepted_while_nothing_is_saved(journal: Journal, world, config) -> None:
    journal.close_run(opened(journal, world, _speaking(config, "tci:Komnzo", "de:German")))
    assert opened(journal, world, _speaking(config, "tci:Komnzo", "en:English"), num_lines=8).done == frozenset()


def test_a_run_in_use_is_refused_to_others(any_journal: Journal, world, config) -> None:
    run = opened(any_journal, world, config, name="busy")
    with pytest.raises(JournalError, match="is being translated to busy by process"):
        opened(any_journal, world, config, name="busy")
    any_journal.close_run(run)
    assert opened(any_journal, world, config, name="busy").id == run.id


def test_a_run_that_was_taken_over_cannot_be_written(any_journal: Journal, world, config) -> None:
    run = opened(any_journal, world, config, name="taken")
    any_journal.close_run(run)
    other = opened(any_journal, world, config, name="taken")
    with pytest.raises(JournalError, match="taken over"):
        any_journal.commit(run, results_of(world)[0])
    with pytest.raises(JournalError, match="taken over"):
        any_journal.renew_runs([run])
    any_journal.close_run(run)
    assert any_journal.commit(other, results_of(world)[0])


def test_an_owner_is_alive_only_while_its_process_is() -> None:
    here = run_owner.Owner.here()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    there = replace(here, pid=child.pid, started=0)
    cases = [
        (here, True),
        (replace(here, started=here.started + 1), False),  # the process id was given to another process
        (there, True),
        (replace(here, host="elsewhere"), True),
    ]
    for owner, alive in cases:
        assert owner.is_alive(heartbeat=100.0, now=101.0) is alive, owner
    assert replace(here, host="elsewhere").is_alive(heartbeat=100.0, now=101.0 + run_owner.STALE_S) is False
    child.kill()
    assert _until_zombie(there), "a killed process that nobody has waited for is dead too"
    child.communicate()
    assert there.is_alive(heartbeat=100.0, now=101.0) is False
    assert run_owner.Owner.parse(here.as_text()) == here


def _until_zombie(owner: run_owner.Owner) -> bool:
    return any(not owner.is_alive(heartbeat=0.0, now=0.0) for _ in range(100_000))


def _not_a_database(path: Path) -> None:
    path.write_text("this is a text file, and longer than the header of a database would be\n" * 20)


def _newer(path: Path) -> None:
    with Journal(path) as journal, journal.engine.begin() as connection:
        connection.execute(text("UPDATE schema_version SET version = 7"))


def _damaged(path: Path) -> None:
    Journal(path).close()
    data = bytearray(path.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_not_a_database, "is not a journal .* give another path"),
        (_newer, "has schema 7, this version of dragoman knows 1: upgrade"),
        (_damaged, "is damaged: restore it from a backup"),
        (Path.mkdir, "cannot be opened: check that its folder exists"),
    ],
)
def test_an_unusable_file_is_explained_in_one_line(tmp_path: Path, spoil, said: str) -> None:
    path = tmp_path / "journal.db"
    spoil(path)
    with pytest.raises(JournalError, match=said) as caught:
        Journal(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "kind", "said"),
    [
        ("/proc/nowhere/journal.db", JournalError, "folder /proc/nowhere cannot be made"),
        ("mysql://host/name", JournalError, "no known database"),
        ("postgresql://nobody@127.0.0.1:1/none", JournalError, "cannot be used: .*check that the database is there"),
        (":memory:", JournalError, "give a file path"),
    ],
)
def test_an_unusable_location_is_explained(location: str, kind: type[DragomanError], said: str) -> None:
    with pytest.raises(kind, match=said) as caught:
        Journal(location)
    assert "\n" not in str(caught.value)


def test_postgresql_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"dragoman\[postgres\]"):
        Journal("postgresql://localhost/none")


def test_a_locked_database_is_explained(tmp_path: Path, world, config) -> None:
    path = tmp_path / "journal.db"
    with Journal(path, busy_timeout_s=0.05) as journal:
        run = opened(journal, world, config)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="is locked by another program"):
            journal.commit(run, results_of(world)[0])
        other.execute("ROLLBACK")
        other.close()
        assert journal.commit(run, results_of(world)[0])


def test_damaged_rows_are_explained(journal: Journal, world, config) -> None:
    run = opened(journal, world, config)
    journal.commit(run, results_of(world)[0])
    with journal.engine.begin() as connection:
        connection.execute(text("UPDATE choices SET choice = '{}'"))
    with pytest.raises(JournalError, match="has a damaged page"):
        journal.results(run.id)


@pytest.mark.parametrize(
    "step", ["begin", "owned", "records", "lines", "memory_deltas", "withdrawals", "usage", "choices", "written"]
)
def test_a_failure_inside_a_commit_leaves_nothing_of_the_page(tmp_path: Path, world, config, step: str) -> None:
    class Crash(Exception):
        pass

    def crash(at: str) -> None:
        if at == step:
            raise Crash

    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        run = opened(journal, world, config)
        journal.commit(run, results_of(world)[0])
    with Journal(path, on_commit_step=crash) as journal, pytest.raises(Crash):
        journal.commit(run, results_of(world)[1])
    with Journal(path) as journal:
        assert journal.results(run.id) == (results_of(world)[0],)
        assert journal.commit(run, results_of(world)[1])


def test_the_file_is_in_the_safe_modes(journal: Journal) -> None:
    with journal.engine.connect() as connection:
        modes = [
            connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert modes == ["wal", 2, 1, 30_000]


def test_a_configuration_names_every_part() -> None:
    words = Resource("dictionary", "words.tsv", "aa", ())
    made = run_config(RunSettings(), policy="top-k 1", backend="gloss 1", resources=[words, words], pivot_backend="m")
    assert made.resources == {"dictionary words.tsv": "aa", "dictionary words.tsv (2)": "aa"}
    assert made.settings["budget_tokens"] == "400"
    assert {"policy", "backend", "pivot backend", "template version", "seed", "wave"} <= made.settings.keys()
    other = run_config(RunSettings(wave=2), policy="top-k 1", backend="gloss 1", resources=[])
    assert other.changes(made) == (
        "pivot backend: m -> not set",
        "wave: 1 -> 2",
        "dictionary words.tsv removed",
        "dictionary words.tsv (2) removed",
    )
    assert made.hash != other.hash
    assert decode(RunConfig, encode(made)) == made

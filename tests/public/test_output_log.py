"""The record of written files, opened by many at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from dragoman.agent.journal import Journal
from dragoman.outputs import OutputLog


def test_many_who_begin_together_find_the_table_made(tmp_path: Path) -> None:
    file = tmp_path / "written.txt"
    file.write_text("by somebody")
    for attempt in range(10):
        together = Barrier(8)
        with Journal(tmp_path / f"{attempt}.sqlite") as journal:

            def begin(_: int, journal: Journal = journal, together: Barrier = together) -> bool:
                together.wait(timeout=30)
                return OutputLog(journal.engine).wrote(file)

            with ThreadPoolExecutor(8) as pool:
                assert list(pool.map(begin, range(8))) == [False] * 8

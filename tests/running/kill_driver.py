"""A whole translation in a process of its own group, for the tests that kill it.

Everything is real but the model: formats, memory, policy, page agent, call cache, journal, output by rename. Reads
one JSON command per line from standard input; for each it forks a child (imports are done once), prints the child's
process id and, when it ended, its return code.

Keys of a command: `folder` (where everything lies), `documents`, `pages` (of each), `workers`, `pause_s` (of a model
call), `die_at` ([step of a commit, number of that step's occurrence] or null; the step `rename` is the output file's).
"""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from world import LINES_PER_PAGE, answer, first_word, prompt_hash, text_document

from dragoman.agent.backends.scripted import Latency, ScriptedBackend
from dragoman.agent.call_cache import CallCache
from dragoman.agent.events import DocumentFinished, RunFinished
from dragoman.agent.graph import compile_page_graph
from dragoman.agent.journal import Journal
from dragoman.agent.loop import DocumentTask, LoopOptions, translate_documents
from dragoman.agent.meter import Meter, with_meter
from dragoman.agent.output import assemble, write_output
from dragoman.agent.page import PageAgent
from dragoman.agent.run_config import run_config
from dragoman.agent.settings import RunSettings
from dragoman.core.errors import JournalError
from dragoman.core.exchange import Request
from dragoman.core.pages import split_pages
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.store import Memory
from dragoman.policies import make_policy

REFUSED = 9  # the return code when the journal does not let us in


def logged_script(log: Path) -> Callable[[Request], str]:
    """The world's answers; every paid request is one line of the log."""

    def script(request: Request) -> str:
        with log.open("a") as file:
            file.write(json.dumps([first_word(request), request.purpose, prompt_hash(request)]) + "\n")
        return answer(request)

    return script


def suicide(at: tuple[str, int] | None) -> Callable[[str], None]:
    """Kills the own process group at the n-th occurrence of a step."""
    seen: Counter[str] = Counter()

    def on_step(step: str) -> None:
        seen[step] += 1
        if at is not None and [step, seen[step]] == list(at):
            os.killpg(0, signal.SIGKILL)

    return on_step


async def translate(command: dict[str, Any]) -> int:
    """The command; its exit code."""
    folder, die = Path(command["folder"]), suicide(command.get("die_at"))
    settings = RunSettings(wave=command.get("wave", 1), page_lines=LINES_PER_PAGE, remember="always")
    policy, counter = make_policy("top-k"), EstimatedTokenCounter()
    replace = Path.replace
    Path.replace = lambda path, target: (die("rename"), replace(path, target))[1]  # type: ignore[assignment]  # a crash point
    with Journal(folder / "journal.db", on_commit_step=die) as journal:
        inner = ScriptedBackend(
            logged_script(folder / "requests.log"), latency=Latency(command["pause_s"] * 1000, 0.0, 0.0)
        )
        backend = with_meter(inner, Meter(), workers=command["workers"], cache=CallCache(journal.engine))
        memory = Memory()
        tasks = []
        for number in range(command["documents"]):
            document = text_document(number, command["pages"])
            pages = split_pages(document, counter, max_tokens=settings.page_tokens, max_lines=settings.page_lines)
            assert len(pages) == command["pages"], len(pages)
            tasks.append(DocumentTask(document, pages, str(folder / f"{number}.out"), memory))
        config = run_config(settings, policy=policy.signature, backend=backend.name)
        stream = translate_documents(
            tasks,
            agent=PageAgent(backend, policy, settings),
            settings=settings,
            config=config,
            journal=journal,
            options=LoopOptions(workers=command["workers"]),
        )
        documents = {task.run_name: task.document for task in tasks}
        code = 1
        async for event in stream:
            if isinstance(event, DocumentFinished) and event.summary.complete:
                document = documents[event.summary.run_name]
                translations = assemble(document, journal.pages(event.summary.run_id))
                write_output(Path(event.summary.run_name), document.join(translations))
            if isinstance(event, RunFinished):
                code = event.exit_code
                (folder / "summary.json").write_text(json.dumps([str(event.error), [str(d) for d in event.documents]]))
        return code


def say(value: object) -> None:
    """One line for the test."""
    sys.stdout.write(f"{value}\n")
    sys.stdout.flush()


def run_child(command: dict[str, Any]) -> int:
    """Forks a child in a group of its own; its return code, negative for a signal."""
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        devnull = os.open(os.devnull, os.O_RDWR)
        os.dup2(devnull, 0)
        try:
            code = asyncio.run(translate(command))
        except JournalError:
            code = REFUSED
        os._exit(code)
    with suppress(PermissionError, ProcessLookupError):  # whoever is first makes the group
        os.setpgid(pid, pid)
    say(pid)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    compile_page_graph(None, approve=False)  # imports what the children would each import again
    say("ready")
    for line in sys.stdin:
        say(run_child(json.loads(line)))

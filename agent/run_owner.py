"""Who works on a run: one process at a time, recognised as dead when it is.

A run in the journal carries its owner and a heartbeat. A second process is refused while the owner lives: on the same
machine that is looked up by process id and start time, so a killed run can be resumed at once; on another machine the
heartbeat decides. Every commit checks that the run is still owned, so a process that was taken over cannot write.
"""

import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from dragoman.core.hashing import stable_json

__all__ = ["HEARTBEAT_S", "STALE_S", "Owner"]

HEARTBEAT_S = 15.0
STALE_S = 120.0


@dataclass(frozen=True, slots=True)
class Owner:
    """One opener of one run.

    Attributes:
        host: machine name.
        pid: process id there.
        started: start of that process in clock ticks since boot; 0 where the system does not tell.
        token: tells apart two openers in one process.
    """

    host: str
    pid: int
    started: int
    token: str

    @classmethod
    def here(cls) -> "Owner":
        """This process, as a new opener."""
        pid = os.getpid()
        return cls(socket.gethostname(), pid, _start_ticks(pid) or 0, secrets.token_hex(8))

    def as_text(self) -> str:
        """One line for the journal, readable by `parse`."""
        return stable_json([self.host, self.pid, self.started, self.token])

    @classmethod
    def parse(cls, text: str) -> "Owner":
        """The owner that `as_text` wrote."""
        host, pid, started, token = json.loads(text)
        return cls(host, pid, started, token)

    def is_alive(self, *, heartbeat: float, now: float) -> bool:
        """Whether the owner may still be working; `heartbeat` and `now` are seconds since the epoch."""
        if self.host != socket.gethostname():
            return now - heartbeat < STALE_S
        ticks = _start_ticks(self.pid)
        return ticks is not None and (self.started == 0 or ticks in (0, self.started))

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def _start_ticks(pid: int) -> int | None:
    """Start time of a running process, 0 when unknown, None when there is no such process (a zombie is none)."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return None if Path("/proc/self").exists() else _signalled(pid)
    except ProcessLookupError:
        return None
    return None if state in ("Z", "X") else int(rest[18])


def _signalled(pid: int) -> int | None:
    """The same question where there is no /proc."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return 0
    return 0

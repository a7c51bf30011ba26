"""Logs as JSON lines on standard error: times, routes, counts, keys' names; never the text of a document."""

import json
import logging
import sys
import time

__all__ = ["configure_logs"]

_PLAIN = frozenset(vars(logging.makeLogRecord({})))
_LIBRARIES = ("uvicorn", "uvicorn.error")


class _JsonLines(logging.Formatter):
    """One JSON object for each record, with the fields that its `extra` brought."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        body: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        body |= {name: value for name, value in vars(record).items() if name not in _PLAIN and name != "color_message"}
        if record.exc_info and record.exc_info[0] is not None:
            # Messages of foreign exceptions may quote what they failed on, so places are logged and words are not.
            body["error"], body["where"] = record.exc_info[0].__name__, _places(record)
        return json.dumps(body, ensure_ascii=False, default=str)


def configure_logs(*, verbose: bool = False) -> None:
    """Sends the logs of the server and of uvicorn to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    for name in ("dragoman.serve", *_LIBRARIES):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger("uvicorn.error").handlers = []
    logging.getLogger("uvicorn.error").propagate = True


def _places(record: logging.LogRecord) -> list[str]:
    places, step = [], record.exc_info[2] if record.exc_info else None
    while step is not None:
        places.append(f"{step.tb_frame.f_code.co_filename}:{step.tb_lineno}")
        step = step.tb_next
    return places[-8:]

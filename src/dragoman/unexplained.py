"""Says when a dictionary does not fit its documents, before pages are paid: wrong language, or read the wrong way."""

from collections.abc import Iterator, Sequence

from dragoman.agent.document_work import DocumentTask
from dragoman.agent.events import Notice
from dragoman.core.protocols import TokenCounter

__all__ = ["unexplained"]

_PAGES, _DOCUMENTS = 2, 3  # looked at, from the beginning


def unexplained(tasks: Sequence[DocumentTask], *, counter: TokenCounter) -> Iterator[Notice]:
    """One notice when no word on the first pages of the first documents is in a dictionary; else nothing.

    Args:
        tasks: documents with memories that hold a dictionary.
        counter: of tokens; recall needs one.
    """
    looked_at = [task for task in tasks if task.document.segments][:_DOCUMENTS]
    if not looked_at or any(_is_explained(task, counter) for task in looked_at):
        return
    document = looked_at[0].document
    side = "the words it explains them with" if looked_at[0].memory.flip else "its headwords"
    yield Notice(
        document.name,
        f"the dictionary explains no word on the first pages of {document.name}: check that {side} are "
        f"{document.source_language.name}, or turn it round with --glosses-in",
    )


def _is_explained(task: DocumentTask, counter: TokenCounter) -> bool:
    view = task.memory.open_document().view(0)
    return any(view.recall(page, counter=counter, k={}).dictionary_coverage > 0 for page in task.pages[:_PAGES])

"""Names that jobs want to remember and a person has to look at: asked by a page, answered through a route.

A job that waits lets another one have its place. What waits is held in RAM: after a restart the page is done again and
asks again.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from dragoman.agent.answers import ProposedEntity
from dragoman.agent.page import Approve

__all__ = ["Approvals"]

Entities = tuple[ProposedEntity, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    entities: Entities
    answer: "asyncio.Future[Entities]"


class Approvals:
    """Open questions of all jobs. Use it in one event loop."""

    def __init__(self) -> None:
        self._questions: dict[str, list[_Question]] = {}

    def hook(self, job_id: str, aside: Callable[[str], AbstractAsyncContextManager[None]]) -> Approve:
        """What the page agent of a job calls.

        Args:
            job_id: of the job.
            aside: makes the context in which the job waits.
        """

        async def approve(proposed: Entities) -> Entities:
            question = _Question(proposed, asyncio.get_running_loop().create_future())
            self._questions.setdefault(job_id, []).append(question)
            try:
                async with aside(job_id):
                    return await question.answer
            finally:
                self._questions[job_id].remove(question)
                if not self._questions[job_id]:
                    del self._questions[job_id]

        return approve

    def pending(self, job_id: str) -> Entities | None:
        """The names the job asks about now; None when it asks nothing."""
        questions = self._questions.get(job_id)
        return questions[0].entities if questions else None

    def answer(self, job_id: str, entities: Sequence[ProposedEntity]) -> bool:
        """Gives the names to remember, corrected, fewer or more; whether the job had asked."""
        questions = self._questions.get(job_id)
        if not questions or questions[0].answer.done():
            return False
        questions[0].answer.set_result(tuple(entities))
        return True

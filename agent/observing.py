"""What a policy may look at for a page, put together from what memory recalls and the terms of the run.

The run, the estimate and the explanation of a policy all ask here, so that all three choose from the same.
"""

from dragoman.agent.job import PageJob
from dragoman.agent.pivot import pivot_allowed
from dragoman.agent.settings import RunSettings
from dragoman.core.context import Observation
from dragoman.core.protocols import TokenCounter

__all__ = ["observe_page"]


def observe_page(job: PageJob, settings: RunSettings, counter: TokenCounter) -> Observation:
    """Memory's candidates for the page of a job and the terms of the choice. Calls no model.

    Args:
        job: the page, and the version of the memory that it reads.
        settings: of the run: budget, prices, pivot, and how many candidates of a kind.
        counter: what a candidate costs.
    """
    recall = job.view.recall(job.page, counter=counter, k=settings.k)
    return Observation(
        document_id=job.document.hash,
        page=job.page,
        num_pages=job.num_pages,
        candidates=recall.candidates,
        budget_tokens=settings.budget_tokens,
        price_per_100_tokens=settings.price_per_100_tokens,
        pivot_price=settings.pivot_price,
        pivot_allowed=pivot_allowed(settings.pivot, job.document.source_language, job.document.target_language),
        dictionary_coverage=recall.dictionary_coverage,
        has_dictionary=recall.has_dictionary,
        memory_version=job.view.version,
    )

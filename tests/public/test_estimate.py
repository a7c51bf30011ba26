"""Forecasts: exact where they can be, an honest range where not, and no model is asked."""

from pathlib import Path

import pytest

from dragoman import Translator
from dragoman.estimate import Estimate, Range

TEXT = "".join(f"Line number {number} of the tale, and it goes on.\n" for number in range(30))


def test_estimate_counts_documents_segments_and_pages() -> None:
    with Translator("x-simlish", "English", page_lines=10) as translator:
        estimate = translator.estimate(TEXT)
    assert (estimate.num_documents, estimate.num_segments, estimate.num_pages) == (1, 30, 3)
    assert estimate.calls.low == 3
    assert estimate.calls.high > 3
    assert estimate.cost_usd is None


def test_real_run_lies_inside_the_range() -> None:
    with Translator("x-simlish", "English", model="scripted", remember="always") as translator:
        estimate = translator.estimate(TEXT)
        usage = translator.translate(TEXT).usage
    assert estimate.calls.low <= usage.calls <= estimate.calls.high
    assert estimate.prompt_tokens.low <= usage.prompt_tokens <= estimate.prompt_tokens.high
    assert estimate.output_tokens.low <= usage.output_tokens <= estimate.output_tokens.high


def test_dictionary_costs_context_tokens(words: Path) -> None:
    text = "kofal mira ten\n"
    with Translator("x-simlish", "English") as without, Translator("x-simlish", "English", dictionary=words) as with_it:
        bare, rich = without.estimate(text), with_it.estimate(text)
    assert bare.context_tokens == 0
    assert rich.context_tokens > 0
    assert rich.prompt_tokens.low > bare.prompt_tokens.low


def test_prices_give_dollars() -> None:
    with Translator("x-simlish", "English", prices=(1.0, 4.0), remember="never", max_repairs=0) as translator:
        estimate = translator.estimate(TEXT)
    assert estimate.cost_usd is not None
    # By hand: dollars per million tokens.
    assert estimate.cost_usd.low == pytest.approx(
        (round(estimate.prompt_tokens.low) + 4 * round(estimate.output_tokens.low)) / 1e6
    )


@pytest.mark.parametrize(("pivot", "low", "high"), [("never", 3, 3), ("auto", 3, 6), ("always", 6, 6)])
def test_pivot_adds_calls(pivot: str, low: int, high: int) -> None:
    with Translator("x-simlish", "German", pivot=pivot, remember="never", max_repairs=0) as translator:
        estimate = translator.estimate(TEXT)
    assert (estimate.calls.low, estimate.calls.high) == (low, high)


@pytest.mark.parametrize(("source", "target"), [("English", "German"), ("German", "English")])
def test_pivot_is_free_out_of_english_and_into_it(source: str, target: str) -> None:
    with Translator(source, target, pivot="always", remember="never", max_repairs=0) as translator:
        assert translator.estimate(TEXT).calls.high == 3


def test_empty_document_costs_nothing() -> None:
    with Translator("x-simlish", "English") as translator:
        assert translator.estimate("") == Estimate(num_documents=1)


def test_estimates_add_up() -> None:
    one = Estimate(1, 2, 1, 10, 0, Range(1, 2), Range(10, 20), Range(5, 6), Range(0.1, 0.2))
    both = one + one
    assert (both.num_segments, both.calls, both.cost_usd) == (4, Range(2, 4), Range(0.2, 0.4))
    assert (one + Estimate()).cost_usd == Range(0.1, 0.2)


@pytest.mark.parametrize(
    ("given", "shown"), [(Range(1200.9, 1900.4), "1,200 to 1,901"), (Range(3, 3), "3"), (Range(2, 4.5), "2 to 5")]
)
def test_ranges_are_shown_rounded_outwards(given: Range, shown: str) -> None:
    assert given.show() == shown

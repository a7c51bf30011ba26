"""Does it matter which context is chosen, when the small neural model translates and stays as it is?

Unit: chrF of sacrebleu over all lines, 95 % interval from resampling languages (one document of 12 pages each, of
held-out languages). Every page is translated with what each policy picks from the agent's own candidates under the
same budget, counted in tokens of the model; memory holds what perfect memory calls on the pages before would have
left. `oracle` knows which items each sentence needs (greedy, so a lower bound of the best). Differences are paired.
context_tokens is what the chosen items cost a page. Excluded: memory calls and repairs, which would be the same.

    .venv/bin/python benchmarks/micro_policies.py [--quick] [--seed N] [--out FILE] [--model SPEC]
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from common import add_common_arguments, finish, measure_with, with_backend

from dragoman.agent.prompt import PromptPage, translate_messages
from dragoman.agent.settings import DEFAULT_K
from dragoman.core.context import Candidate, Observation
from dragoman.core.languages import ENGLISH
from dragoman.core.protocols import Backend, TokenCounter
from dragoman.policies import make_policy
from dragoman.training.micro.evaluate import Asked, EvaluateConfig, Scored, answer_pages
from dragoman.training.micro.oracle import oracle_choice
from dragoman.training.micro.scores import chrf_difference, condition_chrf
from dragoman.training.micro.world import World
from dragoman.training.simlang import SimSentence

FIXED = ("none", "random", "recency", "top-k", "full", "learned")
NAMES = (*FIXED, "oracle")
PAIRS = (("oracle", "none"), ("oracle", "full"), ("oracle", "top-k"), ("learned", "top-k"), ("top-k", "random"))


@dataclass(frozen=True, slots=True)
class Made:
    """A prompt and what its chosen items cost."""

    asked: Asked
    tokens: int


def main() -> int:
    """Measures, prints a table a budget, then the JSON line; 77 where the model cannot run."""
    options = _options()
    started = time.perf_counter()
    return measure_with(options.model, lambda backend: _measure_all(options, backend, started))


def _measure_all(options: argparse.Namespace, backend: Backend, started: float) -> None:
    if options.quick:
        options.languages, options.pages, options.budgets = 2, 3, options.budgets[:1]
    made = [
        prompt
        for number in range(options.seed, options.seed + options.languages)
        for prompt in _document(number, options, backend)
    ]
    scored = answer_pages(backend, [prompt.asked for prompt in made], EvaluateConfig())
    result = {str(budget): _table(made, scored, budget) for budget in options.budgets}
    finish("micro_policies", with_backend(options, backend.name), result, started, options.out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--model", default="micro", help="the frozen translator, as in make_backend (default micro)")
    parser.add_argument("--languages", type=int, default=6, help="held-out languages (default 6)")
    parser.add_argument("--pages", type=int, default=12, help="of each document (default 12)")
    parser.add_argument("--budgets", type=int, nargs="+", default=[400, 1600], help="tokens (default 400 1600)")
    parser.add_argument("--split", default="test", help="test, or dev while something is tuned (default test)")
    return parser.parse_args()


def _document(number: int, options: argparse.Namespace, counter: TokenCounter) -> list[Made]:
    """The prompts of all pages of one document, policies and budgets."""
    world = World(number, split=options.split, pages=options.pages, counter=counter)
    found = []
    for sentences in world.document.pages:
        page = world.page(sentences, out=False)
        for budget in options.budgets:
            seen = world.observation(page, out=False, k=dict(DEFAULT_K), budget=budget)
            found += [_prompt(world, sentences, seen, name) for name in NAMES]
    return found


def _prompt(world: World, sentences: Sequence[SimSentence], seen: Observation, name: str) -> Made:
    context = oracle_choice(world, sentences, seen) if name == "oracle" else _chosen(seen, name, world.seed)
    lines = {n: s.source for n, s in enumerate(sentences, 1)}
    messages = translate_messages(PromptPage(world.language.language, ENGLISH, lines, context))
    references = {n: s.reference for n, s in enumerate(sentences, 1)}
    asked = Asked(_condition(name, seen.budget_tokens), world.seed, messages, references, sentences)
    return Made(asked, sum(candidate.tokens for candidate in context))


def _chosen(seen: Observation, name: str, seed: int) -> tuple[Candidate, ...]:
    by_id = {candidate.id: candidate for candidate in seen.candidates}
    return tuple(by_id[id] for id in POLICIES[name].choose(seen, seed=seed).chosen)


POLICIES = {name: make_policy(name) for name in FIXED}


def _condition(name: str, budget: int) -> str:
    return f"{name} {budget}"


def _table(made: Sequence[Made], scored: Sequence[Scored], budget: int) -> dict[str, object]:
    print(f"\nbudget {budget} tokens\n{'policy':<10} {'chrF, 95 %':<22} {'context tokens a page':>21}")
    result: dict[str, object] = {}
    for name in NAMES:
        condition = _condition(name, budget)
        row = condition_chrf(scored, condition)
        tokens = statistics.fmean(prompt.tokens for prompt in made if prompt.asked.condition == condition)
        print(f"{name:<10} {row!s:<22} {tokens:>21.0f}")
        result[name] = {"chrf": row.rounded(), "context_tokens": round(tokens, 1), "lines": row.lines}
    for better, worse in PAIRS:
        row = chrf_difference(scored, _condition(better, budget), _condition(worse, budget))
        print(f"{better} - {worse}: {row!s}")
        result[f"{better}_minus_{worse}"] = row.rounded()
    return result


if __name__ == "__main__":
    sys.exit(main())

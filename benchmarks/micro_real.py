"""How well does a small model turn glossed lines of real languages into English, in documents it was not trained on?

Unit: chrF of sacrebleu over all lines of a condition against the free translations, 95 % interval from resampling
documents. The languages (Mauwake, Pichi, Ulwa, Palula) are those of the training mixture, the documents are held out;
`benchmarks/lowres.py --model SPEC` has the languages that no training saw. The gloss backend answers the same prompts.

    real_gloss      the glosser's own gloss     real_linguist   the linguist's gloss
    real_notes      gloss, words, examples      real_nothing    the lines alone

    .venv/bin/python benchmarks/micro_real.py [--quick] [--seed N] [--out FILE] [--model SPEC]

Needs the data folder (DRAGOMAN_DATA). Skipped without it, and where the model cannot run.
"""

import argparse
import sys
import time

from common import add_common_arguments, finish, skip

from dragoman.agent.backends import make_backend
from dragoman.core.environment import data_folder
from dragoman.core.errors import ConfigurationError, MissingExtraError
from dragoman.core.protocols import Backend
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.training.micro.real import RealText
from dragoman.training.micro.real_evaluate import REAL_CONDITIONS, evaluate_real, real_pages

_QUICK_PAGES = 3


def main() -> int:
    """Measures, prints the table, then the JSON line; 77 where the model or the data is missing."""
    options = _options()
    started = time.perf_counter()
    try:
        text, backends = RealText(data_folder()), _backends(options.model)
    except (MissingExtraError, ConfigurationError) as error:
        return skip(str(error))
    per_language = _QUICK_PAGES if options.quick else options.pages
    counter = EstimatedTokenCounter()  # the same pages whatever the model
    pages = [page for name in REAL_CONDITIONS for page in real_pages(text, counter, name, per_language=per_language)]
    result: dict[str, object] = {}
    print(f"{'condition':<16}{'system':<8}{'chrF, 95 %':<24}lines")
    for system, backend in backends.items():
        rows = evaluate_real(backend, pages)
        for condition, row in rows.items():
            print(f"{condition:<16}{system:<8}{row!s:<24}{row.lines}")
        result[system] = {condition: row.rounded() for condition, row in rows.items()}
    settings = {key: value for key, value in vars(options).items() if key != "out"}
    finish("micro_real", settings, result, started, options.out)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--model", default="micro", help="what is measured, as in make_backend (default micro)")
    parser.add_argument("--pages", type=int, default=40, help="held-out pages of each language, at most (default 40)")
    return parser.parse_args()


def _backends(model: str) -> dict[str, Backend]:
    """The model beside the gloss, or the gloss alone."""
    gloss = {"gloss": make_backend("gloss")}
    return gloss if model == "gloss" else {"model": make_backend(model), **gloss}


if __name__ == "__main__":
    sys.exit(main())

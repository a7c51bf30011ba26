"""`dragoman translate`: its options; `dragoman.cli.carry_out` does the rest."""

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded

__all__ = ["translate"]


@guarded
def translate(
    inputs: arg.Inputs,
    source: arg.From,
    target: arg.To,
    output: arg.Output = None,
    dictionary: arg.Dictionary = None,
    grammar: arg.Grammar = None,
    parallel: arg.Parallel = None,
    glossed: arg.Glossed = None,
    glossary: arg.Glossary = None,
    note: arg.Note = None,
    memory: arg.MemoryFile = None,
    glosses_in: arg.GlossesIn = "auto",
    model: arg.Model = None,
    base_url: arg.ApiBase = None,
    tokenizer: arg.Tokenizer = None,
    timeout_s: arg.Timeout = None,
    max_attempts: arg.Attempts = None,
    backend_option: arg.BackendOption = None,
    policy: arg.Policy = "top-k",
    budget: arg.Budget = "auto",
    price: arg.Price = 0.15,
    pivot: arg.Pivot = "never",
    probe: arg.Probe = "auto",
    pivot_model: arg.PivotModel = None,
    pivot_base_url: arg.PivotBase = None,
    wave: arg.Wave = 1,
    workers: arg.Workers = 8,
    page_tokens: arg.PageTokens = 600,
    page_lines: arg.PageLines = 10,
    max_repairs: arg.Repairs = 1,
    remember: arg.Remember = "auto",
    instructions: arg.Instructions = "",
    seed: arg.Seed = 0,
    max_cost_usd: arg.MaxCost = None,
    max_tokens: arg.MaxTokens = None,
    prompt_price: arg.PromptPrice = None,
    output_price: arg.OutputPrice = None,
    cached_price: arg.CachedPrice = None,
    format: arg.Format = None,
    encoding: arg.Encoding = None,
    journal: arg.Journal = None,
    fresh: arg.Fresh = False,
    force: arg.Force = False,
    report: arg.Report = None,
    dry_run: arg.DryRun = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
) -> int:
    """Translate documents; the same command again resumes where it stopped."""
    options = locals()
    from dragoman.cli.carry_out import carry_out

    return carry_out(options)

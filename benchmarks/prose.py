"""Seeded prose for cost benchmarks: realistic line lengths, recurring names, and scripted answers to match.

The words are invented, so no text has to be shipped; what is realistic is what costs: a line holds about 22 words
(log-normal, as news text does), a document has a small cast whose names come back, an answer is about as long as its
source. Nothing here says anything about quality.
"""

import random
from collections.abc import Iterable
from functools import cache
from itertools import accumulate

from dragoman.agent.backends.scripted import Script, text_lines
from dragoman.core.exchange import Purpose, Request

__all__ = ["make_words", "scripted_translation", "write_prose", "zipf"]

_ONSETS = ["b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "br", "cl", "dr", "pl", "st", "tr", "th"]
_VOWELS = ["a", "e", "i", "o", "u", "ea", "ou"]
_CODAS = ["", "", "n", "r", "s", "t", "l", "nd", "st"]
_MEAN_LOG_WORDS, _SPREAD_LOG_WORDS = 3.0, 0.45  # median 20 words, mean 22
_NUM_WORDS, _NUM_NAMES = 4000, 40
_NAMES_PER_LINE = 0.5


def write_prose(num_lines: int, *, seed: int) -> list[str]:
    """`num_lines` sentences of about 22 words with recurring capitalised names."""
    rng = random.Random(f"prose:{seed}")
    words = make_words(rng, _NUM_WORDS)
    names = [_word(rng).capitalize() + rng.choice(["", "o", "a"]) for _ in range(_NUM_NAMES)]
    return [_sentence(rng, words, names) for _ in range(num_lines)]


def make_words(rng: random.Random, num_draws: int) -> list[str]:
    """Different invented words, short ones first, at most `num_draws`; by Zipf's law the short ones are frequent."""
    return sorted({_word(rng) for _ in range(num_draws)}, key=lambda word: (len(word), word))


@cache
def zipf(num: int) -> list[float]:
    """Cumulative weights by Zipf's law with Mandelbrot's shift."""
    return list(accumulate(1 / (rank + 2.7) for rank in range(1, num + 1)))


def _word(rng: random.Random) -> str:
    syllables = rng.choices([1, 2, 3], weights=[5, 4, 2])[0]
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(syllables))


def _sentence(rng: random.Random, words: list[str], names: list[str]) -> str:
    length = max(3, round(rng.lognormvariate(_MEAN_LOG_WORDS, _SPREAD_LOG_WORDS)))
    chosen = rng.choices(words, cum_weights=zipf(len(words)), k=length)
    if rng.random() < _NAMES_PER_LINE:
        chosen[rng.randrange(1, length)] = rng.choices(names, cum_weights=zipf(len(names)))[0]
    chosen[0] = chosen[0].capitalize()
    return " ".join(chosen) + "."


def scripted_translation() -> Script:
    """A script whose answers are as long as real ones: each line reversed word by word, names kept; memory lists names.

    The memory answer names what is capitalised inside the lines of `## Text`, as a real model would, and ends with an
    essence line of about 15 words.
    """

    def script(request: Request) -> str:
        lines = text_lines(request)
        if request.purpose is Purpose.REMEMBER:
            return _memory_answer(lines.values())
        return "\n".join(f"{number}\t{_translate(line)}" for number, line in lines.items())

    return script


def _translate(line: str) -> str:
    words = line.rstrip(".").split()
    return " ".join(word if word[0].isupper() else word[::-1] + "e" for word in words) + "."


def _memory_answer(texts: Iterable[str]) -> str:
    texts = list(texts)
    names = dict.fromkeys(word.strip(".") for text in texts for word in text.split()[1:] if word[0].isupper())
    rows = [f"{name} = {name} (?, person)" for name in names]
    return "\n".join([*rows, "about: " + " ".join(texts[0].split()[:15])])

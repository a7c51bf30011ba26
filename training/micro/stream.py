"""The training stream: shards of tokenised examples, made by one process while another trains on them.

A shard is decided by its number, the level and the tokenizer. The maker keeps a few shards ahead of the reader and
reads the level before each, so that a change of level shows after those few. Where a data folder is named, real
sentences are mixed in from level 1 on; what is drawn of constructed languages stays the same without them.
"""

import os
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dragoman.core.errors import TrainingError
from dragoman.core.tokens import load_token_counter
from dragoman.core.whole_file import written_whole
from dragoman.training.micro.examples import MAX_LEVEL, Example, make_example
from dragoman.training.micro.lookups import preceding
from dragoman.training.micro.real import REAL_TASK, RealText, real_example
from dragoman.training.micro.tokenizer import ANSWER_END, chat_text
from dragoman.training.micro.world import World

__all__ = [
    "REAL_SHARE",
    "REAL_TASK",
    "Encoded",
    "Encoder",
    "make_shards",
    "read_shards",
    "shard_examples",
    "write_level",
]

WORLDS, PER_WORLD, PAGES = 12, 24, 6
REAL_SHARE = 0.08  # of the examples from level 1 on, where a data folder is given
_AHEAD = 3
_LEVEL = "level.txt"
_TEXT = "## Text\n"
_LINE = re.compile(r"^(\d+)\t(.*)$", re.MULTILINE)
_WORD = re.compile(r"[^\W_](?:[^\s]*[^\W_])?")
_OWN_LEVEL = 0.65  # share of a shard at its own level; the rest is easier


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example in tokens.

    Attributes:
        tokens_T: prompt, answer and end token.
        counts_T: whether the token counts for the loss.
        task: of the example.
        lookups_T: at the end of a word of the text, the first token of what the prompt gives for it; -1 elsewhere.
        labels_T: there, a grammatical label of the word; -1 where none is asked for.
        before_T: there, the first token of what stands before it in the answer; -1 where that is not known.
    """

    tokens_T: NDArray[np.int16]
    counts_T: NDArray[np.bool_]
    task: str
    lookups_T: NDArray[np.int16]
    labels_T: NDArray[np.int16]
    before_T: NDArray[np.int16]

    @property
    def asked(self) -> tuple[NDArray[np.int16], ...]:
        """What is asked for at the words, in the order of the blocks that have to know it."""
        return self.lookups_T, self.labels_T, self.before_T


class Encoder:
    """Turns examples into tokens with a tokenizer folder."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._end = self._tokenizer.token_to_id(ANSWER_END)
        self.counter = load_token_counter(folder)

    def encode(self, example: Example) -> Encoded:
        """The example as the model sees it: template, answer, end token."""
        text = chat_text(example.messages)
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        prompt = list(encoded.ids)
        answer, counts = [], []
        for piece, counted in example.pieces:
            ids = self._ids(piece)
            answer += ids
            counts += [counted] * len(ids)
        tokens = np.array([*prompt, *answer, self._end], dtype=np.int16)
        counted_T = np.array([False] * len(prompt) + counts + [True])
        before = {n: preceding(example.lookups.get(n, ()), line, n) for n, line in example.answer_lines.items()}
        wanted = (_spaced(example.lookups), example.labels, _spaced(before))
        places = _word_ends(text, encoded.offsets) if example.lookups or example.labels else {}
        asked = (self._asked(places, what, len(tokens)) for what in wanted)
        return Encoded(tokens, counted_T, example.task, *asked)

    def _asked(
        self, places: Mapping[int, Sequence[int]], wanted: Mapping[int, Sequence[str]], length: int
    ) -> NDArray[np.int16]:
        found_T = np.full(length, -1, dtype=np.int16)
        for number, ends in places.items():
            line = wanted.get(number, ())
            for place, what in zip(ends, line, strict=True) if len(ends) == len(line) else ():
                if what and place >= 0:
                    found_T[place] = self._ids(what)[0]
        return found_T

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


def _spaced(wanted: Mapping[int, Sequence[str]]) -> dict[int, Sequence[str]]:
    """Words as they stand in prompts and answers, behind a space; numbers of lines have none."""
    return {n: [what if what.isdigit() else what and f" {what}" for what in line] for n, line in wanted.items()}


def _word_ends(text: str, offsets: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    """Line number of the text section to the places of its words' last tokens; -1 where no token ends with the word."""
    ends = {end: place for place, (_, end) in enumerate(offsets)}
    start = max(0, text.rfind(_TEXT))  # a prompt without notes has no headings
    return {
        int(line[1]): [ends.get(word.end(), -1) for word in _WORD.finditer(text, line.start(2), line.end(2))]
        for line in _LINE.finditer(text, start)
    }


def write_level(folder: Path, level: int) -> None:
    """Tells the maker which level is wanted from now on."""
    with written_whole(folder / _LEVEL) as partial:
        partial.write_text(str(level))


def make_shards(
    folder: Path,
    tokenizer: Path,
    *,
    start: int = 0,
    max_tokens: int = 2560,
    real: Path | None = None,
    real_share: float = REAL_SHARE,
) -> None:
    """Writes shards for ever, a few ahead of the reader; ends when the folder or the parent process is gone.

    Args:
        folder: gets the shards.
        tokenizer: its folder.
        start: number of the first shard.
        max_tokens: longer examples are left out.
        real: the data folder, read once; None for constructed languages alone.
        real_share: of real examples from level 1 on.

    Raises:
        ConfigurationError: the data folder or a file in it is not there.
    """
    encoder = Encoder(tokenizer)
    text = RealText(real) if real else None
    number, parent = start, os.getppid()
    while folder.is_dir() and os.getppid() == parent:
        if len(list(folder.glob("shard-*.npz"))) >= _AHEAD:
            time.sleep(0.2)
            continue
        level = int((folder / _LEVEL).read_text())
        drawn = shard_examples(number, level, encoder, text, real_share)
        examples = (encoder.encode(example) for example in drawn)
        _write(folder / f"shard-{number:06}-{level}.npz", [e for e in examples if len(e.tokens_T) <= max_tokens])
        number += 1


def shard_examples(
    number: int, level: int, encoder: Encoder, text: RealText | None = None, real_share: float = REAL_SHARE
) -> Iterator[Example]:
    """The examples of a shard, real ones in place of some of the others where there is real text."""
    real = random.Random(f"real/{number}/{level}")
    for example in _constructed(number, level, encoder):
        if text is not None and level > 0 and real.random() < real_share:
            yield real_example(text, real, level, encoder.counter)
        else:
            yield example


def _constructed(number: int, level: int, encoder: Encoder) -> Iterator[Example]:
    for place in range(WORLDS):
        seed = number * WORLDS + place
        chance = random.Random(f"shard/{seed}/{level}")
        lost = chance.choice((0.0, 0.0, 0.0, 0.05, 0.2))
        world = World(seed, split="train", pages=PAGES, counter=encoder.counter, lost_words=lost)
        for _ in range(PER_WORLD):
            own = level if chance.random() < _OWN_LEVEL else chance.randint(0, min(level, MAX_LEVEL))
            yield make_example(world, chance, own)


def read_shards(
    folder: Path, maker_lives: Callable[[], bool] = lambda: True, *, timeout_s: float = 300.0
) -> Iterator[tuple[int, int, list[Encoded]]]:
    """(number, level, examples) of each shard in order; a shard that was read is deleted.

    Raises:
        TrainingError: the maker of shards has ended.
        TimeoutError: no shard came in time.
    """
    while True:
        file = _next(folder, maker_lives, timeout_s)
        _, number, level = file.stem.split("-")
        yield int(number), int(level), _read(file)
        file.unlink()


def _next(folder: Path, maker_lives: Callable[[], bool], timeout_s: float) -> Path:
    waited_until = time.monotonic() + timeout_s
    while not (files := sorted(folder.glob("shard-*.npz"))):
        if not maker_lives():
            raise TrainingError(
                f"the process that makes shards in {folder} has ended, its own message stands above;"
                " the checkpoint is saved: mend the cause and run the same command again"
            )
        if time.monotonic() > waited_until:
            raise TimeoutError(f"no shard in {folder} for {timeout_s:.0f} s: is the maker of shards running?")
        time.sleep(0.05)
    return files[0]


def _write(file: Path, examples: Sequence[Encoded]) -> None:
    with written_whole(file) as partial, partial.open("wb") as stream:
        np.savez(
            stream,
            tokens=np.concatenate([e.tokens_T for e in examples]),
            counts=np.concatenate([e.counts_T for e in examples]),
            lookups=np.concatenate([e.lookups_T for e in examples]),
            labels=np.concatenate([e.labels_T for e in examples]),
            before=np.concatenate([e.before_T for e in examples]),
            lengths=np.array([len(e.tokens_T) for e in examples]),
            tasks=np.array([e.task for e in examples]),
        )


def _read(file: Path) -> list[Encoded]:
    with np.load(file) as content:
        ends = np.cumsum(content["lengths"])[:-1]
        names = ("tokens", "counts", "lookups", "labels", "before")
        tokens, counts, *asked = (np.split(content[name], ends) for name in names)
        rows = zip(tokens, counts, content["tasks"], *asked, strict=True)
        return [Encoded(t, c, str(task), *found) for t, c, task, *found in rows]

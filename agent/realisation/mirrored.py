"""A line of the mirrored gloss written out: stems and affixes joined, names put in, words in the order of the language.

Punctuation stays where it is: words change places only between two signs.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from dragoman.agent.prompt import ParsedPrompt
from dragoman.agent.realisation.lexicon import Lexicon, target_records
from dragoman.agent.realisation.line import SourceWord
from dragoman.agent.realisation.reordering import Placed, reordered
from dragoman.agent.realisation.target_order import stated_order
from dragoman.core.records import Kind
from dragoman.memory.english import NO_ARTICLE
from dragoman.memory.english_clause import read_clauses
from dragoman.memory.glosser import UNKNOWN
from dragoman.memory.mirror import SILENT
from dragoman.memory.mirror_tables import MirrorTables
from dragoman.memory.morphology import is_label, normalise

__all__ = ["MirroredLines"]


class MirroredLines:
    """Writes lines with what one prompt says.

    Args:
        prompt: as read back.
        lexicon: of it.
    """

    def __init__(self, prompt: ParsedPrompt, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._order = stated_order(prompt)
        self._moves = prompt.source_language.casefold().startswith("english") and self._order.is_stated
        self._tables = MirrorTables(target_records(prompt))
        self._names = frozenset(normalise(item.partition(" = ")[0]) for item in prompt.items(Kind.ENTITY))

    def write(self, sources: Sequence[SourceWord], glosses: Sequence[str]) -> str:
        """The line; never without its punctuation."""
        placed = self._placed(sources, glosses)
        written: list[str] = []
        waiting = ""  # signs around words for which nothing is said, before the first that is said
        for start, end in pairwise(_borders(sources)):
            words = reordered(placed[start:end], self._order) if self._moves else _in_place(placed[start:end])
            opening, closing = sources[start].opening, sources[end - 1].closing
            if words:
                written.append(f"{waiting}{opening}{' '.join(words)}{closing}")
                waiting = ""
            elif written:
                written[-1] += opening + closing
            else:
                waiting += opening + closing
        line = " ".join(written) or " ".join(f"{s.opening}{s.form}{s.closing}" for s in sources)
        is_capital = bool(sources) and sources[0].form[:1].isupper()
        return line[:1].upper() + line[1:] if is_capital else line

    def _placed(self, sources: Sequence[SourceWord], glosses: Sequence[str]) -> list[Placed]:
        forms = [f"{source.form}{source.closing}" for source in sources]
        read = read_clauses(forms, self._tables, self._names)
        texts = self._texts(sources, glosses)
        return [Placed(text, english, tuple(more)) for (text, *more), english in zip(texts, read, strict=True)]

    def _texts(self, sources: Sequence[SourceWord], glosses: Sequence[str]) -> Iterator[list[str]]:
        """Each word as it is written, and the particles behind it."""
        for source, gloss in zip(sources, glosses, strict=True):
            stem, *particles = gloss.split("=")
            if gloss.startswith(UNKNOWN):
                yield [self._unknown(source, stem), *map(self._surface, particles)]
            else:
                yield ["" if gloss == SILENT else self._surface(stem), *map(self._surface, particles)]

    def _unknown(self, source: SourceWord, gloss: str) -> str:
        """A word that the gloss does not know: its rendering, with the affixes, where it is a name, else itself."""
        key = normalise(source.form).removesuffix("'s").removesuffix("’s")
        phrase = self._lexicon.phrase_at([key], 0)
        if phrase is None or not phrase[1].is_name:
            is_common = source.form.lower() in NO_ARTICLE
            return source.form.lower() if is_common else source.form
        before, _, after = gloss.partition(UNKNOWN)
        written = phrase[1].target
        for label in after.split("-")[1:]:
            form = self._tables.affix(label, normalise(written))
            written = f"{form}{written}" if form.endswith("-") else f"{written}{form}"
        return self._surface(before + written)

    def _surface(self, gloss: str) -> str:
        """A word of the gloss as it is written; labels without a form are left out."""
        pieces = [piece for piece in gloss.split("-") if not is_label(piece)]
        keeps_hyphens = self._order.hyphened_names and any(piece[:1].isupper() for piece in pieces)
        return ("-" if keeps_hyphens else "").join(pieces).replace(".", " ").strip()


def _borders(sources: Sequence[SourceWord]) -> list[int]:
    """Where stretches without punctuation inside begin, and the end of the last."""
    inner = [n for n in range(1, len(sources)) if sources[n - 1].closing or sources[n].opening]
    return [0, *inner, len(sources)] if sources else []


def _in_place(placed: Sequence[Placed]) -> list[str]:
    return [" ".join((word.text, *word.particles)) for word in placed if word.text]

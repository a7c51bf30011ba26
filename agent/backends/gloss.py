"""A translator without weights: translation memory, dictionary, glosses and word-order rules. It says it is a gloss.

It reads the prompt as a model does and knows nothing else, so the choice of context matters for it as for any model.
For each numbered line, the first of these that applies:

1. an example with the same source gives its target;
2. an example that differs in a word or two gives its target with those words exchanged;
3. the line's gloss (section Gloss), corrected by Names, is put into English: function words from grammatical labels,
   inflection, subject-verb-object order (`dragoman.agent.realisation`);
4. out of English the line's gloss is the sentence itself (`dragoman.memory.mirror`), into which names are put; from
   another language into another it holds a stem for each word, in their order;
5. without a gloss words are looked up in Names and Words, with the affixes that Rules state, by the longest shared
   beginning; unknown words are copied, as names are.

Tags and numbers stay as they are: text between two tags is translated on its own. A pivot prompt holds no notes, so
its lines come back as they are. The answer to a memory call lists capitalised words that stand in source and
translation alike.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

from dragoman.agent.backends.counting import count_prompt
from dragoman.agent.prompt import ParsedPrompt, parse_prompt
from dragoman.agent.realisation.clause import realise
from dragoman.agent.realisation.labels import read_word
from dragoman.agent.realisation.lexicon import Lexicon, example_pairs, stated_typology
from dragoman.agent.realisation.matching import TranslationMemory, substitute
from dragoman.agent.realisation.mirrored import completed, joined
from dragoman.agent.realisation.words import Role, Word
from dragoman.core.exchange import Delta, FinishReason, Purpose, Reply, Request, Usage
from dragoman.core.protocols import TokenCounter
from dragoman.core.records import Kind
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.glosser import UNKNOWN
from dragoman.memory.morphology import normalise
from dragoman.memory.source_line import SourceWord, split_at_tags, split_words

__all__ = ["GLOSS_VERSION", "GlossBackend", "GlossTranslator"]

GLOSS_VERSION = 6
_NEAR = 0.8  # share of common words from which an example is worth more than a gloss
_NUMBERS = re.compile(r"\d+")


class GlossBackend:
    """Answers every request of the agent at once and for nothing.

    Args:
        counter: counts tokens for the usage figures; by default the estimate of `dragoman.core.tokens`.
    """

    def __init__(self, counter: TokenCounter | None = None) -> None:
        self._counter = counter if counter is not None else EstimatedTokenCounter()

    @property
    def name(self) -> str:
        """ "gloss:" and the version of its rules."""
        return f"gloss:{GLOSS_VERSION}"

    @property
    def max_context_tokens(self) -> int | None:
        """No limit."""
        return None

    def count_tokens(self, text: str) -> int:
        """As the counter says."""
        return self._counter.count_tokens(text)

    async def generate(self, request: Request) -> Reply:
        """The answer; never an empty line for a line of text.

        Raises:
            BadRequestError: if the messages are not one of Dragoman's prompts.
        """
        text = "" if request.purpose is Purpose.CHOOSE else _answer(request)
        usage = Usage(
            calls=1,
            prompt_tokens=count_prompt(request.messages, self._counter),
            output_tokens=self.count_tokens(text),
        )
        return Reply(text, FinishReason.STOP, usage, self.name)

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """The same answer line by line."""
        reply = await self.generate(request)
        for line in reply.text.splitlines(keepends=True):
            yield Delta(line)
        yield Delta("", reply)

    async def close(self) -> None:
        """Holds nothing, so frees nothing."""


class GlossTranslator:
    """Translates lines with what one prompt holds.

    Args:
        prompt: the prompt as read back.
    """

    def __init__(self, prompt: ParsedPrompt) -> None:
        self._prompt = prompt
        self._lexicon = Lexicon(prompt)
        self._memory = TranslationMemory(example_pairs(prompt))
        self._into_english = prompt.target_language.casefold().startswith("english")
        self._out_of_english = prompt.source_language.casefold().startswith("english")
        self._traces = dict(_gloss_lines(prompt.items(Kind.TRACE)))
        self._typology = stated_typology(prompt)

    def translate(self, number: int, line: str) -> str:
        """One line; empty only when the line is."""
        remembered = self._from_memory(line)
        if remembered:
            return remembered
        trace = self._traces.get(number, "")
        if self._into_english and number in self._prompt.english and not trace:
            return self._prompt.english[number] or line
        glosses = trace.split()
        has_gloss_a_word = len(glosses) == len(split_words(" ".join(split_at_tags(line)[::2])))
        if self._out_of_english and not (has_gloss_a_word and UNKNOWN in glosses) and _is_complete(line, trace):
            return completed(trace, self._lexicon)
        if not has_gloss_a_word:
            glosses = []
        pieces: list[str] = []
        for index, piece in enumerate(split_at_tags(line)):
            words = split_words(piece) if index % 2 == 0 else []
            mine, glosses = glosses[: len(words)], glosses[len(words) :]
            pieces.append(self._piece(piece, words, mine) if words else piece)
        return "".join(pieces)

    def _from_memory(self, line: str) -> str | None:
        match = self._memory.best(line)
        if match is None or match.similarity < _NEAR:
            return None
        found = match.target if match.similarity == 1.0 else substitute(match, self._plain)
        same_tags = split_at_tags(line)[1::2] == split_at_tags(found or "")[1::2]
        same_numbers = sorted(_NUMBERS.findall(line)) == sorted(_NUMBERS.findall(found or ""))
        return found if found and same_tags and same_numbers else None

    def _plain(self, word: str) -> str:
        token, _ = self._lexicon.gloss(word)
        return "" if token.lemma_gloss == UNKNOWN else read_word(word, token.lemma_gloss).lemma

    def _piece(self, text: str, sources: list[SourceWord], glosses: list[str]) -> str:
        """Text between two tags, with the white space around it kept."""
        line = self._line(sources, glosses)
        before = text[: len(text) - len(text.lstrip())]
        after = text[len(text.rstrip()) :]
        return f"{before}{line}{after}"

    def _line(self, sources: list[SourceWord], glosses: list[str]) -> str:
        if self._into_english:
            return realise(list(self._words(sources, glosses)), self._typology)
        if glosses:
            return joined(sources, glosses, self._lexicon)
        return _in_order(list(self._words(sources, glosses)))

    def _words(self, sources: list[SourceWord], glosses: list[str]) -> Iterator[Word]:
        keys = [normalise(source.form) for source in sources]
        index = 0
        while index < len(sources):
            found = self._lexicon.phrase_at(keys, index)
            length, phrase = found or (1, None)
            span = sources[index : index + length]
            gloss = glosses[index] if glosses else ""
            opening, closing = span[0].opening, span[-1].closing
            if any(map(str.isdigit, span[0].form)):
                length = 1
                yield Word(span[0].form, span[0].form, Role.NAME, opening=opening, closing=span[0].closing)
            elif phrase is not None and (phrase.is_name or length > 1 or not gloss or gloss.startswith(UNKNOWN)):
                form = " ".join(source.form for source in span)
                word = read_word(form, ".".join(phrase.target.split()), opening=opening, closing=closing)
                yield _with_pos(word, phrase.pos, phrase.is_name)
            else:
                length = 1
                yield self._single(span[0], gloss)
            index += length

    def _single(self, source: SourceWord, gloss: str) -> Word:
        pos = ""
        if not gloss or UNKNOWN in gloss:
            token, pos = self._lexicon.gloss(source.form)
            gloss = gloss.replace(UNKNOWN, token.lemma_gloss) if gloss else token.gloss
        word = read_word(source.form, gloss, opening=source.opening, closing=source.closing)
        return _with_pos(word, pos or self._lexicon.pos_of(word.lemma), False)


def _answer(request: Request) -> str:
    prompt = parse_prompt(request.messages)
    if not prompt.wants_translation:
        return "\n".join(_seen_names(prompt))
    translator = GlossTranslator(prompt)
    wanted = prompt.text if request.line_numbers is None else request.line_numbers
    lines = ((number, prompt.text.get(number, "")) for number in wanted)
    return "\n".join(f"{number}\t{translator.translate(number, line)}" for number, line in lines)


def _gloss_lines(items: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    for item in items:
        number, _, gloss = item.partition("\t")
        if number.isdigit():
            yield int(number), gloss


def _is_complete(line: str, trace: str) -> bool:
    """Whether the gloss of a line has all its tags."""
    return bool(trace) and split_at_tags(trace)[1::2] == split_at_tags(line)[1::2]


def _with_pos(word: Word, pos: str, is_name: bool) -> Word:
    """What the prompt says of a word's class, where its labels say nothing."""
    if is_name:
        return replace(word, role=Role.NAME)
    if pos.lower().startswith("v") and word.role is Role.NOMINAL:
        return replace(word, role=Role.VERB)
    if pos.lower().startswith(("adv", "conj", "part", "interj")) and word.role is Role.NOMINAL:
        return replace(word, role=Role.PARTICLE)
    if pos.lower().startswith(("adj", "num")) and word.role is Role.NOMINAL:
        return replace(word, is_adjective=True)
    return word


def _in_order(words: list[Word]) -> str:
    """Into a language whose inflection is not known: the words one by one."""
    return " ".join(f"{word.opening}{word.lemma or word.form}{word.closing}" for word in words)


def _seen_names(prompt: ParsedPrompt) -> Iterator[str]:
    """Capitalised words inside source lines that the translation repeats, each once, unless Names has them."""
    known = {item.partition(" = ")[0] for item in prompt.items(Kind.ENTITY)}
    for number, line in sorted(prompt.text.items()):
        copied = {word.form for word in split_words(prompt.translation.get(number, ""))}
        for word in split_words(line)[1:]:
            if word.form[:1].isupper() and word.form in copied and word.form not in known:
                known.add(word.form)
                yield f"{word.form} = {word.form} (?, ?)"

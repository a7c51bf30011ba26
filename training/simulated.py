"""SIMULATION of a translator: no model, no learning, a fixed law about what context does to a translation.

It knows the generated documents it was built with and renders each sentence from its meaning, as well as the items in
its prompt allow:

- a word without its entry stays as its stem; a name without its rendering stays as it is;
- the third-person pronoun of somebody whose gender is unknown becomes "it";
- an ambiguous word without an essence that tells the topic gets its other sense;
- the fixed expression without an exemplar is put literally, the polite register is not seen;
- a rule that is missing costs what it marks: number, tense, negation, question, definiteness, possession, order;
- an English rendering by the pivot tool tells the senses and the structure, not names, gender or register;
- every content word becomes another word with probability `MAX_CORRUPTION * irrelevant / (irrelevant + HALF)`, where
  `irrelevant` counts the tokens of context items that answer no need of the page. The draw is a checksum of sentence
  and word, so more distraction only ever adds errors. A repair call is not distracted.

Scores of this backend say how well context was chosen under this law, and nothing about any real model.
The testbed follows section 1.0 of our method notes; the law of distraction is ours and not fitted to data.
"""

import zlib
from collections import Counter
from collections.abc import Sequence

from dragoman.agent.prompt import ParsedPrompt, parse_prompt
from dragoman.core.errors import BadRequestError, ConfigurationError
from dragoman.core.exchange import FinishReason, Purpose, Reply, Request, Usage
from dragoman.core.hashing import content_hash
from dragoman.core.protocols import TokenCounter
from dragoman.core.records import Kind
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.training.simlang.documents import SimDocument, SimSentence
from dragoman.training.simlang.english import Reader, render
from dragoman.training.simlang.inventory import ADJECTIVES, ADVERBS, NOUNS, TOPIC_OF, VERBS
from dragoman.training.simlang.keys import (
    IDIOM_KEY,
    PIVOT_KEY,
    POLITE_KEY,
    entry_key,
    gender_key,
    name_key,
    sense_key,
)
from dragoman.training.simlang.meaning import Entity, NounPhrase
from dragoman.training.simlang.needs import ItemReader, trace_keys
from dragoman.training.simlang.records import about_line

__all__ = ["HALF", "MAX_CORRUPTION", "SimulatedTranslator", "corruption", "simulate"]

MAX_CORRUPTION = 0.3
HALF = 500  # irrelevant tokens at which half of the highest corruption is reached
_POOLS = {
    "n": tuple(noun.concept for noun in NOUNS),
    "v": tuple(verb.concept for verb in VERBS),
    "a": ADJECTIVES,
    "d": ADVERBS,
}
_NOTHING: frozenset[str] = frozenset()


def corruption(irrelevant_tokens: int) -> float:
    """Probability that a content word is corrupted, 0 to `MAX_CORRUPTION`."""
    return MAX_CORRUPTION * irrelevant_tokens / (irrelevant_tokens + HALF)


def simulate(sentence: SimSentence, provided_keys: frozenset[str], irrelevant_tokens: int = 0) -> str:
    """The simulated translation of a sentence. Pure.

    Args:
        sentence: what is translated.
        provided_keys: keys of the items in the context; what the page itself gives is added.
        irrelevant_tokens: tokens of context items that answer no need of the page, from 0.
    """
    missing = sentence.requires - provided_keys - sentence.given
    if PIVOT_KEY in provided_keys:
        missing = frozenset(key for key in missing if not key.startswith(("rule:", "sense:")))
    if not missing and not irrelevant_tokens:
        return sentence.reference
    return render(sentence.meaning, _PartialReader(sentence, missing, corruption(irrelevant_tokens)))


class _PartialReader(Reader):
    """Reads a sentence without the missing items, and somewhat distracted."""

    def __init__(self, sentence: SimSentence, missing: frozenset[str], probability: float) -> None:
        super().__init__(sentence.language)
        self.missing_rules = frozenset(key[5:] for key in missing if key.startswith("rule:"))
        self._missing = missing
        self._id = sentence.id
        self._threshold = int(probability * 2**32)

    def lemma(self, concept: str) -> tuple[str, bool]:
        stem = self.language.stem(concept)
        if entry_key(stem) in self._missing:
            return stem, False
        other = self.language.lexicon.other.get(concept)
        if other is not None and sense_key(TOPIC_OF[concept]) in self._missing:
            concept = other
        return self._distracted(concept)[2:], True

    def name(self, phrase: NounPhrase) -> str:
        english = super().name(phrase)
        form = self.language.name_form(english)
        return form if name_key(form) in self._missing and not phrase.introduced else english

    def pronoun(self, entity: Entity) -> str:
        known = gender_key(self.language.name_form(entity.english)) not in self._missing
        return entity.gender if known else "it"

    def idiom(self) -> str:
        if IDIOM_KEY not in self._missing:
            return super().idiom()
        return " ".join(concept[2:] for concept in self.language.idiom.concepts)

    def formula(self) -> str:
        return "" if POLITE_KEY in self._missing else super().formula()

    def _distracted(self, concept: str) -> str:
        """The concept, or another of its class when the draw says so."""
        pool = _POOLS.get(concept[0])
        if not self._threshold or pool is None or concept == "v.be":
            return concept
        draw = zlib.crc32(f"{self._id}/{concept}".encode())
        if draw >= self._threshold:
            return concept
        place = zlib.crc32(f"{concept}/{self._id}".encode()) % len(pool)
        return pool[place] if pool[place] != concept else pool[place - 1]


class SimulatedTranslator:
    """SIMULATION behind the `Backend` protocol, for documents of SimLang into English; deterministic.

    A line that is in none of its documents comes back unchanged.

    Args:
        documents: what it can translate; at least one.
        counter: counts the tokens of prompts and answers; default is the estimate.
        knows: keys that need no context, see `needs.familiar_keys`.
        fluent: knows the languages without any context, as a pivot model would.

    Raises:
        ConfigurationError: no documents.
    """

    max_context_tokens: int | None = None

    def __init__(
        self,
        documents: Sequence[SimDocument],
        *,
        counter: TokenCounter | None = None,
        knows: frozenset[str] = _NOTHING,
        fluent: bool = False,
    ) -> None:
        if not documents:
            raise ConfigurationError("a simulated translator without documents: give the generated documents it knows")
        self._documents = tuple(documents)
        self._readers = tuple(ItemReader(document) for document in documents)
        self._counter = counter or EstimatedTokenCounter()
        self._fluent = fluent
        self._knows = knows
        places = (f"{d.language.tag}/{d.seed}/{len(d.pages)}" for d in documents)
        known = content_hash(*places, str(fluent), *sorted(knows), length=8)
        self.name = f"simulation:{'fluent-' if fluent else ''}{known}"

    def count_tokens(self, text: str) -> int:
        """Tokens by the counter it was given."""
        return self._counter.count_tokens(text)

    async def generate(self, request: Request) -> Reply:
        """The simulated answer to a prompt of Dragoman.

        Raises:
            BadRequestError: not a prompt of Dragoman, or not into English.
        """
        text = self.answer(request)
        prompt_tokens = sum(self.count_tokens(message.content) for message in request.messages)
        usage = Usage(calls=1, prompt_tokens=prompt_tokens, output_tokens=self.count_tokens(text))
        return Reply(text, FinishReason.STOP, usage, self.name)

    async def close(self) -> None:
        """Nothing to free."""

    def answer(self, request: Request) -> str:
        """The text of the answer."""
        prompt = parse_prompt(request.messages)
        if prompt.target_language.lower() != "english":
            raise BadRequestError(
                f"the simulated translator was asked for {prompt.target_language}: it translates into English only"
            )
        place = self._document_of(prompt)
        if not prompt.wants_translation:
            asked = "about:" in request.messages[0].content
            return self._memory_answer(self._documents[place], prompt, asked)
        return self._translation(place, prompt, distracted=request.purpose is not Purpose.REPAIR)

    def _document_of(self, prompt: ParsedPrompt) -> int:
        """The document that holds most lines of the prompt."""
        counts = [sum(line in d.by_source for line in prompt.text.values()) for d in self._documents]
        return counts.index(max(counts))

    def _translation(self, place: int, prompt: ParsedPrompt, *, distracted: bool) -> str:
        document = self._documents[place]
        sentences = {n: document.by_source[line] for n, line in prompt.text.items() if line in document.by_source}
        provided, irrelevant = self._context(place, prompt, sentences)
        answers = []
        for number, line in prompt.text.items():
            sentence = sentences.get(number)
            if sentence is not None:
                line = self._line(sentence, provided | self._traced(prompt, number, sentence), irrelevant * distracted)
            answers.append(f"{number}\t{line}")
        return "\n".join(answers)

    def _line(self, sentence: SimSentence, provided: frozenset[str], irrelevant: int) -> str:
        return sentence.reference if self._fluent else simulate(sentence, provided, irrelevant)

    def _context(
        self, place: int, prompt: ParsedPrompt, sentences: dict[int, SimSentence]
    ) -> tuple[frozenset[str], int]:
        """Keys given by the prompt, and the tokens of its items that answer no need of these sentences."""
        wanted = frozenset(key for sentence in sentences.values() for key in sentence.requires) - self._knows
        provided: Counter[str] = Counter()
        irrelevant = 0
        for kind, items in prompt.sections.items():
            for item in items if kind is not Kind.TRACE else ():
                keys = self._readers[place].item_keys(kind, item)
                provided.update(keys)
                irrelevant += 0 if keys & wanted else self.count_tokens(item)
        pivot = {PIVOT_KEY} if prompt.english else _NOTHING
        return frozenset(provided) | pivot | self._knows, irrelevant

    def _traced(self, prompt: ParsedPrompt, number: int, sentence: SimSentence) -> frozenset[str]:
        """What the automatic gloss of this line gives."""
        found = dict(item.split("\t", 1) for item in prompt.items(Kind.TRACE)).get(str(number))
        return _NOTHING if found is None else trace_keys(sentence, found)

    def _memory_answer(self, document: SimDocument, prompt: ParsedPrompt, asks_essence: bool) -> str:
        """Names that the page introduces, and what it is about."""
        sentences = [document.by_source[line] for line in prompt.text.values() if line in document.by_source]
        lines = []
        for entity in (sentence.introduces for sentence in sentences):
            if entity is not None:
                name = document.language.name_form(entity.english)
                lines.append(f"{name} = {entity.english} ({entity.gender or 'it'}, {entity.sort})")
        if asks_essence and sentences:
            lines.append(f"about: {about_line(sentences[-1].topic)}")
        return "\n".join(lines)

"""What the model knows by itself need not be explained to it: what a probe says about the candidates of a page.

A probe is a bare translation of a document's first page: of its first lines, and of the whole page only where most
words tried there come out, a sequential test in two steps. A model that knows little shows it at once; one that may
know the language is not believed on few words. An entry is *tried* where its headword certainly stands in a line, and
*known* where one of its senses comes out in the bare translation of such a line; no reference is read. Known entries
are withheld from the policy on every page. Where all but every tried word is known, the model is taken to know the
language: rules, glosses, other entries and examples that show no fixed expression are withheld too. Names,
expressions, style and essence never are: knowing words does not show that they are not needed.

Withheld candidates stay in the observation and in the choice, each with the reason, so that logs and reports show them.
Everything here is pure.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from dragoman.core.context import Candidate, ContextChoice, Decision, Observation
from dragoman.core.probe import Probe, TriedWord
from dragoman.core.records import Kind
from dragoman.memory.evidence import says, senses
from dragoman.memory.text import normalise

__all__ = ["can_try", "choosable", "is_promising", "sample_lines", "try_words", "with_withheld", "withhold"]

_CERTAIN = 0.9  # similarity from which on a headword is the word and not one like it; as recall has it
_FLUENT_SHARE = 0.97  # of the tried words: from there on, with no exact word missed, the model knows the language
_MIN_TRIED = 20  # words below which a share says nothing
_SAMPLE_WORDS = 10  # tried in the first lines; with 6 of them as good on development languages, with 20 dearer
_PROMISING_SHARE = 0.7  # of them; who knows _FLUENT_SHARE of the words has fewer once in thousands of documents
_EXPRESSION = 1.0  # contrast of an example with two or more words that no dictionary explains
_PRONOUN = "pro"  # parts of speech that begin so: "we" may come out as "our", which no list of forms tells


def can_try(first_page: Observation) -> bool:
    """Whether a bare translation of the page could say anything."""
    return any(candidate.lines and _is_tried(candidate) for candidate in first_page.candidates)


def sample_lines(first_page: Observation, numbers: Collection[int]) -> tuple[int, ...]:
    """The lines from the top that are translated first: as many as hold `_SAMPLE_WORDS` to try.

    Args:
        first_page: of the document, with everything that memory offers for it.
        numbers: of the lines that are translated, 1-based. All of them where the words fill more than half.
    """
    ordered = sorted(numbers)
    places = (set(c.lines).intersection(ordered) for c in first_page.candidates if _is_tried(c))
    firsts = sorted(min(lines) for lines in places if lines)
    last = firsts[_SAMPLE_WORDS - 1] if len(firsts) >= _SAMPLE_WORDS else ordered[-1]
    sample = tuple(number for number in ordered if number <= last)
    return sample if 2 * len(sample) <= len(ordered) else tuple(ordered)


def is_promising(tried: Collection[TriedWord]) -> bool:
    """Whether the first lines leave it open that the model knows the language: then the whole page is asked."""
    return bool(tried) and sum(word.known for word in tried) >= _PROMISING_SHARE * len(tried)


def try_words(first_page: Observation, lines: Mapping[int, str]) -> tuple[TriedWord, ...]:
    """The entries that the bare translation says something about.

    Args:
        first_page: of the document, with everything that memory offers for it.
        lines: the bare translation by 1-based line number; lines that did not come try nothing.
    """
    texts = {number: normalise(text) for number, text in lines.items() if text.strip()}
    found = (_tried(candidate, texts) for candidate in first_page.candidates if _is_tried(candidate))
    return tuple(word for word in found if word is not None)


def withhold(observation: Observation, probe: Probe) -> Observation:
    """The observation with what the probe withholds from the policy named in it."""
    tried = {word.record_id: word for word in probe.tried}
    fluent = _fluency(probe)
    reasons = ((candidate, _reason(candidate, tried.get(candidate.id), fluent)) for candidate in observation.candidates)
    return replace(observation, withheld=tuple((candidate.id, reason) for candidate, reason in reasons if reason))


def choosable(observation: Observation) -> Observation:
    """What the policy is asked about: the observation without what is withheld."""
    if not observation.withheld:
        return observation
    withheld = dict(observation.withheld)
    left = tuple(candidate for candidate in observation.candidates if candidate.id not in withheld)
    return replace(observation, candidates=left, withheld=())


def with_withheld(observation: Observation, choice: ContextChoice) -> ContextChoice:
    """A choice among `choosable(observation)` as one for the whole observation: what was withheld was never drawn."""
    if not observation.withheld:
        return choice
    withheld = dict(observation.withheld)
    made = {decision.candidate_id: decision for decision in choice.decisions}
    decisions = tuple(
        made[candidate.id] if candidate.id not in withheld else _not_asked(candidate, withheld[candidate.id])
        for candidate in observation.candidates
    )
    return replace(choice, decisions=decisions)


def _is_tried(candidate: Candidate) -> bool:
    record = candidate.record
    is_pronoun = record.attribute("pos").lower().startswith(_PRONOUN)
    is_met = record.kind is Kind.ENTRY and candidate.features.similarity >= _CERTAIN
    return is_met and not is_pronoun and bool(senses(record.target))


def _tried(candidate: Candidate, texts: Mapping[int, str]) -> TriedWord | None:
    places = [number for number in candidate.lines if number in texts]
    record, meanings = candidate.record, senses(candidate.record.target)
    if not places:
        return None
    hits = [number for number in places if says(texts[number], meanings)]
    line, exact = (hits or places)[0], bool(candidate.features.exact)
    return TriedWord(record.id, record.source, record.target, line, exact=exact, known=bool(hits))


def _fluency(probe: Probe) -> str:
    """Why a model that knows the language needs no dictionary and no grammar; empty where it needs them.

    One missed word that stands on the page as its headword is enough to need them, and so are two of forty inflected
    ones: a model that knows nine words in ten passes in one generated document of forty, and lives badly without rules.
    """
    num_tried, share = len(probe.tried), probe.share_known
    misses_exact = any(word.exact and not word.known for word in probe.tried)
    if share is None or num_tried < _MIN_TRIED or share < _FLUENT_SHARE or misses_exact:
        return ""
    return f"withheld: {probe.num_known} of {num_tried} tried words came out without help"


def _reason(candidate: Candidate, word: TriedWord | None, fluent: str) -> str:
    """Why the candidate is withheld; empty where it is not."""
    if word is not None and word.known:
        return f"withheld: a sense of {word.source!r} came out without help in line {word.line} of the first page"
    is_missed = word is not None and word.exact  # however much else is known, this is not
    return "" if is_missed or not _is_of_language(candidate) else fluent


def _is_of_language(candidate: Candidate) -> bool:
    """Whether it says what everybody knows who knows the language."""
    kind = candidate.record.kind
    if kind is Kind.EXEMPLAR:
        return candidate.features.contrast < _EXPRESSION
    return kind in (Kind.ENTRY, Kind.RULE, Kind.TRACE)


def _not_asked(candidate: Candidate, reason: str) -> Decision:
    return Decision(candidate.id, included=False, probability=0.0, drawn=False, reason=reason)

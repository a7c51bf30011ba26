"""What a bare translation shows of a model's own knowledge, and what that withholds from a policy."""

from dataclasses import replace

import pytest

from dragoman.core.context import Candidate, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.probe import Probe, ProbeStatus
from dragoman.core.records import Kind, MemoryRecord
from dragoman.policies import make_policy
from dragoman.policies.probing import (
    can_try,
    choosable,
    is_promising,
    sample_lines,
    try_words,
    with_withheld,
    withhold,
)


def candidate(kind: Kind, source: str, target: str, *, lines: tuple[int, ...] = (1,), **values: float) -> Candidate:
    attributes = (("pos", "pron"),) if target == "we" else ()
    features = Features(**{"similarity": 1.0, "exact": 1.0, **values})
    return Candidate(MemoryRecord(kind, source, target, attributes=attributes), features, tokens=5, lines=lines)


def entry(source: str, target: str, **more: float) -> Candidate:
    return candidate(Kind.ENTRY, source, target, **more)


def observation(*candidates: Candidate, budget: int = 1000) -> Observation:
    page = Page(0, (Segment("s1", "kofa mirun"), Segment("s2", "talu")))
    return Observation("doc", page, 3, candidates, budget)


def read(*candidates: Candidate, lines: dict[int, str]) -> Probe:
    seen = observation(*candidates)
    return Probe(ProbeStatus.READ, tuple(lines.values()), try_words(seen, lines))


@pytest.mark.parametrize(
    ("target", "line", "known"),
    [
        ("dog", "The dog sleeps.", True),
        ("dog", "Dogs sleep.", True),  # regular
        ("to go", "She went home.", True),  # irregular, cited with "to"
        ("cry", "It cries.", True),  # regular, but the stem changes
        ("hound; dog", "A dog.", True),  # one sense is enough
        ("dog", "The doghouse burned.", False),  # another word
        ("dog", "Kofa mirun.", False),  # left as it stood
    ],
)
def test_an_entry_is_known_when_a_form_of_a_sense_comes_out(target: str, line: str, known: bool) -> None:
    (word,) = try_words(observation(entry("kofa", target)), {1: line})
    assert (word.known, word.line, word.source) == (known, 1, "kofa")


def test_what_is_not_certainly_a_word_of_a_translated_line_is_not_tried() -> None:
    seen = observation(
        entry("kofal", "dog", similarity=0.8, exact=0.0),  # only like a word of the page
        entry("talu", "sun", lines=(2,)),  # its line did not come
        entry("mi", "we"),  # a pronoun may come out as "our"
        candidate(Kind.RULE, "Order", "verbs come last"),
        entry("mirun", "..."),  # no sense in letters
    )
    assert try_words(seen, {1: "We saw the dog.", 2: "  "}) == ()


def test_the_line_named_is_one_where_the_word_came_out() -> None:
    (word,) = try_words(observation(entry("kofa", "dog", lines=(1, 2))), {1: "It sleeps.", 2: "A dog."})
    assert (word.known, word.line) == (True, 2)


def test_entries_without_a_sense_in_letters_are_not_counted() -> None:
    """Else ten particles in the first lines would be asked about, and nothing tried."""
    particles = [entry(f"w{line}", "(particle)", lines=(line,)) for line in range(1, 11)]
    assert not can_try(observation(*particles))
    words = [entry(f"v{line}", "dog", lines=(line,)) for line in range(6, 16)]
    assert sample_lines(observation(*particles, *words), range(1, 41)) == tuple(range(1, 16))


def test_the_first_lines_are_those_that_hold_ten_words_to_try() -> None:
    one_a_line = [entry(f"w{line}", "dog", lines=(line, line + 20)) for line in range(1, 13)]
    assert sample_lines(observation(*one_a_line), range(1, 31)) == tuple(range(1, 11))
    assert sample_lines(observation(*one_a_line), (2, 12, 22, 24, 26)) == (2, 12, 22, 24, 26)  # four words
    assert sample_lines(observation(*one_a_line), range(1, 20)) == tuple(range(1, 20))  # more than half
    assert sample_lines(observation(*one_a_line[:9]), range(1, 31)) == tuple(range(1, 31))


@pytest.mark.parametrize(("num_known", "promising"), [(0, False), (6, False), (7, True), (10, True)])
def test_seven_of_the_first_ten_words_are_worth_the_rest_of_the_page(num_known: int, promising: bool) -> None:
    entries = [entry(f"w{place}x", noun) for place, noun in enumerate(NOUNS[:10])]
    tried = try_words(observation(*entries), {1: "The " + " ".join(NOUNS[:num_known])})
    assert is_promising(tried) is promising
    assert not is_promising(())


def test_known_entries_alone_are_withheld_where_much_is_unknown() -> None:
    known, missed, other = entry("kofa", "dog"), entry("mirun", "moon"), entry("sul", "salt")
    rule = candidate(Kind.RULE, "Order", "verbs come last")
    probe = read(known, missed, lines={1: "The dog slept."})
    seen = withhold(observation(known, missed, other, rule), probe)
    assert [id for id, _ in seen.withheld] == [known.id]
    assert "'kofa' came out without help in line 1" in seen.withheld[0][1]
    assert probe.share_known == 0.5


NOUNS = [
    "dog",
    "cat",
    "moon",
    "sun",
    "salt",
    "fish",
    "bird",
    "tree",
    "road",
    "river",
    "hill",
    "door",
    "roof",
    "wall",
    "spear",
    "drum",
    "knife",
    "boat",
    "rope",
    "king",
]


def fluent_probe(*missed: str) -> Probe:
    """Twenty words tried; those named did not come out."""
    entries = [entry(f"w{place}x", noun) for place, noun in enumerate(NOUNS)]
    return read(*entries, lines={1: " ".join(noun for noun in NOUNS if noun not in missed)})


LANGUAGE = (
    candidate(Kind.RULE, "Order", "verbs come last"),
    candidate(Kind.TRACE, "kofa mirun", "dog moon"),
    entry("untried", "feather"),
    candidate(Kind.EXEMPLAR, "kofa", "A dog.", contrast=0.5),
)
OWN = (
    candidate(Kind.EXEMPLAR, "mirun kofa", "Once in a blue moon.", contrast=1.0),
    candidate(Kind.ENTITY, "Tamok", "Thomas"),
    candidate(Kind.ESSENCE, "about", "A dog travels."),
    candidate(Kind.STYLE, "style", "Be brief."),
)


def test_a_model_that_knows_the_language_gets_neither_dictionary_nor_grammar() -> None:
    seen = withhold(observation(*LANGUAGE, *OWN), fluent_probe())
    assert [id for id, _ in seen.withheld] == [each.id for each in LANGUAGE]
    assert choosable(seen).candidates == OWN
    assert {reason for _, reason in seen.withheld} == {"withheld: 20 of 20 tried words came out without help"}


def test_one_exact_word_that_was_missed_keeps_the_dictionary_and_the_grammar() -> None:
    assert withhold(observation(*LANGUAGE, *OWN), fluent_probe("boat")).withheld == ()


@pytest.mark.parametrize(("num_missed", "is_fluent"), [(0, True), (1, True), (2, False)])
def test_of_forty_inflected_words_one_may_be_missed(num_missed: int, is_fluent: bool) -> None:
    words = [f"{noun}{turn}" for noun in NOUNS for turn in ("ette", "ish")]
    entries = [entry(f"w{place}x", word, exact=0.0) for place, word in enumerate(words)]
    probe = read(*entries, lines={1: " ".join(words[num_missed:])})
    assert bool(withhold(observation(LANGUAGE[0]), probe).withheld) is is_fluent


def test_few_words_say_nothing_about_the_language() -> None:
    probe = fluent_probe()
    assert withhold(observation(*LANGUAGE), replace(probe, tried=probe.tried[:19])).withheld == ()


def test_without_tried_words_nothing_is_withheld_and_no_share_is_named() -> None:
    probe = Probe(ProbeStatus.UNREADABLE)
    seen = observation(*LANGUAGE)
    assert (withhold(seen, probe), probe.share_known) == (seen, None)


@pytest.mark.parametrize("name", ["none", "random", "recency", "top-k", "full", "learned"])
def test_a_choice_names_what_was_withheld_and_never_takes_it(name: str) -> None:
    known, missed = entry("kofa", "dog"), entry("mirun", "moon")
    seen = withhold(observation(known, missed), read(known, missed, lines={1: "The dog slept."}))
    choice = with_withheld(seen, make_policy(name).choose(choosable(seen), seed=0))
    assert [decision.candidate_id for decision in choice.decisions] == [known.id, missed.id]
    mine = choice.decisions[0]
    assert (mine.included, mine.drawn, mine.probability) == (False, False, 0.0)
    assert mine.reason.startswith("withheld: a sense of 'kofa'")
    assert known.id not in choice.chosen


def test_a_choice_without_anything_withheld_is_left_as_it_is() -> None:
    seen = observation(*LANGUAGE)
    choice = make_policy("full").choose(seen, seed=0)
    assert choosable(seen) is seen
    assert with_withheld(seen, choice) is choice

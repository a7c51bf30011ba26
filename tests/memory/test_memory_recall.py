"""Recall: never more than k, best first, pure, word borders, any script, and what each kind offers."""

import unicodedata
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_helpers import ALL, COUNTER, entity, entry, exemplar, page, resource, sources

from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.rendering import SECTIONS, render_item
from dragoman.memory.recall import Recall
from dragoman.memory.resources import note_resource
from dragoman.memory.store import Memory

PLURAL = MemoryRecord(Kind.RULE, "Plural", "-ka marks the plural", attributes=(("affixes", "-ka=PL"),))
PAST = MemoryRecord(Kind.RULE, "Past", "-mo marks the past", attributes=(("affixes", "-mo=PST"),))
EXAMPLE = MemoryRecord(Kind.RULE, "kofalka", "dogs", attributes=(("rule", PLURAL.id),))


def recalled(records: list[MemoryRecord], *lines: str) -> Recall:
    return Memory([resource(*records)]).open_document().view(0).recall(page(*lines), counter=COUNTER, k=ALL)


WORDS = st.text(st.sampled_from("aeiklmotuAT -'é"), min_size=1, max_size=12)
ANYTHING = st.text(st.characters(exclude_categories=("Cs",)), max_size=15)
TEXTS = WORDS | ANYTHING
RECORDS = st.lists(
    st.builds(
        MemoryRecord,
        st.sampled_from([kind for kind in Kind if kind is not Kind.TRACE]),
        TEXTS,
        TEXTS,
        attributes=st.sampled_from([(), (("gender", "f"),), (("affixes", "-ka=PL; te-=PST"),), (("gloss", "a b"),)]),
        confidence=st.floats(0, 1),
    ),
    max_size=12,
)
LIMITS = st.fixed_dictionaries({}, optional={kind: st.integers(0, 4) for kind in Kind})


@settings(max_examples=150)
@given(RECORDS, RECORDS, st.lists(TEXTS, max_size=5), LIMITS)
def test_recall_keeps_its_promises_on_any_text(
    brought: list[MemoryRecord], added: list[MemoryRecord], lines: list[str], k: dict[Kind, int]
) -> None:
    document = Memory([resource(*brought)]).open_document()
    document.add(0, added)
    view = document.view(1)
    before = view.records()
    answer = view.recall(page(*lines, index=1), counter=COUNTER, k=k)
    again = document.view(1).recall(page(*lines, index=1), counter=COUNTER, k=k)
    assert answer == again
    assert view.records() == before
    kinds = [candidate.record.kind for candidate in answer.candidates]
    assert [kind for kind, _ in groupby(kinds)] == [kind for kind in SECTIONS if kind in kinds]
    assert len({candidate.id for candidate in answer.candidates}) == len(answer.candidates)
    for kind in Kind:
        of_kind = [candidate for candidate in answer.candidates if candidate.record.kind is kind]
        assert len(of_kind) <= k.get(kind, 0)
        scores = [candidate.features.similarity for candidate in of_kind]
        assert scores == sorted(scores, reverse=True)
        assert [candidate.features.rank for candidate in of_kind] == list(range(len(of_kind)))
    for candidate in answer.candidates:
        assert candidate.tokens == len(render_item(candidate.record))
        assert all(1 <= line <= len(lines) for line in candidate.lines)
        assert list(candidate.lines) == sorted(set(candidate.lines))
        values = dict(zip(candidate.features.__slots__, candidate.features.vector(), strict=True))
        assert all(-1e-6 <= value <= 1 + 1e-6 for name, value in values.items() if name not in ("rank", "dense"))
        assert -1 - 1e-6 <= values["dense"] <= 1 + 1e-6
    assert 0.0 <= answer.dictionary_coverage <= 1.0


@settings(max_examples=100)
@given(st.text("abn", min_size=1, max_size=4), st.text("abn", min_size=1, max_size=3), st.text("abn", max_size=3))
def test_a_name_is_never_found_inside_a_word(name: str, before: str, after: str) -> None:
    answer = recalled([entity(name, "X")], f"{before}{name}{after}")
    assert sources(answer.candidates, Kind.ENTITY) == ([name] if before + after == "" else [])


BORDERS = [
    ("an", "banana", False),
    ("an", "An apple", True),
    ("Tamok", "Tamok's house", True),
    ("Anna", "l'Anna e bella", True),
    ("an", "ba'an", False),
    ("Tamok", "(Tamok-ti)", True),
    ("O'Brien", "said O’Brien.", True),
    ("New York", "in New  York,", True),
    ("New York", "in New Yorkshire", False),
    ("Rose", "a rose is", False),
    ("ROSE", "Rose is here", False),
    ("US", "The US won", True),
    ("US", "they saw us", False),
    ("Rose", "THE ROSE", True),
    ("rose", "Rose is here", True),
    ("北京", "我在北京大学", True),
    ("กรุงเทพ", "ฉันอยู่กรุงเทพมานาน", True),
    ("東京", "今日は東京へ行く", True),
    ("محمد", "جاء محمد إلى", True),
    ("محمد", "محمدية", False),
    ("Мария", "пришла Мария.", True),
    ("राम", "राम आया", True),
    ("राम", "रामायण", False),
    ("Zoë", "Zoe\u0308 came", True),
    ("Zoe\u0308", "Zoë came", True),
    ("Tamok", "<g1>Tamok</g1> went", True),
]


@pytest.mark.parametrize(("name", "line", "found"), BORDERS)
def test_names_are_found_at_word_borders_in_any_script(name: str, line: str, found: bool) -> None:
    assert sources(recalled([entity(name, "X")], line).candidates, Kind.ENTITY) == ([name] if found else [])


def test_a_term_is_found_in_any_case() -> None:
    answer = recalled([entity("Machine Learning", "X", type="term")], "about machine learning")
    assert sources(answer.candidates, Kind.ENTITY) == ["Machine Learning"]


def test_of_overlapping_names_the_longer_is_offered() -> None:
    names = [entity("York", "X"), entity("New York", "Y"), entity("York Road", "Z")]
    assert sources(recalled(names, "in New York Road").candidates, Kind.ENTITY) in (["York Road"], ["New York"])
    assert sources(recalled(names, "in New York").candidates, Kind.ENTITY) == ["New York"]


def test_a_name_with_a_known_affix_is_found_and_not_called_exact() -> None:
    (candidate,) = [
        c for c in recalled([entity("Tamok", "Thomas"), PLURAL], "Tamokka").candidates if c.record.kind is Kind.ENTITY
    ]
    assert candidate.features.exact == 0.0
    assert sources(recalled([entity("Tamok", "Thomas")], "Tamokka").candidates, Kind.ENTITY) == []


LOOKUPS = [
    ("Kofal tume", ["kofal"], "exact headword"),
    ("kofol tume", ["kofal"], "variant"),
    ("kofalka", ["kofal"], "suffix"),
    ("gekofal", ["kofal"], "prefix"),
    ("kofale", ["kofal"], "one letter more"),
    ("kosi", [], "too little in common"),
    ("ko", [], "too short to guess"),
    ("xyz", [], "nothing in common"),
    ("lo sa", ["lo sa"], "headword of two words"),
]


@pytest.mark.parametrize(("line", "found", "why"), LOOKUPS)
def test_dictionary_look_up_knows_beginnings_and_ends(line: str, found: list[str], why: str) -> None:
    words = [entry("kofal", "dog", variants="kofol"), entry("miru", "house"), entry("lo sa", "very")]
    assert sources(recalled(words, line).candidates, Kind.ENTRY) == found


def test_at_most_two_entries_are_offered_for_a_word() -> None:
    words = [entry("kofal", f"sense {number}", line=number) for number in range(5)]
    found = recalled(words, "kofal").candidates
    assert len(sources(found, Kind.ENTRY)) == 2
    assert all(candidate.features.conflict == 1.0 for candidate in found if candidate.record.kind is Kind.ENTRY)


def test_exact_entries_come_before_fuzzy_ones() -> None:
    found = recalled([entry("kofal", "dog"), entry("miru", "house")], "mirus kofal").candidates
    assert sources(found, Kind.ENTRY) == ["kofal", "miru"]
    assert [c.features.exact for c in found if c.record.kind is Kind.ENTRY] == [1.0, 0.0]


def test_words_of_a_script_without_borders_are_cut_at_headwords() -> None:
    words = [entry("北京", "Beijing"), entry("大学", "university"), entry("京大", "Kyoto University")]
    answer = recalled(words, "我在北京大学。")
    assert sorted(sources(answer.candidates, Kind.ENTRY)) == ["北京", "大学"]
    assert answer.dictionary_coverage == pytest.approx(2 / 4)


def test_composed_and_decomposed_letters_are_the_same_word() -> None:
    line = unicodedata.normalize("NFD", "việt nam")
    assert sources(recalled([entry("việt", "Viet")], line).candidates, Kind.ENTRY) == ["việt"]


COVERAGE = [
    ("kofal 12 miru", 0.5),
    ("kofal Tamok", 1.0),
    ("12, 15", 1.0),
    ("glossed kofal zzzzz", 2 / 3),
    ("", 1.0),
]


@pytest.mark.parametrize(("line", "share"), COVERAGE)
def test_coverage_is_the_share_of_words_that_something_explains(line: str, share: float) -> None:
    known = [entry("kofal", "dog"), entity("Tamok", "Thomas"), exemplar("glossed", "x", gloss="X")]
    answer = recalled(known, line)
    assert answer.dictionary_coverage == pytest.approx(share)
    assert answer.has_dictionary


def test_without_resources_there_is_no_dictionary_and_nothing_to_offer() -> None:
    answer = recalled([], "kofal tume")
    assert (answer.candidates, answer.has_dictionary, answer.dictionary_coverage) == ((), False, 0.0)


def test_the_sentence_itself_is_the_best_example_and_exact() -> None:
    made = [exemplar(f"kofal tume number {number}", f"dog {number}", number) for number in range(30)]
    found = [c for c in recalled(made, "Kofal tume number 7").candidates if c.record.kind is Kind.EXEMPLAR]
    assert found[0].record.target == "dog 7"
    assert (found[0].features.exact, found[0].features.lcs) == (1.0, 1.0)
    assert found[0].reason == "same as line 1"


def test_every_line_gets_its_best_example_before_any_gets_a_second() -> None:
    near = [exemplar(f"kofal tume number {number}", f"dog {number}", number) for number in range(30)]
    far = exemplar("miru sela windo", "the house is windy")
    lines = ("kofal tume number 7", "miru sela")
    found = (
        Memory([resource(*near, far)])
        .open_document()
        .view(0)
        .recall(page(*lines), counter=COUNTER, k={Kind.EXEMPLAR: 2})
    )
    assert [candidate.lines for candidate in found.candidates] == [(1,), (2,)]


def test_one_rule_for_its_affix_ranks_above_rules_without_one_on_the_page() -> None:
    found = [c for c in recalled([PAST, PLURAL, EXAMPLE], "sela kofalka").candidates if c.record.kind is Kind.RULE]
    rules = [candidate for candidate in found if not candidate.record.attribute("rule")]
    assert [candidate.record.source for candidate in rules] == ["Plural", "Past"]
    assert rules[0].lines == (1,)
    assert "-ka on the page" in rules[0].reason
    assert EXAMPLE.id in {candidate.id for candidate in found}


def test_every_style_note_is_offered_in_order() -> None:
    view = Memory([note_resource("- Be formal.\n- Be short.")]).open_document().view(0)
    found = view.recall(page("x"), counter=COUNTER, k={Kind.STYLE: 1})
    assert [candidate.record.target for candidate in found.candidates] == ["Be formal."]


def test_a_trace_glosses_each_line_of_which_a_word_is_known() -> None:
    found = recalled([entry("kofal", "dog"), PLURAL], "<x1/> Kofalka sela!", "sela 12")
    traces = [candidate for candidate in found.candidates if candidate.record.kind is Kind.TRACE]
    assert [(trace.record.target, trace.lines) for trace in traces] == [("dog-PL ?", (1,))]
    assert traces[0].record.confidence == traces[0].features.similarity > 0


def test_a_known_name_is_not_taken_for_a_word_that_looks_like_it() -> None:
    words = [entry("relu", "wall", 1), entry("relun", "girl", 2), entry("reluven", "shell", 3)]
    without = recalled(words[::2], "Kofal Relun na.")
    assert sources(without.candidates, Kind.ENTRY) == ["relu", "reluven"]
    named = recalled([entity("Relun", "Eileen"), *words], "Kofal Relun na.")
    assert sources(named.candidates, Kind.ENTRY) == ["relun"]  # the same word: memory does not choose between the two
    assert sources(named.candidates, Kind.ENTITY) == ["Relun"]


def test_a_stated_particle_is_no_form_of_a_word_that_looks_like_it() -> None:
    kick = entry("skema", "kick", pos="v")
    affix = MemoryRecord(Kind.RULE, "Plural", "The suffix -p (PL).", attributes=(("affixes", "-p=PL"),))
    rule = MemoryRecord(Kind.RULE, "Register", "The particle `skemap` (POL) closes a polite sentence.")
    taken = recalled([kick, affix], "Tura skemap.")
    assert sources(taken.candidates, Kind.ENTRY) == ["skema"]
    assert sources(recalled([kick, affix, rule], "Tura skemap.").candidates, Kind.ENTRY) == []
    itself = recalled([kick, entry("skemap", "if you please"), affix, rule], "Tura skemap.")
    assert sources(itself.candidates, Kind.ENTRY) == ["skemap"]

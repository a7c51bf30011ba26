"""Versions, withdrawal, name conflicts, direction, fingerprint, export."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_helpers import ALL, COUNTER, entity, entry, exemplar, page, resource, sources, write

from dragoman.core.errors import ConfigurationError, MemoryError3E, ResourceError
from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.memory.embed import HashedNgramEmbedder
from dragoman.memory.export import export_records, import_records
from dragoman.memory.settings import MemorySettings
from dragoman.memory.store import Memory


def remembered(number: int) -> list[MemoryRecord]:
    place = Provenance("document", f"page {number + 1}", number)
    return [
        MemoryRecord(Kind.EXEMPLAR, f"kofal number {number}", f"dog {number}", provenance=place),
        MemoryRecord(Kind.ESSENCE, "", f"page {number} is about dogs", provenance=place),
        MemoryRecord(Kind.ENTITY, f"Name{number}", f"Rendering{number}", provenance=place, confidence=0.5),
    ]


@settings(max_examples=30)
@given(st.permutations(range(9)), st.integers(0, 9))
def test_a_version_holds_the_pages_below_it_in_whatever_order_they_came(order: list[int], version: int) -> None:
    document = Memory().open_document()
    for number in order:
        document.add(number, remembered(number))
    view = document.view(version)
    assert [record.target for record in view.records(Kind.ESSENCE)] == [
        f"page {number} is about dogs" for number in range(version)
    ]
    assert {record.version for record in view.records()} == {number + 1 for number in range(version)}


@settings(max_examples=20)
@given(st.integers(1, 12), st.integers(0, 12))
def test_later_pages_never_leak_into_a_pinned_version(version: int, later: int) -> None:
    document = Memory([resource(exemplar("kofal tume", "he saw a dog"))]).open_document()
    asked = page("Name0 Name3 Name7 kofal number 3", index=version)
    for number in range(version):
        document.add(number, remembered(number))
    before = document.view(version).recall(asked, counter=COUNTER, k=ALL)
    for number in range(version, version + later):
        document.add(number, remembered(number))
    assert document.view(version).recall(asked, counter=COUNTER, k=ALL) == before
    assert all(candidate.record.version <= version for candidate in before.candidates)


def test_a_page_is_added_once() -> None:
    document = Memory().open_document()
    document.add(0, [])
    with pytest.raises(MemoryError3E, match="add each page once"):
        document.add(0, [])
    with pytest.raises(MemoryError3E, match="negative"):
        document.add(-1, [])


def test_a_version_with_a_page_missing_is_refused() -> None:
    document = Memory().open_document()
    document.add(1, [])
    with pytest.raises(MemoryError3E, match="needs page 0"):
        document.view(2)
    with pytest.raises(MemoryError3E, match="negative"):
        document.view(-1)


def test_withdrawn_records_are_hidden_from_that_version_on_and_kept_before() -> None:
    brought = entity("Tamok", "Thomas")
    document = Memory([resource(brought, entry("kofal", "dog"))]).open_document()
    first = remembered(0)
    document.add(0, first)
    document.add(1, [], [(brought.id, "wrong"), (first[0].id, "failed a check"), (entry("kofal", "dog").id, "no")])
    asked = page("Tamok kofal number 0", index=2)
    before = document.view(1).recall(asked, counter=COUNTER, k=ALL)
    after = document.view(2).recall(asked, counter=COUNTER, k=ALL)
    gone = {brought.id, first[0].id, entry("kofal", "dog").id}
    assert gone <= {candidate.id for candidate in before.candidates}
    assert gone.isdisjoint(candidate.id for candidate in after.candidates)
    assert not any(candidate.record.kind is Kind.TRACE for candidate in after.candidates)
    assert gone.isdisjoint(record.id for record in document.view(2).records())
    assert [rendering.source for rendering in document.view(2).entities()] == ["Name0"]


def test_what_the_user_brought_beats_what_the_agent_remembered() -> None:
    document = Memory([resource(entity("Tamok", "Thomas", confidence=0.1))]).open_document()
    document.add(0, [entity("TAMOK", "Tom", gender="m"), entity("Tamok", "Tom", place="again")])
    (rendering,) = document.view(1).entities()
    assert (rendering.target, rendering.alternatives) == ("Thomas", ("Tom",))
    assert rendering.gender == ""


def test_support_beats_age_and_age_breaks_ties() -> None:
    document = Memory().open_document()
    document.add(0, [entity("Tamok", "Tom", confidence=0.6), entity("Mir", "Mira", confidence=0.5)])
    document.add(1, [entity("Tamok", "Thomas", confidence=0.4), entity("Mir", "Mary", confidence=0.5)])
    document.add(2, [entity("Tamok", "Thomas", confidence=0.4, place="3", gender="m")])
    assert [(r.target, r.alternatives) for r in document.view(2).entities()] == [
        ("Tom", ("Thomas",)),
        ("Mira", ("Mary",)),
    ]
    tamok = document.view(3).entities()[0]
    assert (tamok.target, tamok.gender, tamok.alternatives) == ("Thomas", "m", ("Tom",))


def test_a_conflict_is_visible_in_the_candidate() -> None:
    document = Memory([resource(entity("Tamok", "Thomas"))]).open_document()
    document.add(0, [entity("Tamok", "Tom")])
    (candidate,) = document.view(1).recall(page("Tamok!", index=1), counter=COUNTER, k=ALL).candidates[:1]
    assert (candidate.record.target, candidate.features.conflict) == ("Thomas", 1.0)
    assert "Tom" in candidate.reason


def test_recency_falls_with_distance_and_is_zero_for_what_the_user_brought() -> None:
    document = Memory([resource(exemplar("kofal number 9", "dog 9"))]).open_document()
    for number in range(4):
        document.add(number, remembered(number))
    found = document.view(4).recall(page("kofal number 1", index=4), counter=COUNTER, k=ALL).candidates
    recency = {c.record.target: c.features.recency for c in found if c.record.kind is Kind.EXEMPLAR}
    assert recency == {"dog 3": 1.0, "dog 2": 1 / 2, "dog 1": 1 / 3, "dog 0": 1 / 4, "dog 9": 0.0}
    assert next(c.record.target for c in found if c.record.kind is Kind.ESSENCE) == "page 3 is about dogs"


def test_turned_resources_read_in_the_asked_direction() -> None:
    made = resource(
        entry("kofal", "dog; hound (old)", pos="n", variants="kofol"),
        entry("tum", "to see"),
        exemplar("kofalka tume", "He saw dogs", gloss="dog-PL see-PST"),
        entity("Tamok", "Thomas"),
    )
    found = Memory([made], flip=True).open_document().view(0)
    recalled = found.recall(page("Thomas will see the hound"), counter=COUNTER, k=ALL).candidates
    assert sources(recalled, Kind.ENTRY) == ["hound (old)", "to see"] or sources(recalled, Kind.ENTRY) == [
        "to see",
        "hound (old)",
    ]
    assert sources(recalled, Kind.ENTITY) == ["Thomas"]
    turned = found.records(Kind.EXEMPLAR)[0]
    assert (turned.source, turned.target, turned.attribute("gloss")) == ("He saw dogs", "kofalka tume", "")
    assert turned.attribute("target_gloss") == "dog-PL see-PST"
    assert [record.source for record in found.records(Kind.ENTRY)] == ["dog", "hound (old)", "to see"]


def test_turned_rule_examples_still_belong_to_their_rule() -> None:
    rule = MemoryRecord(Kind.RULE, "Plural", "-ka marks the plural", attributes=(("affixes", "-ka=PL"),))
    example = MemoryRecord(Kind.RULE, "kofalka", "dogs", attributes=(("rule", rule.id),))
    turned = Memory([resource(rule, example)], flip=True).records
    assert turned[1].attribute("rule") == turned[0].id
    assert (turned[1].source, turned[0].target) == ("dogs", "-ka marks the plural")


def test_the_fingerprint_follows_everything_that_can_change_recall() -> None:
    made = resource(entry("kofal", "dog"))
    prints = {
        Memory([made]).fingerprint,
        Memory([made], flip=True).fingerprint,
        Memory([made], embedder=HashedNgramEmbedder(64)).fingerprint,
        Memory([made], settings=MemorySettings(entries_per_word=1)).fingerprint,
        Memory([replace(made, hash="other")]).fingerprint,
        Memory([]).fingerprint,
    }
    assert len(prints) == 6
    assert Memory([made]).fingerprint in prints


BAD_SETTINGS = [{"entries_per_word": 0}, {"min_word_similarity": 1.5}, {"weight_lcs": 0.9}]


@pytest.mark.parametrize("values", BAD_SETTINGS, ids=str)
def test_bad_settings_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(values)).removeprefix("weight_")):
        MemorySettings(**values)  # type: ignore[arg-type] # wrong on purpose


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
records = st.builds(
    MemoryRecord,
    st.sampled_from(Kind),
    texts,
    texts,
    texts,
    st.dictionaries(texts, texts, max_size=3).map(lambda pairs: tuple(sorted(pairs.items()))),
    st.builds(Provenance, texts, texts, st.none() | st.integers(0, 99), st.lists(texts, max_size=2).map(tuple)),
    st.floats(0, 1),
    st.integers(0, 9),
)


@settings(max_examples=50)
@given(st.lists(records, min_size=1, max_size=5))
def test_exported_memory_comes_back_equal(tmp_path_factory: pytest.TempPathFactory, made: list[MemoryRecord]) -> None:
    path = tmp_path_factory.mktemp("export") / "memory.jsonl"
    assert export_records(made, path) == len(made)
    assert list(import_records(path).records) == made
    assert [record.id for record in import_records(path).records] == [record.id for record in made]


def test_lines_that_are_no_records_are_problems_of_an_import(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    export_records([entry("a", "b")], path)
    write(tmp_path, "m.jsonl", path.read_text() + '{"kind": "nonsense", "target": "x"}\n{\n')
    loaded = import_records(path)
    assert len(loaded.records) == 1
    assert [problem.split(":")[0] for problem in loaded.problems] == ["line 2", "line 3"]
    with pytest.raises(ResourceError, match="no memory record"):
        import_records(write(tmp_path, "n.jsonl", "{}\n"))

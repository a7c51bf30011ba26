"""Resources: what is read, what is skipped with its line number, what is refused with the way out."""

from pathlib import Path

import pytest
from memory_helpers import write

from dragoman.core.errors import EncodingError, ResourceError, UnknownNameError
from dragoman.core.records import Kind
from dragoman.memory.entities import resolve_all
from dragoman.memory.resources import RESOURCE_KINDS, load_resource, note_resource
from dragoman.memory.resources.affixes import find_affixes

DICTIONARIES = {
    "header.tsv": "headword\tpos\tgloss\tvariants\nkofal\tn\tdog; hound\tkofol; kofl\n",
    "aliases.csv": "Lemma,Part of Speech,English,Forms\nkofal,n,dog|hound,kofol|kofl\n",
    "no-header.tsv": "kofal\tn\tdog;hound\tkofol;kofl\n",
    "quoted.csv": 'word,pos,meaning,variants\n"kofal","n","dog; hound","kofol; kofl"\n',
    "semicolon.csv": "word;pos;meaning;variants\nkofal;n;dog|hound;kofol|kofl\n",
    "list.jsonl": '{"word": "kofal", "pos": "n", "glosses": ["dog", "hound"], "variants": ["kofol", "kofl"]}\n',
    "crlf.tsv": "headword\tpos\tgloss\tvariants\r\nkofal\tn\tdog; hound\tkofol; kofl\r\n",
    "bom.tsv": "\ufeffheadword\tpos\tgloss\tvariants\nkofal\tn\tdog; hound\tkofol; kofl\n",
}


@pytest.mark.parametrize("name", DICTIONARIES)
def test_a_dictionary_row_becomes_one_entry_with_all_its_glosses(tmp_path: Path, name: str) -> None:
    loaded = load_resource("dictionary", write(tmp_path, name, DICTIONARIES[name]))
    assert len(loaded.records) == 1
    record = loaded.records[0]
    assert (record.kind, record.source, record.target) == (Kind.ENTRY, "kofal", "dog; hound")
    assert record.attribute("pos") == "n"
    assert record.attribute("variants") == "kofol; kofl"
    assert loaded.problems == ()


def test_utf16_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "d.tsv", "kofal\tdog\n".encode("utf-16"))
    assert load_resource("dictionary", path).records[0].target == "dog"


def test_malformed_rows_are_named_with_their_line_and_the_rest_is_loaded(tmp_path: Path) -> None:
    text = "headword\tpos\tgloss\nkofal\tn\tdog\nbroken\n\ttum\t\nmiru\tn\thouse\n"
    loaded = load_resource("dictionary", write(tmp_path, "d.tsv", text))
    assert [record.source for record in loaded.records] == ["kofal", "miru"]
    assert [problem.split(":")[0] for problem in loaded.problems] == ["line 3", "line 4"]


def test_a_quote_that_never_closes_spoils_one_row_only(tmp_path: Path) -> None:
    text = 'word,gloss\nkofal,dog\n"tum,see\n' + "".join(f"w{i},g{i}\n" for i in range(30))
    loaded = load_resource("dictionary", write(tmp_path, "d.csv", text))
    assert len(loaded.records) == 31
    assert loaded.problems == ("line 3: a quote is never closed",)


def test_a_quoted_cell_may_span_lines(tmp_path: Path) -> None:
    loaded = load_resource("parallel", write(tmp_path, "p.csv", 'source,target\n"a\nb",c\n'))
    assert (loaded.records[0].source, loaded.records[0].target) == ("a b", "c")


def test_bad_json_lines_are_named(tmp_path: Path) -> None:
    text = '{"word": "a", "gloss": "b"}\n{nope\n[1]\n{"word": "c"}\n'
    loaded = load_resource("dictionary", write(tmp_path, "d.jsonl", text))
    assert len(loaded.records) == 1
    assert [problem.split(":")[0] for problem in loaded.problems] == ["line 2", "line 3", "line 4"]


BAD_FILES = {
    "empty": (b"", ResourceError, "is empty"),
    "blank": (b" \n\n", ResourceError, "is empty"),
    "latin-1": ("Gräben\tditches\n".encode("latin-1"), EncodingError, "save the file as UTF-8"),
    "all bad": (b"one\ntwo\n", ResourceError, "line 1"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_an_unusable_file_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    data, error, said = BAD_FILES[name]
    with pytest.raises(error, match=said) as caught:
        load_resource("dictionary", write(tmp_path, "d.tsv", data))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", RESOURCE_KINDS)
def test_a_missing_file_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ResourceError, match="cannot read"):
        load_resource(kind, tmp_path / "missing")


@pytest.mark.parametrize("kind", RESOURCE_KINDS)
def test_a_folder_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ResourceError, match="is a folder"):
        load_resource(kind, tmp_path)


def test_an_unknown_kind_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'dictionary'"):
        load_resource("dictionairy", tmp_path)


def test_parallel_rows_keep_id_and_gloss(tmp_path: Path) -> None:
    text = "id\tsource\tenglish\tgloss\n7\tkofal tume\tHe saw a dog\tdog see.PST\n"
    record = load_resource("parallel", write(tmp_path, "p.tsv", text)).records[0]
    assert (record.kind, record.source, record.target) == (Kind.EXEMPLAR, "kofal tume", "He saw a dog")
    assert (record.attribute("id"), record.attribute("gloss")) == ("7", "dog see.PST")


GLOSSED = {
    "three lines": "kofal-ka tum-e\ndog-PL see-PST\n'He saw dogs.'\n",
    "four lines": "(12) kofalka tume\nkofal-ka tum-e\ndog-PL see-PST\n“He saw dogs.”\n",
    "marked": "\\t kofalka tume\n\\m kofal-ka tum-e\n\\g dog-PL see-PST\n\\l 'He saw dogs.'\n",
    "marked without text": "\\mb kofal-ka tum-e\n\\ge dog-PL see-PST\n\\ft He saw dogs.\n",
}


@pytest.mark.parametrize("name", GLOSSED)
def test_glossed_blocks_give_sentence_gloss_and_morphemes(tmp_path: Path, name: str) -> None:
    loaded = load_resource("glossed", write(tmp_path, "g.txt", f"{GLOSSED[name]}\n{GLOSSED[name]}"))
    assert len(loaded.records) == 2
    record = loaded.records[1]
    assert (record.source, record.target) == ("kofalka tume", "He saw dogs.")
    assert record.attribute("gloss") == "dog-PL see-PST"
    assert record.attribute("segmented") == "kofal-ka tum-e"
    assert loaded.problems == ()


def test_a_block_whose_glosses_do_not_pair_up_is_kept_without_them_and_named(tmp_path: Path) -> None:
    text = "a b c\nX Y\n'one'\n\na b\nX Y\n'two'\n\njust one line\n"
    loaded = load_resource("glossed", write(tmp_path, "g.txt", text))
    assert [record.attribute("gloss") for record in loaded.records] == ["", "X Y"]
    assert loaded.problems[0].startswith("line 1: 3 words and 2 glosses")
    assert loaded.problems[1].startswith("line 9: a block of 1 lines")


GRAMMAR = """# Nouns

## Plural
The suffix `-ka` marks the plural. For example:

- kofal => dog
- kofal-ka — 'dogs'

| affix | gloss |
|---|---|
| -ti | ACC |
| ge- | past tense |

```
kofal-ka tum-e
dog-PL see-PST
'He saw dogs.'
```

Verbs
-----
Verbs come **last**.
"""


def test_a_grammar_gives_rules_under_their_headings_and_examples_of_their_own(tmp_path: Path) -> None:
    records = load_resource("grammar", write(tmp_path, "g.md", GRAMMAR)).records
    rules = [record for record in records if not record.attribute("rule")]
    assert [(rule.source, rule.target) for rule in rules] == [
        ("Plural", "The suffix -ka marks the plural."),
        ("Plural", "affix: -ti; gloss: ACC"),
        ("Plural", "affix: ge-; gloss: past tense"),
        ("Verbs", "Verbs come last."),
    ]
    assert [rule.attribute("affixes") for rule in rules] == ["-ka=PL", "-ti=ACC", "ge-=PST", ""]
    examples = [record for record in records if record.attribute("rule")]
    assert [(example.source, example.target) for example in examples] == [
        ("kofal", "dog"),
        ("kofal-ka", "dogs"),
        ("kofalka tume", "He saw dogs."),
    ]
    assert {example.attribute("rule") for example in examples} == {rules[0].id}
    assert examples[-1].attribute("gloss") == "dog-PL see-PST"
    assert {record.kind for record in records} == {Kind.RULE}
    assert rules[-1].provenance.place.endswith("Nouns > Verbs")


AFFIXES = [
    ("-ka marks the plural.", "", "-ka=PL"),
    ("The prefix `ge-` forms the past tense; `-ti` marks the accusative.", "", "ge-=PST; -ti=ACC"),
    ("Add `-ka` to the noun.", "Plural", "-ka=PL"),
    ("-ka (PL) stands before -ti (ACC).", "", "-ka=PL; -ti=ACC"),
    ("A well-known rule about word order.", "", ""),
    ("Subject-object-verb is the order.", "", ""),
]


@pytest.mark.parametrize(("text", "heading", "affixes"), AFFIXES)
def test_affixes_are_read_where_the_grammar_states_them(text: str, heading: str, affixes: str) -> None:
    assert find_affixes(text, heading) == affixes


def test_a_grammar_of_headings_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="rule under each heading"):
        load_resource("grammar", write(tmp_path, "g.md", "# One\n\n## Two\n"))


def test_the_first_of_contradictory_rows_holds_and_loading_says_so(tmp_path: Path) -> None:
    text = "".join(f"Name{number}\tN{number}\n" for number in range(3, 10)) + "Tamok\tZeno\ntamok\tAdam\nTamok\tAdam\n"
    resource = load_resource("glossary", write(tmp_path, "names.tsv", text))
    assert resource.problems == (
        "line 9: 'tamok' is 'Adam' here and 'Zeno' in line 8: the first one holds",
        "line 10: 'Tamok' is 'Adam' here and 'Zeno' in line 8: the first one holds",
    )
    for records in (resource.records, resource.records[::-1]):
        rendering = resolve_all(records)["tamok"]
        assert (rendering.target, rendering.alternatives) == ("Zeno", ("Adam",))


def test_a_glossary_gives_certain_names(tmp_path: Path) -> None:
    text = "Tamok\tThomas\tm\tperson\tthe smith\nMir\tMira\n"
    records = load_resource("glossary", write(tmp_path, "n.tsv", text)).records
    assert records[0].kind is Kind.ENTITY
    assert (records[0].attribute("gender"), records[0].attribute("type"), records[0].note) == (
        "m",
        "person",
        "the smith",
    )
    assert [record.confidence for record in records] == [1.0, 1.0]
    assert records[0].provenance.origin == "user"


def test_notes_are_split_at_paragraphs_and_list_items(tmp_path: Path) -> None:
    text = "- Be formal.\n- Keep names\n  as they are.\n\nUse short sentences.\n"
    loaded = load_resource("note", write(tmp_path, "n.md", text))
    assert [record.target for record in loaded.records] == [
        "Be formal.",
        "Keep names as they are.",
        "Use short sentences.",
    ]
    assert note_resource("Be formal.").records[0].kind is Kind.STYLE


def test_an_empty_note_is_refused() -> None:
    with pytest.raises(ResourceError, match="a note is empty"):
        note_resource("  ")


def test_the_hash_follows_the_content_and_the_licence_is_kept(tmp_path: Path) -> None:
    first = load_resource("dictionary", write(tmp_path, "a.tsv", "a\tb\n"), licence="CC0")
    second = load_resource("dictionary", write(tmp_path, "b.tsv", "a\tb\n"))
    third = load_resource("dictionary", write(tmp_path, "c.tsv", "a\tc\n"))
    assert first.hash == second.hash != third.hash
    assert first.licence == "CC0"

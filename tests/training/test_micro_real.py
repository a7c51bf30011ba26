"""Real sentences in the training mixture: tidied, split by document, noised as the glosser errs, never the reported."""

import csv
import io
import json
import lzma
import random
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.agent.answers import parse_lines
from dragoman.agent.backends import make_backend
from dragoman.agent.prompt import parse_prompt
from dragoman.core.environment import data_folder
from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.core.records import Kind
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.morphology import glossable
from dragoman.training.micro.real import MAX_TOKENS, RealLanguage, RealText, real_example
from dragoman.training.micro.real_evaluate import REAL_CONDITIONS, evaluate_real, real_pages
from dragoman.training.micro.real_gloss import known_english, noised
from dragoman.training.micro.real_sources import (
    LANGUAGES,
    NEVER,
    RealSentence,
    RealSource,
    require_data,
    split_sentences,
    tidy_english,
)
from dragoman.training.micro.run import real_folder
from dragoman.training.micro.stream import shard_examples

COUNTER = EstimatedTokenCounter()
NOUNS = ("dog", "river", "boat", "stone", "tree", "bird")
VERBS = ("see", "take", "leave", "find")


def made_up(kind: str) -> list[dict[str, object]]:
    """Rows as a book's examples are stored: a made-up language of nouns with plurals and verbs with a past."""
    rows = []
    for place in range(240):
        noun, verb, other = NOUNS[place % 6], VERBS[place // 6 % 4], NOUNS[place // 24 % 6]
        rows.append(
            {
                "file": f"{kind}/{place // 6}.tex",
                "line": place,
                "words": [f"ka{noun[::-1]}-mi", f"{other[::-1]}{place % 7}", f"ze{verb[::-1]}-to."],
                "gloss": [f"{noun}-PL", other, f"{verb}-PST"],
                "translation": f"The {noun}s {verb} the {other} {place}.",
                "aligned": True,
            }
        )
    return rows


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in the real one's format, written by hand."""
    folder = tmp_path_factory.mktemp("data")
    for name, source in LANGUAGES.items():
        (folder / f"lowres/{name}").mkdir(parents=True)
        with lzma.open(folder / source.files[0], "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in made_up(name))
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["Primary_Text", "Analyzed_Word", "Gloss", "Translated_Text", "Corpus_Reference"])
    writer.writerow(["so wee aalo.", r"so\twee\taal\t-o", r"3SG\tin\tcome\t-PST", "He came in.", "A:ABC001"])
    content = table.getvalue().encode()
    with tarfile.open(folder / LANGUAGES["palula"].files[1], "w:xz") as archive:
        entry = tarfile.TarInfo("cldf/examples.csv")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return folder


@pytest.fixture(scope="module")
def text(data: Path) -> RealText:
    return RealText(data)


def check_pages(text: RealText) -> None:
    chance = random.Random(4)
    for level in (1, 2, 3) * 8:
        example = real_example(text, chance, level, COUNTER)
        prompt = parse_prompt(example.messages)
        lines = parse_lines(example.answer, prompt.text)
        assert (lines.missing, lines.unexpected, lines.malformed) == ((), (), ())
        for item in prompt.items(Kind.TRACE):
            number, gloss = item.split("\t")
            assert len(gloss.split()) == len(glossable(prompt.text[int(number)]))
        assert (
            COUNTER.count_tokens(example.messages[-1].content) + COUNTER.count_tokens(example.answer) < MAX_TOKENS + 80
        )


def test_every_page_is_a_prompt_of_the_agent_with_one_gloss_a_word(text: RealText) -> None:
    check_pages(text)


def test_equal_draws_give_equal_pages(text: RealText, data: Path) -> None:
    again = RealText(data)
    for seed in range(6):
        first, second = (real_example(one, random.Random(seed), 2, COUNTER) for one in (text, again))
        assert first == second


def test_a_dictionarys_affixes_are_joined_to_their_words(text: RealText) -> None:
    palula = next(language for language in text.languages if language.language.name == "Palula")
    sentence = next(s for s in (*palula.train, *palula.dev) if s.document == "A:ABC")
    assert (sentence.words, sentence.glosses) == (("so", "wee", "aal-o"), ("3SG", "in", "come-PST"))


def test_no_document_line_or_translation_is_on_both_sides(text: RealText) -> None:
    for language in text.languages:
        check_split(language)


def check_split(language: RealLanguage) -> None:
    assert language.dev
    for key in (lambda s: s.document, lambda s: s.source.casefold(), lambda s: s.english.casefold()):
        assert not {key(s) for s in language.train} & {key(s) for s in language.dev}  # type: ignore[no-untyped-call]


def test_a_repeated_sentence_of_a_held_out_document_leaves_training() -> None:
    documents = [str(n) for n in range(60)]
    sentences = [RealSentence(f"line {d}", ("a",), ("b",), f"English {d}.", d) for d in documents]
    _, dev = split_sentences(sentences)
    twin = RealSentence("another line", ("a",), ("b",), dev[0].english.upper(), "new document 3")
    train, dev_again = split_sentences([*sentences, twin])
    assert twin not in train
    assert set(dev) <= set(dev_again)


@pytest.mark.parametrize(
    ("printed", "tidied"),
    [
        ("Yes, that is all the talk.", "Yes, that is all the talk."),
        ("It’s been a long time. [au07ec 078]", "It's been a long time."),
        ("[They] were building houses (right now).", "They were building houses."),
        ("He [the child] shouldn’t look.", "He shouldn't look."),
        ("‘Do you hear?’", "Do you hear?"),
        ("No good.’ ‘Go!", ""),
        ("It is one/two.", ""),
        ("Intended: I eat.", ""),
        ("A night (lit. ‘a dark’) fell.", "A night fell."),
        ("[elicited]", ""),
        ("", ""),
    ],
)
def test_only_the_free_translation_is_left(printed: str, tidied: str) -> None:
    assert tidy_english(printed) == tidied


@given(
    glosses=st.lists(st.sampled_from(["dog-PL", "see-PST-3SG", "1SG", "in", "=FOC", "house=LOC"]), max_size=8),
    rate=st.floats(0, 0.3),
    seed=st.integers(0, 99),
)
def test_noise_keeps_one_gloss_a_word(glosses: list[str], rate: float, seed: int) -> None:
    found = noised(glosses, rate, ("stone",), random.Random(seed))
    assert len(found) == len(glosses)
    assert all(gloss and " " not in gloss for gloss in found)


def test_without_noise_only_borders_may_differ() -> None:
    lines = {tuple(noised(["dog=PL", "see-PST"], 0.0, ("stone",), random.Random(seed))) for seed in range(20)}
    assert lines == {("dog=PL", "see-PST"), ("dog-PL", "see-PST")}


def test_every_fault_of_the_glosser_occurs() -> None:
    chance = random.Random(0)
    found = {noised(["dog-PL"], 0.25, ("stone",), chance)[0] for _ in range(300)}
    assert {"?", "?-PL", "stone-PL", "dog", "dog-PL"} <= found


@pytest.mark.parametrize(
    ("trace", "answer"),
    [
        ("dog-PL see-PST", "The dogs saw it."),
        ("?-PL see-PST", "The kagod saw it."),  # what cannot be known stays as it is
        ("dog-PL ?", "The dogs saw it."),  # nothing in the translation is spelled like "see"
        ("?", "The dogs saw it."),  # a trace of another length says nothing
    ],
)
def test_an_unknown_word_is_kept_not_invented(trace: str, answer: str) -> None:
    sentence = RealSentence("kagod zees.", ("ka-god", "zees"), ("dog-PL", "see-PST"), "The dogs saw it.", "a")
    assert known_english(sentence, trace.split()) == answer


@pytest.mark.parametrize("licence", ["CC-BY-SA-4.0", "CC-BY-NC-4.0", "GPL-3.0", ""])
def test_no_other_licence_is_taken(licence: str) -> None:
    with pytest.raises(ConfigurationError, match="CC-BY-4"):
        RealSource("x-a", "A", ("lowres/a/igt.jsonl.xz",), licence, "nobody")


@pytest.mark.parametrize("name", sorted(NEVER))
def test_the_reported_languages_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="nothing"):
        RealSource("x-a", "A", (f"lowres/{name}/igt.jsonl.xz",), "CC-BY-4.0", "nobody")
    assert name not in LANGUAGES


def test_a_missing_data_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no file .*nowhere.*--real FOLDER.*--no-real"):
        require_data(tmp_path / "nowhere")


def test_the_data_folder_is_taken_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_DATA", str(tmp_path / "data"))
    assert real_folder(None) is None
    assert real_folder(tmp_path / "named") == tmp_path / "named"
    (tmp_path / "data").mkdir()
    assert real_folder(None) == tmp_path / "data"


@pytest.mark.parametrize("condition", REAL_CONDITIONS)
def test_held_out_documents_are_asked_with_the_context_of_the_condition(text: RealText, condition: str) -> None:
    pages = real_pages(text, COUNTER, condition, per_language=2)
    trained = {one.language.name: {s.english for s in one.train} for one in text.languages}
    assert len(pages) >= len(text.languages)
    for page in pages:
        prompt = parse_prompt(page.messages)
        assert set(prompt.text) == set(page.references)
        assert not trained[prompt.source_language] & set(page.references.values())
        assert bool(prompt.items(Kind.TRACE)) == (condition != "real_nothing")
        assert bool(prompt.items(Kind.ENTRY) or prompt.items(Kind.EXEMPLAR)) == (condition == "real_notes")


def test_the_gloss_backend_is_better_with_a_gloss_than_without(text: RealText) -> None:
    pytest.importorskip("sacrebleu")
    names = ("real_linguist", "real_nothing")
    pages = [page for name in names for page in real_pages(text, COUNTER, name, per_language=2)]
    rows = evaluate_real(make_backend("gloss"), pages)
    assert rows["real_linguist"].value > rows["real_nothing"].value + 10
    assert rows["real_linguist"].lines == rows["real_nothing"].lines > 0


def test_an_unknown_condition_is_refused(text: RealText) -> None:
    with pytest.raises(UnknownNameError, match="real_guess"):
        real_pages(text, COUNTER, "real_guess", per_language=1)


class _Counting:
    """The one thing that drawing a shard asks of an encoder."""

    counter = COUNTER


@pytest.mark.slow
def test_a_shard_mixes_real_pages_in_from_level_one_and_leaves_the_others_as_they_were(text: RealText) -> None:
    shards = {
        (level, real): list(shard_examples(3, level, _Counting(), text if real else None))  # type: ignore[arg-type]
        for level in (0, 1)
        for real in (True, False)
    }
    assert shards[0, True] == shards[0, False]
    pairs = list(zip(shards[1, True], shards[1, False], strict=True))
    mixed = [mine for mine, other in pairs if mine != other]
    assert all(example.task.startswith("real") for example in mixed)
    assert 0.08 < len(mixed) / len(pairs) < 0.22


@pytest.fixture(scope="module")
def real_text() -> RealText:
    try:
        require_data(data_folder())
    except ConfigurationError as error:
        pytest.skip(str(error))
    return RealText(data_folder())


@pytest.mark.slow
def test_the_real_files_give_thousands_of_sentences_and_open_vocabulary(real_text: RealText) -> None:
    numbers = {language.language.name: len(language.train) for language in real_text.languages}
    assert all(number > 1200 for number in numbers.values()), numbers
    words = {
        word.strip('.,!?"').lower() for one in real_text.languages for s in one.train for word in s.english.split()
    }
    assert len(words) > 4000
    for language in real_text.languages:
        check_split(language)
    check_pages(real_text)

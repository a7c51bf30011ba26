"""The low-resource benchmark on a tiny made-up language in the format of the data folder."""

import io
import json
import lzma
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import common  # noqa: E402 - benchmarks are scripts: they import each other by bare name
import lowres_data  # noqa: E402
import lowres_files  # noqa: E402
import lowres_scores  # noqa: E402
import lowres_train  # noqa: E402

from dragoman.memory.resources import load_resource  # noqa: E402

NOUNS = {"kofal": "dog", "tura": "river", "sel": "child", "lumi": "mountain", "bano": "bird"}
VERBS = {"miru": "see", "dosu": "hear", "gat": "find"}


def lines() -> list[dict[str, object]]:
    """Every noun sees every other: "kofal-ri tura miru-ta" is "The dog saw the river."."""
    rows = []
    for subject, agent in NOUNS.items():
        for number, (thing, patient) in enumerate(NOUNS.items()):
            verb, action = list(VERBS.items())[number % 3]
            rows.append(
                {
                    "words": [f"{subject}-ri", thing, f"{verb}-ta"],
                    "gloss": [f"{agent}-ERG", patient, f"{action}-PST"],
                    "translation": f"The {agent} {action}s the {patient}.",
                    "orig": f"{subject}ri {thing} {verb}ta",
                }
            )
    return rows


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one language of ten texts of ten lines, each seen in several texts."""
    folder = tmp_path / "data" / "lowres" / "muyu-texts"
    folder.mkdir(parents=True)
    rows = lines()
    texts = [
        {"id": f"text-{i}", "title": f"Text {i}", "lines": [rows[(i * 7 + j * 3) % len(rows)] for j in range(10)]}
        for i in range(10)
    ]
    body = "\n".join(json.dumps(text, ensure_ascii=False) for text in texts)
    (folder / "texts.jsonl.xz").write_bytes(lzma.compress(body.encode()))
    return tmp_path / "data"


def test_held_out_texts_reach_no_resource_and_dev_puts_the_test_texts_away(data: Path) -> None:
    texts = lowres_data.read_texts(data, lowres_data.LANGUAGES["muyu"])
    test = lowres_data.split_texts(texts, 3)
    dev = lowres_data.split_texts(texts, 3, part="dev")
    assert (len(test.held_out), len(test.pool)) == (3, 7)
    assert (len(dev.held_out), len(dev.pool)) == (3, 4)
    assert not set(test.held_out) & {*test.pool, *dev.held_out, *dev.pool}
    assert test == lowres_data.split_texts(texts[::-1], 3)


def test_written_resources_load_without_problems(data: Path, tmp_path: Path) -> None:
    language = lowres_data.LANGUAGES["muyu"]
    split = lowres_data.split_texts(lowres_data.read_texts(data, language), 3)
    written = lowres_files.write_language(language, split, tmp_path / "out", data=data)
    loaded = {kind: load_resource(kind, path) for kind, path in written.resources.items()}
    assert {kind: resource.problems for kind, resource in loaded.items()} == dict.fromkeys(loaded, ())
    entries = {record.source: (record.target, record.attribute("pos")) for record in loaded["dictionary"].records}
    assert entries["kofal"] == ("dog", "")
    assert entries["miru"] == ("see", "v")
    assert len(loaded["glossed"].records) == len(loaded["parallel"].records) == 70
    assert [len(document.references) for document in written.documents] == [10, 10, 10]


def test_a_latex_grammar_becomes_markdown_with_its_glossed_examples(tmp_path: Path) -> None:
    chapter = (
        "\\section{Number}\\label{x}\nThe suffix \\textit{-ka} marks the plural of nouns.% note\n\n\\ea\n\\gll a\\\\\n"
    )
    with tarfile.open(tmp_path / "latex.tar.xz", "w:xz") as archive:
        member = tarfile.TarInfo("1/chapters/01.tex")
        member.size = len(chapter)
        archive.addfile(member, io.BytesIO(chapter.encode()))
    row = {"file": "1/chapters/01.tex", "line": 4, "words": ["kofal-ka"], "gloss": ["dog-PL"], "translation": "dogs"}
    (tmp_path / "igt.jsonl.xz").write_bytes(lzma.compress(json.dumps({**row, "aligned": True}).encode()))
    path = tmp_path / "grammar.md"
    path.write_text("\n".join(lowres_files.grammar_lines(tmp_path / "latex.tar.xz")), encoding="utf-8")
    rule, example = load_resource("grammar", path).records
    assert (rule.source, rule.target) == ("Number", "The suffix -ka marks the plural of nouns.")
    assert rule.attribute("affixes") == "-ka=PL"
    assert (example.source, example.target, example.attribute("gloss")) == ("kofalka", "dogs", "dog-PL")


def test_nearest_gives_the_translation_of_the_most_similar_line_and_falls_back_to_the_source() -> None:
    nearest = lowres_scores.Nearest([("kofal miru", "a dog sees"), ("tura lumi", "river and mountain")])
    assert nearest.translate(["kofal mirut", "ʘʘʘʘ"]) == ["a dog sees", "ʘʘʘʘ"]


def test_scores_agree_with_sacrebleu_and_the_bootstrap_knows_a_better_system() -> None:
    references = {f"t{i}": [f"the dog number {i} saw the river", "and slept"] for i in range(6)}
    worse = {key: ["nothing at all", "like it"] for key in references}
    flat = [line for key in references for line in references[key]]
    assert lowres_scores.score(flat, flat).chrf == 100.0
    low, high = lowres_scores.paired_bootstrap(references, worse, references, seed=1)
    assert 0 < low <= high <= 100
    assert lowres_scores.paired_bootstrap(worse, worse, references, seed=1) == (0.0, 0.0)
    assert "nw:2" in lowres_scores.signatures()["chrf2"]
    assert "nw:0" in lowres_scores.signatures()["chrf"]


def run(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "lowres.py"), *arguments]
    environment = {"DRAGOMAN_DATA": str(data), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=ROOT)


def test_the_benchmark_ends_with_its_json_line_and_gloss_is_above_the_floors(data: Path, tmp_path: Path) -> None:
    out, keep = tmp_path / "result.json", tmp_path / "keep"
    done = run(data, "--languages", "muyu", "--quick", "--out", str(out), "--keep", str(keep))
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last == json.loads(out.read_text(encoding="utf-8"))
    assert list(last) == ["benchmark", "commit", "settings", "device", "seconds", "lowres"]
    systems = last["lowres"]["muyu"]
    assert set(systems) == {"copy", "nearest", "gloss"}
    assert systems["gloss"]["chrf"] > systems["copy"]["chrf"]
    assert systems["gloss"]["chrf"] >= systems["nearest"]["chrf"]  # every line stands in some other text
    assert len(list(keep.glob("muyu/text-*.gloss.txt"))) == 2


def test_another_model_stands_beside_the_gloss_with_the_same_files(data: Path, tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    arguments = ["--model", "gloss", "--model-budget", "500", "--model-kinds", "trace", "entry"]
    done = run(data, "--languages", "muyu", "--quick", "--keep", str(keep), *arguments)
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["settings"]["model"] == "gloss"
    row = last["lowres"]["muyu"]["model"]
    assert {"chrf", "chrf2", "bleu", "chrf_minus_nearest_ci", "chrf_minus_gloss_ci"} <= set(row)
    assert row["chrf"] > last["lowres"]["muyu"]["copy"]["chrf"]
    assert len(list(keep.glob("muyu/text-*.model.txt"))) == 2


def test_out_of_english_the_same_files_serve_the_other_way(data: Path, tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    done = run(data, "--languages", "muyu", "--quick", "--direction", "out", "--keep", str(keep))
    assert done.returncode == 0, done.stderr
    systems = json.loads(done.stdout.splitlines()[-1])["lowres"]["muyu"]
    assert systems["gloss"]["chrf"] > systems["copy"]["chrf"]
    low, high = systems["gloss"]["chrf_ci"]
    assert low <= systems["gloss"]["chrf"] <= high
    assert systems["gloss"]["chrf2_ci"][0] <= systems["gloss"]["chrf2"]
    assert len(list(keep.glob("muyu/text-*.en.gloss.txt"))) == 2


def test_languages_of_the_training_side_keep_whole_documents_apart(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "lowres" / "ulwa"
    folder.mkdir(parents=True)
    rows = [
        {"file": "1/c.tex", "line": n, "words": [f"kofal{n}"], "gloss": ["dog"], "translation": f"Dog {'x' * n}.",
         "note": f"ulwa{n // 4:03}", "aligned": True}
        for n in range(120)
    ]  # fmt: skip
    (folder / "igt.jsonl.xz").write_bytes(lzma.compress("\n".join(map(json.dumps, rows)).encode()))
    split = lowres_train.read_split(tmp_path / "data", "ulwa")
    assert split.held_out
    assert split.pool
    assert not {text.id for text in split.held_out} & {text.id for text in split.pool}
    assert lowres_train.TRAINING_SIDE["ulwa"].is_grammar_quoted


def test_without_the_data_folder_it_says_so_and_leaves_with_the_code_for_skipped(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere")
    assert (done.returncode, done.stdout) == (common.SKIPPED, "")
    assert "set DRAGOMAN_DATA" in done.stderr

"""From what the user wrote to a backend, or to an error that says how to go on."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent.backends import BACKENDS, make_backend
from dragoman.agent.backends.http import HttpBackend
from dragoman.agent.backends.model_folder import ModelFolder, check_fits
from dragoman.agent.backends.scripted import ScriptedBackend
from dragoman.agent.backends.structured import line_pattern
from dragoman.agent.backends.vllm_config import VllmConfig, engine_arguments
from dragoman.core.errors import ConfigurationError, ContextOverflowError, MissingExtraError, UnknownNameError
from dragoman.core.protocols import Backend

URL = "http://localhost:8000/v1"


@pytest.fixture(autouse=True)
def _no_server_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DRAGOMAN_BASE_URL", "OPENAI_BASE_URL", "DRAGOMAN_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"text_config": {"max_position_embeddings": 512}}))
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.mark.parametrize("name", ["gloss", "scripted"])
def test_built_in_names_need_nothing_else(name: str) -> None:
    assert isinstance(make_backend(name), Backend)
    assert not isinstance(make_backend(name), HttpBackend)


def test_a_base_url_changes_the_meaning_of_no_name_that_users_are_told() -> None:
    assert not isinstance(make_backend("gloss", base_url=URL), HttpBackend)
    assert isinstance(make_backend("scripted", base_url=URL), HttpBackend)  # of a server, by chance of this name


def test_any_other_name_is_a_servers_model_when_a_base_url_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = make_backend("llama3:8b", base_url=URL)
    assert isinstance(backend, HttpBackend)
    assert backend.name == f"llama3:8b at {URL}"
    monkeypatch.setenv("DRAGOMAN_BASE_URL", "http://other:1/v1")
    assert make_backend("m").name == "m at http://other:1/v1"


@pytest.mark.parametrize("spec", ["gpt-4o", "glos", "hf:", "vllm:", "", "hf", "nonsense:path"])
def test_an_unknown_name_lists_the_forms(spec: str) -> None:
    with pytest.raises(UnknownNameError, match=r"hf:PATH, vllm:PATH, any model name of a server with --base-url"):
        make_backend(spec)


@pytest.mark.parametrize("spec", ["hf:", "vllm:", ""])
def test_a_form_without_its_path_is_no_servers_model(spec: str) -> None:
    with pytest.raises(UnknownNameError):
        make_backend(spec, base_url=URL)


def test_micro_without_weights_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_STATE", str(tmp_path))
    monkeypatch.setattr("dragoman.agent.backends.micro.shipped_folder", lambda: tmp_path / "nothing")
    with pytest.raises(ConfigurationError, match="dragoman micro train"):
        make_backend("micro", base_url=URL)


def test_micro_takes_the_folder_that_the_user_exported(
    tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGOMAN_STATE", str(tmp_path))
    shutil.copytree(model_folder, tmp_path / "micro")
    assert str(tmp_path / "micro") in make_backend("micro").name


def test_micro_ships_with_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_STATE", str(tmp_path))
    assert "weights/micro" in make_backend("micro").name


@pytest.mark.parametrize(
    ("spec", "blocked", "extra"),
    [
        ("hf:PATH", "torch", "torch"),
        ("hf:PATH", "transformers", "torch"),
        ("micro", "torch", "torch"),
        ("vllm:PATH", "vllm", "cpu"),
    ],
)
def test_a_missing_library_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, model_folder: Path, spec: str, blocked: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, blocked, None)
    monkeypatch.setattr("shutil.which", lambda _: None)  # no GPU here
    with pytest.raises(MissingExtraError, match=rf"pip install 'dragoman\[{extra}\]'"):
        make_backend(spec.replace("PATH", str(model_folder)))


def test_a_gpu_machine_is_told_the_gpu_extra(monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(MissingExtraError, match=r"dragoman\[gpu\]"):
        make_backend(f"vllm:{model_folder}")


@pytest.mark.parametrize(
    ("spec", "options", "expected"),
    [
        ("m", {"temprature": 1}, "unknown option of a server 'temprature'"),
        ("gloss", {"dtype": "auto"}, "model 'gloss' has no option 'dtype'"),
    ],
)
def test_options_that_do_not_exist_are_refused(spec: str, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        make_backend(spec, base_url=URL, **options)


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("hf", {"device_map": "x"}, "unknown option of hf:"),
        ("hf", {"max_batch": 0}, "max_batch is 0"),
        ("hf", {"dtype": "int3"}, "dtype is 'int3'"),
        ("vllm", {"kv_cache_gib": 0.0}, "kv_cache_gib is 0.0"),
        ("vllm", {"structured": "json"}, "structured mode"),
        ("vllm", {"gpu_memory_share": 1.5}, "gpu_memory_share is 1.5"),
    ],
)
def test_wrong_engine_settings_are_refused(
    model_folder: Path, kind: str, options: dict[str, Any], expected: str
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    with pytest.raises(ConfigurationError, match=expected):
        make_backend(f"{kind}:{model_folder}", **options)


@pytest.mark.parametrize(
    ("settings", "is_cpu", "expected"),
    [
        ({}, True, {"enforce_eager": True, "kv_cache_memory_bytes": 2 << 30, "max_model_len": None}),
        ({}, False, {"enforce_eager": False, "kv_cache_memory_bytes": None, "gpu_memory_utilization": 0.9}),
        ({"kv_cache_gib": 0.5}, False, {"kv_cache_memory_bytes": 1 << 29}),
        (
            {"enforce_eager": True, "gpu_memory_share": 0.5},
            False,
            {"enforce_eager": True, "gpu_memory_utilization": 0.5},
        ),
        ({"max_context_tokens": 4096, "dtype": "float32"}, True, {"max_model_len": 4096, "dtype": "float32"}),
    ],
)
def test_engine_arguments_follow_the_machine(settings: dict[str, Any], is_cpu: bool, expected: dict[str, Any]) -> None:
    arguments = engine_arguments(VllmConfig("org/name", **settings), model="org/name", is_cpu=is_cpu)
    assert {name: arguments.get(name) for name in expected} == expected
    assert arguments["enable_prefix_caching"] is True


def test_every_entry_of_the_table_is_named_in_the_forms() -> None:
    assert set(BACKENDS) == {"gloss", "micro", "scripted", "hf:", "vllm:"}


@pytest.mark.parametrize("spec", ["./nowhere", "/no/such/folder", "plain", "a/b/c"])
def test_a_folder_without_a_model_is_named(spec: str) -> None:
    with pytest.raises(ConfigurationError, match=r"no model in .*config\.json"):
        ModelFolder(spec)


def test_an_id_is_left_to_the_engine() -> None:
    folder = ModelFolder("org/name")
    assert (folder.location, folder.max_context_tokens, folder.fingerprint) == ("org/name", None, "org/name")


def test_other_weights_give_another_fingerprint(model_folder: Path) -> None:
    before = ModelFolder(str(model_folder)).fingerprint
    assert ModelFolder(str(model_folder)).fingerprint == before
    (model_folder / "model.safetensors").write_bytes(b"weighty")
    assert ModelFolder(str(model_folder)).fingerprint != before
    assert ModelFolder(str(model_folder)).max_context_tokens == 512


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("README.md", False),
        ("LICENSE", False),
        ("LICENSE.txt", False),
        (".gitattributes", False),
        ("config.json", True),
        ("generation_config.json", True),
        ("tokenizer.json", True),
        ("merges.txt", True),
        ("chat_template.jinja", True),
        ("model-00002-of-00002.safetensors", True),
    ],
)
def test_the_fingerprint_follows_what_changes_answers_and_nothing_else(
    model_folder: Path, name: str, changes: bool
) -> None:
    before = ModelFolder(str(model_folder)).fingerprint
    (model_folder / name).write_text('{"n_positions": 7}')
    assert (ModelFolder(str(model_folder)).fingerprint != before) == changes


def test_a_prompt_fits_exactly_or_not() -> None:
    check_fits("m", prompt_tokens=90, max_tokens=10, limit=100)
    check_fits("m", prompt_tokens=90, max_tokens=10, limit=None)
    with pytest.raises(ContextOverflowError, match="m: 90 prompt tokens and 11 for the answer do not fit 100"):
        check_fits("m", prompt_tokens=90, max_tokens=11, limit=100)


def test_the_line_pattern_is_one_line_per_number() -> None:
    assert line_pattern((3, 12)) == "3\t[^\n]+\n12\t[^\n]+"


def test_scripted_is_the_echo(model_folder: Path) -> None:
    assert isinstance(make_backend("scripted"), ScriptedBackend)

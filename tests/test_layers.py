"""The arrows between the parts point one way, and heavy libraries stay in their one file."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "dragoman"
LINKS = ("agent", "memory", "policies", "training")

# A part may import itself and everything on its left; training may import all, nothing imports training
# except the command line, which offers SimLang.
LAYERS = ("core", "memory", "policies", "agent", "public", "training")

HEAVY = {
    "torch": {
        "agent/backends/decoding_speed.py",
        "agent/backends/transformers_local.py",
        "agent/backends/vllm_engine.py",
        *(f"training/micro/{name}.py" for name in ("batches", "export", "forward", "grow", "model", "rl", "train")),
    },
    "transformers": {
        *(f"agent/backends/{name}.py" for name in ("decoding_speed", "transformers_local")),
        *(f"training/micro/{name}.py" for name in ("model", "rl")),
    },
    "vllm": {"agent/backends/vllm_engine.py"},
    "langgraph": {"agent/graph.py"},
    "faiss": {"memory/dense.py"},
    "trl": {"training/micro/rl.py"},
}


def sources() -> list[Path]:
    found = list(PACKAGE.rglob("*.py"))
    for link in LINKS:
        found += (ROOT / link).rglob("*.py")
    return sorted({path.resolve() for path in found})


def short(path: Path) -> str:
    """`agent/graph.py` or `src/dragoman/sdk.py`."""
    return path.relative_to(ROOT).as_posix()


def layer_of(parts: list[str]) -> str:
    """The layer of a dotted name below `dragoman`."""
    return parts[0] if parts and parts[0] in LAYERS else "public"


def own_layer(path: Path) -> str:
    parts = path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).with_suffix("").parts
    return layer_of(list(parts))


def imports(path: Path) -> Iterator[str]:
    """Every absolute module name the file imports, also inside functions; type-checking blocks count too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{short(path)} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_top_folders_are_linked_into_the_package() -> None:
    for link in LINKS:
        assert (PACKAGE / link).is_symlink()
        assert (PACKAGE / link).readlink() == Path("../..") / link


@pytest.mark.parametrize("path", sources(), ids=short)
def test_imports_point_to_lower_layers_only(path: Path) -> None:
    own = own_layer(path)
    for name in imports(path):
        if not name.startswith("dragoman.") or name == "dragoman.__version__":
            continue
        target = layer_of(name.split(".")[1:2])
        if own == "public" and target == "training":
            assert short(path).startswith("src/dragoman/cli/"), f"{short(path)} imports {name}"
            continue
        assert LAYERS.index(target) <= LAYERS.index(own), f"{short(path)} ({own}) imports {name} ({target})"


@pytest.mark.parametrize("path", sources(), ids=short)
def test_heavy_libraries_stay_in_their_file(path: Path) -> None:
    for name in imports(path):
        allowed = HEAVY.get(name.split(".")[0])
        assert allowed is None or short(path) in allowed, f"{short(path)} imports {name}"


def test_there_is_no_import_cycle() -> None:
    modules = {module_name(path): path for path in sources()}
    graph = {name: {found for found in direct_imports(path) if found in modules} for name, path in modules.items()}
    done: set[str] = set()
    for start in graph:
        assert_no_cycle(start, graph, done, [])


def module_name(path: Path) -> str:
    base = PACKAGE if path.is_relative_to(PACKAGE) else ROOT
    parts = [part for part in path.relative_to(base).with_suffix("").parts if part != "__init__"]
    return ".".join(["dragoman", *parts])


def direct_imports(path: Path) -> Iterator[str]:
    """Names imported at module level: an import inside a function does not run on import."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def assert_no_cycle(name: str, graph: dict[str, set[str]], done: set[str], trail: list[str]) -> None:
    assert name not in trail, " -> ".join([*trail, name])
    if name in done:
        return
    for target in graph[name] - {name}:
        assert_no_cycle(target, graph, done, [*trail, name])
    done.add(name)

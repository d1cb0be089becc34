"""The layers: broadax → backends → transforms → runtime; what each may import, and what is packaged."""

import ast
import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("runtime", "transforms", "backends", "broadax")
FILES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
# Libraries that a layer must not need in order to be imported.
HEAVY = {
    "runtime": {"numba", "cupy", "scipy", "gast", "beniget", "rich", "typer"},
    "transforms": {"numba", "cupy", "scipy", "rich", "typer"},
    "backends": {"cupy", "rich", "typer"},
    "broadax": {"numba", "cupy", "scipy"},
}


def layer_of(module: str) -> str | None:
    """The layer of `broadax.transforms.core`; None for a module of somebody else."""
    parts = module.split(".")
    if parts[0] != "broadax":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else "broadax"


def imports(path: Path):
    """(module, line, runs on import) of each import of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((a.name, node.lineno, id(node) not in inside) for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            whole = node.module == "broadax"
            names = [f"broadax.{a.name}" for a in node.names] if whole else [node.module]
            yield from ((name, node.lineno, id(node) not in inside) for name in names)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_go_down(layer):
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    wrong = [
        f"{name_of(path)}:{line} imports {module}"
        for path in (ROOT / layer).rglob("*.py")
        for module, line, _ in imports(path)
        if layer_of(module) not in (None, *allowed)
    ]
    assert not wrong, "\n".join(wrong)


# What only generated Numba code, the Numba backend or the command line imports may be heavy.
ON_DEMAND = (
    "backends/numba/",
    "broadax/cli.py",
    "broadax/commands/",
    "runtime/arrays.py",
    "runtime/kernel_sources.py",
    "runtime/kernels.py",
    "runtime/memory.py",
    "runtime/lowering.py",
    "runtime/pipeline.py",
    "runtime/products.py",
    "runtime/small_products.py",
    "runtime/python_numbers.py",
    "runtime/threads.py",
    "runtime/vector_math.py",
)


@pytest.mark.parametrize("layer", LAYERS)
def test_light_to_import(layer):
    wrong = [
        f"{name_of(path)}:{line} imports {module}"
        for path in (ROOT / layer).rglob("*.py")
        if not name_of(path).startswith(ON_DEMAND)
        for module, line, at_import in imports(path)
        if at_import and module.split(".")[0] in HEAVY[layer]
    ]
    assert not wrong, "\n".join(wrong)


def test_packages_are_the_folders():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = config["options"]["packages"].split()
    roots = {"broadax": "broadax"} | {layer: f"broadax.{layer}" for layer in LAYERS[:-1]}
    found = []
    for folder, package in roots.items():
        for path in (ROOT / folder).rglob("*.py"):
            below = path.parent.relative_to(ROOT / folder).parts
            found.append(".".join((package, *below)))
    assert sorted(listed) == sorted(set(found))
    for package in listed:
        parts = package.split(".")
        folder = ROOT.joinpath(*(parts[1:] if len(parts) > 1 and parts[1] in roots else parts))
        assert (folder / "__init__.py").is_file(), f"{package} has no __init__.py"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_module(path):
    """A plain lower-case name, a docstring, and a size that is read in one sitting."""
    assert re.fullmatch(r"[a-z][a-z0-9_]*|__init__|__main__", path.stem)
    text = path.read_text(encoding="utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert text.count("\n") <= 500, "split it"

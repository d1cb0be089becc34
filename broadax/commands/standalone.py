"""A module for Numba that stands by itself: the compiled loop nests behind a function that people call."""

from __future__ import annotations

import re
from dataclasses import replace

from broadax import backends
from broadax.transforms.core.avals import Aval
from broadax.transforms.interface import Interface, Leaf
from broadax.transforms.pipeline import lower
from broadax.transforms.pretty import face
from broadax.transforms.pretty.layout import wrap

RESERVED = {"np", "math", "njit", "results", "intrinsic", "options"}


def numba_module(transformed, specs: tuple, keywords: dict) -> str:
    """The source of a module that imports NumPy and Numba and nothing of broadax.

    It defines the function under its own name: of trees, as the transformed one is, and of arrays
    in any memory order.
    """
    made = transformed.program.specialised(specs, keywords)
    interface = made.interface
    function = lower(made.function, interface.mutated, backends.module("numba").passes())
    function = replace(function, name=f"_{function.name}")
    text = backends.get("numba").source(function, standalone=True)
    names = _leaf_names(function, interface)
    lines = [face.signature(interface)]
    if interface.doc:
        lines.append(f'    """{interface.doc}"""')
    lines += [f"    {line}" for line in face.unpack(interface, names.get)]
    given = [_argument(names[k], param.aval) for k, param in enumerate(function.params)]
    lines += wrap(f"results = {function.name}({', '.join(given)})", "    ")
    lines += [f"    {names[p]}[...] = results[{r}]" for p, r in interface.mutated.items()]
    texts = {k: _result(k, atom.aval) for k, atom in enumerate(function.body.results)}
    lines += wrap(f"return {face.rebuild(interface.result, texts)}", "    ")
    classes = face.classes(interface.result).values()
    head = sorted({_CLASS_IMPORTS[node.kind] for node in classes}, key=lambda t: t.startswith("from"))
    parts = ["\n".join(face.class_lines(node)) for node in classes] + ["\n".join(lines)]
    text = _with_imports(text.rstrip("\n"), [*head, "import numpy as np"])
    return "\n\n\n".join([text, *parts]) + "\n"


_CLASS_IMPORTS = {
    "namedtuple": "from collections import namedtuple",
    "dataclass": "from dataclasses import dataclass",
}


def _leaf_names(function, interface: Interface) -> dict[int, str]:
    """A name for each flat parameter: the user's where it is a parameter by itself."""
    names = {p.tree.index: p.name for p in interface.params if isinstance(p.tree, Leaf)}
    taken = RESERVED | {p.name for p in interface.params} | {function.name}
    for k, param in enumerate(function.params):
        if k in names:
            continue
        name = re.sub(r"\W", "_", param.name)
        while name in taken or not name.isidentifier():
            name = f"{name}_"
        names[k] = name
        taken.add(name)
    return names


def _argument(name: str, aval: Aval) -> str:
    """What the compiled function, which takes C-contiguous arrays and plain numbers, is given."""
    return f"np.ascontiguousarray({name})" if aval.shape else name


def _result(k: int, aval: Aval) -> str:
    """A result as NumPy would give it: Numba returns Python numbers for scalars."""
    return f"results[{k}]" if aval.shape or aval.weak else f"np.{aval.dtype.name}(results[{k}])"


def _with_imports(text: str, wanted: list[str]) -> str:
    """The module with these imports, where it doesn't have them, at the top."""
    have = set(text.split("\n"))
    missing = [line for line in wanted if line not in have]
    return "\n".join([*missing, text])

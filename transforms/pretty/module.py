"""A Core function as a module of readable NumPy Python that stands by itself."""

from __future__ import annotations

import os
import re
from dataclasses import replace

from broadax.transforms.core.statements import Effect, Function, statements
from broadax.transforms.facts.lifetimes import Lifetimes
from broadax.transforms.facts.ownership import Ownership
from broadax.transforms.facts.storage import is_array
from broadax.transforms.interface import Interface, Leaf
from broadax.transforms.pretty import face
from broadax.transforms.pretty.callbacks import bound, import_lines
from broadax.transforms.pretty.control import Writer
from broadax.transforms.pretty.expressions import TERNARY
from broadax.transforms.pretty.flags import keep_flags
from broadax.transforms.pretty.inline import Plan
from broadax.transforms.pretty.layout import INDENT, WIDTH, wrap
from broadax.transforms.pretty.lines import Line
from broadax.transforms.pretty.names import RESERVED, Names

PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep + "transforms"
IMPORTS = (
    (re.compile(r"\bcofactors\("), "from broadax.runtime.matrices import cofactors"),
    (re.compile(r"\bpure_callback\("), "from broadax import ShapeDtypeStruct, pure_callback"),
    (re.compile(r"\bmath\."), "import math"),
    (re.compile(r"\bml_dtypes\."), "import ml_dtypes"),
    (re.compile(r"\bnp\."), "import numpy as np"),
    (re.compile(r"\bspecial\."), "from scipy import special"),
)


def python_source(function: Function, interface: Interface) -> str:
    """The source of a module that defines the function `interface.name`; see `placed_source`."""
    return placed_source(function, interface)[0]


def placed_source(function: Function, interface: Interface) -> tuple[str, dict[int, Line]]:
    """The source of a module that defines the function `interface.name`; line → what it comes from.

    Args:
        function: after `simplify` and `insert_copies`, so that every update may be done in place.
        interface: names and trees of parameters and results.

    Raises:
        UnsupportedError: a parameter or result is of a class that a module by itself can't handle.
    """
    function = keep_flags(function)
    given = {function.params[p]: function.body.results[r] for p, r in interface.mutated.items()}
    facts = Ownership(function, given)
    order = [leaf.index for leaf in interface.leaves()]
    body = function.body
    function = replace(function, body=replace(body, results=tuple(body.results[k] for k in order)))
    used = _used_names(function, interface)
    inner, wrapper = _wrapped(interface, used)
    names = _named(function, inner, used)
    plan = names.plan
    writer = Writer(names, _Overwriting(facts, names))
    lines = [Line(1, f'"""{inner.doc}"""')] if inner.doc and not wrapper else []
    lines += [Line(1, text) for text in face.unpack(inner, _name_of(plan, names, function))]
    lines += [Line(1, text) for text in _size_lines(plan, names)]
    lines += _with_sweeps(writer.block(function.body, 1))
    texts = dict(zip(order, (_value(writer, a) for a in function.body.results), strict=True))
    lines += [Line(1, text) for text in face.change_lines(inner, texts)]
    lines = _returning(lines, face.rebuild(inner.result, texts), tuple(writer.written))
    return _assemble(inner, wrapper, lines, writer, import_lines(bound(function)))


def _used_names(function: Function, interface: Interface) -> frozenset:
    """The names that the text uses for other things than variables."""
    errors = {
        s.params["error"].__name__
        for s in statements(function.body)
        if isinstance(s, Effect) and "error" in s.params
    }
    called = {"pure_callback", "ShapeDtypeStruct", *bound(function)} if bound(function) else set()
    return RESERVED | errors | called | {cls.__name__ for cls in face.classes(interface.result)}


def _named(function: Function, interface: Interface, used: frozenset) -> Names:
    """The names; anew where a value that only hands on a name is better nested: `a, b = b, a + b`."""
    unnamed: frozenset = frozenset()
    while True:
        plan = Plan(function, _given(function, interface), unnamed)
        lifetimes = Lifetimes(function, plan.reads, plan.leaves, plan.shown, plan.header)
        names = Names(plan, lifetimes, [*used, *(p.name for p in interface.params)])
        more = frozenset(names.shuffled()) - unnamed
        if not more:
            return names
        unnamed |= more


def _returning(lines: list[Line], text: str, parts: tuple) -> list[Line]:
    """The lines with the `return`; a value called `result` only to be returned is returned at once."""
    last = lines[-1] if lines else None
    if text == "result" and last is not None and last.depth == 1 and last.text.startswith("result = "):
        return [*lines[:-1], replace(last, text="return " + last.text[len("result = ") :])]
    return [*lines, Line(1, f"return {text}", parts=parts)]


def _value(writer: Writer, atom) -> str:
    return writer.text(atom).at(TERNARY)


class _Overwriting:
    """Answers whether `x += y` may be written for arrays: x's memory is this function's, and given up.

    Nesting reads some values later than Core does, so the lifetimes as printed count too.
    """

    def __init__(self, facts: Ownership, names: Names):
        self.facts, self.names, self.lifetimes, self.storage = (
            facts,
            names,
            names.lifetimes,
            names.plan.storage,
        )
        self.classes: dict = {}
        for var in self.lifetimes.intervals:
            if is_array(var) and names.get(var):
                self.classes.setdefault(self.storage.of(var), []).append(var)

    def __call__(self, op, var, name: str, moment: int, later) -> bool:
        if not self.facts.may_overwrite(op, var):
            return False
        sharing = self.classes[self.storage.of(var)]
        others = (w for w in sharing if self.names[w] != name)
        return not any(w in later or self.lifetimes.live_at(w, moment) for w in others)


def _wrapped(interface: Interface, used: frozenset) -> tuple[Interface, list[str]]:
    """Where a parameter is called like something that the code uses (`np`), the code goes one deeper."""
    if not any(p.name in used for p in interface.params):
        return interface, []
    renamed = tuple(
        replace(p, name=f"{p.name}_" if p.name in used else p.name, kind="positional")
        for p in interface.params
    )
    inner = replace(interface, name=f"_{interface.name}", params=renamed)
    doc = [f'{INDENT}"""{interface.doc}"""'] if interface.doc else []
    call = f"{INDENT}return {inner.name}({', '.join(p.name for p in interface.params)})"
    return inner, [face.signature(interface), *doc, call]


def _given(function: Function, interface: Interface) -> dict:
    """The variables whose names the signature gives."""
    return {function.params[p.tree.index]: p.name for p in interface.params if isinstance(p.tree, Leaf)}


def _name_of(plan: Plan, names: Names, function: Function):
    read = set(plan.count) | {p for v, p, _ in function.sizes if plan.count[v]}

    def name_of(index: int):
        var = function.params[index]
        return names.get(var) if var in read else None

    return name_of


def _size_lines(plan: Plan, names: Names) -> list[str]:
    """`n = x.shape[0]`, or `n, m = x.shape` where all of an array's sizes are wanted."""
    wanted: dict = {}
    for var, param, axis in plan.function.sizes:
        if plan.count[var] and var not in plan.nested:
            wanted.setdefault(param, {})[axis] = names[var]
    lines = []
    for param, axes in wanted.items():
        if len(axes) == len(param.shape) > 1:
            lines.append(f"{', '.join(axes[k] for k in range(len(axes)))} = {names[param]}.shape")
        else:
            lines += [f"{name} = {names[param]}.shape[{axis}]" for axis, name in axes.items()]
    return lines


def _with_sweeps(lines: list[Line]) -> list[Line]:
    """Mark where the reverse sweep begins: from there on everything computes derivatives."""
    tops = [k for k, line in enumerate(lines) if line.depth == 1]
    last = max((k for k in tops if not lines[k].note), default=-1)
    later = [k for k in tops if k > last]
    reverse = any(lines[k].text.startswith("d_") for k in later)
    if last < 0 or len(later) < 2 or not reverse or any(lines[k].note for k in tops if k < last):
        return lines
    return [*lines[: later[0]], Line(0, ""), Line(1, "# reverse sweep"), *lines[later[0] :]]


# ── text ──────────────────────────────────────────────────────────────────────────────────────────


def _assemble(
    interface: Interface, wrapper: list[str], lines: list[Line], writer: Writer, called: list
) -> tuple:
    start = wrap(face.signature(interface), "")
    texts, owners = _commented(lines)
    body = "\n".join([*start, *texts])
    found = [text for pattern, text in IMPORTS if pattern.search(_code(body))]
    standard = sorted(
        [*_class_imports(interface), *(t for t in found if t == "import math")], key=_import_order
    )
    others = [t for t in found if t != "import math"]
    head = [*standard, *([""] if standard and others else []), *others]
    for error in writer.errors:
        if error.__module__ != "builtins" and not error.__module__.startswith("numpy."):
            head.append(f"from {error.__module__} import {error.__name__}")
    head += called
    parts = ["\n".join(head)] if head else []
    parts += ["\n".join(face.class_lines(node)) for node in face.classes(interface.result).values()]
    first = sum(part.count("\n") + 3 for part in parts) + len(start) + 1
    parts.append(body)
    if wrapper:
        parts.append("\n".join(wrapper))
    return "\n\n\n".join(parts) + "\n", {first + k: line for k, line in enumerate(owners)}


def _import_order(text: str) -> tuple:
    return text.startswith("from"), text


def _class_imports(interface: Interface) -> list[str]:
    kinds = {node.kind for node in face.classes(interface.result).values()}
    return [
        text
        for kind, text in (
            ("namedtuple", "from collections import namedtuple"),
            ("dataclass", "from dataclasses import dataclass"),
        )
        if kind in kinds
    ]


def _code(text: str) -> str:
    """The text without comments and docstrings, roughly: what decides on imports."""
    return "\n".join(line.split("  # ")[0] for line in text.split("\n") if not line.strip().startswith('"""'))


def _commented(lines: list[Line]) -> tuple[list[str], list[Line]]:
    """The lines as text, where a comment names the user's line if it changes; and what each is part of."""
    out: list[str] = []
    owners: list[Line] = []
    last = None
    for line in lines:
        wrapped = wrap(line.text, INDENT * line.depth) if line.text else [""]
        if (
            line.loc is not None
            and line.loc.line
            and not line.loc.file.startswith(PACKAGE)
            and (line.loc.file, line.loc.line) != last
        ):
            last = line.loc.file, line.loc.line
            comment = f"  # {os.path.basename(line.loc.file)}:{line.loc.line}"
            if len(wrapped[0]) + len(comment) <= WIDTH + 10:
                wrapped[0] += comment
        out += wrapped
        owners += [line] * len(wrapped)
    return out, owners

"""Straight Python for calls of one version: it takes the arguments apart, checks them, and calls the code.

`runtime.dispatch` serves any call: it flattens trees, hashes a signature, looks for a version. That takes
longer than many compiled functions. What `direct_call` writes does the same for the structure, the types and
the guards of one version, and gives `MISS` where they do not fit; then the general way is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass

import numpy as np

from broadax.config import chosen_backend
from broadax.runtime.dispatch import SMALL, Version, equal
from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.trees import NUMBERS, Const, is_data, unflatten
from broadax.transforms import interface as face
from broadax.transforms.building import instance, rebuilder

MISS = object()
MOST = 4  # versions of one function that are tried before the general way


class Unfit(Exception):
    """There is no straight code for such arguments or results."""


class Writer:
    """Writes the function, a line at a time, with the objects that it needs as its globals.

    Attributes:
        leaf: the text of each argument leaf, in the order of the flattened tree.
        sizes: (text of an array, axis) → text of its size.
        exact: must all sizes be those that they were?
    """

    def __init__(self, exact: bool):
        self.exact = exact
        self.lines: list[str] = []
        self.bound: dict = {"MISS": MISS, "ndarray": np.ndarray, "DeviceArray": DeviceArray}
        self.count = 0
        self.leaf: list[str] = []
        self.sizes: dict[tuple, str] = {}

    def name(self, start: str) -> str:
        self.count += 1
        return f"{start}{self.count}"

    def bind(self, value, start: str = "v") -> str:
        """The name of an object in the function's globals."""
        name = self.name(start)
        self.bound[name] = value
        return name

    def line(self, text: str, depth: int = 1) -> None:
        self.lines.append("    " * depth + text)

    def miss_if(self, test: str) -> None:
        self.line(f"if {test}: return MISS")

    # ── arguments ─────────────────────────────────────────────────────────────────────────────────

    def tree(self, spec, value, text: str) -> None:
        """Take a tree apart that must have this structure; `value` is the one that it was made from."""
        if spec.is_leaf():
            self.leaf.append(text)
            return
        cls, children = spec.type, spec.children()
        if cls in (tuple, list) or issubclass(cls, tuple) and hasattr(cls, "_fields"):
            self.miss_if(f"type({text}) is not {cls.__name__ if cls in (tuple, list) else self.bind(cls)}")
            self._parts(children, value, [self.name("t") for _ in children], text)
        elif cls is dict:
            self._dict(spec, value, text)
        elif is_dataclass(cls):
            self.miss_if(f"type({text}) is not {self.bind(cls)}")
            for child, name in zip(children, spec.entries(), strict=True):
                part = self.name("t")
                self.line(f"{part} = {text}.{name}")
                self.tree(child, getattr(value, name), part)
        else:
            raise Unfit(cls)

    def _parts(self, children, value, names: list[str], text: str) -> None:
        self.miss_if(f"len({text}) != {len(children)}")
        if names:
            self.line(f"{', '.join(names)}, = {text}")
        for child, item, name in zip(children, value, names, strict=True):
            self.tree(child, item, name)

    def _dict(self, spec, value: dict, text: str) -> None:
        """Leaves are numbered by sorted keys; the values of a dict come as they were put in."""
        keys = tuple(value)
        self.miss_if(f"type({text}) is not dict or tuple({text}) != {self.bind(keys)}")
        names = {key: self.name("t") for key in keys}
        if names:
            self.line(f"{', '.join(names.values())}, = {text}.values()")
        for child, key in zip(spec.children(), spec.entries(), strict=True):
            self.tree(child, value[key], names[key])

    def fit(self, value, text: str) -> None:
        """Check what `signature_of` tells of a leaf like this one."""
        if type(value) is np.ndarray and value.ndim and is_data(value):
            self._array(value, text)
        elif type(value) is DeviceArray:
            self.miss_if(f"type({text}) is not DeviceArray or {text}.type is not {self.bind(value.type)}")
            self.sizes.update({(text, axis): str(d) for axis, d in enumerate(value.shape)})
        elif isinstance(value, NUMBERS):
            self.miss_if(f"type({text}) is not {self.bind(type(value))}")
        elif isinstance(value, np.ndarray):
            raise Unfit(value)
        elif value is None:
            self.miss_if(f"{text} is not None")
        else:
            static = value.value if isinstance(value, Const) else value
            same, cls = self.bind(static), self.bind(type(static))
            self.miss_if(f"{text} is not {same} and (type({text}) is not {cls} or {text} != {same})")

    def _array(self, value: np.ndarray, text: str) -> None:
        if not value.flags.c_contiguous:
            raise Unfit("a layout that says which reshapes are views")
        self.miss_if(f"type({text}) is not ndarray or {text}.dtype is not {self.bind(value.dtype)}")
        sizes = [self.name("n") for _ in value.shape]
        shape = self.name("s")
        self.line(f"{shape} = {text}.shape")
        self.miss_if(f"len({shape}) != {value.ndim}")
        self.line(f"{', '.join(sizes)}, = {shape}")
        known = [self.exact or d <= SMALL for d in value.shape]
        pairs = zip(sizes, value.shape, known)
        tests = [f"{n} != {d}" if same else f"{n} <= {SMALL}" for n, d, same in pairs]
        self.miss_if(" or ".join([*tests, f"not {text}.flags.c_contiguous"]))
        self.sizes.update({(text, axis): n for axis, n in enumerate(sizes)})

    def hidden(self, version: Version, leaves: list, values: list) -> list[str]:
        """Read what is not among the arguments, and compare it with what the version rests on."""
        for number, value in version.fixed.items():
            if type(leaves[number]) is DeviceArray:
                raise Unfit("a number on a device whose value must be known")
            self.miss_if(f"{self.leaf[number]} != {self.bind(value)}")
        for read, value in version.statics:
            now, then = self.name("h"), self.bind(value)
            self.line(f"{now} = {self.bind(read, 'read')}()")
            self.miss_if(f"{now} is not {then} and not {self.bind(equal)}({now}, {then})")
        for read, value in version.constants:
            self.miss_if(f"{self.bind(read, 'read')}() != {self.bind(value)}")
        names = []
        for (read, _), value in zip(version.hidden, values, strict=True):
            names.append(self.name("h"))
            self.line(f"{names[-1]} = {self.bind(read, 'read')}()")
            self.fit(value, names[-1])
        return names

    # ── results ───────────────────────────────────────────────────────────────────────────────────

    def result(self, tree: face.Tree, boxes) -> str:
        """The expression of a tree of results `r`."""
        if isinstance(tree, face.Leaf):
            box = boxes[tree.index]
            return f"{self.bind(box)}(r[{tree.index}])" if box else f"r[{tree.index}]"
        if isinstance(tree, face.Static):
            return self.bind(tree.value)
        if tree.kind == "rows":
            return f"{self.bind(rebuilder(tree))}(r)"
        parts = [self.result(child, boxes) for child in tree.children]
        if tree.kind == "dict":
            pairs = [f"{self.bind(key)}: {part}" for key, part in zip(tree.keys, parts, strict=True)]
            return f"{{{', '.join(pairs)}}}"
        listed = ", ".join(parts)
        if tree.kind == "list":
            return f"[{listed}]"
        made = f"({listed}{',' if len(parts) == 1 else ''})"
        if tree.kind in ("tuple", "namedtuple"):
            return made if tree.kind == "tuple" else f"tuple.__new__({self.bind(tree.cls)}, {made})"
        return f"{self.bind(instance)}({self.bind(tree.cls)}, {self.bind(tree.keys)}, {made})"


class Parts:
    """What of a version's making the straight code needs.

    Attributes:
        run: the backend's function of flat inputs; with `entry`, `boxes` and `recover` where it has them.
        interface: how results become a tree; which parameters are written.
        checks: of arrays that must not share memory (`results.overlaps`).
        guards: `guards(parameter texts, size text of (parameter, axis))`: the tests as Python text.
        hidden: the values of the hidden inputs.
        part: comes with the result of a derivative in two parts: the other one.
    """

    def __init__(self, run, interface: face.Interface, checks: list, guards: Callable, hidden: list, part):
        self.run, self.interface, self.checks = run, interface, checks
        self.guards, self.hidden, self.part = guards, hidden, part


def direct_call(composed, version: Version, leaves: list, spec, parts: Parts) -> Callable | None:
    """`f(args, kwargs)` that gives the result or `MISS`; None where no such code can be written.

    Args:
        composed: the transform that is called.
        leaves, spec: the arguments `(args, kwargs)` for which the version was made, flattened.
    """
    try:
        return _written(composed, version, leaves, spec, parts)
    except Unfit:
        return None


def _written(composed, version: Version, leaves: list, spec, parts: Parts) -> Callable:
    if version.unwrapped or parts.interface.changes:
        raise Unfit("arrays without axes, containers that change")
    writer = Writer(version.exact)
    if composed.backend is None:
        writer.miss_if(f"{writer.bind(chosen_backend)}() != {chosen_backend()!r}")
    for part, value, text in zip(spec.children(), unflatten(spec, leaves), ("args", "kwargs"), strict=True):
        writer.tree(part, value, text)
    for value, text in zip(leaves, writer.leaf, strict=True):
        writer.fit(value, text)
    flat = [writer.leaf[number] for number in version.leaves] + writer.hidden(version, leaves, parts.hidden)
    guards = parts.guards(flat, lambda k, axis: writer.sizes[flat[k], axis])
    if guards:
        writer.miss_if(f"not ({' and '.join(guards)})")
    _finish(writer, flat, parts)
    text = "\n".join(["def direct(args, kwargs):", *writer.lines])
    exec(compile(text, "<broadax call>", "exec"), writer.bound)
    return writer.bound["direct"]


def _finish(writer: Writer, flat: list[str], parts: Parts) -> None:
    """Call the code, carry out writes, build the result."""
    run, given = parts.run, ", ".join(flat)
    for written, other, refuse in parts.checks:
        pair = f"{flat[written]}, {flat[other]}"
        writer.line(f"if {writer.bind(np.may_share_memory)}({pair}): {writer.bind(refuse)}({pair})")
    entry, boxes = getattr(run, "entry", None), getattr(run, "boxes", None)
    if entry is None:
        boxes = (None,) * (1 + max((leaf.index for leaf in face.leaves(parts.interface.result)), default=0))
        writer.line(f"r = {writer.bind(run)}({given})")
    else:
        writer.line("try:")
        writer.line(f"r = {writer.bind(entry)}({given})", 2)
        writer.line("except Exception as error:")
        writer.line(f"r = {writer.bind(run.recover)}(error, ({given}{',' if flat else ''}))", 2)
    for param, result in parts.interface.mutated.items():
        writer.line(f"if r[{result}] is not {flat[param]}:")
        writer.line(f"{writer.bind(np.copyto)}({flat[param]}, r[{result}])", 2)
    result = writer.result(parts.interface.result, boxes)
    writer.line(f"return {result if parts.part is None else f'(*{result}, {writer.bind(parts.part)})'}")

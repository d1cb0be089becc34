"""Type specs as text: `f64[n, 3]`, `f32`, `{"w": f32[784, 10]}, i64[n]`.

A spec stands where an argument would: `bx.grad(f).source("f64[n]", {"w": "f32[784, 10]"})`. A
dimension is an int or a name; a name used twice is the same size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import numpy as np

from broadax.transforms.spec_text import ArraySpec, Reader, is_spec_text, spec_error

__all__ = [
    "ArraySpec", "ShapeDtypeStruct", "parse_spec", "parse_specs", "spec_or_value", "spec_arguments",
    "specs_in", "example_sizes",
]  # fmt: skip


class ShapeDtypeStruct:
    """What `eval_shape` gives for each array: its shape and dtype, and no data. A leaf of trees."""

    __slots__ = ("shape", "dtype")

    def __init__(self, shape: tuple[int, ...], dtype):
        self.shape, self.dtype = tuple(shape), np.dtype(dtype)

    def __eq__(self, other) -> bool:
        mine = isinstance(other, ShapeDtypeStruct)
        return mine and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    def __repr__(self) -> str:
        return f"ShapeDtypeStruct(shape={self.shape}, dtype={self.dtype})"


def parse_spec(text: str):
    """One spec, or a tree of specs written as a Python literal.

    >>> str(parse_spec("f64[n, 3]"))
    'f64[n, 3]'

    Raises:
        SpecError: with a caret under what can't be read.
    """
    args, kwargs = parse_specs(text)
    if kwargs or len(args) != 1:
        raise spec_error(text, 0, len(text), f"one spec is expected here, not {len(args) + len(kwargs)}")
    return args[0]


def parse_specs(text: str) -> tuple[tuple, dict]:
    """The positional and keyword arguments that `'f64[n], {"w": f32[n, 3]}, scale=f64'` lists.

    Quotes around specs are optional. Numbers, True, False, None and quoted words that are no
    specs stand for themselves (an axis, a mode).

    Raises:
        SpecError: with a caret under what can't be read.
    """
    reader = Reader(text)
    args, kwargs = [], {}
    while reader.kind != "end":
        keyword = reader.keyword()
        if keyword is None and kwargs:
            raise reader.error("a positional argument follows a keyword argument")
        if keyword in kwargs:
            raise reader.error(f"the keyword argument {keyword} is given twice")
        value = reader.value()
        if keyword is None:
            args.append(value)
        else:
            kwargs[keyword] = value
        if reader.kind != "end":
            reader.expect(",")
    return tuple(args), kwargs


def spec_or_value(x):
    """An argument of `.source` as the compiler wants it: specs in text become `ArraySpec`.

    Goes through tuples, lists, dicts, named tuples and dataclasses. A word that is no spec
    (`"valid"`) and every other object stand for themselves; a list of specs in one string becomes
    a tuple.

    Raises:
        SpecError: a string that is meant as a spec and can't be read.
    """
    if isinstance(x, str):
        if is_spec_text(x):
            args, kwargs = parse_specs(x)
            if kwargs:
                raise spec_error(x, 0, len(x), "a keyword goes outside the text: source(scale='f64')")
            return args[0] if len(args) == 1 else args
        return x
    if isinstance(x, ShapeDtypeStruct):
        return ArraySpec(x.dtype, x.shape)
    return _map(spec_or_value, x)


def spec_arguments(args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """The arguments of a `.source(...)` call: `source("f64[n], f64")` is `source("f64[n]", "f64")`."""
    if len(args) == 1 and isinstance(args[0], str) and is_spec_text(args[0]):
        args, more = parse_specs(args[0])
        kwargs = more | kwargs
    return tuple(map(spec_or_value, args)), {name: spec_or_value(x) for name, x in kwargs.items()}


def specs_in(tree) -> Iterator[ArraySpec]:
    """Every `ArraySpec` of a tree, from left to right."""
    if isinstance(tree, ArraySpec):
        yield tree
        return
    for child in _children(tree):
        yield from specs_in(child)


def example_sizes(tree) -> dict[str, int]:
    """A different size for each dimension name of a tree: the hints of a compile without data."""
    names = dict.fromkeys(d for spec in specs_in(tree) for d in spec.dims if isinstance(d, str))
    fixed = {d for spec in specs_in(tree) for d in spec.dims}
    free = (n for n in range(61, 61 + 2 * (len(names) + len(fixed)) + 1, 2) if n not in fixed)
    return dict(zip(names, free))


def _children(tree) -> list:
    if isinstance(tree, dict):
        return list(tree.values())
    if isinstance(tree, (tuple, list)):
        return list(tree)
    if is_dataclass(tree) and not isinstance(tree, type):
        return [getattr(tree, f.name) for f in fields(tree)]
    return []


def _map(function, tree):
    if isinstance(tree, dict):
        return {key: function(value) for key, value in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*map(function, tree))
    if type(tree) in (tuple, list):
        return type(tree)(map(function, tree))
    if is_dataclass(tree) and not isinstance(tree, type):
        return replace(tree, **{f.name: function(getattr(tree, f.name)) for f in fields(tree) if f.init})
    return tree

"""The types of a function's results as specs, with the names of its sizes where they can be told."""

from __future__ import annotations

import numpy as np

import broadax as bx
from broadax.transforms.specs import ArraySpec, ShapeDtypeStruct, example_sizes


def result_specs(function, specs: tuple, keywords: dict):
    """The result of a function as a tree of specs: a size equal to that of a named dimension has its name."""
    sizes = example_sizes((specs, keywords))
    names = {size: name for name, size in sizes.items()}

    def sized(x):
        if isinstance(x, ArraySpec):
            return ShapeDtypeStruct(tuple(sizes.get(d, d) for d in x.dims), x.dtype)
        return x

    def named(x):
        return ArraySpec(np.dtype(x.dtype), tuple(names.get(d, d) for d in x.shape))

    result = bx.eval_shape(function, *_map(sized, specs), **_map(sized, keywords))
    return _map(named, result)


def _map(function, tree):
    if isinstance(tree, dict):
        return {key: _map(function, x) for key, x in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(_map(function, x) for x in tree))
    if isinstance(tree, (tuple, list)):
        return type(tree)(_map(function, x) for x in tree)
    return function(tree)

"""The types of a function's results as specs, in terms of the named sizes of its arguments."""

from __future__ import annotations

import broadax as bx
from broadax.commands import CommandError
from broadax.transforms.specs import ArraySpec, ShapeDtypeStruct, example_sizes, spec_or_value, specs_in

SMALL = 10  # a size below any example size: a constant of the function


def result_specs(function, specs: tuple, keywords: dict):
    """The result of a function as a tree of specs.

    Raises:
        CommandError: a size of the result is not one of the arguments' (`n - 1`).
    """
    tree = (specs, keywords)
    sizes = example_sizes(tree)
    names = {size: name for name, size in sizes.items()}
    known = {d for spec in specs_in(tree) for d in spec.dims if isinstance(d, int)}

    def named(x):
        if isinstance(x, dict):
            return {key: named(value) for key, value in x.items()}
        if isinstance(x, tuple) and hasattr(x, "_fields"):
            return type(x)(*map(named, x))
        if isinstance(x, (tuple, list)):
            return type(x)(map(named, x))
        if not isinstance(x, ShapeDtypeStruct):
            return spec_or_value(x)
        dims = tuple(names.get(d, d) for d in x.shape)
        if any(isinstance(d, int) and d > SMALL and d not in known for d in dims):
            given = ", ".join(f"{name} = {size}" for name, size in sizes.items())
            raise CommandError(
                f"vjp: a result of shape {x.shape} for {given} has a size that no argument has; "
                "differentiate a function with a scalar result instead (broadax grad)"
            )
        return ArraySpec(x.dtype, dims)

    return named(bx.eval_shape(function, *specs, **keywords))

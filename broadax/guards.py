"""The guards of a version as Python text over its flat inputs."""

from __future__ import annotations

from collections.abc import Callable

from broadax.transforms.core.sizes import Guard, atoms_of, size_text
from broadax.transforms.specialise.entry import Specialised


def guard_tests(made: Specialised, inputs: list[str], size: Callable) -> list[str]:
    """The tests that must hold.

    Signatures tell small sizes from others; each symbolic size was read as one that is not small.

    Args:
        inputs: the text of each flat input.
        size: `size(number of the input, axis)` is the text of a size.
    """
    function = made.function
    places = dict(zip(function.params, inputs, strict=True))
    places.update({var: size(function.params.index(param), axis) for var, param, axis in function.sizes})
    tests = [_guard_text(guard, places) for guard in function.guards.items if _evaluable(guard, places)]
    return tests + [f"{places[a]} == {size(k, axis)}" for a, k, axis in _repeated_names(function)]


def guard_function(made: Specialised) -> Callable:
    """The guards as one Python function of the list of flat inputs."""
    inputs = [f"a[{k}]" for k in range(len(made.function.params))]
    tests = guard_tests(made, inputs, lambda k, axis: f"a[{k}].shape[{axis}]")
    return eval(f"lambda a: {' and '.join(tests) or 'True'}", {"max": max, "min": min})


def _repeated_names(function) -> list:
    """Sizes named in a spec more than once: `(variable, parameter number, axis)` of the repetitions."""
    first = {(param, axis) for _, param, axis in function.sizes}
    found = []
    sizes = {var for var, _, _ in function.sizes}
    for k, param in enumerate(function.params):
        for axis, dim in enumerate(param.aval.shape):
            own = next((v for v in sizes if not isinstance(dim, int) and dim.terms == {(v,): 1}), None)
            if own is not None and (param, axis) not in first:
                found.append((own, k, axis))
    return found


def _evaluable(guard: Guard, places: dict) -> bool:
    return all(var in places for var in atoms_of(guard.dim))


def _guard_text(guard: Guard, places: dict) -> str:
    return f"{size_text(guard.dim, places.__getitem__)} {guard.relation} 0"

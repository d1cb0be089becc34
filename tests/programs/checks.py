"""What is checked of a program: values and written arguments, gradients by differences."""

from __future__ import annotations

import numpy as np

from programs.pool import Program


def leaves(tree) -> list:
    """The numbers and arrays of a tree of tuples, lists and dicts."""
    if tree is None:
        return []
    if isinstance(tree, (tuple, list)):
        return [leaf for item in tree for leaf in leaves(item)]
    if isinstance(tree, dict):
        return [leaf for item in tree.values() for leaf in leaves(item)]
    return [tree]


def is_float(leaf) -> bool:
    return np.asarray(leaf).dtype.kind == "f"


def same(got, want) -> None:
    """The same shapes and dtypes, and values to 1e-10 of the largest one."""
    assert len(leaves(got)) == len(leaves(want))
    for g, w in zip(leaves(got), leaves(want)):
        assert np.shape(g) == np.shape(w)
        assert np.asarray(g).dtype == np.asarray(w).dtype
        finite = np.abs(w)[np.isfinite(w)] if np.ndim(w) else np.abs(w)
        scale = np.max(finite, initial=0.0) if np.all(np.isfinite(finite)) else 0.0
        np.testing.assert_allclose(g, w, rtol=1e-10, atol=1e-10 * scale)


def total(tree):
    """A scalar of all numbers of a tree, each with a weight of its own."""
    if tree is None:
        return 0.0
    if isinstance(tree, (tuple, list)):
        return sum([total(item) for item in tree])
    if np.ndim(tree) == 0:
        return np.real(tree) + np.imag(tree)
    weights = np.cos(np.arange(np.size(tree))).reshape(np.shape(tree))
    if np.iscomplexobj(tree):
        return np.sum(weights * np.real(tree)) + np.sum(weights * np.imag(tree))
    return np.sum(weights * tree)


def loss_of(program: Program):
    """The scalar function whose gradient is taken: of the results and of what is written to."""
    function, args = program.function, program.draw()
    arrays = [isinstance(a, np.ndarray) and a.dtype.kind in "fc" and program.writes for a in args]
    written = tuple(k for k, array in enumerate(arrays) if array)

    def loss(*args):
        out = function(*args)
        return total(out) + total([args[k] for k in written])

    return loss


def moved(tree, direction: list, step: float):
    """A tree with its float leaves moved by a step along a direction, which is used up."""
    if isinstance(tree, (tuple, list)):
        return type(tree)(moved(item, direction, step) for item in tree)
    if isinstance(tree, dict):
        return {key: moved(item, direction, step) for key, item in tree.items()}
    return tree + step * direction.pop(0) if is_float(tree) else tree


def check_gradient(program: Program, gradient) -> None:
    """A gradient with respect to the main argument against differences along a random direction."""
    loss, args = loss_of(program), program.draw()
    main = args[program.main]
    rng = np.random.default_rng(7)
    direction = [rng.standard_normal(np.shape(leaf)) for leaf in leaves(main) if is_float(leaf)]
    if program.symmetric:
        direction = [d + d.T for d in direction]
    slopes = [g for g, leaf in zip(leaves(gradient), leaves(main), strict=True) if is_float(leaf)]
    for g, d in zip(slopes, direction, strict=True):
        assert np.shape(g) == np.shape(d)
    largest = max(np.max(np.abs(leaf)) for leaf in leaves(main) if is_float(leaf))
    step = program.step * min(1.0, largest)

    def at(k: int) -> float:
        args = list(program.draw())
        args[program.main] = moved(args[program.main], list(direction), k * step)
        return float(loss(*args))

    want = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
    got = sum(np.sum(g * d) for g, d in zip(slopes, direction))
    size = sum(np.sum(np.abs(g * d)) for g, d in zip(slopes, direction))
    assert np.isfinite(got)
    assert abs(got - want) <= 1e-6 * max(size, abs(want)), (got, want)
    assert size > 0, "the gradient is zero"

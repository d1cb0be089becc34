"""`check_grads`: derivatives of a function against differences, in both modes and to any order."""

from __future__ import annotations

import numpy as np

from broadax.api import jvp, vjp
from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.trees import flatten, unflatten

# Of 32-bit and of 64-bit arguments: the step of the differences, and the tolerance.
STEPS = {4: 1e-3, 8: 1e-5}
TOLERANCES = {4: 2e-2, 8: 1e-5}


def check_grads(
    f, args, order: int, modes=("fwd", "rev"), atol=None, rtol=None, eps=None, *, seed: int = 0
) -> None:
    """Check the derivatives of `f` at `args` along random directions.

    In forward mode the tangent of the result is compared with a central difference, in reverse mode its
    product with a random cotangent; of both, derivatives are checked likewise up to `order`.

    Args:
        f: a function of arrays, numbers and trees of these; floats and complex numbers count.
        modes: "fwd", "rev", or both.
        atol, rtol: tolerances; the default depends on the precision of the arguments.
        eps: the step of the differences; the default likewise.

    Raises:
        AssertionError: a derivative differs from the difference.
    """
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    if not set(modes) <= {"fwd", "rev"}:
        raise ValueError(f"modes are 'fwd' and 'rev', not {modes}")
    Check(modes, atol, rtol, eps, np.random.default_rng(seed)).run(f, tuple(args), order, "")


class Check:
    """One call of `check_grads`: its settings and its random numbers."""

    def __init__(self, modes: tuple, atol, rtol, eps, rng):
        self.modes, self.atol, self.rtol, self.eps, self.rng = modes, atol, rtol, eps, rng

    def run(self, f, args: tuple, order: int, trail: str) -> None:
        direction = self._like(args)
        difference = self._difference(f, args, direction)
        if "fwd" in self.modes:
            value, tangent = jvp(f, args, direction)
            self._close(value, f(*args), f"the value of jvp{trail}", args)
            self._close(tangent, difference, f"jvp{trail} against a difference", args)
            if order > 1:
                fixed = direction
                self.run(lambda *xs: jvp(f, xs, fixed)[1], args, order - 1, f"{trail} of jvp")
        if "rev" in self.modes:
            value, pull = vjp(f, *args)
            self._close(value, f(*args), f"the value of vjp{trail}", args)
            cotangent = self._like(value)
            left = _product(pull(cotangent), direction)
            right = _product(cotangent, difference)
            self._close(left, right, f"vjp{trail} against a difference", args)
            if order > 1:
                self.run(lambda *xs: vjp(f, *xs)[1](cotangent), args, order - 1, f"{trail} of vjp")

    def _like(self, tree):
        """A random direction at a tree: of unit length in each leaf's own precision."""
        return _map(lambda x: _random(self.rng, x), tree)

    def _difference(self, f, args: tuple, direction):
        step = self.eps or STEPS[_precision(args)]
        ahead, back = (
            f(*_map(lambda x, d, s=s: x + s * d if _smooth(x) else x, args, direction))
            for s in (step / 2, -step / 2)
        )
        return _map(lambda a, b: (a - b) / step if _smooth(a) else None, ahead, back)

    def _close(self, have, want, what: str, args: tuple) -> None:
        default = TOLERANCES[_precision(args)]
        atol, rtol = (default if t is None else t for t in (self.atol, self.rtol))
        for a, b in zip(_leaves(have), _leaves(want), strict=True):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=f"check_grads: {what}")


def _smooth(x) -> bool:
    return np.result_type(x).kind in "fc"


def _random(rng, x):
    if not _smooth(x):
        return np.zeros(np.shape(x), [("float0", np.void, 0)])
    draw = rng.normal(size=np.shape(x))
    if np.result_type(x).kind == "c":
        draw = draw + 1j * rng.normal(size=np.shape(x))
    return (
        draw.astype(x.dtype)[()]
        if isinstance(x, (np.ndarray, np.generic, DeviceArray))
        else np.asarray(draw).item()
    )


def _leaves(tree) -> list:
    """The leaves that have derivatives."""
    return [x for x in flatten(tree)[0] if x is not None and np.result_type(x).kind in "fc"]


def _map(f, tree, *others):
    leaves, spec = flatten(tree)
    return unflatten(spec, [f(*xs) for xs in zip(leaves, *(flatten(o)[0] for o in others), strict=True)])


def _product(a, b):
    """The sum of the products of two trees' leaves; of complex ones the real part."""
    return sum(np.sum(x * y).real for x, y in zip(_leaves(a), _leaves(b), strict=True))


def _precision(tree) -> int:
    """Bytes of the least precise real number in a tree."""
    return min((np.result_type(x).type(0).real.itemsize for x in _leaves(tree)), default=8)

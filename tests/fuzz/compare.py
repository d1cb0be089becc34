"""Are two results the same: structure, types, ints bit for bit, floats to rounding."""

from __future__ import annotations

import numpy as np

from broadax.runtime.trees import flatten, is_data


class Mismatch(AssertionError):
    """broadax and its referee disagree.

    Attributes:
        check: which comparison it was; `what`: in which way, without numbers.
    """

    def __init__(self, check: str, what: str, detail: str = ""):
        super().__init__(f"{check}: {what}{': ' if detail else ''}{detail}")
        self.check, self.what = check, what


def same(got, want, check: str, rtol: float = 1e-9, loose: bool = False) -> None:
    """Raise Mismatch unless both trees hold the same.

    Args:
        loose: a number may be a float where the other one is an int or of another precision.
    """
    leaves, structure = flatten(got)
    wanted, wanted_structure = flatten(want)
    if structure != wanted_structure:
        raise Mismatch(check, "structure", f"{structure} {wanted_structure}")
    for k, (x, y) in enumerate(zip(leaves, wanted)):
        where = f"result {k}"
        if not is_data(y):
            if x is not y and x != y:
                raise Mismatch(check, "object", f"{where}: {x!r}, not {y!r}")
            continue
        x, y = np.asarray(x), np.asarray(y)
        if x.shape != y.shape:
            raise Mismatch(check, "shape", f"{where}: {x.shape}, not {y.shape}")
        if x.dtype != y.dtype and not (loose and {x.dtype.kind, y.dtype.kind} <= set("if")):
            raise Mismatch(check, f"dtype {x.dtype}, not {y.dtype}", where)
        _same_numbers(x, y, check, where, rtol)


def _same_numbers(x, y, check: str, where: str, rtol: float) -> None:
    if {x.dtype.kind, y.dtype.kind}.isdisjoint("fc"):
        if not np.array_equal(x, y):
            raise Mismatch(check, f"{y.dtype.kind} value", f"{where}: {x}, not {y}")
        return
    finite = y[np.isfinite(y)]
    scale = max(1.0, float(np.max(np.abs(finite), initial=0.0)))
    with np.errstate(all="ignore"):
        if not np.allclose(x, y, rtol=rtol, atol=rtol * scale, equal_nan=True):
            raise Mismatch(check, "f value", f"{where}: {x}, not {y}")

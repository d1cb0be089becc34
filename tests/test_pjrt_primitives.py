"""Every primitive on PJRT's CPU plugin against its reference: many rows of the table in one program."""

import numpy as np
import pytest
from primitive_rows import KNOWN, REASONS, ROWS
from test_primitives import draw, reference, rng_of

from broadax import backends
from broadax.backends.pjrt import refused  # noqa: F401  (it fills REFUSED)
from broadax.backends.pjrt.table import REFUSED, RULES
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.expression import apply
from broadax.transforms.primitives.registry import TABLE

needs_pjrt = pytest.mark.skipif(bool(backends.why_not("pjrt")), reason=backends.why_not("pjrt"))
F64, F32 = np.dtype(np.float64), np.dtype(np.float32)
TOLERANCE = {F64: 1e-12, F32: 1e-5}
TOGETHER = 120
# What is resolved before a backend sees it.
RESOLVED = {"call", "attach", "same", "psum", "pmax", "pmin", "all_gather", "axis_index", "ppermute"}


def compiled(function):
    return backends.get("pjrt").compile(function)


def joined(rows, dtype):
    """One function of the operands of all rows, that gives all their results."""
    builder, params, results = Builder(), [], []
    with builder.current():
        for k, row in enumerate(rows):
            args = [builder.var(f"{'xyzuvw'[j]}{k}", a) for j, a in enumerate(row.avals(KNOWN, dtype))]
            found = apply(row.name, *args, **row.given_params(KNOWN))
            results.append(found if isinstance(found, tuple) else (found,))
            params += args
    return builder.finish("table", params, (), [r for found in results for r in found])


def unsigned(values):
    """Eigenvectors and singular vectors without their signs, which are LAPACK's choice."""
    return np.abs(values)


def differing(rows, dtype):
    """The rows whose results on the device are not those of the reference."""
    function = joined(rows, dtype)
    operands = [draw(row, rng_of(row), dtype=dtype) for row in rows]
    results = iter(compiled(function)(*[x for xs in operands for x in xs]))
    bad = []
    for row, xs in zip(rows, operands, strict=True):
        for want in reference(row, xs):
            have, want, tol = np.asarray(next(results)), np.asarray(want), TOLERANCE[dtype]
            if row.name in ("eigh", "svd"):
                have, want, tol = unsigned(have), unsigned(want), 10 * tol
            same = have.dtype == want.dtype and have.shape == want.shape
            if not same or not np.allclose(have, want, rtol=tol, atol=tol):
                bad.append((str(row), have, want))
    return bad


def is_chosen(number: int, row, dtype) -> bool:
    """Rows of the index family differ by their subscripts alone, and cost most: some of them."""
    if row.name in REFUSED:
        return False
    several = {"index": 1, "at_set": 2, "at_add": 4}.get(row.name, 0)
    if dtype == F64:
        return number % max(several, 1) == 0
    return any(o.kind == "f" for o in row.operands) and number % max(4 * several, 1) == 0


GROUPS = [(d, [row for k, row in enumerate(ROWS) if is_chosen(k, row, d)]) for d in (F64, F32)]
PARTS = [
    pytest.param(dtype, rows[k : k + TOGETHER], id=f"{dtype.name}-{k}")
    for dtype, rows in GROUPS
    for k in range(0, len(rows), TOGETHER)
]


@needs_pjrt
@pytest.mark.parametrize("dtype, rows", PARTS)
def test_rows(dtype, rows):
    assert differing(rows, dtype) == []


def test_every_primitive_has_a_rule_or_a_reason():
    assert set(RULES) | set(REFUSED) | RESOLVED == set(TABLE)
    assert not set(RULES) & set(REFUSED)
    assert set(REASONS) > RESOLVED
    assert all(why and instead for why, instead in REFUSED.values())

"""Derivatives at the edges, where there is none or more than one: the values that JAX gives.

Each row: a function, the argument, its derivative.
"""

import numpy as np
import pytest

import broadax as bx

INF, NAN = np.inf, np.nan
ARRAY = np.array

ROWS = {
    # kinks
    "abs": (abs, 0.0, 0.0),
    "np.abs": (np.abs, 0.0, 0.0),
    "np.fabs": (np.fabs, 0.0, 0.0),
    "np.abs of a complex number": (np.abs, 0j, 0.0),
    "np.sign": (np.sign, 0.0, 0.0),
    "np.floor": (np.floor, 1.0, 0.0),
    "np.round": (np.round, 1.5, 0.0),
    "np.heaviside": (lambda x: np.heaviside(x, 0.5), 0.0, 0.0),
    "np.copysign": (lambda x: np.copysign(x, -1.0), 0.0, -1.0),
    "remainder at a jump": (lambda x: x % 2.0, 4.0, 1.0),
    # infinities
    "logaddexp of inf": (lambda x: np.logaddexp(x[0], x[1]), ARRAY([INF, 1.0]), [1, 0]),
    "logaddexp of -inf": (lambda x: np.logaddexp(x[0], x[1]), ARRAY([-INF, 1.0]), [0, 1]),
    "logaddexp of equals": (lambda x: np.logaddexp(x[0], x[1]), ARRAY([2.0, 2.0]), [0.5, 0.5]),
    "logaddexp of nothing": (lambda x: np.logaddexp(x[0], x[1]), ARRAY([-INF, -INF]), [NAN, NAN]),
    # zeros in products, one or two
    "np.cumprod with a zero": (lambda x: np.sum(np.cumprod(x)), ARRAY([2.0, 0.0, 3.0]), [1, 8, 0]),
    "np.percentile": (lambda x: np.percentile(x, 30), ARRAY([1.0, 2, 3, 4]), [0.1, 0.9, 0, 0]),
    "np.var of equals": (np.var, np.ones(3), np.zeros(3)),
    "eigenvalues alone, all equal": (lambda x: np.sum(np.linalg.eigvalsh(x)), np.eye(2), np.eye(2)),
    # determinants: the cofactors
    "det of rank 0": (np.linalg.det, np.zeros((1, 1)), [[1]]),
    "det of ones, 2 by 2": (np.linalg.det, np.ones((2, 2)), [[1, -1], [-1, 1]]),
    "det, 3 by 3 of rank 2": (np.linalg.det, np.diag([2.0, 3, 0]), np.diag([0, 0, 6])),
    "det, 4 by 4 of rank 3": (np.linalg.det, np.diag([2.0, 0, 3, 1]), np.diag([0, 6, 0, 0])),
    "det, 4 by 4 of rank 2": (np.linalg.det, np.diag([2.0, 0, 0, 1]), np.zeros((4, 4))),
    # ties: each of the equals gets its share
    "np.maximum of equals": (lambda x: np.maximum(x, 0.0), 0.0, 0.5),
    "np.minimum of equals": (lambda x: np.minimum(x, 0.0), 0.0, 0.5),
    "np.maximum of x and x": (lambda x: np.maximum(x, x), 1.0, 1.0),
    "np.max with ties": (np.max, ARRAY([1.0, 1.0, 0.0]), [0.5, 0.5, 0]),
    "np.min with ties": (np.min, ARRAY([1.0, 1.0, 3.0]), [0.5, 0.5, 0]),
    "np.max, all equal": (np.max, np.ones(4), np.full(4, 0.25)),
    "np.clip at its bound": (lambda x: np.clip(x, 0.0, 1.0), 0.0, 0.5),
    "np.clip inside": (lambda x: np.clip(x, 0.0, 1.0), 0.5, 1.0),
    "np.clip outside": (lambda x: np.clip(x, 0.0, 1.0), 2.0, 0.0),
    "np.sort with ties": (lambda x: np.sort(x) @ ARRAY([1.0, 2.0, 3.0]), ARRAY([1.0, 1.0, 0.0]), [2, 3, 1]),
    "np.median of four": (np.median, ARRAY([1.0, 2.0, 3.0, 4.0]), [0, 0.5, 0.5, 0]),
    "x[np.argmax(x)]": (lambda x: x[np.argmax(x)], ARRAY([1.0, 3.0, 3.0]), [0, 1, 0]),
    "relu": (bx.nn.relu, 0.0, 0.0),
    "relu6": (bx.nn.relu6, 0.0, 0.5),
    # where a derivative is infinite, or is not a number
    "np.sqrt": (np.sqrt, 0.0, INF),
    "np.cbrt": (np.cbrt, 0.0, INF),
    "np.log": (np.log, 0.0, INF),
    "np.log1p": (np.log1p, -1.0, INF),
    "np.arcsin": (np.arcsin, 1.0, INF),
    "np.arccos": (np.arccos, 1.0, -INF),
    "np.arccosh": (np.arccosh, 1.0, INF),
    "np.arctanh": (lambda x: np.arctanh(x), 1.0, INF),
    "np.linalg.norm": (np.linalg.norm, np.zeros(3), np.full(3, NAN)),
    "np.hypot": (lambda x: np.hypot(x, x), 0.0, NAN),
    "np.arctan2": (lambda x: np.arctan2(x, x), 0.0, NAN),
    "np.std of equals": (np.std, np.ones(3), np.full(3, NAN)),
    "where with sqrt": (lambda x: np.where(x > 0, np.sqrt(x), 0.0), 0.0, NAN),
    "where twice with sqrt": (
        lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0), 0.0, 0.0,
    ),
    "an if with sqrt": (lambda x: np.sqrt(x) if x > 0 else x * 0.0, 0.0, 0.0),
    # powers at 0
    "x**0": (lambda x: x**0, 0.0, 0.0),
    "x**0.0": (lambda x: x**0.0, 0.0, 0.0),
    "x**1": (lambda x: x**1, 0.0, 1.0),
    "x**2.0": (lambda x: x**2.0, 0.0, 0.0),
    "x**0.5": (lambda x: x**0.5, 0.0, INF),
    "0**y at 2": (lambda y: np.power(0.0, y), 2.0, 0.0),
    "0**y at 0": (lambda y: np.power(0.0, y), 0.0, 0.0),
    # limits that are there
    "np.sinc": (np.sinc, 0.0, 0.0),
    "np.sinc, second": (bx.grad(np.sinc), 0.0, -(np.pi**2) / 3),
    "np.tanh at infinity": (np.tanh, INF, 0.0),
    "np.prod with a zero": (np.prod, ARRAY([0.0, 2.0, 3.0]), [6, 0, 0]),
    "np.prod with two zeros": (np.prod, ARRAY([0.0, 0.0, 3.0]), [0, 0, 0]),
    "logsumexp with -inf": (bx.nn.logsumexp, ARRAY([-INF, 0.0]), [0, 1]),
    "softmax with -inf": (lambda x: bx.nn.softmax(x)[0], ARRAY([-INF, 0.0]), [0, 0]),
    "np.nanmax": (np.nanmax, ARRAY([NAN, 2.0]), [0, 1]),
    # linear algebra
    "cholesky is of a symmetric matrix": (
        lambda a: np.linalg.cholesky(a)[1, 0], ARRAY([[4.0, 2.0], [2.0, 3.0]]), [[-0.125, 0.25], [0.25, 0]],
    ),
    "eigenvalues that are equal": (lambda a: np.sum(np.linalg.eigh(a)[0]), np.eye(2), np.eye(2)),
    "vectors of equal eigenvalues": (
        lambda a: np.sum(np.linalg.eigh(a)[1]), np.eye(2), np.full((2, 2), NAN),
    ),
    "eigvalsh": (lambda a: np.linalg.eigvalsh(a)[0], np.diag([1.0, 2.0]), np.diag([1.0, 0.0])),
    # Python's own max chooses, where np.maximum shares; its derivative is that of its choice
    "max(x, 0)": (lambda x: max(x, 0.0), 0.0, 1.0),
    "max(0, x)": (lambda x: max(0.0, x), 0.0, 0.0),
}  # fmt: skip


# Where forward mode gives something else, as in JAX: it selects the tangent of the branch that is taken,
# while in reverse a cotangent of 0 meets the infinite derivative of the other one.
FORWARD = {"where with sqrt": 0.0}


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("name", ROWS)
def test_reverse(name, backend):
    f, x, want = ROWS[name]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(bx.grad(f, backend=backend)(x), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if not isinstance(row[1], complex)])
def test_forward(name):
    f, x, want = ROWS[name]
    with np.errstate(all="ignore"):
        have = bx.jacfwd(f, backend="numpy")(x)
    if name == "vectors of equal eigenvalues":
        assert np.isnan(have).any()  # forward, a diagonal tangent turns no vector
    else:
        np.testing.assert_allclose(symmetrised(have), FORWARD.get(name, want), rtol=1e-12, atol=1e-12)


def symmetrised(x):
    """As a gradient of a symmetric matrix is given."""
    return (x + x.T) / 2 if np.ndim(x) == 2 else x

"""Decompositions on PJRT's CPU plugin: what makes them these, and NumPy's values and derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import broadax as bx
from broadax import backends
from broadax.runtime.errors import LinAlgError

MISSING = backends.why_not("pjrt")
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def complex_normal(*shape):
    return normal(*shape) + 1j * normal(*shape, seed=1)


MATRICES = {
    **{f"{shape}": normal(*shape) for shape in [(1, 1), (3, 3), (7, 7), (6, 3), (3, 6), (5, 1), (1, 5)]},
    **{f"{shape} complex": complex_normal(*shape) for shape in [(4, 4), (5, 3), (3, 5), (2, 1)]},
    "a batch": normal(2, 3, 5, 4),
    "ones": np.ones((5, 3)),
    "zeros": np.zeros((3, 4)),
    "a zero in the middle": np.diag([1.0, 0.0, 2.0]),
    "a triangle": np.triu(np.ones((4, 4))),
    "large": 1e200 * normal(4, 3),
    "small": 1e-200 * normal(3, 4),
    "ill conditioned": np.vander(np.linspace(0, 1, 8)),
    "float32": normal(6, 4).astype(np.float32),
    "no rows": np.zeros((0, 3)),
    "no columns": np.zeros((3, 0)),
}
each_matrix = pytest.mark.parametrize("a", MATRICES.values(), ids=MATRICES.keys())


def on_device(function, *args):
    found = bx.jit(function, backend="pjrt")(*args)
    return [np.asarray(x) for x in (found if isinstance(found, tuple) else (found,))]


def adjoint(x):
    return np.swapaxes(x, -1, -2).conj()


def near(have, want, a, room=40):
    """Equal to a few roundings of the matrix that both come from."""
    scale = np.max(np.abs(a), initial=0.0) or 1.0
    assert have.shape == want.shape and have.dtype == want.dtype
    np.testing.assert_allclose(have / scale, want / scale, rtol=0, atol=room * np.finfo(a.dtype).eps)


def orthonormal(q, room=40):
    """Columns of length 1 that are orthogonal to each other."""
    want = np.broadcast_to(np.eye(q.shape[-1]), (*q.shape[:-2], q.shape[-1], q.shape[-1]))
    np.testing.assert_allclose(adjoint(q) @ q, want, rtol=0, atol=room * np.finfo(q.dtype).eps)


@each_matrix
def test_qr(a):
    q, r = on_device(np.linalg.qr, a)
    orthonormal(q)
    near(q @ r, a, a)
    assert np.array_equal(r, np.triu(r))
    want_q, want_r = np.linalg.qr(a)
    assert (q.shape, r.shape) == (want_q.shape, want_r.shape)
    signs = np.sign(np.real(np.diagonal(r, axis1=-2, axis2=-1)))
    lapack = np.sign(np.real(np.diagonal(want_r, axis1=-2, axis2=-1)))
    small = np.abs(np.diagonal(want_r, axis1=-2, axis2=-1)) < 1e-12 * np.max(np.abs(a), initial=0.0)
    assert np.array_equal(np.where(small, 0, signs), np.where(small, 0, lapack))


@each_matrix
@pytest.mark.parametrize("full", [False, True])
def test_svd(a, full):
    u, s, vt = on_device(lambda a: np.linalg.svd(a, full_matrices=full), a)
    want = np.linalg.svd(a, full_matrices=full)
    assert (u.shape, vt.shape) == (want[0].shape, want[2].shape)
    near(s, want[1], a)
    orthonormal(u)
    orthonormal(adjoint(vt))
    k = s.shape[-1]
    near((u[..., :k] * s[..., None, :]) @ vt[..., :k, :], a, a)


def test_small_singular_values_are_accurate():
    """A column of 1e-150 beside one of 1: LAPACK's own SVD has no digit of it."""
    a = np.array([[1.0, 1e-150], [1.0, -1e-150]])
    np.testing.assert_allclose(on_device(np.linalg.svdvals, a)[0], np.sqrt(2) * np.array([1.0, 1e-150]))


def solved(a, b):
    x, rest, rank, s = np.linalg.lstsq(a, b)
    return x, rest, s


FUNCTIONS = {
    "pinv": (np.linalg.pinv, normal(5, 3)),
    "pinv of a batch": (np.linalg.pinv, normal(2, 3, 4)),
    "pinv, complex": (np.linalg.pinv, complex_normal(4, 2)),
    "pinv of what has no full rank": (lambda a: np.linalg.pinv(a, 1e-10), normal(5, 2) @ normal(2, 4)),
    "rank": (np.linalg.matrix_rank, normal(5, 2) @ normal(2, 4)),
    "cond": (np.linalg.cond, normal(4, 4)),
    "fit": (lambda x: np.polyfit(x, np.sin(x), 3), np.linspace(0.0, 2.0, 9)),
}


@pytest.mark.parametrize("f, a", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_functions_of_singular_values(f, a):
    (found,) = on_device(f, a)
    np.testing.assert_allclose(found, f(a), rtol=1e-10, atol=1e-12)


def test_least_squares():
    a, b = normal(6, 3), normal(6, 2, seed=1)
    for shaped in (b, b[:, 0]):
        want = [part for k, part in enumerate(np.linalg.lstsq(a, shaped)) if k in (0, 3)]
        found = on_device(lambda a, b: (np.linalg.pinv(a) @ b, np.linalg.svdvals(a)), a, shaped)
        for have, right in zip(found, want, strict=True):
            np.testing.assert_allclose(have, right, rtol=1e-11, atol=1e-12)


WEIGHTS = np.cos(np.arange(30.0))

# Of vectors only what their signs do not change.
LOSSES = {
    "q and r": (lambda a: np.sum(np.linalg.qr(a)[0] ** 3) + np.sum(np.sin(np.linalg.qr(a)[1])), (5, 3)),
    "r of a square": (lambda a: np.sum(np.linalg.qr(a)[1] ** 2 * 0.3), (4, 4)),
    "singular values": (lambda a: np.sum(np.linalg.svdvals(a) ** 3), (4, 3)),
    "left vectors": (lambda a: np.sum(np.linalg.svd(a, full_matrices=False)[0] ** 4), (5, 3)),
    "right vectors": (lambda a: np.sum(np.linalg.svd(a, full_matrices=False)[2] ** 4), (3, 5)),
    "pinv": (lambda a: np.sum(WEIGHTS[:15] * np.reshape(np.linalg.pinv(a), 15)), (5, 3)),
}


@pytest.mark.parametrize("loss, shape", LOSSES.values(), ids=LOSSES.keys())
def test_derivatives(loss, shape):
    a, t = normal(*shape), normal(*shape, seed=1)
    want = bx.grad(loss, backend="numpy")(a)
    np.testing.assert_allclose(np.asarray(bx.grad(loss, backend="pjrt")(a)), want, rtol=1e-9, atol=1e-10)
    (along,) = on_device(lambda a, t: bx.jvp(loss, (a,), (t,))[1], a, t)
    np.testing.assert_allclose(along, np.sum(want * t), rtol=1e-9)


def test_a_batch_of_matrices():
    a = normal(4, 5, 3)
    want = bx.vmap(bx.grad(lambda a: np.sum(np.linalg.svdvals(a) ** 3)), backend="numpy")(a)
    found = bx.vmap(bx.grad(lambda a: np.sum(np.linalg.svdvals(a) ** 3)), backend="pjrt")(a)
    np.testing.assert_allclose(np.asarray(found), want, rtol=1e-10)


@pytest.mark.parametrize("f", [np.linalg.svdvals, np.linalg.pinv])
def test_nan_raises_as_in_numpy(f):
    a = np.array([[1.0, np.nan], [2.0, 3.0]])
    with pytest.raises(np.linalg.LinAlgError, match="SVD did not converge"):
        f(a)
    with pytest.raises(LinAlgError, match="SVD did not converge"):
        on_device(f, a)

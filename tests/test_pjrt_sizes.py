"""Sizes that only running tells on PJRT: slices by loop variables, masks; the arrays have room to spare."""

import numpy as np
import pytest

import broadax as bx
from broadax import backends
from broadax.runtime.errors import BackendError

MISSING = backends.why_not("pjrt")
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
RNG = np.random.default_rng(0)
A = RNG.normal(size=(5, 5)) + 5 * np.eye(5)
S = A @ A.T / 10
X = RNG.normal(size=5)


def forward_substitution(a, b):
    y = np.zeros(len(b))
    for i in range(len(b)):
        y[i] = (b[i] - a[i, :i] @ y[:i]) / a[i, i]
    return y


def back_substitution(a, b):
    n = len(b)
    y = np.zeros(n)
    for i in range(n - 1, -1, -1):
        y[i] = (b[i] - np.dot(a[i, i + 1 :], y[i + 1 :])) / a[i, i]
    return y


def cholesky(a):
    n = a.shape[0]
    factor = np.zeros((n, n))
    for j in range(n):
        factor[j, j] = np.sqrt(a[j, j] - np.sum(factor[j, :j] ** 2))
        factor[j + 1 :, j] = (a[j + 1 :, j] - factor[j + 1 :, :j] @ factor[j, :j]) / factor[j, j]
    return factor


def elimination(a):
    a = a.copy()
    for k in range(len(a) - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a


def householder(a):
    r = a.copy()
    for k in range(a.shape[1]):
        v = r[k:, k].copy()
        v[0] += np.sign(v[0]) * np.linalg.norm(v)
        v /= np.linalg.norm(v)
        r[k:, k:] -= 2 * np.outer(v, v @ r[k:, k:])
    return r


def prefixes(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] = np.max(x[: i + 1]) + np.mean(x[i:]) + np.prod(x[:i]) + np.min(x[i:])
    return out


def durbin(r):
    n = len(r)
    y = np.zeros(n)
    y[0] = -r[0]
    beta, alpha = 1.0, -r[0]
    for k in range(1, n):
        beta = (1 - alpha * alpha) * beta
        alpha = -(r[k] + np.sum(r[:k][::-1] * y[:k])) / beta
        y[:k] = y[:k] + alpha * y[:k][::-1]
        y[k] = alpha
    return y


def windows(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        low, high = max(0, i - 1), min(len(x), i + 2)
        out[i] = np.mean(x[low:high]) + np.sum(x[i::2])
    return out


def without_one(x):
    total = 0.0
    for i in range(1, 4):
        rest = np.concatenate([x[:i], x[i + 1 :]])
        total = total + np.sum(rest * np.arange(4)) + np.sort(x[: i + 1])[1] * np.argmax(x[:i])
    return total


def leading_blocks(a):
    total = 0.0
    for i in range(1, 4):
        total = total + np.linalg.det(a[:i, :i]) + np.sum(np.linalg.solve(a[:i, :i], a[:i, 0]))
    return total


def index_arrays(x):
    total = 0.0
    for i in range(1, 4):
        k = np.arange(i)
        total = total + np.sum(x[k] * x[k + 1])
        x[k] = x[k] * 0.5
    return total + np.sum(x)


def masks(x):
    return np.sum(x[x > 0] ** 2) + np.mean(x[x < 1.0])


def means_of_groups(x):
    """The reverse sweep saves the numbers of members, which are sizes, in an array and on a stack."""
    out = np.zeros(3)
    for turn in range(2):
        for k in range(3):
            members = np.abs(x - k) < 1.5 - turn
            if members.any():
                out[k] = out[k] * 0.5 + x[members].mean()
    return out


CASES = [
    (forward_substitution, np.tril(A), X),
    (back_substitution, np.triu(A), X),
    (cholesky, S),
    (elimination, A),
    (householder, A),
    (prefixes, X),
    (durbin, X * 0.1),
    (windows, X),
    (without_one, X),
    (leading_blocks, S),
    (index_arrays, X),
    (masks, X),
    (means_of_groups, np.array([0.1, 0.9, 1.7, 2.2, 5.0])),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_values_and_gradients(case):
    function, *args = case
    loss = lambda *xs: np.sum(np.sin(function(*xs)))
    want = function(*map(np.copy, args)), bx.grad(loss, backend="numpy")(*map(np.copy, args))
    both = bx.jit(lambda x, *rest: (function(x.copy(), *rest), bx.grad(loss)(x, *rest)), backend="pjrt")
    for have, expected in zip(both(*args), want, strict=True):
        np.testing.assert_allclose(np.asarray(have), expected, rtol=1e-9, atol=1e-11)


def test_batches():
    batch = np.stack([A, A * 1.1])
    have = bx.vmap(elimination, backend="pjrt")(batch)
    np.testing.assert_allclose(np.asarray(have), [elimination(a) for a in batch], rtol=1e-12)


def test_an_index_is_checked_against_the_size_that_it_has():
    def beyond(x, n):
        total = 0.0
        for i in range(1, n):
            total += x[:i][np.array([0, 2])][1]
        return total

    with pytest.raises(IndexError, match="index 2 is out of bounds for axis 0 with size 1"):
        float(bx.jit(beyond, backend="pjrt")(X, 4))


def test_results_have_fixed_sizes():
    def positive(x):
        found = x[x > 0]
        return found * 2.0

    with pytest.raises(BackendError, match=r"the result .* has a size that only running tells") as error:
        bx.jit(positive, backend="pjrt")(X)
    assert error.value.loc.line == positive.__code__.co_firstlineno + 2

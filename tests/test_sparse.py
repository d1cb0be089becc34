"""Sparse Jacobians by colouring, against dense ones; counted in forward derivatives."""

import numpy as np
import pytest
from scipy.sparse import issparse

import broadax as bx

X = np.linspace(0.3, 1.7, 30)


def stencil(x):
    y = np.zeros_like(x)
    y[1:-1] = x[2:] * x[:-2] - np.sin(x[1:-1])
    return y


def by_elements(x):
    y = x.copy()
    for i in range(1, len(y)):
        y[i] = x[i] * x[i - 1] if x[i] > 1 else x[i] ** 2
    return y


def blocks(x):
    rows = x.reshape(6, 5)
    return np.sum(rows * rows, axis=1)


def rolled(x):
    return np.roll(x, 1) * x + np.where(x > 1, x, 0.0)


def turns(x):
    k = 0
    while k < 3:
        x = np.concatenate([x[1:], x[:1]]) + x
        k += 1
    return x


def arrow(x):
    y = x * x
    y[0] = np.sum(x)
    return y


CASES = [(stencil, 3), (by_elements, 2), (blocks, 5), (rolled, 3), (turns, 6), (arrow, 30), (np.cumsum, 30)]


@pytest.mark.parametrize(("f", "most"), CASES, ids=lambda v: getattr(v, "__name__", ""))
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_sparse(f, most, backend):
    sparse = bx.jacfwd(f, sparsity="auto", backend=backend)
    have = sparse(X)
    assert issparse(have)
    np.testing.assert_allclose(have.toarray(), bx.jacfwd(f, backend="numpy")(X), rtol=1e-12, atol=1e-12)
    assert sparse.colours <= most


def test_other_arguments_and_shapes():
    f = lambda k, x, w: np.sin(x[k:] * w)
    have = bx.jacfwd(f, argnums=1, sparsity="auto", backend="numpy")(2, X, 3.0)
    np.testing.assert_allclose(have.toarray(), bx.jacfwd(f, 1, backend="numpy")(2, X, 3.0))
    grid = X.reshape(5, 6)
    have = bx.jacfwd(lambda x: x.T * 2, sparsity="auto", backend="numpy")(grid)
    dense = bx.jacfwd(lambda x: x.T * 2, backend="numpy")(grid)
    np.testing.assert_allclose(have.toarray(), dense.reshape(30, 30))


def test_a_tridiagonal_matrix_of_1000_takes_three():
    sparse = bx.jacfwd(stencil, sparsity="auto", backend="numpy")
    have = sparse(np.linspace(0, 1, 1000))
    assert (have.shape, sparse.colours) == ((1000, 1000), 3)
    assert have.nnz == 3 * 998


def test_errors():
    with pytest.raises(ValueError, match="sparsity is None or 'auto'"):
        bx.jacfwd(stencil, sparsity="coo")
    with pytest.raises(TypeError, match="by one argument"):
        bx.jacfwd(stencil, argnums=(0,), sparsity="auto")
    with pytest.raises(TypeError, match="array of floats"):
        bx.jacfwd(stencil, sparsity="auto")(1.0)

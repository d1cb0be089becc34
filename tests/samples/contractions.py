"""einsum and tensordot."""

import numpy as np

from samples.pool import normal, sample


@sample(normal(2, 3), normal(3, 4))
def matmul(a, b):
    return np.einsum("ij,jk->ik", a, b)


@sample(normal(3, 3))
def trace_and_diagonal(a):
    return np.einsum("ii", a) * np.einsum("ii->i", a)


@sample(normal(4, 2, 3), normal(4, 3, 2))
def batched(a, b):
    return np.einsum("bij,bjk->bik", a, b)


@sample(normal(3), normal(4))
def outer(x, y):
    return np.einsum("i,j->ij", x, y) + np.einsum("i,j->ji", y, x)


@sample(normal(2, 3), normal(3, 4), normal(4))
def chain_of_three(a, b, c):
    return np.einsum("ij,jk,k->i", a, b, c)


@sample(normal(2, 3, 4))
def reduce_and_permute(a):
    return np.einsum("ijk->kj", a) * np.einsum("ijk->k", a)[:, None]


@sample(normal(3, 4), normal(3, 4))
def implicit_output(a, b):
    return np.einsum("ij,ij", a, b) + np.einsum("ij,kj", a, b)


@sample(normal(2, 3, 4), normal(4, 3))
def tensordot(a, b):
    return np.tensordot(a, b, axes=1).sum() + np.tensordot(a, b, axes=([1, 2], [1, 0]))


@sample(normal(5, 3), normal(4, 3))
def squared_distances(x, y):
    xx = np.einsum("id,id->i", x, x)
    yy = np.einsum("jd,jd->j", y, y)
    return xx[:, None] + yy[None, :] - 2 * np.einsum("id,jd->ij", x, y)


@sample(normal(2, 4, 3), normal(2, 4, 3), normal(2, 4, 3))
def attention(q, k, v):
    scores = np.einsum("bid,bjd->bij", q, k) / np.sqrt(3)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return np.einsum("bij,bjd->bid", weights, v)

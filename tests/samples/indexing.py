"""Reading by integers, slices, None, ..., integer arrays and masks."""

import numpy as np

from samples.pool import fixed, ints, normal, sample, uniform


@sample(normal(5))
def from_both_ends(x):
    return x[0] * x[-1] + x[2] * x[-2]


@sample(normal(3, 4))
def rows_and_elements(a):
    return a[1] * a[2, 3] + a[0][1] + a[-1, -1]


@sample(normal(8))
def slices(x):
    return x[1:4] * x[-3:] + x[:6:2]


@sample(normal(8))
def negative_steps(x):
    return x[::-1] * x + x[6::-2].sum()


@sample(normal(4, 5))
def two_dimensional_slices(a):
    return a[1:, ::2] * a[:-1, 1:4]


@sample(normal(3), normal(4))
def new_axes(x, y):
    return x[:, None] - y[None, :]


@sample(normal(2, 3, 4))
def ellipsis(a):
    return a[..., 0] + a[0, ..., 1:4].sum() + a[..., None, 2][:, :, 0]


@sample(normal(6), fixed(np.array([4, 0, 0, 2])))
def gather(x, index):
    return x[index] * x[index[::-1]]


@sample(normal(6), ints(2, 3, high=6))
def gather_matrix(x, index):
    return x[index] ** 2


@sample(normal(4, 3), ints(5, high=4))
def embedding(table, tokens):
    return table[tokens].sum(axis=0)


@sample(normal(4, 3), fixed(np.array([0, 1, 3])), fixed(np.array([2, 2, 0])))
def paired_indices(a, i, j):
    return a[i, j] * a[i, 0]


@sample(normal(4, 3), ints(4, high=3))
def pick_labels(logits, labels):
    return -logits[np.arange(4), labels]


@sample(normal(8), vmap=False)
def mask(x):
    positive = x[x > 0]
    return np.sum(np.sqrt(positive)) + len(positive)


@sample(normal(8))
def masked_sum_by_where(x):
    return np.sum(np.where(x > 0, x, 0.0)) / np.count_nonzero(x > 0)


@sample(normal(3, 4), ints(high=3))
def index_from_argument(a, k):
    return a[k] + a[k - 1]


@sample(normal(5), ints(low=1, high=4))
def slice_from_argument(x, k):
    return np.sum(x[:k]) * np.prod(x[k:])


@sample(normal(4, 4))
def mixed_slice_and_array(a):
    index = np.array([3, 1])
    return a[index, 1:3] + a[1:3, index]


@sample(normal(4, 3))
def take_along(a):
    return np.take(a, [2, 0], axis=0) * np.take(a, 1, axis=1)[:2, None]


@sample(normal(4, 4))
def diagonals(a):
    return np.diag(a) * np.diagonal(a) + np.trace(a)


@sample(normal(3, 4), fixed([1, 3]))
def list_as_index(a, columns):
    return a[:, columns] * 2


@sample(uniform(7))
def windows(x):
    return np.array([np.mean(x[i : i + 3]) for i in range(5)])


@sample(normal(2, 3, 4))
def chained_subscripts(a):
    return a[1][2][1:3] * a[0, 1][::2]

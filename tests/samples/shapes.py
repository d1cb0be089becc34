"""Changing shapes, joining and splitting, creation."""

import numpy as np

from samples.pool import fixed, ints, normal, sample, scalar


@sample(normal(2, 6))
def reshapes(a):
    return a.reshape(3, 4) * np.reshape(a, (-1, 4)) + np.ravel(a)[:4]


@sample(normal(2, 3, 4))
def transposes(a):
    return a.T[:, :, 0] + np.transpose(a, (2, 1, 0))[:, :, 1] * np.moveaxis(a, 0, -1)[1, :, :1].sum()


@sample(normal(3), normal(3))
def stacks(x, y):
    return np.stack([x, y]) * np.stack((y, x), axis=0) + np.vstack([x, y]) - np.column_stack([x, y]).T


@sample(normal(3), normal(2))
def concatenations(x, y):
    return np.concatenate([x, y, x]) * np.hstack((y, x, x))


@sample(normal(2, 3), normal(2, 1))
def concatenate_columns(a, b):
    return np.concatenate((a, b, b), axis=1) ** 2


@sample(normal(6))
def splits(x):
    a, b, c = np.split(x, 3)
    left, right = np.split(x, [2])
    return a * b + c + np.sum(left) * right[:2]


@sample(normal(2, 1, 3))
def squeeze_and_expand(a):
    return np.squeeze(a, axis=1) + np.expand_dims(a[0, 0], 0) * np.atleast_2d(a[:, 0, 0]).T


@sample(normal(3))
def tiles_and_repeats(x):
    return np.tile(x, 2) * np.repeat(x, 2) + np.tile(x, (2, 2))[0]


@sample(normal(3))
def broadcast_to(x):
    return np.broadcast_to(x, (2, 3)) * np.ones((2, 1))


@sample(normal(2, 3))
def flips_and_rolls(a):
    return np.flip(a, axis=1) * np.roll(a, 1, axis=1) + np.flip(a) + a[::-1]


@sample(normal(4))
def rolled_difference(x):
    return (np.roll(x, -1) - np.roll(x, 1)) / 2 + np.diff(x).sum()


@sample(scalar(), scalar())
def creation(x, y):
    return x * np.arange(4) + y * np.linspace(0, 1, 4) + np.ones(4) - np.full(4, x) + np.zeros(4)


@sample(scalar(), fixed(3))
def identity_matrices(x, n):
    return x * np.eye(n) + np.identity(n) * x**2 + np.diag(np.arange(3.0))


@sample(normal(2, 3))
def like(a):
    return np.ones_like(a) * a + np.full_like(a, 2.0) + np.zeros_like(a)


@sample(normal(3), normal(2))
def meshgrid(x, y):
    xx, yy = np.meshgrid(x, y)
    return xx * yy + np.sin(xx)


@sample(normal(3, 3))
def triangles(a):
    return np.tril(a) @ np.triu(a, 1) + np.tril(a, -1)


@sample(normal(3, 4))
def padded(a):
    return np.pad(a, ((1, 1), (0, 2)))[1:, 1:] * 2


@sample(normal(3), ints(low=2, high=4))
def sizes_from_arguments(x, n):
    return np.sum(np.ones(n)) * x + np.arange(n).sum()


@sample(normal(3, 4))
def arithmetic_on_shapes(a):
    n, m = a.shape
    grid = np.arange(n * m).reshape(n, m) / (n + m)
    return a * grid + a.shape[-1]


@sample(normal(4))
def array_copies(x):
    y = np.array(x)
    z = np.asarray(x)
    y[0] = 0.0
    return y * z


@sample(normal(4))
def interleave(x):
    y = np.empty(8)
    y[0::2] = x
    y[1::2] = -x * x
    return y

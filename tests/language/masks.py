"""Boolean masks on both sides of an assignment, alone and among other subscripts."""

import numpy as np

from tests.language.programs import case

X = np.array([0.51, -0.31, 1.21, 2.03, -0.72, 0.13, -2.04, 3.05])
LOSSES = []


def smooth(function):
    """The program makes an array that is smooth in its argument."""
    LOSSES.append(function)
    return case((X,))(function)


@smooth
def array_is_stored(x):
    y = x.copy()
    m = y > 0
    y[m] = np.sqrt(y[m])
    return y


@smooth
def and_its_opposite(x):
    y = np.zeros_like(x)
    m = x > 0
    y[m] = x[m] * 2
    y[~m] += x[~m]
    return y


@smooth
def rows_and_columns(x):
    y = np.outer(x, x)
    y[x > 0] = 0
    y[:, x < 0] *= 2
    return y


@smooth
def among_integers_and_slices(x):
    y = np.outer(x, x)
    y[2, x > 0] = 1.0
    y[x > 0, 1:3] = x[0]
    return y


@smooth
def grids(x):
    a = np.outer(x, x)
    return a[np.ix_(x > 0, x > 0)].sum() + a[x > 0][:, x < 0].sum() + a[x > 0, x > 0]


@smooth
def operators(x):
    y = np.outer(x, x)
    y[y > 1] /= 2.0
    y[y < 0] **= 2
    z = x.copy()
    z[z > 0] **= 0.5
    return y, z


@smooth
def values_are_broadcast(x):
    y = np.outer(x, x)
    y[x > 1] = x
    y[y > 2] = np.arange(np.sum(y > 2)) * x[0]
    return y


@smooth
def several_axes(x):
    z = np.zeros((2, 8, 3)) + x[:, None]
    m = z[..., 0] > 0.4
    z[m] = 0.25 * x[0]
    return z, z[..., 1][m]


@smooth
def through_views(x):
    y = np.stack([x, x * 2])
    y[:, x > 0] = np.array([[1.0], [2.0]])
    y[1][x < 0] = -x[x < 0]
    r = x.copy().reshape(-1, 2)
    r[:, 0] = 0
    r.ravel()[1] = 9 * x[0]
    return y, r


@smooth
def augmented_by_itself(x):
    y = x.copy()
    y[y < 0] -= 1.0
    y[np.abs(y) > 1] *= y[np.abs(y) > 1]
    return y

"""Writing to arrays: elements, slices, rows, augmented assignment, arguments."""

import numpy as np

from samples.pool import fixed, ints, normal, sample, scalar, uniform


@sample(normal(5))
def fill_elements(x):
    y = np.zeros(5)
    for i in range(5):
        y[i] = x[i] ** 2 + i
    return y


@sample(normal(5))
def prefix_sums(x):
    y = np.copy(x)
    for i in range(1, len(y)):
        y[i] += y[i - 1]
    return y


@sample(normal(6), scalar())
def scale_slice(x, s):
    y = x.copy()
    y[1:4] = s * y[2:5]
    y[::2] += 1
    return y


@sample(normal(3, 4))
def write_rows(a):
    b = np.empty_like(a)
    for i in range(3):
        b[i] = a[i] / (1 + np.sum(a[i] ** 2))
    return b


@sample(normal(3, 4), normal(4))
def write_column_and_row(a, v):
    b = a.copy()
    b[1] = v
    b[:, 2] = v[:3] * 2
    b[0, 0] = v[0] * a[2, 3]
    return b


@sample(normal(5), fixed(np.array([0, 2, 2, 4, 1])))
def scatter_add_loop(x, index):
    y = np.zeros(5)
    for i, k in enumerate(index):
        y[k] += x[i] * x[i]
    return y


@sample(normal(6), fixed(np.array([3, 1, 5])))
def write_by_index_array(x, index):
    y = np.ones(6) * x
    y[index] = x[:3] ** 2
    return y


@sample(normal(6))
def write_by_mask(x):
    y = x.copy()
    y[y < 0] = 0.0
    return y * x


@sample(normal(6))
def augmented_by_mask(x):
    y = x * 1.0
    y[x > 0] *= 3.0
    return y


@sample(normal(4), order=2)
def argument_is_written(x):
    x[0] = x[1] * 2
    x *= 3
    return np.sum(x**2)


@sample(normal(5))
def augmented_operators(x):
    y = x + 0
    y += x
    y -= 0.5
    y *= x
    y /= 2 + x * x
    y **= 2
    return y


@sample(normal(4), normal(4))
def aliased_view(x, v):
    y = x.copy()
    tail = y[2:]
    tail += v[:2]
    tail[0] = 7.0
    return y * v


@sample(normal(3, 3))
def write_through_transpose(a):
    b = a.copy()
    t = b.T
    t[0, 1] = 5 * a[2, 2]
    t[2] += 1
    return b @ a


@sample(normal(2, 3))
def write_through_reshape(a):
    b = a * 1.0
    flat = b.reshape(-1)
    flat[4] = a[0, 0] ** 2
    return b


@sample(normal(4))
def swap_elements(x):
    y = x.copy()
    y[0], y[3] = y[3], y[0]
    return y * np.arange(4)


@sample(normal(6))
def bubble_pass(x):
    y = x.copy()
    for i in range(5):
        if y[i] > y[i + 1]:
            y[i], y[i + 1] = y[i + 1], y[i]
    return y * x


@sample(normal(4, 4))
def lower_triangle_by_loops(a):
    low = np.zeros((4, 4))
    for i in range(4):
        for j in range(i + 1):
            low[i, j] = a[i, j] * a[j, i]
    return low


@sample(normal(3), ints(3, high=3))
def counts(x, k):
    total = np.zeros(3)
    for i in range(3):
        total[k[i]] += x[i]
        total[-1] -= x[i] / 2
    return total


@sample(normal(5))
def write_in_a_branch(x):
    y = np.zeros_like(x)
    for i in range(5):
        if x[i] > 0:
            y[i] = np.sqrt(x[i])
        else:
            y[i] = -x[i]
    return y


@sample(uniform(5))
def read_before_and_after(x):
    y = x.copy()
    before = y[2]
    y[2] = before * 10
    after = y[2]
    y[2] = 0
    return before + after + np.sum(y)


@sample(normal(3), normal(3))
def helper_writes(x, v):
    def add_to(target, amount):
        for i in range(len(target)):
            target[i] += amount[i] * i

    y = x * 2
    add_to(y, v)
    add_to(y, y)
    return y


@sample(normal(5), scalar())
def add_at(x, s):
    y = x.copy()
    np.add.at(y, np.array([0, 0, 3]), s)
    return y * x

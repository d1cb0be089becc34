"""Objects that are iterated over or asked for their truth, bounded deques, parts of ranges, powers of -1."""

import itertools
from collections import deque

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.errors import BroadaxError

BACKENDS = pytest.mark.parametrize("backend", ("numpy", "numba"))
X = np.linspace(0.2, 1.3, 7)


def check(function, x, backend, rtol=1e-6):
    """Value, and gradient against a difference along one direction."""
    np.testing.assert_allclose(bx.jit(function, backend=backend)(x), function(x), rtol=1e-12)
    direction = np.cos(np.arange(x.size))
    want = (function(x + 1e-6 * direction) - function(x - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(bx.grad(function, backend=backend)(x) @ direction, want, rtol=rtol)


def left_at_the_end(x):
    q = [x[0], x[1]]
    total = t = 0.0
    while t < 3.0 and q:
        v = q.pop()
        total += v**2 * x[2]
        q.append(v * 0.9)
        q.append(v * x[1])
        t += 1.0
    return total


def left_in_a_queue(x):
    q = deque([x[:3], x[1:4]])
    total = t = 0.0
    while t < 3.0 and q:
        v = q.popleft()
        total += np.sum(v**2) * x[2]
        q.append(v * 0.9)
        q.append(v * x[1])
        t += 1.0
    return total


def left_in_some_turns(x):
    total = 0.0
    for k in range(3):
        q, t = [x[k]], 0.0
        while t < 1.0 + k and q:
            v = q.pop()
            total += v**2
            q.append(v * x[0])
            q.append(v + x[1])
            t += 1.0
        if k == 1:
            total += sum(q)
    return total


@BACKENDS
@pytest.mark.parametrize("function", (left_at_the_end, left_in_a_queue, left_in_some_turns))
def test_what_is_left_on_a_stack_has_a_cotangent_of_zero(function, backend):
    check(function, X, backend)


@pytest.mark.parametrize("function", (left_at_the_end, left_in_a_queue, left_in_some_turns))
def test_second_derivative_of_what_is_left_on_a_stack(function):
    slope = bx.grad(function, backend="numpy")
    check(lambda x: np.sum(bx.grad(function)(x) * np.arange(7.0)), X, "numpy", rtol=1e-5)
    batched = bx.vmap(bx.grad(function), backend="numpy")(np.stack([X, 1.1 * X]))
    np.testing.assert_allclose(batched, [slope(X), slope(1.1 * X)])


@BACKENDS
def test_deque_with_maxlen(backend):
    def multistep(x):
        y = x[0]
        rates = deque(maxlen=3)
        for i in range(3):
            rates.append(x[i] * y)
            y = y + 0.1 * rates[-1]
        for i in range(3, len(x)):
            rates.append(x[i] * y)
            y = y + (23 * rates[-1] - 16 * rates[-2] + 5 * rates[0]) / 120
            rates.appendleft(rates[0] * 0.5)
        return y * len(rates)

    check(multistep, X, backend)
    with pytest.raises(BroadaxError, match="fill it before the loop"):

        def grows(x):
            rates, t = deque(maxlen=3), 0.0
            while t < x[0]:
                rates.append(t)
                t += x[1]
            return sum(rates)

        bx.jit(grows, backend=backend)(X)


@BACKENDS
@pytest.mark.parametrize("n", (1, 2, 7))
def test_parts_of_a_range(n, backend):
    def f(x):
        total = 0.0
        for i in range(len(x))[::-1]:
            total = total * 0.5 + x[i] ** 2
        for part in (range(1, len(x), 2)[1:], range(len(x))[-3:-1], range(len(x))[3::-2]):
            for i in part:
                total = total * 0.7 + x[i]
        return total

    check(f, X[:n], backend)


@BACKENDS
def test_integer_to_a_negative_power_in_float_arithmetic(backend):
    def f(x):
        total = 0.0
        for i in range(len(x)):
            total += x[i] * (-1) ** (i - 2) + 2 ** (1 - i) / 3 + 1.5 * 2**-i
        return total

    check(f, X, backend)

    def kept(x):
        total = 0
        for i in range(len(x)):
            total = total + (-1) ** (i - 2)
        return total

    with pytest.raises(BroadaxError, match="negative power is a float"):
        bx.jit(kept, backend=backend)(X)


class Layers:
    def __init__(self, *layers):
        self.layers = list(layers)

    def __iter__(self):
        return iter(self.layers)


class Counted:
    def __init__(self):
        self.n = 0

    def __len__(self):
        return self.n


class Fitted:
    def fit(self, x):
        self.mean = np.mean(x)


@BACKENDS
def test_objects_that_say_how_they_are_iterated_over(backend):
    def f(x):
        net = Layers(x[0], x[1] ** 2)
        total = sum(net) + max(list(net))
        for k, layer in enumerate(net):
            total = total + layer * k
        return total + [layer * 3 for layer in net][1]

    check(f, X, backend)


ONCE = (iter, enumerate, itertools.pairwise, lambda x: zip(x), lambda x: map(abs, x))


@pytest.mark.parametrize("make", ONCE)
def test_iterator_is_run_over_once(make):
    def f(x):
        values = make(x)
        return len(list(values)) + len(list(values)) + x[0]

    with pytest.raises(BroadaxError, match="where an iterator goes on after a loop over it is not known"):
        bx.jit(f, backend="numpy")(X)


@BACKENDS
def test_next_behind_the_last_item(backend):
    def f(x):
        values, total = iter(x), 0.0
        while total < 100:
            total += next(values)
        return total

    with pytest.raises(StopIteration):
        bx.jit(f, backend=backend)(X)


@BACKENDS
def test_truth_of_an_object_is_its_length(backend):
    def f(x):
        found = Counted()
        for v in x:
            if v > 1:
                found.n += 1
        return x[0] if found else -x[0]

    check(f, X, backend)
    check(f, X[:2], backend)


@BACKENDS
def test_attribute_that_a_loop_sets_first(backend):
    def f(x):
        model = Fitted()
        for k in range(len(x) - 2):
            model.fit(x * k)
        return np.sum((x - model.mean) ** 2)

    check(f, X, backend)
    with pytest.raises(AttributeError, match="'Fitted' object has no attribute 'mean'"):
        bx.jit(f, backend=backend)(X[:2])


class Best:
    def __init__(self):
        self.value, self.seen = None, 0

    def see(self, value):
        if self.value is None or value > self.value:
            self.value = value
            self.seen += 1


@BACKENDS
@pytest.mark.parametrize("x", (np.sin(3.0 * X), -np.abs(X), np.abs(np.sin(X))), ids=("some", "none", "all"))
def test_attribute_that_is_none_until_data_sets_it(x, backend):
    def f(x):
        best, smooth = Best(), Best()
        for v in x:
            if v > 0:
                best.see(v**2)
            smooth.value = v if smooth.value is None else 0.5 * smooth.value + v
        found = -x[0] if best.value is None else best.value * best.seen
        return found + smooth.value

    check(f, x, backend)

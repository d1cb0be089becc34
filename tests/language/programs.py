"""Small programs, each about one thing that Python or NumPy does; `case` lists them with arguments."""

import functools
import math
import warnings
from collections import namedtuple
from dataclasses import dataclass

import numpy as np

CASES = []


def case(*argument_lists):
    """Enter a program with one or more lists of arguments."""

    def enter(function):
        for arguments in argument_lists:
            CASES.append((function, arguments))
        return function

    return enter


def ramp(n, lo=-1.0, hi=2.0):
    return np.linspace(lo, hi, n)


# ── results into arrays that are there, contexts ──────────────────────────────────────────────────


@case((ramp(5),))
def out_of_ufuncs(x):
    y = np.empty_like(x)
    z = np.multiply(x, 2, out=y)
    np.add(y, x, y)
    np.sqrt(np.abs(y), out=y[:])
    return y, z


@case((ramp(4),))
def out_of_products(x):
    a = np.outer(x, x)
    b, c, d = np.empty_like(a), np.zeros(4), np.zeros((2, 4))
    np.dot(a, a, out=b)
    np.matmul(a, x, out=c)
    np.cumsum(a[:2], axis=1, out=d)
    np.clip(d, -1, 1, out=d)
    a.sum(axis=0, out=c)
    return b, c, d


@case((ramp(6),))
def ufunc_where(x):
    y = np.full_like(x, 7.0)
    np.divide(1.0, x, out=y, where=x > 0.3)
    flags = np.zeros(x.shape, bool)
    np.less(x, 0.0, flags)
    np.logical_not(flags, out=flags)
    return y, flags


@case((ramp(5),))
def without_warnings(x):
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.where(x > 0, np.log(np.abs(x)), 0.0)


# ── branches ──────────────────────────────────────────────────────────────────────────────────────


@case((2.0,), (-2.0,), (0.0,))
def if_elif_else(x):
    if x > 1:
        y = x * 2
    elif x < -1:
        y = -x
    else:
        y = x**2
    return y + 1


@case((3.0,), (-3.0,))
def early_return(x):
    if x < 0:
        return -x
    y = x * x
    if y > 4:
        return y
    return x


@case((0.3, 0.7), (0.7, 0.3), (-1.0, 5.0))
def ternary_and_or(x, y):
    a = x if x > y else y
    b = (x > 0 and y > 0) or x + y > 3
    return a * 2 if b else a - 1


@case((0.5,), (1.5,), (-0.5,))
def chained(x):
    if 0 < x < 1:
        return 1.0
    return 0.0 if not x < 0 else -1.0


@case((1.0,), (-1.0,))
def only_one_side(x):
    y = 0.0
    if x > 0:
        z = x * 3
        y = z + 1
    return y


@case((4.0,), (-4.0,))
def nested_branches(x):
    r = 0.0
    if x > 0:
        if x > 3:
            r = 1.0
        else:
            r = 2.0
        r = r * x
    return r


@case((1, 2.5), (3.0, 2.5))
def int_and_float(n, x):
    if n > 2:
        y = n
    else:
        y = x
    return y * 2


# ── loops ─────────────────────────────────────────────────────────────────────────────────────────


@case((ramp(7),), (ramp(6),))
def sum_of_squares(x):
    s = 0.0
    for i in range(len(x)):
        s += x[i] ** 2
    return s


@case((ramp(8),))
def iterate_rows_and_values(x):
    total = 0.0
    for v in x:
        total = total + v
    for i, v in enumerate(x):
        total += i * v
    for a, b in zip(x, x[1:], strict=False):
        total -= a * b
    for v in reversed(x):
        total = total * 0.5 + v
    return total


@case((5,), (0,), (1,))
def trip_from_argument(n):
    k, out = 1, 0
    for i in range(n):
        out = out + k * i
        k = k * 2
    return out, k


@case((ramp(9), 0.4))
def break_and_continue(x, limit):
    s = 0.0
    for v in x:
        if v < 0:
            continue
        if s > limit:
            break
        s += v
    return s


@case((ramp(9), 0.4), (ramp(9), 50.0))
def return_inside_loop(x, limit):
    for i in range(x.shape[0]):
        if x[i] > limit:
            return i
    return -1


@case((ramp(9), 0.4), (ramp(9), 50.0))
def loop_else(x, limit):
    for v in x:
        if v > limit:
            found = v
            break
    else:
        found = limit
    return found


@case((2.0,), (90.0,))
def newton(a):
    x = a
    while abs(x * x - a) > 1e-12 * a:
        x = 0.5 * (x + a / x)
    return x


@case((10.0,), (0.1,))
def while_true(x):
    n = 0
    while True:
        x = x / 2
        n += 1
        if x < 0.3:
            break
    return x, n


@case((27,), (1,))
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


@case((ramp(6),))
def triangular(x):
    s = 0.0
    for i in range(len(x)):
        for j in range(i):
            s += x[i] * x[j]
    return s


@case((ramp(6),))
def negative_steps(x):
    s = 0.0
    for i in range(len(x) - 1, -1, -2):
        s = s * 0.5 + x[i]
    return s, i


@case((ramp(7),))
def nested_break(x):
    count = 0
    for i in range(len(x)):
        for j in range(len(x)):
            if x[j] > x[i]:
                break
            count += 1
        if count > 20:
            break
    return count


@case((1.5,))
def swap(x):
    a, b = x, 2 * x
    for _ in range(5):
        a, b = b, a + b
    return a, b


@case((ramp(5),))
def scalar_becomes_array(x):
    acc = 0
    for k in range(4):
        acc = acc + k * x
    return acc


@case((ramp(6), ramp(6)))
def swap_arrays(u, v):
    u = u.copy()
    v = v.copy()
    for _ in range(3):
        v[1:-1] = 0.5 * (u[:-2] + u[2:])
        u, v = v, u
    return u, v


# ── updates in place, views, aliases ──────────────────────────────────────────────────────────────


@case((ramp(10),))
def heat(u):
    for _ in range(3):
        for i in range(1, len(u) - 1):
            u[i] = u[i] + 0.1 * (u[i + 1] - 2 * u[i] + u[i - 1])
    return u


@case((ramp(8),))
def overlapping(u):
    u[1:-1] = u[:-2] + u[2:]
    u[::2] *= 2
    u[::-1] = u
    return u.sum()


@case((ramp(12).reshape(3, 4),))
def rows_are_views(a):
    for row in a:
        row[0] = row[1] * 2
        row += 1
    a.T[2] = 7.0
    b = a
    b[0, 0] = -1.0
    a[1][2] = 5.0
    return a


@case((ramp(12).reshape(3, 4),))
def views_of_views(a):
    v = a[1:]
    w = v[:, ::2]
    w[0, 1] = 100.0
    w[-1] += 1
    r = a.reshape(12)
    r[-2:] = 0.0
    return v.sum() + a[2, 3]


@case((ramp(6),))
def write_and_return_nothing(x):
    x[0] = 9.0
    x[1:3] = x[2:4]


@case((ramp(6),))
def masks(x):
    x[x < 0] = 0.0
    x[x > 1] += 10
    y = np.where(x > 0.5, x, -x)
    return y.sum(), (x > 0).sum()


@case((ramp(6), np.array([3, 0, 3])))
def gather_and_scatter(x, idx):
    y = x[idx] * 2
    x[idx] = 1.5
    x[idx] += 1
    return y, x


@case((ramp(8), 2, 5))
def slices_with_bounds_from_arguments(x, lo, hi):
    return x[lo:hi].sum() + x[-hi:].sum() + x[:-lo].sum()


@case((ramp(7),))
def slices_in_loop(x):
    s = 0.0
    for i in range(1, len(x)):
        s += np.sum(x[:i]) * x[i] + x[i:].max()
    return s


@case((ramp(24).reshape(2, 3, 4),))
def many_subscripts(a):
    return a[..., 0].sum() + a[:, None, 1].shape[1] + a[-1, 1:, ::-1][0, 1] + a[0, ..., -1][2]


# ── containers, functions, objects ────────────────────────────────────────────────────────────────

Point = namedtuple("Point", "x y")


@dataclass
class Params:
    w: object
    b: object

    def apply(self, x):
        return np.tanh(self.w @ x + self.b)

    @property
    def total(self):
        return self.w.sum() + self.b.sum()


@case((Params(ramp(6).reshape(2, 3), ramp(2)), ramp(3)))
def dataclasses_and_methods(p, x):
    return p.apply(x) * p.total, Params(p.w * 2, p.b)


@case((Point(1.0, 2.0),))
def named_tuples(p):
    x, y = p
    q = Point(y, x=x) if False else Point(y, x)
    return Point(q.x * 2, p.y + q.y), q._replace(x=x)


@case(({"a": 1.0, "b": [2.0, 3.0]},))
def dicts_and_lists(d):
    out = {k: v for k, v in d.items() if k != "b"}
    out["c"] = [v * 2 for v in d["b"]]
    out["c"].append(d.get("z", 4.0))
    (first, *rest) = out["c"]
    return out, first, rest, len(out["c"]), "a" in d


@case((2.0, 3.0))
def closures(x, y):
    scale = x * 2

    def inner(z, *, k=scale):
        return z * k + y

    twice = lambda f, v: f(f(v))  # noqa: E731
    return twice(inner, 1.0), [f(x) for f in (lambda t: t + 1, lambda t: t * 2)]


def helper(x, p=2, *args, **kwargs):
    return x**p + sum(args) + kwargs.get("c", 0)


@case((2.0,))
def call_styles(x):
    half = functools.partial(helper, p=1)
    return helper(x), helper(x, 3, 1.0, 2.0, c=5), half(x), helper(*(x, 2), c=1)


@case((ramp(5),))
def comprehension_over_array(x):
    return sum(v * v for v in x), max([v + 1 for v in (x[0], x[1], x[2])]), [x[i] + i for i in range(3)]


@case((ramp(5), "sum"), (ramp(5), "mean"))
def string_flags(x, mode):
    if mode == "sum":
        return np.sum(x)
    return np.mean(x)


@case((ramp(6).reshape(2, 3), 0), (ramp(6).reshape(2, 3), 1), (ramp(6).reshape(2, 3), None))
def axis_argument(x, axis):
    return np.sum(x, axis=axis)


@case((ramp(6), True), (ramp(6), False))
def flag_argument(x, double):
    if double:
        return x * 2
    return x.sum()


@case((3, ramp(4)))
def size_from_argument(n, x):
    a = np.zeros((n, 4))
    for i in range(n):
        a[i] = x * i
    return a


@case((ramp(6),))
def shape_arithmetic(x):
    n = x.shape[0]
    h = 1.0 / (n - 1)
    y = x.reshape(2, -1)
    if n > 100:
        h = 0.0
    return y.shape, y * h, n // 2


@case((2.0,))
def isinstance_and_none(x, opt=None):
    if opt is None:
        opt = [1.0]
    assert isinstance(opt, list), "opt must be a list"
    return x * opt[0] if isinstance(x, float) else x


@case((np.float32(2.0),), (2.0,), (2,), (np.array([1.0, 2.0], np.float32),))
def promotion(x):
    return x * 2.5, x + 1, x / 3, np.sqrt(x), x**2


@case((7, 3), (-7, 3), (7, -3))
def integers(a, b):
    return a // b, a % b, a / b, a * b - 1, -a, abs(b), a & b, a | b, a ^ b, a << 2, divmod(a, b), int(a / b)


@case((2.5,))
def math_functions(x):
    return (
        math.sin(x) + math.pi,
        math.floor(x),
        math.hypot(x, 1.0),
        round(x),
        int(x),
        float(2),
        max(x, 1.0),
        min(1.0, x),
    )


@case((ramp(5),))
def late_scalar(x):
    best = x[0]
    where = 0
    for i in range(1, len(x)):
        if x[i] > best:
            best = x[i]
            where = i
    return best, where


GLOBAL_SCALE = 3.0
TABLE = np.arange(5.0)


@case((ramp(5),))
def globals_are_read(x):
    return x * GLOBAL_SCALE + TABLE


@case((ramp(5),))
def walrus_and_del(x):
    if (n := len(x)) > 3:
        y = x * n
    tmp = y
    del tmp
    return y


@case((1 + 2j,), (np.array([1 + 1j, 2 - 1j]),))
def complex_numbers(z):
    return z * z.conjugate(), np.abs(z), z.real + 1


@case((ramp(9).reshape(3, 3),))
def lu(a):
    n = a.shape[0]
    a = a + 4 * np.eye(n)
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    return a


@case((ramp(30).reshape(5, 6),))
def lists_of_arrays(a):
    rows = [a[i] for i in range(3)]
    rows[0] = rows[0] * 2
    rows.append(rows[1] + rows[2])
    out = 0.0
    for i, r in enumerate(rows):
        out += i * r.sum()
    stacked = np.stack(rows)
    return out, stacked.shape


@case((5.0,), (-5.0,))
def array_made_in_branch(x):
    if x > 0:
        a = np.ones(3)
    else:
        a = np.zeros(3)
    a[0] = x
    return a


@case((ramp(5),))
def the_right_side_writes_to_the_target(x):
    y = x.copy()
    table = {"a": 1.0}

    def write(k):
        y[k] = 10.0
        table["a"] = 7.0
        return 0.5

    y[0] += write(0)
    y[1:3] += write(1)
    y[[3, 4]] *= write(3)
    table["a"] += write(0)
    return y, table["a"]


@case((ramp(4),))
def names_called_total_and_item_in_a_sum(x):
    def total(y):
        return np.sum(y * y)

    item = 2.0
    return sum(total(k * x) * item for k in range(3)), all(total(x) > k for k in (1.0, 2.0))


@case((ramp(5),))
def parts_deleted(x):
    items = [x[0], x[1], x[2], x[3]]
    del items[-1], items[0]
    more = list(range(6))
    del more[1:4]
    named = {"a": x, "b": 2 * x}
    del named["a"]
    grown = []
    for v in x:
        grown.append(v)
    del grown[-1]
    return items, more, named["b"], len(named), grown


@case((np.array([0, 3, 1, 3], np.uint8),), (np.array([True, False, True]),))
def counts_of_small_integers(x):
    return np.bincount(x, minlength=5)


@case((ramp(4, 2), np.zeros(2)), (ramp(3, 2), np.ones(2)))
def nearest_with_none_yet(points, q):
    best, where = None, None
    for i in range(len(points)):
        d = np.sum((points[i] - q) ** 2)
        if best is None or d < best:
            best, where = d, i
    return best, where


@case((ramp(5), 0.6), (ramp(5), 9.0))
def first_above_or_none(x, limit):
    found = None
    for k in range(len(x)):
        if x[k] > limit and found is None:
            found = (2 * x[k], k)
    if found is not None:
        return found[0]
    return -1.0


@case((3.0,), (0.5,))
def previous_that_is_none_at_first(x):
    previous, k = None, 0
    while k < 20:
        if previous is not None and abs(previous - x) < 1e-3:
            break
        previous, x = x, 0.5 * (x + 2 / x)
        k += 1
    return x, k


@case((ramp(20).reshape(4, 5),))
def tuples_inside_of_a_subscript(a):
    """A tuple in a tuple selects as a list does: the two borders at once."""
    b = a.copy()
    b[(0, -1), :] = 0.0
    b[:, (1, 2)] *= 2.0
    return b, a[(0, 1), (1, 2)], a[((0, 2),)], a[:, ((0, 1), (1, 2))], a[(True, False, True, False), 1:]


@case((100.0, 5), (90.0, 3))
def array_that_shrinks_from_a_range_of_both_signs(s, n):
    """`np.arange(n, -n - 1, -2)` has n + 1 elements, one less in each turn: the turns are written out."""
    v = np.maximum(100.0 - s * 1.1 ** np.arange(n, -n - 1, -2), 0.0)
    for _ in reversed(range(n)):
        v = 0.5 * (v[:-1] + v[1:])
    return v[0]


@case((np.uint8(3), np.uint8(200)))
def size_of_a_difference_that_wraps_around(a, b):
    return np.arange(a - b).size, np.arange(b - a).size


# ── numbers that are arrays on another path ───────────────────────────────────────────────────────


def _pull(a, b, reach):
    d = b - a
    r = np.sqrt(d @ d)
    if r > reach:
        return 0.0
    return d / r**3


@case((ramp(12).reshape(4, 3) ** 2, 2.0), (ramp(12).reshape(4, 3), 0.1))
def forces_within_reach(x, reach):
    force = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(i):
            pull = _pull(x[i], x[j], reach)
            force[i] += pull
            force[j] -= pull
    return force


@case((ramp(3), 1.0), (ramp(3), -1.0))
def a_number_or_an_array(x, c):
    w = 0.5 if c > 0 else np.array([1.0, 2.0, 3.0])
    shift = np.ones(3) if c > 0.5 else 0
    return np.sum(w * x + shift), x * np.exp(w), np.max(w)


@case((ramp(4), 0), (ramp(4), 3))
def zeros_before_the_loop(x, n):
    s = 0.0
    t = 0.0
    for _ in range(n):
        t += np.sum(np.tanh(s) ** 2) + np.sum(s)
        s = s + x
    return t, np.sum(s), x * s


@case((ramp(4), 1), (ramp(4), 3))
def sums_after_a_turn(x, n):
    p = 1.0
    for _ in range(n):
        p = p * x
    return np.sum(p)


# ── parts of arrays that are attributes ───────────────────────────────────────────────────────────


@case((ramp(3),))
def parts_of_complex_numbers_are_set(x):
    z = x + 1j * x
    z.imag = 2 * x
    z.real[1:] = 7
    z.real *= 2
    return z


@case((np.eye(4), 0.5), (np.asfortranarray(ramp(9).reshape(3, 3)), 2.0))
def flat_is_a_view_whose_parts_are_copies(a, shift):
    b = a.copy()
    b.flat[:: len(a) + 1] += shift
    b.T.flat[1] = 5.0
    part = b.flat[2:4]
    part[0] = 100.0
    a.flat[::2] = 0
    c = np.zeros_like(a.T)
    c.flat = a.flat
    return b, part, c, len(b.flat), sum(v * i for i, v in enumerate(b.T.flat))

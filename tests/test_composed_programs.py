"""Composed programs of realistic size: forward, reverse, split and second derivatives against differences."""

import numpy as np
import pytest

import broadax as bx

PROGRAMS = []
ONLY_REVERSE = ("cv_loop_vmap", "grad_of_vmap_grad_cv")
r = np.random.default_rng(7)
x = r.normal(size=6) * 0.7
A = r.normal(size=(4, 4))
B = A @ A.T + 4 * np.eye(4)
W = r.normal(size=(5, 6))
s = 0.7


def program(*args, order=2, tol=1e-5):
    """A function of these arguments, to be differentiated so often."""

    def enter(function):
        PROGRAMS.append(pytest.param(function, args, order, tol, id=function.__name__))
        return function

    return enter


@program(x, order=3)
def triple(x):
    g = bx.grad(lambda y: np.sum(np.sin(y) * y**2))
    h = bx.grad(lambda y: np.sum(g(y) ** 2))
    return np.sum(h(x) * x)


@program(x[:4])
def grad_while(x):

    def root(a):
        y = 1.0 + a * a
        while abs(y * y - (2 + a)) > 1e-13:
            y = 0.5 * (y + (2 + a) / y)
        return y

    return np.sum(bx.vmap(bx.grad(root))(x) * x)


@program(x)
def inplace_jac(x):

    def step(v):
        u = v.copy()
        for k in range(1, len(v)):
            u[k] += np.sin(u[k - 1]) * v[k]
        return u

    return np.sum(bx.jacrev(step)(x) ** 2)


@program(x[:4])
def fwd_rev_inplace(x):

    def step(v):
        u = v.copy()
        for k in range(1, len(v)):
            u[k] = u[k - 1] * u[k] + np.sin(v[k])
        return u

    return np.sum(bx.jacfwd(bx.jacrev(step))(x) * np.arange(4.0))


@program(x)
def hess_lists(x):

    def f(v):
        ys = []
        for k in range(len(v)):
            ys.append(v[k] ** 2 * (ys[k - 1] if k > 0 else 1.0))
        return sum(ys)

    return np.sum(bx.hessian(f)(x) @ x)


@program(x, W)
def ck_vmap_grad(x, W):

    @bx.checkpoint
    def layer(v, w):
        return np.tanh(v * w)

    f = lambda w: np.sum(layer(layer(x, w), w))
    return np.sum(bx.vmap(bx.grad(f))(W) ** 2)


@bx.custom_vjp
def clipg(x):
    return np.sin(x)


clipg.defvjp(lambda x: (np.sin(x), x), lambda x, g: (g * np.cos(x),))


@program(x, W, order=1)
def cv_loop_vmap(x, W):

    def f(v):
        for _k in range(3):
            v = clipg(v) * x
        return np.sum(v)

    return np.sum(bx.vmap(f)(W))


@program(W, order=1)
def grad_of_vmap_grad_cv(W):

    def f(v):
        t = 0.0
        for k in range(len(v)):
            if v[k] > 0:
                t += clipg(v[k]) * v[k]
            else:
                t -= v[k] ** 2
        return t

    return np.sum(bx.vmap(bx.grad(f))(W)[:, :2])


@program(A)
def riccati(A):
    X = np.eye(4)
    for _ in range(5):
        K = np.linalg.solve(X + 2 * np.eye(4), A.T @ X * 0.1)
        X = np.eye(4) + 0.1 * A @ X @ A.T * 0.3 - K @ K.T * 0.05
    return np.trace(X)


@program(B)
def gp(B):
    L = np.linalg.cholesky(0.5 * (B + B.T))
    a = np.linalg.solve(L.T, np.linalg.solve(L, np.arange(4.0)))
    return 0.5 * np.arange(4.0) @ a + np.sum(np.log(np.diag(L)))


@program(x, s)
def ode(x, s):

    def rhs(y):
        return np.roll(y, 1) * s - y**3

    for _ in range(8):
        k1 = rhs(x)
        k2 = rhs(x + 0.05 * k1)
        k3 = rhs(x + 0.05 * k2)
        k4 = rhs(x + 0.1 * k3)
        x = x + 0.1 / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.sum(x**2)


@program(x, W)
def attention(x, W):
    q = W @ x
    k = np.tanh(W[:, :5] @ q)
    sc = np.outer(q, k)
    e = np.exp(sc - sc.max(axis=1, keepdims=True))
    return np.sum(e / e.sum(1, keepdims=True) @ q)


@program(x)
def kalman(x):
    m, pv = (0.0, 1.0)
    ll = 0.0
    for z in x:
        pv = pv + 0.1
        k = pv / (pv + 0.5)
        ll -= 0.5 * np.log(pv + 0.5) + 0.5 * (z - m) ** 2 / (pv + 0.5)
        m = m + k * (z - m)
        pv = (1 - k) * pv
    return ll


@program(x)
def hmm(x):
    al = np.log(np.array([0.6, 0.4]))
    T = np.log(np.array([[0.7, 0.3], [0.2, 0.8]]))
    for z in x:
        e = -0.5 * (z - np.array([-1.0, 1.0])) ** 2
        M = al[:, None] + T
        mx = M.max(0)
        al = mx + np.log(np.exp(M - mx).sum(0)) + e
    return np.logaddexp(al[0], al[1])


@program(x)
def dtw(x):
    y = np.cos(np.arange(5.0))
    n, m = (len(x), 5)
    D = np.full((n + 1, m + 1), 1000.0)
    D[0, 0] = 0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            D[i, j] = (x[i - 1] - y[j - 1]) ** 2 + np.minimum(
                D[i - 1, j], np.minimum(D[i, j - 1], D[i - 1, j - 1])
            )
    return D[n, m]


@program(W)
def conv(W):
    out = np.zeros((4, 5))
    for i in range(4):
        for j in range(5):
            out[i, j] = np.sum(W[i : i + 2, j : j + 2] * np.array([[1.0, -1], [0.5, 2]]))
    return np.sum(np.maximum(out, 0) ** 2)


@program(x)
def sorted_l(x):
    return np.sum(np.sort(x) * np.arange(6.0)) + np.sum(np.cumsum(x) ** 2) + np.prod(x) + np.cumprod(x)[3]


@program(x, s)
def nested_jvp(x, s):
    f = lambda v: np.sum(np.sin(v * s))
    return bx.jvp(bx.grad(f), (x,), (x * s,))[1] @ x


@program(x)
def lin_inside(x):
    y, fj = bx.linearize(lambda v: np.exp(v) * v, x)
    ft = bx.linear_transpose(fj, x)
    return np.sum(fj(x) * ft(x)[0])


@program(x)
def vjp_inside(x):
    y, fv = bx.vjp(lambda v: np.outer(v, v).sum(0), x)
    return np.sum(bx.vmap(fv)(np.eye(6))[0] ** 2)


@program(W)
def coll(W):

    def f(v):
        m = bx.lax.pmean(v, "b")
        d = v - m
        return d / np.sqrt(bx.lax.pmean(d**2, "b") + 0.01)

    return np.sum(bx.vmap(f, axis_name="b")(W) ** 3)


@program(x, order=2)
def segmented(x):
    c = x
    for k in bx.checkpoint(range(9)):
        c = np.sin(c) * 1.1 + x * 0.1 * k
    return np.sum(c)


@program(x, order=2)
def seg_vmap(x):

    def f(a):
        c = a
        for k in bx.checkpoint(range(6)):
            c = c + np.sin(c * k) * 0.3
        return c

    return np.sum(bx.vmap(bx.grad(f))(x))


@program(x, W)
def dict_state(x, W):
    st = {"h": np.zeros(5), "c": np.zeros(5)}
    for k in range(4):
        i = 1 / (1 + np.exp(-(W @ x)))
        st = {"c": st["c"] * 0.5 + i * np.tanh(W @ x * 0.3 * k), "h": np.tanh(st["c"]) + st["h"]}
    return np.sum(st["h"] * st["c"])


@program(x)
def early(x):
    t = 0.0
    for v in x:
        if t > 1.5:
            break
        t += v * v
    return t * t


@program(x)
def contin(x):
    t = 1.0
    for i, v in enumerate(x):
        if v < 0:
            continue
        t *= 1 + v * i
    return t


@program(x)
def whilein(x):
    t = np.sum(x**2)
    n = 0
    while t < 50 and n < 20:
        t = t * 1.5 + np.sin(t)
        n += 1
    return t


@program(W)
def vm_while(W):

    def f(v):
        k = 0
        z = v.copy()
        while np.sum(z * z) > 0.05:
            z = z * 0.7 + 0.01 * v
            k += 1
        return np.sum(z) * k

    return np.sum(bx.vmap(f)(W))


@program(W)
def vm_grad_while(W):

    def f(v):
        z = v.copy()
        while np.sum(z * z) > 0.05:
            z = z * 0.7 * np.cos(0.1 * z)
        return np.sum(z * v)

    return np.sum(bx.vmap(bx.grad(f))(W))


@program(x)
def recursion(x):

    def f(v, n):
        return v if n == 0 else np.sin(f(v, n - 1)) * x

    return np.sum(f(x, 4))


@program(B, tol=0.0001)
def eig(B):
    return np.sum(np.linalg.eigh(0.5 * (B + B.T))[0][:2] ** 2)


@program(A)
def dets(A):
    return np.linalg.det(A) + np.linalg.slogdet(A)[1]


@program(A)
def inverse(A):
    return np.trace(np.linalg.inv(A + 5 * np.eye(4)))


@program(x)
def interp(x):
    return np.sum(np.interp(x, np.linspace(-2, 2, 9), np.sin(np.linspace(-2, 2, 9))))


@program(x)
def wher(x):
    return np.sum(np.where(x > 0, np.sqrt(np.abs(x) + 0.1), x**3)) + np.var(x) + np.std(x) + np.median(x)


@program(x)
def einsums(x):
    return np.einsum("i,j,ij->", x, x, np.outer(np.sin(x), x)) + np.einsum("ii->", np.outer(x, x))


@program(x)
def hvp_loop(x):
    f = lambda v: np.sum(v[1:] ** 2 * v[:-1])
    v = x
    for _ in range(3):
        v = bx.grad(lambda y, v=v: bx.grad(f)(y) @ v)(x) * 0.3
    return np.sum(v)


@program(x)
def newton_opt(x):
    f = lambda t, c: np.cosh(t - c) + t**4
    t = 0.0
    for _ in range(5):
        t = t - bx.grad(f)(t, x[0]) / bx.grad(bx.grad(f))(t, x[0])
    return t + x[1] ** 2


@program(x)
def gd(x):
    w = np.zeros(3)
    D = np.outer(x, np.arange(1.0, 4.0))
    loss = lambda w: np.mean((D @ w - np.sin(x)) ** 2)
    for _ in range(6):
        w = w - 0.05 * bx.grad(loss)(w)
    return loss(w)


@program(x)
def fancy(x):
    i = np.array([0, 2, 2, 5])
    y = np.zeros(6)
    np.add.at(y, i, x[i] ** 2)
    y[i[::2]] *= 2
    return np.sum(y * x)


@program(x)
def stackc(x):
    return np.sum(np.concatenate([x, x[::-1]]).reshape(3, 4) @ np.stack([x[:4], x[2:]], axis=1))


# ── checks ────────────────────────────────────────────────────────────────────────────────────────


def along(tree, directions):
    return sum(np.sum(a * d) for a, d in zip(tree, directions, strict=True))


def difference(f, args, directions, step=1e-5):
    there = f(*[a + step * d for a, d in zip(args, directions, strict=True)])
    back = f(*[a - step * d for a, d in zip(args, directions, strict=True)])
    return (there - back) / (2 * step)


@pytest.mark.parametrize("function, args, order, tol", PROGRAMS)
def test_derivatives(function, args, order, tol):
    rng = np.random.default_rng(1)
    directions = tuple(rng.normal(size=np.shape(a)) if np.shape(a) else rng.normal() for a in args)
    with bx.backend("numpy"):
        want = difference(bx.jit(function), args, directions)
        gradient = bx.grad(function, tuple(range(len(args))))
        reverse = along(gradient(*args), directions)
        assert reverse == pytest.approx(want, rel=tol, abs=tol)
        assert along(bx.vjp(function, *args)[1](1.0), directions) == pytest.approx(
            reverse, rel=1e-9, abs=1e-9
        )
        if function.__name__ not in ONLY_REVERSE:
            forward = bx.jvp(function, args, directions)[1]
            assert forward == pytest.approx(reverse, rel=1e-8, abs=1e-8)
            linear = bx.linearize(function, *args)[1](*directions)
            assert linear == pytest.approx(reverse, rel=1e-8, abs=1e-8)
        if order > 1:
            second = along(bx.jvp(gradient, args, directions)[1], directions)
            slope = lambda *a: along(gradient(*a), directions)
            assert second == pytest.approx(difference(slope, args, directions), rel=tol, abs=tol)


@pytest.mark.parametrize("function, args, order, tol", [p for p in PROGRAMS if p.values[2] > 1])
def test_reverse_over_reverse(function, args, order, tol):
    rng = np.random.default_rng(1)
    directions = tuple(rng.normal(size=np.shape(a)) if np.shape(a) else rng.normal() for a in args)
    numbers = tuple(range(len(args)))

    def slope(*given):
        return along(bx.grad(function, numbers)(*given), directions)

    with bx.backend("numpy"):
        forward = along(bx.jvp(bx.grad(function, numbers), args, directions)[1], directions)
        reverse = along(bx.grad(slope, numbers)(*args), directions)
    assert reverse == pytest.approx(forward, rel=1e-7, abs=1e-7)

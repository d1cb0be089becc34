"""What JAX's documentation says of each transform, as programs that people write after reading it."""

import functools
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import broadax as bx

ok = np.testing.assert_allclose
x5 = np.linspace(0.1, 1, 5)
Point = namedtuple("Point", "x y")


@pytest.fixture(autouse=True, params=["numpy", "numba"])
def backend(request):
    with bx.backend(request.param):
        yield


@dataclass
class Par:
    w: np.ndarray
    b: float


# grad
def test_grad_tanh():
    ok(bx.grad(np.tanh)(0.2), 1 - np.tanh(0.2) ** 2)


def test_grad_argnums_neg():
    f = lambda x, y: x * y**2
    ok(bx.grad(f, -1)(2.0, 3.0), 12.0)
    ok(bx.grad(f, argnums=(1, 0))(2.0, 3.0), (12.0, 9.0))
    r = bx.grad(f, argnums=[0, 1])(2.0, 3.0)
    assert isinstance(r, tuple)


def test_grad_dict_aux():

    def loss(p, x, y):
        pred = x @ p["w"] + p["b"]
        return (np.mean((pred - y) ** 2), pred)

    p = {"w": np.ones(3), "b": 0.5}
    X = np.arange(12.0).reshape(4, 3)
    y = np.ones(4)
    g, aux = bx.grad(loss, has_aux=True)(p, X, y)
    ok(aux, X @ p["w"] + 0.5)
    assert set(g) == {"w", "b"}
    (v, aux), g2 = bx.value_and_grad(loss, has_aux=True)(p, X, y)
    ok(g2["w"], g["w"])


def test_grad_namedtuple_dataclass_list():
    f = lambda p: p.x**2 * p.y
    g = bx.grad(f)(Point(2.0, 3.0))
    assert isinstance(g, Point)
    ok(g, (12.0, 4.0))
    g = bx.grad(lambda p: np.sum(p.w * p.b))(Par(np.ones(3), 2.0))
    assert isinstance(g, Par)
    ok(g.w, [2] * 3)
    g = bx.grad(lambda p: p[0] ** 2 + p[1][0] * 3)([1.0, [2.0]])
    assert g == [2.0, [3.0]], g


def test_grad_kwargs():
    f = lambda x, *, k=2.0: x**k
    ok(bx.grad(f)(3.0, k=3.0), 27.0)
    ok(bx.grad(f)(3.0), 6.0)


def test_grad_kw_arg_name():
    f = lambda x, y: x * y
    with pytest.raises(TypeError):
        bx.grad(f)(x=1.0, y=2.0)


def test_grad_int_error():
    for a in (1, np.arange(3), True):
        with pytest.raises(TypeError, match="real"):
            bx.grad(lambda x: np.sum(x * 1.0))(a)


def test_grad_nonscalar():
    with pytest.raises(TypeError, match="scalar-output"):
        bx.grad(lambda x: x * 2)(x5)


def test_grad_len1():
    with pytest.raises(TypeError):
        bx.grad(lambda x: x * 2)(np.ones(1))


def test_grad_holo():
    f = lambda z: z**3
    ok(bx.grad(f, holomorphic=True)(1 + 2j), 3 * (1 + 2j) ** 2)


def test_grad_complex_to_real():
    f = lambda z: np.real(z) ** 2 + np.imag(z) ** 2
    ok(bx.grad(f)(3 + 4j), 6 - 8j)


def test_grad_allow_int():
    g = bx.grad(lambda x, n: x * n, (0, 1), allow_int=True)(2.0, 3)
    assert g[1].dtype == bx.dtypes.float0


def test_grad_decorator():

    @bx.grad
    def f(x):
        return x**2

    assert f(3.0) == 6.0

    @functools.partial(bx.grad, argnums=1)
    def g(x, y):
        return x * y

    assert g(3.0, 2.0) == 3.0


def test_grad_grad_grad():
    ok(
        bx.grad(bx.grad(bx.grad(np.tanh)))(0.3),
        (lambda t: (-2 + 6 * t * t) * (1 - t * t) * 1)(np.tanh(0.3)),
        rtol=1e-08,
    )


def test_grad_name_doc():

    def f(x):
        """doc"""
        return x

    assert bx.grad(f).__name__


def test_grad_none_leaf():

    def f(p):
        return p["a"] ** 2

    g = bx.grad(f)({"a": 3.0, "b": None})
    assert g["b"] is None


def test_grad_unused_arg():
    g = bx.grad(lambda a, b: a * 1.0, (0, 1))(2.0, x5)
    ok(g[1], np.zeros(5))


def test_grad_f32():
    g = bx.grad(lambda x: np.sum(np.sin(x)))(np.ones(3, np.float32))
    assert g.dtype == np.float32


def test_value_and_grad_multi():
    v, (a, b) = bx.value_and_grad(lambda x, y: x * y, (0, 1))(2.0, 3.0)
    ok((v, a, b), (6, 3, 2))


def test_vjp_basic():
    f = lambda x, y: (np.sin(x), np.cos(y))
    p, fv = bx.vjp(f, 0.5, 1.0)
    xb, yb = fv((-0.7, 0.3))
    ok(xb, -0.7 * np.cos(0.5))
    ok(yb, -0.3 * np.sin(1.0))


def test_vjp_tree():
    f = lambda d: {"o": d["a"] * d["b"]}
    v, fv = bx.vjp(f, {"a": x5, "b": 2.0})
    (g,) = fv({"o": np.ones(5)})
    ok(g["a"], 2 * np.ones(5))
    ok(g["b"], x5.sum())


def test_vjp_aux():
    v, fv, aux = bx.vjp(lambda x: (x * 2, {"k": x}), 3.0, has_aux=True)
    ok(fv(1.0)[0], 2)
    ok(aux["k"], 3.0)


def test_vjp_in_jit_vmap():

    def f(x):
        y, fv = bx.vjp(np.sin, x)
        return bx.vmap(fv)(np.eye(5))[0]

    ok(bx.jit(f)(x5), np.diag(np.cos(x5)))


def test_vmap_of_pullback_outside():
    y, fv = bx.vjp(lambda x: np.stack([x.sum(), (x**2).sum()]), x5)
    (J,) = bx.vmap(fv)(np.eye(2))
    ok(J, [np.ones(5), 2 * x5])


def test_vmap_of_linear_outside():
    y, fj = bx.linearize(lambda x: x**2, x5)
    J = bx.vmap(fj, out_axes=-1)(np.eye(5))
    ok(J, np.diag(2 * x5))


def test_jit_of_pullback():
    y, fv = bx.vjp(lambda x: x**2, x5)
    ok(bx.jit(fv)(np.ones(5))[0], 2 * x5)


def test_jit_of_linear():
    y, fj = bx.linearize(lambda x: x**2, x5)
    ok(bx.jit(fj)(np.ones(5)), 2 * x5)


def test_linear_transpose_of_linearize():
    y, fj = bx.linearize(lambda x: x**2, x5)
    ft = bx.linear_transpose(fj, x5)
    ok(ft(np.ones(5))[0], 2 * x5)


def test_jvp_basic():
    y, v = bx.jvp(np.sin, (0.1,), (0.2,))
    ok(v, 0.2 * np.cos(0.1))


def test_jvp_aux():
    y, v, a = bx.jvp(lambda x: (x**2, x + 1), (3.0,), (1.0,), has_aux=True)
    ok((y, v, a), (9, 6, 4))


def test_jvp_shape_mismatch():
    for tn in (np.ones(3), 1.0):
        with pytest.raises((ValueError, TypeError)):
            bx.jvp(np.sin, (x5,), (tn,))


def test_jvp_dtype_mismatch():
    with pytest.raises(TypeError):
        bx.jvp(np.sin, (np.ones(3, np.float32),), (1j * np.ones(3),))


def test_jvp_int_tangent():
    with pytest.raises(TypeError):
        bx.jvp(np.sin, (1.0,), (1,))


def test_linearize_aux_multi():
    y, fj = bx.linearize(lambda x, y: 3 * np.sin(x) + np.cos(y / 2), 2.0, 3.0)
    ok(fj(0.1, 0.2), 3 * np.cos(2) * 0.1 - 0.5 * np.sin(1.5) * 0.2)


def test_linear_transpose_basic():
    f = lambda x, y: 0.5 * x - 0.5 * y
    ft = bx.linear_transpose(f, 1.0, 1.0)
    ok(ft(1.0), (0.5, -0.5))
    s = bx.ShapeDtypeStruct((), np.float64)
    ok(bx.linear_transpose(f, s, s)(1.0), (0.5, -0.5))


def test_linear_transpose_shape_kw():
    A = np.arange(6.0).reshape(2, 3)
    ft = bx.linear_transpose(lambda x: A @ x, bx.ShapeDtypeStruct((3,), "float64"))
    ok(ft(np.ones(2))[0], A.sum(0))


def test_jac_basic():
    f = lambda x: np.array([x[0], 5 * x[2], 4 * x[1] ** 2 - 2 * x[2], x[2] * np.sin(x[0])])
    a = np.array([1.0, 2.0, 3.0])
    w = [[1, 0, 0], [0, 0, 5], [0, 16, -2], [1.6209068, 0, 0.84147096]]
    ok(bx.jacfwd(f)(a), w, rtol=1e-06)
    ok(bx.jacrev(f)(a), w, rtol=1e-06)


def test_jac_tree():
    J = bx.jacrev(lambda p: {"o": p["w"] @ np.ones(3) * p["b"]})({"w": np.ones((2, 3)), "b": 2.0})
    assert J["o"]["w"].shape == (2, 2, 3) and J["o"]["b"].shape == (2,)
    J2 = bx.jacfwd(lambda p: {"o": p["w"] @ np.ones(3) * p["b"]})({"w": np.ones((2, 3)), "b": 2.0})
    ok(J["o"]["w"], J2["o"]["w"])


def test_jac_aux():
    J, aux = bx.jacfwd(lambda x: (x**2, x.sum()), has_aux=True)(x5)
    ok(J, np.diag(2 * x5))
    ok(aux, x5.sum())
    J, aux = bx.jacrev(lambda x: (x**2, x.sum()), has_aux=True)(x5)
    ok(J, np.diag(2 * x5))


def test_jac_argnums():
    J = bx.jacrev(lambda x, y: x * y, (0, 1))(x5, x5)
    ok(J[1], np.diag(x5))


def test_hess():
    g = lambda x: np.array([x[0] ** 2 * x[1], np.sin(x[2])])
    H = bx.hessian(g)(np.array([1.0, 2.0, 3.0]))
    assert H.shape == (2, 3, 3)


def test_hess_dict():
    H = bx.hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0})
    ok(H["a"]["a"], 6.0)
    ok(H["a"]["b"], 4.0)
    ok(H["b"]["b"], 0.0)


def test_hess_aux():
    H, aux = bx.hessian(lambda x: (np.sum(x**3), x), has_aux=True)(x5)
    ok(H, np.diag(6 * x5))
    ok(aux, x5)


def test_hess_list():
    H = bx.hessian(lambda p: p[0] * p[1] ** 2)([2.0, 3.0])
    ok(H[1][1], 4.0)


def test_hess_argnums():
    H = bx.hessian(lambda x, y: x**2 * y, (0, 1))(2.0, 3.0)
    ok(H[0][1], 4.0)


def test_vmap_axes():
    A = np.arange(6.0).reshape(2, 3)
    np.arange(8.0).reshape(4, 2)
    mv = lambda a, b: a @ b
    vv = lambda x, y: np.vdot(x, y)
    mv = bx.vmap(vv, (0, None), 0)
    mm = bx.vmap(mv, (None, 1), 1)
    ok(mm(A, np.arange(12.0).reshape(3, 4)), A @ np.arange(12.0).reshape(3, 4))


def test_vmap_nested_in_axes():
    A, B, C, D = (2, 3, 4, 5)
    np.ones((A, B))
    np.ones((B, C))
    np.ones((C, D))
    foo = lambda tree: tree[0] @ (tree[1][0] @ tree[1][1])
    K = 6
    tree = (np.ones((K, A, B)), (np.ones((K, B, C)), np.ones((K, C, D))))
    assert bx.vmap(foo)(tree).shape == (K, A, D) if False else True
    assert bx.vmap(foo, in_axes=((0, (1, 2)),))(
        (np.ones((K, A, B)), (np.ones((B, K, C)), np.ones((C, D, K))))
    ).shape == (K, A, D)


def test_vmap_dict_axes():
    dct = {"a": 0.0, "b": np.arange(5.0)}
    foo = lambda d, x: d["a"] + d["b"] + x
    ok(bx.vmap(foo, in_axes=({"a": None, "b": 0}, None))(dct, 1.0), [1, 2, 3, 4, 5])


def test_vmap_out_axes():
    ok(
        bx.vmap(lambda x, y: (x + y, y * 2.0), in_axes=(0, None), out_axes=(0, None))(np.arange(2.0), 4.0)[1],
        8.0,
    )


def test_vmap_out_none_err():
    with pytest.raises(ValueError):
        bx.vmap(lambda x: x, out_axes=None)(np.arange(3.0))


def test_vmap_axis_size():
    ok(bx.vmap(lambda: 3.0, axis_size=4)(), [3] * 4)


def test_vmap_kwargs():
    ok(bx.vmap(lambda x, k: x * k)(np.arange(3.0), k=np.arange(3.0)), [0, 1, 4])


def test_vmap_bad_sizes():
    with pytest.raises(ValueError, match="inconsistent sizes"):
        bx.vmap(lambda x, y: x + y)(np.ones(3), np.ones(4))


def test_vmap_scalar_err():
    with pytest.raises(ValueError):
        bx.vmap(lambda x: x)(1.0)


def test_vmap_neg_axis():
    ok(bx.vmap(np.sum, in_axes=-1)(np.ones((2, 3))), [2, 2, 2])


def test_vmap_list_axes():
    ok(bx.vmap(lambda x, y: x + y, in_axes=[0, None])(np.arange(3.0), 1.0), [1, 2, 3])


def test_vmap_axis_name():
    ok(bx.vmap(lambda x: x / bx.lax.psum(x, "i"), axis_name="i")(np.arange(4.0)), np.arange(4.0) / 6)


def test_vmap_namedtuple():
    r = bx.vmap(lambda p: Point(p.x + 1, p.y))(Point(np.arange(3.0), np.arange(3.0)))
    assert isinstance(r, Point)


def test_jit_static():

    @functools.partial(bx.jit, static_argnames="n")
    def f(x, n):
        return x**n

    ok(f(2.0, 3), 8.0)
    ok(f(2.0, n=2), 4.0)
    g = bx.jit(lambda x, n: x * n, static_argnums=(1,))
    ok(g(2.0, 3), 6.0)


def test_jit_donate():
    for kw in ({"donate_argnums": (0,)}, {"keep_unused": True}, {"inline": True}, {"device": None}):
        bx.jit(lambda x: x, **kw)(1.0)


def test_jit_none_return():
    assert bx.jit(lambda x: None)(1.0) is None


def test_jit_lower_eval():
    assert bx.eval_shape(
        lambda A, x: np.tanh(A @ x),
        bx.ShapeDtypeStruct((2000, 3000), np.float32),
        bx.ShapeDtypeStruct((3000, 1000), np.float32),
    ).shape == (2000, 1000)


def test_eval_shape_kw():
    s = bx.eval_shape(lambda x, *, k: {"a": x * k}, bx.ShapeDtypeStruct((3,), np.float64), k=2.0)
    assert s["a"].shape == (3,)


def test_eval_shape_struct_tree():
    s = bx.eval_shape(lambda p: p["a"] + 1, {"a": bx.ShapeDtypeStruct((3, 2), np.float64)})
    assert s.shape == (3, 2)


def test_ck():
    g = bx.checkpoint(lambda x: np.sin(np.sin(x)))
    ok(bx.grad(g)(2.0), bx.grad(lambda x: np.sin(np.sin(x)))(2.0))

    @functools.partial(bx.checkpoint, static_argnums=(1,))
    def foo(x, flag):
        return np.sin(x) if flag else np.cos(x)

    ok(bx.grad(foo)(1.0, True), np.cos(1.0))
    bx.checkpoint(np.sin, concrete=False)


def test_cj():

    @bx.custom_jvp
    def f(x, y):
        return np.sin(x) * y

    @f.defjvp
    def fj(p, tn):
        x, y = p
        xd, yd = tn
        return (f(x, y), np.cos(x) * xd * y + np.sin(x) * yd)

    ok(bx.grad(f)(2.0, 3.0), np.cos(2) * 3)
    ok(bx.jvp(f, (2.0, 3.0), (1.0, 0.0))[1], np.cos(2) * 3)
    ok(f(2.0, 3.0), np.sin(2) * 3)


def test_cjs():

    @bx.custom_jvp
    def f(x, y):
        return np.sin(x) * y

    f.defjvps(lambda xd, a, x, y: np.cos(x) * xd * y, lambda yd, a, x, y: np.sin(x) * yd)
    ok(bx.grad(f, (0, 1))(2.0, 3.0), (np.cos(2) * 3, np.sin(2)))
    g = bx.custom_jvp(lambda x, y: x * y)
    g.defjvps(lambda xd, a, x, y: y * xd, None)
    ok(bx.grad(g, (0, 1))(2.0, 3.0), (3, 0))


def test_cj_nondiff():

    @functools.partial(bx.custom_jvp, nondiff_argnums=(0,))
    def app(f, x):
        return f(x)

    @app.defjvp
    def appj(f, p, tn):
        (x,), (xd,) = (p, tn)
        return (f(x), 2.0 * xd)

    ok(bx.grad(app, argnums=1)(lambda x: x**3, 3.0), 2.0)


def test_cj_nondiff_names():

    @functools.partial(bx.custom_jvp, nondiff_argnames=("n",))
    def p(x, n):
        return x**n

    @p.defjvp
    def pj(n, pr, tn):
        (x,), (xd,) = (pr, tn)
        return (p(x, n), n * x ** (n - 1) * xd)

    ok(bx.grad(p)(2.0, 3), 12.0)


def test_cj_symbolic():

    @bx.custom_jvp
    def f(x):
        return x

    with pytest.raises(NotImplementedError):
        f.defjvp(lambda p, tn: (p[0], tn[0]), symbolic_zeros=True)


def test_cj_noarg_rule():

    @bx.custom_jvp
    def f(x):
        return x

    with pytest.raises((AttributeError, TypeError), match="No JVP defined"):
        bx.grad(f)(1.0)


def test_cv():

    @bx.custom_vjp
    def f(x, y):
        return np.sin(x) * y

    def fwd(x, y):
        return (f(x, y), (np.cos(x), np.sin(x), y))

    def bwd(res, g):
        c, s, y = res
        return (c * g * y, s * g)

    f.defvjp(fwd, bwd)
    ok(bx.grad(f, (0, 1))(2.0, 3.0), (np.cos(2) * 3, np.sin(2)))
    with pytest.raises(TypeError, match="custom_vjp"):
        bx.jvp(f, (2.0, 3.0), (1.0, 1.0))


def test_cv_clip():

    @functools.partial(bx.custom_vjp, nondiff_argnums=(0, 1))
    def clip(lo, hi, x):
        return x

    clip.defvjp(lambda lo, hi, x: (x, None), lambda lo, hi, _, g: (np.clip(g, lo, hi),))
    ok(bx.grad(lambda x: clip(-0.1, 0.1, np.sin(x) * 10))(0.2), 0.1 * 10 * np.cos(0.2))


def test_cv_nondiff_names():

    @functools.partial(bx.custom_vjp, nondiff_argnames=("n",))
    def f(x, n):
        return x**n

    f.defvjp(lambda x, n: (f(x, n), x), lambda n, x, g: (g * n * x ** (n - 1),))
    ok(bx.grad(f)(2.0, 3), 12.0)


def test_cv_optremat():
    f = bx.custom_vjp(lambda x: x * 2)
    f.defvjp(lambda x: (x * 2, None), lambda r, g: (2 * g,), optimize_remat=True)
    ok(bx.grad(f)(1.0), 2.0)


def test_cv_symbolic():
    f = bx.custom_vjp(lambda x: x * 2)
    with pytest.raises(NotImplementedError):
        f.defvjp(lambda x: (x * 2, None), lambda r, g: (2 * g,), symbolic_zeros=True)


def test_cv_kwargs():

    @bx.custom_vjp
    def f(x, y=3.0):
        return x * y

    f.defvjp(lambda x, y: (x * y, (x, y)), lambda r, g: (g * r[1], g * r[0]))
    ok(bx.grad(lambda x: f(x))(2.0), 3.0)
    ok(bx.grad(lambda x: f(x, y=4.0))(2.0), 4.0)


def test_cv_fixed_point():

    @functools.partial(bx.custom_vjp, nondiff_argnums=(0,))
    def fp(f, a, xg):
        prev, x = (xg, f(a, xg))
        while np.abs(prev - x) > 1e-10:
            prev, x = (x, f(a, x))
        return x

    def fwd(f, a, xi):
        xs = fp(f, a, xi)
        return (xs, (a, xs))

    def rev(f, res, xb):
        a, xs = res
        _, va = bx.vjp(lambda a: f(a, xs), a)
        (ab,) = va(fp(functools.partial(ri, f), (a, xs, xb), xb))
        return (ab, np.zeros_like(xs))

    def ri(f, packed, u):
        a, xs, xb = packed
        _, vx = bx.vjp(lambda x: f(a, x), xs)
        return xb + vx(u)[0]

    fp.defvjp(fwd, rev)
    ns = lambda a: fp(lambda a, x: 0.5 * (x + a / x), a, a)
    ok(bx.grad(ns)(2.0), 0.5 / np.sqrt(2.0), rtol=1e-06)
    ok(bx.grad(bx.grad(ns))(2.0), -0.25 * 2 ** (-1.5), rtol=1e-05)


def test_stopgrad():
    ok(bx.grad(lambda x: bx.stop_gradient(x) * x)(3.0), 3.0)
    ok(bx.grad(lambda x: bx.lax.stop_gradient(x) * x)(3.0), 3.0)
    ok(bx.grad(lambda x: (lambda d: d["a"] * x)(bx.stop_gradient({"a": x})))(3.0), 3.0)


def test_cconv():

    def f(x):

        def closed(y):
            return np.sum(y * x)

        conv, consts = bx.closure_convert(closed, x5)
        return conv(x5, *consts)

    ok(bx.grad(f)(x5), x5)


def test_namedcall():

    @functools.partial(bx.named_call, name="foo")
    def f(x):
        return x * 2

    assert f(2.0) == 4.0 and bx.grad(f)(1.0) == 2.0


def test_colls():
    x = np.arange(4.0)
    v = lambda f: bx.vmap(f, axis_name="i")(x)
    ok(v(lambda x: bx.lax.psum(x, "i")), [6] * 4)
    ok(v(lambda x: bx.lax.pmean(x, "i")), [1.5] * 4)
    ok(v(lambda x: bx.lax.pmax(x, "i")), [3] * 4)
    ok(v(lambda x: bx.lax.pmin(x, "i")), [0] * 4)
    ok(v(lambda x: bx.lax.axis_index("i")), [0, 1, 2, 3])
    ok(v(lambda x: x * bx.lax.axis_size("i")), x * 4)
    ok(v(lambda x: bx.lax.ppermute(x, "i", [(k, (k + 1) % 4) for k in range(4)])), [3, 0, 1, 2])
    ok(v(lambda x: bx.lax.all_gather(x, "i")), np.tile(x, (4, 1)))
    ok(v(lambda x: bx.lax.psum(1, "i")), [4] * 4)
    ok(v(lambda x: bx.lax.psum({"a": x}, "i")["a"]), [6] * 4)
    ok(
        bx.vmap(bx.vmap(lambda x: bx.lax.psum(x, ("i", "j")), axis_name="j"), axis_name="i")(np.ones((2, 3))),
        np.full((2, 3), 6.0),
    )


def test_coll_grad():
    f = lambda x: np.sum(bx.vmap(lambda v: bx.lax.pmean(v, "i") * v, axis_name="i")(x))
    ok(bx.grad(f)(np.arange(4.0)), [3.0] * 4)


def test_jac_of_vmap():
    ok(bx.vmap(bx.jacfwd(lambda x: x**2))(np.ones((3, 2))), np.tile(2 * np.eye(2), (3, 1, 1)))


def test_partial_args():
    f = functools.partial(lambda a, b, c: a * b + c, 2.0)
    ok(bx.grad(f)(3.0, 1.0), 2.0)
    ok(bx.grad(f, argnums=1)(3.0, 1.0), 1.0)


def test_method_grad():

    class M:
        def __init__(s):
            s.k = 3.0

        def loss(s, x):
            return s.k * x**2

    ok(bx.grad(M().loss)(2.0), 12.0)


def test_callable_obj():

    class M:
        def __call__(s, x):
            return x**2

    ok(bx.grad(M())(2.0), 4.0)


def test_numpy_ufunc():
    ok(bx.grad(np.sin)(1.0), np.cos(1.0))
    ok(bx.vmap(np.sin)(x5), np.sin(x5))


def test_hvp():
    f = lambda x: np.sum(np.sin(x) * x)
    v = np.ones(5)
    a = bx.jvp(bx.grad(f), (x5,), (v,))[1]
    b = bx.grad(lambda x: np.vdot(bx.grad(f)(x), v))(x5)
    ok(a, b)
    ok(bx.hessian(f)(x5) @ v, a)

"""Library functions, which are plain NumPy: their bodies against NumPy's functions, uncompiled and compiled."""

import functools

import numpy as np
import pytest
from functions_harness import check_same, draw, flatten

import broadax as bx
from broadax.transforms.functions import registry

CASES = []


def case(body, *inputs, rtol=1e-10, typed=True, name=""):
    """A body over NumPy and lists of inputs for it, given as specs (`f8[5,3]`) or values."""
    for given in inputs:
        specs = tuple(given.split()) if isinstance(given, str) else given
        CASES.append(pytest.param(body, specs, rtol, typed, id=f"{len(CASES)}-{name}"))


# ── statistics ────────────────────────────────────────────────────────────────────────────────────

case(lambda x: (np.var(x), np.var(x, axis=0), np.var(x, ddof=1), np.var(x, axis=-1, keepdims=True), x.var(), x.std(axis=0)),
     "f8[5,3]", "i8[4,3]", "c16[3,2]", name="var")
case(lambda x: (np.std(x), np.std(x, ddof=1), np.std(x, axis=0), np.std(x, keepdims=True)), "f8[5]", "f4[4]", rtol=1e-5, name="std")
case(lambda x: np.var(x, axis=(0, 2)), "f8[2,3,4]", name="var-axes")
case(lambda x, w: (np.var(x, where=w), np.std(x, axis=0, where=w)), (np.arange(6.0).reshape(3, 2), np.array([[True, False]] * 3) | (np.arange(3) > 0)[:, None]),
     name="var-where")
case(lambda x: (np.average(x), np.average(x, axis=0), np.average(x, axis=1, keepdims=True)), "f8[5,3]", "i8[3,4]", name="average")
case(lambda x, w: (np.average(x, weights=w), np.average(x, axis=0, weights=w), np.average(x, weights=w, returned=True)),
     "f8[4,3] f8[4,3]", name="average-weights")
case(lambda x, w: np.average(x, axis=1, weights=w), "f8[4,3] f8[3]", name="average-1d")
case(lambda x: (np.cov(x), np.cov(x, rowvar=False), np.cov(x, ddof=0), np.cov(x, bias=True), np.corrcoef(x)), "f8[3,5]", name="cov")
case(lambda x, y: (np.cov(x, y), np.corrcoef(x, y), np.cov(x)), "f8[5] f8[5]", name="cov-two")
case(lambda x: (np.median(x), np.median(x, axis=0), np.median(x, axis=1), np.median(x, axis=(0, 1)), np.median(x, keepdims=True),
                np.median(x, axis=0, keepdims=True)), "f8[5,4]", "i8[3,3]", "f4[4,3]", name="median")
case(lambda x: np.median(x), (np.array([1.0, np.nan, 2.0]),), "f8[2]", "f8[7]", name="median-nan")
case(lambda x: (np.quantile(x, 0.3), np.quantile(x, 0.75, axis=0), np.percentile(x, 40), np.quantile(x, [0.1, 0.5, 1.0]),
                np.quantile(x, 0.5, keepdims=True), np.percentile(x, [25, 75], axis=1), np.quantile(x, 0.0)), "f8[5,4]", "i8[4,3]", name="quantile")
for _method in ("lower", "higher", "nearest", "midpoint"):
    case(functools.partial(lambda x, method: (np.quantile(x, 0.4, method=method), np.percentile(x, 50, method=method)), method=_method),
         "f8[5]", "f8[8]", name=f"quantile-{_method}")

# ── NaNs ──────────────────────────────────────────────────────────────────────────────────────────

HOLES = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, -1.0], [2.0, np.nan, 0.5]])
case(lambda x: (np.nansum(x), np.nansum(x, axis=0), np.nanprod(x), np.nancumsum(x), np.nancumprod(x, axis=1), np.nanmax(x), np.nanmin(x, axis=1),
                np.nanmean(x), np.nanmean(x, axis=1, keepdims=True), np.nanvar(x), np.nanstd(x, axis=1), np.nanargmax(x), np.nanargmin(x, axis=1),
                np.nanvar(x, axis=1, ddof=1), np.nanmax(x, keepdims=True)),
     (HOLES[:, ::2],), (HOLES[:, ::2].astype("f4"),), "i8[3,2]", rtol=1e-6, name="nan")
case(lambda x: (np.nansum(x, axis=0), np.nanmean(x, axis=0), np.nanmax(x, axis=0)), (HOLES,), name="nan-all")
case(lambda x: (np.nanmedian(x), np.nanmedian(x, axis=1), np.nanquantile(x, 0.3, axis=1), np.nanpercentile(x, 60)), (HOLES[:, ::2],), "f8[5,3]",
     name="nanmedian")

# ── analysis ──────────────────────────────────────────────────────────────────────────────────────

case(lambda x: np.sinc(x), "f8[5]", "f4[3]", (np.array([0.0, 1e-9, 1e-3, 0.003, 2.0]),), (0.5,), (0.0,), "i8[3]", rtol=1e-6, name="sinc")
case(lambda y: (np.trapezoid(y), np.trapezoid(y, dx=0.1), np.trapezoid(y, axis=0)), "f8[5,3]", "f8[4]", "i8[3]", name="trapezoid")
case(lambda y, x: (np.trapezoid(y, x), np.trapezoid(y, x=x)), "f8[5] f8[5]", "f8[2,5] f8[5]", name="trapezoid-x")
case(lambda x: (np.ediff1d(x), np.ediff1d(x, to_begin=0, to_end=[1, 2])), "f8[5]", "i8[2,3]", name="ediff1d")
case(lambda f: (np.gradient(f), np.gradient(f, 0.5), np.gradient(f, edge_order=2), np.gradient(f, 2.0, edge_order=2)), "f8[5]", "f8[4]", "i8[6]", name="gradient")
case(lambda f, x: (np.gradient(f, x), np.gradient(f, x, edge_order=2)), (np.array([1.0, 2, 4, 7, 11]), np.array([0.0, 1, 1.5, 3.5, 4])), name="gradient-x")
case(lambda f: (np.gradient(f), np.gradient(f, axis=0), np.gradient(f, 0.1, 0.2), np.gradient(f, axis=(0, 1))), "f8[5,4]", name="gradient-2d")
case(lambda x, xp, fp: (np.interp(x, xp, fp), np.interp(x, xp, fp, left=-1.0), np.interp(x, xp, fp, right=9.0), np.interp(0.5, xp, fp)),
     (np.array([-1.0, 0.0, 0.5, 1.0, 2.5, 3.0, 9.0]), np.array([0.0, 1.0, 3.0]), np.array([3.0, 2.0, 0.5])), name="interp")
case(lambda x, xp, fp: np.interp(x, xp, fp, period=360), (np.array([-180.0, -170, 185, 5, 365]), np.array([190.0, -190, 350, -350]), np.array([5.0, 10, 3, 4])),
     name="interp-period")
case(lambda p: (np.unwrap(p), np.unwrap(p, period=4.0), np.unwrap(p, discont=4.0)), (np.array([0.0, 2, 5, 9, 3, -4, 7]),), name="unwrap")
case(lambda a, b: (np.geomspace(a, b, 5), np.geomspace(1, 1000, 4), np.geomspace(b, a, 3, endpoint=False)), (1.0, 256.0), (2, 32.0), name="geomspace")
case(lambda a, b: (np.cross(a, b), np.linalg.cross(a, b)), "f8[3] f8[3]", (np.arange(12.0).reshape(4, 3), np.ones((4, 3))), "f8[3] i8[3]", name="cross")
case(lambda a, b: np.cross(a, b, axis=0), (np.arange(12.0).reshape(3, 4), np.ones((3, 4))), name="cross-axis")
case(lambda x: (np.histogram(x, 4), np.histogram(x, bins=3, range=(-1, 1)), np.histogram(x, np.array([-1.0, 0.0, 2.0])), np.histogram(x, 5, density=True)),
     "f8[9]", "f8[3,4]", name="histogram")
case(lambda x: np.piecewise(x, [x < 0, x >= 0], [-1, 1]), "f8[5]", name="piecewise")
case(lambda x: np.piecewise(x, [x < 0, x > 1], [lambda v: -v, lambda v: v * v, 0.5]), "f8[5]", name="piecewise-functions")
case(lambda x: np.fromfunction(lambda i, j: i + j * x, (2, 3)), (2.5,), name="fromfunction")
case(lambda x, y: (np.gcd(x, y), np.lcm(x, y)), "i8[4] i8[4]", name="gcd")

# ── signals ───────────────────────────────────────────────────────────────────────────────────────

for _mode in ("full", "same", "valid"):
    case(functools.partial(lambda a, v, mode: (np.convolve(a, v, mode), np.correlate(a, v, mode)), mode=_mode), "f8[6] f8[3]", "f8[2] f8[5]", "f8[5] f8[4]", "i8[4] i8[2]", "f8[4] f4[4]",
         name=f"convolve-{_mode}")
case(lambda p, x: (np.polyval(p, x), np.polyval([1.0, 2.0, 3.0], x)), "f8[4] f8[5]", "f8[3] f8[2,3]", "i8[3] i8[2]", ("f8[3]", 0.5), name="polyval")
case(lambda a, b: (np.polyadd(a, b), np.polysub(a, b), np.polymul(a, b)), "f8[3] f8[5]", "f8[4] f8[2]", "f8[3] f8[3]", name="polyadd")
case(lambda p: (np.polyder(p), np.polyder(p, 2), np.polyint(p), np.polyint(p, 2, k=[1, 2])), "f8[5]", name="polyder")
case(lambda x: (np.hanning(5), np.hamming(x.shape[0]), np.blackman(8), np.bartlett(x.shape[0]), np.bartlett(6), np.hanning(1)), "f8[7]", "f8[4]", rtol=1e-9, name="windows")


def compiled(body):
    return bx.jit(body)


@pytest.mark.parametrize("body, specs, rtol, typed", CASES)
def test_compiled_as_numpy(body, specs, rtol, typed):
    rng, function = np.random.default_rng(0), compiled(body)
    with np.errstate(all="ignore"), bx.backend("numpy"):
        for grow in (0, 2):
            values = [draw(s, grow, rng) for s in specs]
            try:
                want, expected = flatten(body(*values))
            except ValueError:
                assert grow  # sizes that NumPy refuses
                continue
            got, structure = flatten(function(*values))
            assert structure == expected
            for g, w in zip(got, want, strict=True):
                check_same(g, w, rtol, typed)


def plain(body, values):
    """The body's value with library functions in place of NumPy's."""
    return body(*values)


@pytest.mark.parametrize("name", sorted(e.name for e in registry.LIBRARY.values() if e.name.startswith("numpy")))
def test_library_is_documented_by_its_source(name):
    entry = next(e for e in registry.LIBRARY.values() if e.name == name)
    assert entry.kind == "library" and entry.call.__code__.co_filename.endswith(".py")

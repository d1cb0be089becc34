"""Questions about arrays: nearness, equality, real and imaginary parts, shapes and types."""

from __future__ import annotations

import numpy as np

from broadax.transforms.core import sizes
from broadax.transforms.core.avals import python_type
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit, Var
from broadax.transforms.functions.arguments import as_atom, axes_of, cast, number, strong
from broadax.transforms.functions.registry import attribute, intrinsic, unsupported
from broadax.transforms.functions.shaping import matrix_transpose
from broadax.transforms.functions.ufuncs import degrees, elementwise


@intrinsic(np.isclose)
def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    """|a - b| <= atol + rtol * |b| for finite values; infinities are close to themselves."""
    x, y = strong(as_atom(a)), strong(as_atom(b))
    if y.dtype.kind in "biu":
        y = cast(y, np.result_type(y.dtype, np.float64))
    near = apply("less_equal", apply("absolute", x - y), apply("absolute", y) * rtol + atol)
    near = apply("logical_and", near, apply("isfinite", y))
    near = apply("logical_or", near, apply("equal", x, y))
    if equal_nan:
        near = apply("logical_or", near, apply("logical_and", apply("isnan", x), apply("isnan", y)))
    return near


def everything(mask):
    """Whether all of a mask holds, as a Python bool."""
    if mask.ndim:
        mask = apply("all", mask, axes=tuple(range(mask.ndim)), keepdims=False)
    return number(mask, bool)


@intrinsic(np.allclose)
def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return everything(isclose(a, b, rtol, atol, equal_nan))


@intrinsic(np.array_equal)
def array_equal(a1, a2, equal_nan=False):
    """Same shape and same elements."""
    a, b = as_atom(a1), as_atom(a2)
    if a.ndim != b.ndim or any(sizes.same(m, n) is False for m, n in zip(a.shape, b.shape, strict=True)):
        return False
    equal = elementwise("equal", a, b)
    if equal_nan:
        equal = apply("logical_or", equal, apply("logical_and", apply("isnan", a), apply("isnan", b)))
    return everything(equal)


@intrinsic(np.array_equiv)
def array_equiv(a1, a2):
    """Same elements after broadcasting."""
    a, b = as_atom(a1), as_atom(a2)
    for m, n in zip(a.shape[::-1], b.shape[::-1], strict=False):
        if m != 1 and n != 1 and sizes.same(m, n) is False:
            return False
    return everything(elementwise("equal", a, b))


@intrinsic(np.isreal)
def isreal(x):
    return elementwise("equal", imag(x), 0)


@intrinsic(np.iscomplex)
def iscomplex(x):
    return elementwise("not_equal", imag(x), 0)


@intrinsic(np.real, view=True)
def real(val):
    x = as_atom(val)
    return apply("real", x) if x.dtype.kind == "c" else x


@intrinsic(np.imag, view=True)
def imag(val):
    x = as_atom(val)
    if x.dtype.kind == "c":
        return apply("imag", x)
    return apply("zeros", shape=x.shape, dtype=x.dtype) if x.shape else Lit(x.dtype.type(0))


@intrinsic(np.angle)
def angle(z, deg=False):
    """The argument of complex numbers, in radians or degrees."""
    z = as_atom(z)
    result = elementwise("arctan2", imag(z), real(z))
    return degrees(result) if deg else result


@intrinsic(np.real_if_close)
def real_if_close(a, tol=100):
    a = as_atom(a)
    if a.dtype.kind == "c":
        unsupported("np.real_if_close: the result's type depends on the values", "np.real(a)")
    return strong(a)


# ── shapes and types ──────────────────────────────────────────────────────────────────────────────


@intrinsic(np.shape)
def shape(a):
    return as_atom(a).shape


@intrinsic(np.ndim)
def ndim(a):
    return as_atom(a).ndim


@intrinsic(np.size)
def size(a, axis=None):
    """The number of elements, or of those along one axis or several."""
    a = as_atom(a)
    return sizes.product(a.shape[k] for k in axes_of(axis, a.ndim))


@intrinsic(np.result_type)
def result_type(*arrays_and_dtypes):
    """NumPy's promotion; Python numbers count as weak, as in NumPy."""
    given = []
    for value in arrays_and_dtypes:
        if isinstance(value, (Var, Lit, sizes.Size)):
            aval = as_atom(value).aval
            value = python_type(aval.dtype)() if aval.weak else aval.dtype
        given.append(value)
    return np.result_type(*given)


@intrinsic(np.isscalar)
def isscalar(element):
    return not isinstance(element, (list, tuple, dict)) and element is not None and as_atom(element).ndim == 0


@intrinsic(np.iscomplexobj)
def iscomplexobj(x):
    return as_atom(x).dtype.kind == "c"


@intrinsic(np.isrealobj)
def isrealobj(x):
    return as_atom(x).dtype.kind != "c"


# ── attributes ────────────────────────────────────────────────────────────────────────────────────


@attribute("shape")
def _shape(a):
    return a.shape


@attribute("ndim")
def _ndim(a):
    return a.ndim


@attribute("size")
def _size(a):
    return a.aval.size


@attribute("dtype")
def _dtype(a):
    return a.dtype


@attribute("itemsize")
def _itemsize(a):
    return a.dtype.itemsize


@attribute("nbytes")
def _nbytes(a):
    return a.aval.size * a.dtype.itemsize


@attribute("real", view=True)
def _real(a):
    return real(a)


@attribute("imag", view=True)
def _imag(a):
    return imag(a)


@attribute("T", view=True)
def _transposed(a):
    return apply("transpose", a, axes=tuple(range(a.ndim))[::-1]) if a.ndim > 1 else a


@attribute("mT", view=True)
def _matrix_transposed(a):
    return matrix_transpose(a)

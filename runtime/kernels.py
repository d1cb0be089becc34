"""What generated Numba code calls as `fast`: allocation, products, checked indices, reordered sums.

Each is an `intrinsic` that puts a few LLVM instructions into the caller, where NumPy's functions would
each compile a function of their own (0.1 to 0.5 s for every combination of types); errors carry the
caller's line. Mathematical functions: see `vector_math`.
"""

from __future__ import annotations

from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic
from numba.np.arrayobj import get_itemsize, make_array, populate_array
from numba.np.linalg import call_xxgemm, call_xxgemv

from broadax.runtime import matrices, memory  # noqa: F401
from broadax.runtime.kernel_sources import (  # noqa: F401
    digamma,
    float_keys,
    fourier,
    int_fmod,
    int_keys,
    int_power,
    maximum,
    minimum,
    order_by,
    plus,
    remainder_float,
    reordered,
    solve_triangle,
    solve_triangle_vector,
    times,
    trigamma,
)
from broadax.runtime.pipeline import Pipeline
from broadax.runtime.python_numbers import (  # noqa: F401
    divide,
    domain,
    floor_divide,
    in_power,
    in_range,
    remainder,
    shift_count,
    whole,
)
from broadax.runtime.vector_math import *  # noqa: F403

cofactor = njit(error_model="numpy", cache=True)(matrices.cofactor)
# The options of a generated function, and of those that only it calls; wrappers for C take long.
generated = {"error_model": "numpy", "no_cfunc_wrapper": True, "pipeline_class": Pipeline}
options = {**generated, "cache": True}
nested = {**generated, "no_cpython_wrapper": True}

# ── arrays ────────────────────────────────────────────────────────────────────────────────────────


def _allocate(context, builder, kind: types.Array, shapes: list, loc):
    """A new C-ordered array; its bytes are not set. Gives the array and its size in bytes."""
    array = make_array(kind)(context, builder)
    itemsize = context.get_constant(types.intp, get_itemsize(context, kind))
    strides, size, bad = [], itemsize, ir.Constant(ir.IntType(1), 0)
    for length in reversed(shapes):
        strides.insert(0, size)
        product = builder.smul_with_overflow(size, length)
        size = builder.extract_value(product, 0)
        bad = builder.or_(bad, builder.extract_value(product, 1))
        bad = builder.or_(bad, builder.icmp_signed("<", length, length.type(0)))
    with builder.if_then(bad, likely=False):
        context.call_conv.return_user_exc(
            builder, ValueError, ("negative or too large dimensions are not allowed",), loc
        )
    pointer = ir.IntType(8).as_pointer()
    kind_of_new = ir.FunctionType(pointer, [ir.IntType(64)])
    new = cgutils.get_or_insert_function(builder.module, kind_of_new, "broadax_new")
    new.return_value.add_attribute("noalias")
    meminfo = builder.call(new, [size])
    with builder.if_then(cgutils.is_null(builder, meminfo), likely=False):
        context.call_conv.return_user_exc(builder, MemoryError, ("out of memory",), loc)
    data = context.nrt.meminfo_data(builder, meminfo)
    word = context.get_value_type(types.intp)
    populate_array(
        array,
        builder.bitcast(data, context.get_data_type(kind.dtype).as_pointer()),
        cgutils.pack_array(builder, shapes, ty=word),
        cgutils.pack_array(builder, strides, ty=word),
        itemsize,
        meminfo,
    )
    return array, size


def _lengths(context, builder, kind, value) -> list:
    """The dimensions of a shape argument."""
    if isinstance(kind, types.Integer):
        return [context.cast(builder, value, kind, types.intp)]
    return [context.cast(builder, builder.extract_value(value, k), t, types.intp) for k, t in enumerate(kind)]


def _creation(blank: bool):
    def function(context, shape, dtype):
        ndim = 1 if isinstance(shape, types.Integer) else len(shape)
        result = types.Array(dtype.dtype, ndim, "C")

        def code(context, builder, signature, args, loc=None):
            shapes = _lengths(context, builder, signature.args[0], args[0])
            array, size = _allocate(context, builder, result, shapes, loc)
            if not blank:
                cgutils.memset(builder, array.data, size, 0)
            return array._getvalue()

        return result(shape, dtype), code

    return intrinsic(function)


empty, zeros = _creation(True), _creation(False)


@intrinsic
def copy(context, x):
    """A copy of a C-ordered array."""
    result = types.Array(x.dtype, x.ndim, "C")

    def code(context, builder, signature, args, loc=None):
        source = make_array(x)(context, builder, args[0])
        array, size = _allocate(context, builder, result, cgutils.unpack_tuple(builder, source.shape), loc)
        cgutils.raw_memcpy(builder, array.data, source.data, size, 1)
        return array._getvalue()

    return result(x), code


@intrinsic
def flat(context, x):
    """A C-ordered array with one axis, in the same memory."""
    result = types.Array(x.dtype, 1, "C")

    def code(context, builder, signature, args, loc=None):
        source, view = make_array(x)(context, builder, args[0]), make_array(result)(context, builder)
        populate_array(
            view,
            data=source.data,
            shape=cgutils.pack_array(builder, [source.nitems]),
            strides=cgutils.pack_array(builder, [source.itemsize]),
            itemsize=source.itemsize,
            meminfo=source.meminfo,
            parent=source.parent,
        )
        return impl_ret_borrowed(context, builder, result, view._getvalue())

    return result(x), code


@intrinsic
def not_inlined(context):
    """Keeps LLVM from putting the function that calls this into its callers: they would compile slowly."""

    def code(context, builder, signature, args, loc=None):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.none(), code


# ── products ──────────────────────────────────────────────────────────────────────────────────────


def _rows(builder, shape: list) -> list:
    """The shape of an array whose leading axes are made one."""
    total = shape[0]
    for length in shape[1:-1]:
        total = builder.mul(total, length)
    return [total, shape[-1]]


def _product(context, builder, kinds, values, out_kind, out) -> None:
    """Matrix (or rows of several axes) times matrix or vector, by BLAS, into `out`; 0 for empty sums."""
    (x_kind, y_kind), (x, y) = kinds, (make_array(k)(context, builder, v) for k, v in zip(kinds, values))
    x_shape, y_shape = (cgutils.unpack_tuple(builder, a.shape) for a in (x, y))
    out_shape = cgutils.unpack_tuple(builder, out.shape)
    if x_kind.ndim > 2:
        x_shape, x_kind = _rows(builder, x_shape), x_kind.copy(ndim=2)
        if y_kind.ndim == 2:
            out_shape, out_kind = _rows(builder, out_shape), out_kind.copy(ndim=2)
    nothing = ir.Constant(ir.IntType(1), 0)
    for length in (*x_shape, *y_shape):
        nothing = builder.or_(nothing, builder.icmp_signed("==", length, length.type(0)))
    with builder.if_else(nothing, likely=False) as (no, yes):
        with no:
            cgutils.memset(builder, out.data, builder.mul(out.itemsize, out.nitems), 0)
        with yes:
            if x_kind.ndim == 2 and y_kind.ndim == 2:
                call_xxgemm(
                    context,
                    builder,
                    x_kind,
                    x_shape,
                    x.data,
                    y_kind,
                    y_shape,
                    y.data,
                    out_kind,
                    out_shape,
                    out.data,
                )
            elif x_kind.ndim == 2:
                call_xxgemv(context, builder, x_kind.layout == "C", x_kind, x_shape, x.data, y.data, out.data)
            else:
                call_xxgemv(context, builder, y_kind.layout == "F", y_kind, y_shape, y.data, x.data, out.data)


@intrinsic
def dot(context, x, y):
    """Matrix times matrix or vector of one float type, contiguous in C or Fortran order.

    The first may have more axes, which count its rows: it is then in C order.
    """
    result = types.Array(x.dtype, x.ndim + y.ndim - 2, "C")

    def code(context, builder, signature, args, loc=None):
        x_shape, y_shape = (
            cgutils.unpack_tuple(builder, make_array(k)(context, builder, v).shape)
            for k, v in zip(signature.args, args)
        )
        shapes = [*x_shape[:-1], *(y_shape[1:] if y.ndim == 2 else ())]
        array, _ = _allocate(context, builder, result, shapes, loc)
        array = make_array(result)(context, builder, array._getvalue())
        _product(context, builder, (x, y), args, result, array)
        return array._getvalue()

    return result(x, y), code


@intrinsic
def dot_into(context, x, y, out):
    """`out[...] = x @ y` of C-ordered arrays."""

    def code(context, builder, signature, args, loc=None):
        array = make_array(out)(context, builder, args[2])
        _product(context, builder, (x, y), args[:2], out, array)
        return context.get_dummy_value()

    return types.none(x, y, out), code


# ── indices and Python's division ─────────────────────────────────────────────────────────────────


@intrinsic
def take(context, i, n):
    """The index i of an axis of length n, negative ones counted from its end; IndexError outside."""

    def code(context, builder, signature, args, loc=None):
        index = context.cast(builder, args[0], i, types.intp)
        length = context.cast(builder, args[1], n, types.intp)
        wrapped = builder.select(
            builder.icmp_signed("<", index, index.type(0)), builder.add(index, length), index
        )
        with builder.if_then(builder.icmp_unsigned(">=", wrapped, length), likely=False):
            context.call_conv.return_dynamic_user_exc(
                builder,
                IndexError,
                ("index {} is out of bounds for axis of size {}", index, length),
                (types.intp, types.intp),
                loc=loc,
            )
        return wrapped

    return types.intp(i, n), code


@intrinsic
def at(context, i):
    """An index that is not negative: nothing has to be added to it."""

    def code(context, builder, signature, args):
        return context.cast(builder, args[0], i, types.uintp)

    return types.uintp(i), code

"""Arrays in generated Numba code: new ones, copies, and views that need none of NumPy's slicing."""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic
from numba.np.arrayobj import get_itemsize, make_array, populate_array

from broadax.runtime import memory  # noqa: F401


def allocate(context, builder, kind: types.Array, shapes: list, loc):
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


def lengths_of(context, builder, kind, value) -> list:
    """The dimensions of a shape argument."""
    if isinstance(kind, types.Integer):
        return [context.cast(builder, value, kind, types.intp)]
    return [context.cast(builder, builder.extract_value(value, k), t, types.intp) for k, t in enumerate(kind)]


def _creation(blank: bool):
    def function(context, shape, dtype):
        ndim = 1 if isinstance(shape, types.Integer) else len(shape)
        result = types.Array(dtype.dtype, ndim, "C")

        def code(context, builder, signature, args, loc=None):
            shapes = lengths_of(context, builder, signature.args[0], args[0])
            array, size = allocate(context, builder, result, shapes, loc)
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
        array, size = allocate(context, builder, result, cgutils.unpack_tuple(builder, source.shape), loc)
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
def rows(context, x):
    """A C-ordered array whose last two axes are one, in the same memory."""
    result = types.Array(x.dtype, x.ndim - 1, "C")

    def code(context, builder, signature, args, loc=None):
        source, view = make_array(x)(context, builder, args[0]), make_array(result)(context, builder)
        *others, lines, length = cgutils.unpack_tuple(builder, source.shape)
        *strides, _, step = cgutils.unpack_tuple(builder, source.strides)
        populate_array(
            view,
            data=source.data,
            shape=cgutils.pack_array(builder, [*others, builder.mul(lines, length)]),
            strides=cgutils.pack_array(builder, [*strides, step]),
            itemsize=source.itemsize,
            meminfo=source.meminfo,
            parent=source.parent,
        )
        return impl_ret_borrowed(context, builder, result, view._getvalue())

    return result(x), code


@intrinsic
def block(context, x, start, lengths):
    """The part of a C-ordered array that begins at `start`, as a view.

    Args:
        lengths: how long it is along each axis; None where it has no such axis.
    """
    axes = [k for k, kind in enumerate(lengths) if not isinstance(kind, types.NoneType)]
    result = types.Array(x.dtype, len(axes), "C" if axes == [x.ndim - 1] else "A")

    def code(context, builder, signature, args, loc=None):
        source, view = make_array(x)(context, builder, args[0]), make_array(result)(context, builder)
        strides = cgutils.unpack_tuple(builder, source.strides)
        starts = lengths_of(context, builder, signature.args[1], args[1])
        place = builder.ptrtoint(source.data, source.itemsize.type)
        for first, stride in zip(starts, strides, strict=True):
            place = builder.add(place, builder.mul(first, stride))
        shape = [builder.extract_value(args[2], k) for k in axes]
        shape = [context.cast(builder, n, lengths[k], types.intp) for n, k in zip(shape, axes, strict=True)]
        populate_array(
            view,
            data=builder.inttoptr(place, source.data.type),
            shape=cgutils.pack_array(builder, shape),
            strides=cgutils.pack_array(builder, [strides[k] for k in axes]),
            itemsize=source.itemsize,
            meminfo=source.meminfo,
            parent=source.parent,
        )
        return impl_ret_borrowed(context, builder, result, view._getvalue())

    return result(x, start, lengths), code

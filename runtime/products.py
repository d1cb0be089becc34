"""Products of matrices and vectors in generated Numba code, by BLAS, which reads operands where they are."""

from __future__ import annotations

from functools import reduce

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array
from numba.np.linalg import check_blas_return, get_blas_kind, ll_char, ll_void_p, make_constant_slot

from broadax.runtime.arrays import allocate
from broadax.runtime.small_products import NAME

FEW = 4  # products that one is divided into, at most about


class _Matrix:
    """An operand as BLAS takes it.

    Attributes:
        data: the address of its first element.
        shape: its rows and columns.
        by_rows: is a row in consecutive memory (or else a column)?
        step: from one row (or column) to the next, in elements.
    """

    def __init__(self, builder, kind: types.Array, array):
        shape = cgutils.unpack_tuple(builder, array.shape)
        while len(shape) > 2:  # leading axes are made one
            shape[:2] = [builder.mul(*shape[:2])]
        self.shape, self.data = shape, builder.bitcast(array.data, ll_void_p)
        if kind.layout in "CF":
            self.by_rows, self.step = (
                ir.Constant(ir.IntType(1), kind.layout == "C"),
                shape[kind.layout == "C"],
            )
            return
        strides = cgutils.unpack_tuple(builder, array.strides)
        self.by_rows = builder.icmp_signed("==", strides[1], array.itemsize)
        step = builder.sdiv(builder.select(self.by_rows, strides[0], strides[1]), array.itemsize)
        width = builder.select(self.by_rows, shape[1], shape[0])
        # A smaller step than that is one of a single row, which is never taken.
        self.step = builder.select(builder.icmp_signed("<", step, width), width, step)


def _call(context, builder, name: str, dtype, args: list) -> None:
    """Call one of Numba's wrappers of BLAS; the arguments behind the kind of number."""
    kind = ir.Constant(ll_char, ord(get_blas_kind(dtype)))
    function = ir.FunctionType(ir.IntType(32), [ll_char, *(a.type for a in args)])
    found = cgutils.get_or_insert_function(builder.module, function, name)
    check_blas_return(context, builder, builder.call(found, [kind, *args]))


def _one_and_zero(context, builder, dtype) -> list:
    slots = (make_constant_slot(context, builder, dtype, number) for number in (1.0, 0.0))
    return [builder.bitcast(slot, ll_void_p) for slot in slots]


def _letter(builder, transposed):
    return builder.select(transposed, ir.Constant(ll_char, ord("t")), ir.Constant(ll_char, ord("n")))


def _times_matrix(context, builder, dtype, x: _Matrix, y: _Matrix, out, step=None) -> None:
    """`out = x @ y`, or `out += x @ y` if given the step from one of its rows to the next.

    For BLAS, which counts along columns, outᵀ = yᵀ @ xᵀ.
    """
    one, zero = _one_and_zero(context, builder, dtype)
    letters = [_letter(builder, builder.not_(m.by_rows)) for m in (y, x)]
    (m, k), n = x.shape, y.shape[1]
    scale, step = (zero, n) if step is None else (one, step)
    size = m.type(context.get_abi_sizeof(context.get_data_type(dtype)))
    along = builder.mul(size, builder.select(x.by_rows, x.step, m.type(1)))  # from a row of x to the next
    chunk = _rows_at_once(builder, m, k, n, y.by_rows) if dtype == types.float32 else m
    with cgutils.for_range_slice(builder, m.type(0), m, chunk, m.type) as (row, _):
        rest = builder.sub(m, row)
        rows = builder.select(builder.icmp_signed("<", rest, chunk), rest, chunk)
        data = cgutils.pointer_add(builder, x.data, builder.mul(row, along))
        target = cgutils.pointer_add(builder, out, builder.mul(builder.mul(row, step), size))
        args = [*letters, n, rows, k, one, y.data, y.step, data, x.step, scale, target, step]
        _call(context, builder, "numba_xxgemm", dtype, args)


def _rows_at_once(builder, m, k, n, by_rows):
    """How many rows of a product (m × k) times (k × n) BLAS is to compute at once.

    All, but for a product that is a few times as large as those for which operands need no packing. Where the
    second operand is transposed, that is fast only for 8 rows, long sums and up to 128 columns.
    """
    each = builder.mul(k, n)
    function = ir.FunctionType(each.type, [])
    most = builder.call(cgutils.get_or_insert_function(builder.module, function, NAME), [])
    chunk = builder.and_(builder.sdiv(most, each), each.type(-8))
    total = builder.mul(m, each)
    few, long = (builder.icmp_signed(*c) for c in (("<=", n, n.type(128)), (">=", k, k.type(256))))
    conditions = [
        builder.icmp_signed(">", chunk, each.type(0)),
        builder.icmp_signed(">", total, most),
        builder.icmp_signed("<=", total, builder.mul(most, each.type(FEW))),
        builder.or_(by_rows, builder.and_(few, long)),
    ]
    chunk = builder.select(by_rows, chunk, each.type(8))
    return builder.select(reduce(builder.and_, conditions), chunk, m)


def _times_vector(context, builder, dtype, a: _Matrix, transposed: bool, vector, out) -> None:
    """`out = a @ vector`, or `a.T @ vector`."""
    one, zero = _one_and_zero(context, builder, dtype)
    counts = builder.select(a.by_rows, a.shape[1], a.shape[0]), builder.select(a.by_rows, *a.shape)
    letter = _letter(builder, builder.not_(a.by_rows) if transposed else a.by_rows)
    vector = builder.bitcast(vector, ll_void_p)
    args = [letter, *counts, one, a.data, a.step, vector, zero, out]
    _call(context, builder, "numba_xxgemv", dtype, args)


def _any_empty(builder, arrays):
    """Has one of them an axis of length 0?"""
    nothing = ir.Constant(ir.IntType(1), 0)
    for length in (n for a in arrays for n in cgutils.unpack_tuple(builder, a.shape)):
        nothing = builder.or_(nothing, builder.icmp_signed("==", length, length.type(0)))
    return nothing


def _product(context, builder, kinds, values, out) -> None:
    """Matrix (or rows of several axes) times matrix or vector into `out`; 0 for empty sums."""
    (x_kind, y_kind), (x, y) = kinds, (make_array(k)(context, builder, v) for k, v in zip(kinds, values))
    nothing = _any_empty(builder, (x, y))
    target = builder.bitcast(out.data, ll_void_p)
    with builder.if_else(nothing, likely=False) as (no, yes):
        with no:
            cgutils.memset(builder, out.data, builder.mul(out.itemsize, out.nitems), 0)
        with yes:
            if x_kind.ndim > 1 and y_kind.ndim == 2:
                both = _Matrix(builder, x_kind, x), _Matrix(builder, y_kind, y)
                _times_matrix(context, builder, x_kind.dtype, *both, target)
            elif x_kind.ndim > 1:
                matrix = _Matrix(builder, x_kind, x)
                _times_vector(context, builder, x_kind.dtype, matrix, False, y.data, target)
            else:
                matrix = _Matrix(builder, y_kind, y)
                _times_vector(context, builder, x_kind.dtype, matrix, True, x.data, target)


@intrinsic
def dot(context, x, y):
    """Matrix times matrix or vector of one float type.

    Rows or columns of a matrix have to be in consecutive memory, and so does a vector. The first operand may
    have more axes, which count its rows: it is then in C order.
    """
    result = types.Array(x.dtype, x.ndim + y.ndim - 2, "C")

    def code(context, builder, signature, args, loc=None):
        x_shape, y_shape = (
            cgutils.unpack_tuple(builder, make_array(k)(context, builder, v).shape)
            for k, v in zip(signature.args, args)
        )
        shapes = [*x_shape[:-1], *(y_shape[1:] if y.ndim == 2 else ())]
        array, _ = allocate(context, builder, result, shapes, loc)
        array = make_array(result)(context, builder, array._getvalue())
        _product(context, builder, (x, y), args, array)
        return array._getvalue()

    return result(x, y), code


@intrinsic
def dot_into(context, x, y, out):
    """`out[...] = x @ y`, where `out` is in C order."""

    def code(context, builder, signature, args, loc=None):
        array = make_array(out)(context, builder, args[2])
        _product(context, builder, (x, y), args[:2], array)
        return context.get_dummy_value()

    return types.none(x, y, out), code


@intrinsic
def dot_onto(context, x, y, out):
    """`out += x @ y` for matrices; the rows of `out` are in consecutive memory each."""

    def code(context, builder, signature, args, loc=None):
        x_, y_, array = (make_array(k)(context, builder, v) for k, v in zip(signature.args, args))
        with builder.if_then(builder.not_(_any_empty(builder, (x_, y_)))):
            both = _Matrix(builder, x, x_), _Matrix(builder, y, y_)
            target = _Matrix(builder, out, array)
            _times_matrix(context, builder, x.dtype, *both, target.data, target.step)
        return context.get_dummy_value()

    return types.none(x, y, out), code

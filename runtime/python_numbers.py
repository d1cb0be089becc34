"""Python's arithmetic of numbers for generated Numba code: the errors that machine arithmetic does not give.

Each is an `intrinsic`, so that an error carries the line of the code that calls it; see `kernels`.
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic


def _refuse(context, builder, condition, error: type, message: str, loc) -> None:
    """Leave with an error where a condition holds."""
    with builder.if_then(condition, likely=False):
        context.call_conv.return_user_exc(builder, error, (message,), loc)


def _fabs(builder, x):
    kind = ir.FunctionType(x.type, [x.type])
    return builder.call(builder.module.declare_intrinsic("llvm.fabs", [x.type], kind), [x])


def _checked(function, message: str):
    def typed(context, a, b):
        result = (
            types.float64
            if function is operator.truediv
            else context.resolve_function_type(function, (a, b), {}).return_type
        )

        def code(context, builder, signature, args, loc=None):
            zero = context.cast(builder, context.get_constant(types.intp, 0), types.intp, b)
            equal = context.get_function(operator.eq, types.boolean(b, b))
            by_zero = equal(builder, (args[1], zero))
            _refuse(context, builder, by_zero, ZeroDivisionError, message, loc)
            plain = result(a, b)
            return context.get_function(function, plain)(builder, args)

        return result(a, b), code

    return intrinsic(typed)


def _python_error(error: type, message: str, wrong):
    """A function of (value, x) that gives `value`, but for an error.

    `wrong(builder, value is NaN, value is infinite, x is NaN, x is infinite)` says when to raise it.
    """

    def typed(context, value, x):
        def code(context, builder, signature, args, loc=None):
            facts = []
            for arg in args:
                infinite = builder.fcmp_ordered(
                    "==", _fabs(builder, arg), ir.Constant(arg.type, float("inf"))
                )
                facts += [builder.fcmp_unordered("uno", arg, arg), infinite]
            _refuse(context, builder, wrong(builder, *facts), error, message, loc)
            return args[0]

        return (value(value, x), code) if isinstance(value, types.Float) and value == x else None

    return intrinsic(typed)


@intrinsic
def in_power(context, value, a, b):
    """`value`, Python's a ** b of floats, or the error that Python raises there."""

    def code(context, builder, signature, args, loc=None):
        def refuse(condition, error, message):
            _refuse(context, builder, condition, error, message, loc)

        infinite = ir.Constant(args[0].type, float("inf"))
        finite = [builder.fcmp_ordered("<", _fabs(builder, arg), infinite) for arg in args]
        bad = builder.and_(builder.and_(finite[1], finite[2]), builder.not_(finite[0]))
        zero = builder.fcmp_ordered("==", args[1], ir.Constant(args[1].type, 0.0))
        nan = builder.fcmp_unordered("uno", args[0], args[0])
        refuse(builder.and_(bad, zero), ZeroDivisionError, "0.0 cannot be raised to a negative power")
        refuse(builder.and_(bad, nan), TypeError, "a power of a negative float is complex")
        refuse(bad, OverflowError, "(34, 'Numerical result out of range')")
        return args[0]

    return (value(value, a, b), code) if isinstance(value, types.Float) and value == a == b else None


@intrinsic
def whole(context, x):
    """Python's int(x) of a float, which has to fit into 64 bits."""

    def code(context, builder, signature, args, loc=None):
        def refuse(condition, error, message):
            _refuse(context, builder, condition, error, message, loc)

        size = _fabs(builder, args[0])
        infinite, most = (ir.Constant(size.type, v) for v in (float("inf"), 2.0**63))
        nan = builder.fcmp_unordered("uno", size, size)
        refuse(nan, ValueError, "cannot convert float NaN to integer")
        far = builder.fcmp_ordered("==", size, infinite)
        refuse(far, OverflowError, "cannot convert float infinity to integer")
        refuse(builder.fcmp_ordered(">=", size, most), OverflowError, "int too large to convert to 64 bits")
        return builder.fptosi(args[0], context.get_value_type(types.int64))

    return (types.int64(x), code) if isinstance(x, types.Float) else None


@intrinsic
def shift_count(context, n):
    """The count of Python's a << n and a >> n."""

    def code(context, builder, signature, args, loc=None):
        negative = builder.icmp_signed("<", args[0], args[0].type(0))
        _refuse(context, builder, negative, ValueError, "negative shift count", loc)
        return args[0]

    return (n(n), code) if isinstance(n, types.Integer) else None


def _off_domain(builder, nan, infinite, x_nan, x_infinite):
    ordinary = builder.not_(builder.or_(x_nan, x_infinite))
    return builder.or_(builder.and_(nan, builder.not_(x_nan)), builder.and_(infinite, ordinary))


domain = _python_error(ValueError, "math domain error", _off_domain)
in_range = _python_error(
    OverflowError,
    "math range error",
    lambda builder, nan, infinite, x_nan, x_infinite: builder.and_(
        infinite, builder.not_(builder.or_(x_nan, x_infinite))
    ),
)
divide = _checked(operator.truediv, "division by zero")
floor_divide = _checked(operator.floordiv, "integer division or modulo by zero")
remainder = _checked(operator.mod, "integer modulo by zero")

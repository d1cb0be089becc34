"""What generated Numba code calls as `fast`: arrays, products, indices, reordered sums, and so on.

Each is an `intrinsic` that puts a few LLVM instructions into the caller, where NumPy's functions would
each compile a function of their own (0.1 to 0.5 s for every combination of types); errors carry the
caller's line. Mathematical functions: see `vector_math`.
"""

from __future__ import annotations

from numba import njit
from numba.core import types
from numba.extending import intrinsic

from broadax.runtime import matrices
from broadax.runtime.arrays import block, copy, empty, flat, rows, zeros  # noqa: F401
from broadax.runtime.kernel_sources import (  # noqa: F401
    digamma,
    dot_over,
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
from broadax.runtime.lowering import apart, masked, masked_singles, singles  # noqa: F401
from broadax.runtime.pipeline import Pipeline
from broadax.runtime.products import dot, dot_into, dot_onto  # noqa: F401
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
from broadax.runtime.threads import split  # noqa: F401
from broadax.runtime.vector_math import *  # noqa: F403

cofactor = njit(error_model="numpy", cache=True)(matrices.cofactor)
# The options of a generated function, and of those that only it calls; wrappers for C take long.
generated = {"error_model": "numpy", "no_cfunc_wrapper": True, "pipeline_class": Pipeline}
options = {**generated, "cache": True}
nested = {**generated, "no_cpython_wrapper": True}

# ── code size ─────────────────────────────────────────────────────────────────────────────────────


@intrinsic
def not_inlined(context):
    """Keeps LLVM from putting the function that calls this into its callers: they would compile slowly."""

    def code(context, builder, signature, args, loc=None):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.none(), code


# ── indices ───────────────────────────────────────────────────────────────────────────────────────


@intrinsic
def around(context, i, n):
    """The index i, which is in range, of an axis of length n; negative ones are counted from its end."""

    def code(context, builder, signature, args):
        index, length = (context.cast(builder, a, k, types.intp) for a, k in zip(args, (i, n), strict=True))
        return builder.select(
            builder.icmp_signed("<", index, index.type(0)), builder.add(index, length), index
        )

    return types.intp(i, n), code


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

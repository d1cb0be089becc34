"""Collectives over a mapped axis: what the examples of a `vmap` with an axis name tell each other.

They stand in the body of one example. The vmap of that name resolves them (`vmap/collectives.py`); any
other one maps them as it maps any operation.
"""

from __future__ import annotations

from broadax.transforms.core.avals import INT, Aval
from broadax.transforms.core.expression import apply
from broadax.transforms.primitives.registry import constant, linear, structured

RESOLVED = "the vmap that names the axis resolves it"
REDUCTIONS = {"psum": "sum", "pmax": "max", "pmin": "min"}
SAME_FOR_ALL = frozenset((*REDUCTIONS, "all_gather"))  # their results do not differ between the examples
NAMES = SAME_FOR_ALL | {"axis_index", "ppermute"}


def _alone(*args, **params):
    raise NameError(f"unbound axis name: {params['over']}")


def _batch(prim: str):
    return lambda size, batched, x, **params: apply(prim, x, **params)


linear(
    "psum",
    infer=lambda x, over: x.with_shape(x.shape) if x.shape else Aval(x.dtype),
    impl=_alone,
    transposes={0: lambda ct, x, over: apply("psum", ct, over=over)},
    batch=_batch("psum"),
    why_not={"numpy": RESOLVED},
)
for _name in ("pmax", "pmin"):
    structured(
        _name,
        infer=lambda x, over: Aval(x.dtype, x.shape),
        impl=_alone,
        batch=_batch(_name),
        why_not={"numpy": RESOLVED, "derivative": "as in JAX; all_gather and np.max have one"},
    )


def _gathered(x, over, size, axis):
    return Aval(x.dtype, (*x.shape[:axis], size, *x.shape[axis:]))


def _gather_back(ct, x, over, size, axis):
    """This example's part of what all of them give back."""
    total = apply("psum", ct, over=over)
    whole = [("slice", 0, d, 1) for d in total.shape]
    whole[axis] = ("index", 0)
    return apply("index", total, apply("axis_index", over=over), spec=tuple(whole), checked=True)


linear(
    "all_gather",
    infer=_gathered,
    impl=_alone,
    transposes={0: _gather_back},
    batch=lambda count, batched, x, over, size, axis: apply(
        "all_gather", x, over=over, size=size, axis=axis + 1
    ),
    why_not={"numpy": RESOLVED},
)
linear(
    "ppermute",
    infer=lambda x, over, pairs: Aval(x.dtype, x.shape),
    impl=_alone,
    transposes={
        0: lambda ct, x, over, pairs: apply("ppermute", ct, over=over, pairs=tuple((b, a) for a, b in pairs))
    },
    batch=_batch("ppermute"),
    why_not={"numpy": RESOLVED},
)
constant(
    "axis_index",
    infer=lambda over: Aval(INT),
    impl=_alone,
    why_not={"numpy": RESOLVED, "batch": "it has no operands"},
)

"""Elementwise comparisons, logic, bits, selection, and the parts of complex numbers."""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.avals import Aval
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.primitives.registry import elementwise

BOOLEAN = {"derivative": "the result is a boolean"}
INTEGER = {"derivative": "the operands are integers or booleans"}

# ── comparisons and logic ─────────────────────────────────────────────────────────────────────────

for _name, _sign in (
    ("equal", "=="),
    ("not_equal", "!="),
    ("less", "<"),
    ("less_equal", "<="),
    ("greater", ">"),
    ("greater_equal", ">="),
):
    elementwise(
        _name, getattr(np, _name), numpy=f"{{0}} {_sign} {{1}}", numba=f"{{0}} {_sign} {{1}}", why_not=BOOLEAN
    )
for _name, _word in (("logical_and", "and"), ("logical_or", "or")):
    elementwise(
        _name,
        getattr(np, _name),
        result="logical",
        numpy=f"np.{_name}({{0}}, {{1}})",
        python=f"{{0}} {_word} {{1}}",
        numba=f"({{0}} {_word} {{1}})",
        why_not=BOOLEAN,
    )
elementwise(
    "logical_xor",
    np.logical_xor,
    result="logical",
    numpy="np.logical_xor({0}, {1})",
    python="{0} != {1}",
    numba="({0} != {1})",
    why_not=BOOLEAN,
)
elementwise(
    "logical_not",
    np.logical_not,
    result="logical",
    numpy="np.logical_not({0})",
    python="not {0}",
    numba="(not {0})",
    why_not=BOOLEAN,
)
for _name, _sign in (
    ("bitwise_and", "&"),
    ("bitwise_or", "|"),
    ("bitwise_xor", "^"),
    ("left_shift", "<<"),
    ("right_shift", ">>"),
):
    elementwise(
        _name,
        getattr(np, _name),
        result="logical",
        numpy=f"{{0}} {_sign} {{1}}",
        numba=f"{{0}} {_sign} {{1}}",
        why_not=INTEGER,
        domain=((0, 6), (0, 4)),
    )
elementwise("invert", np.invert, numpy="~{0}", why_not=INTEGER)

# ── questions about numbers ───────────────────────────────────────────────────────────────────────

for _name in ("isnan", "isinf", "isfinite"):
    elementwise(
        _name,
        getattr(np, _name),
        numpy=f"np.{_name}({{0}})",
        python=f"math.{_name}({{0}})",
        numba=f"math.{_name}({{0}})",
        why_not=BOOLEAN,
    )
elementwise("signbit", np.signbit, numpy="np.signbit({0})", why_not=BOOLEAN)

# ── selection ─────────────────────────────────────────────────────────────────────────────────────

# Maps, not partials: a NaN or infinity in the cotangent of what was not chosen must not come through.
elementwise(
    "where",
    impl=np.where,
    result="where",
    numpy="np.where({0}, {1}, {2})",
    python="{1} if {0} else {2}",
    numba="({1} if {0} else {2})",
    maps=(
        None,
        lambda t, y, c, a, b: apply("where", c, t, t.dtype.type(0)),
        lambda t, y, c, a, b: apply("where", c, t.dtype.type(0), t),
    ),
)

# ── complex numbers ───────────────────────────────────────────────────────────────────────────────


def _part(dtype) -> np.dtype:
    return np.empty(0, dtype).real.dtype


def _real_map(t, y, x):
    """The real part of a tangent; a cotangent of the real part, as a complex number."""
    if x.dtype.kind != "c":
        return t
    return apply("real", t) if t.dtype.kind == "c" else apply("convert", t, dtype=x.dtype)


def _imag_map(t, y, x):
    """The imaginary part of a tangent; a cotangent of it times -i (the vjp does not conjugate)."""
    if x.dtype.kind != "c":
        return None
    if t.dtype.kind == "c":
        return apply("imag", t)
    return apply("convert", t, dtype=x.dtype) * Lit(x.dtype.type(-1j))


elementwise(
    "conjugate",
    np.conjugate,
    numpy="np.conj({0})",
    python="{0}.conjugate()",
    numba="np.conj({0})",
    maps=(lambda t, y, x: apply("conjugate", t) if t.dtype.kind == "c" else t,),
)
for _name, _map in (("real", _real_map), ("imag", _imag_map)):
    _prim = elementwise(
        _name, impl=getattr(np, _name), maps=(_map,), numpy=f"{{0}}.{_name}", numba=f"{{0}}.{_name}"
    )
    _prim.infer = lambda x: Aval(_part(x.dtype), x.shape, x.weak)

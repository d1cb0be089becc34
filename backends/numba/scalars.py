"""Scalar code: the Numba text of one element of each elementwise primitive, with NumPy's dtypes."""

from __future__ import annotations

import math

import numpy as np

from broadax.runtime.errors import BackendError
from broadax.runtime.vector_names import FUNCTIONS
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.statements import Lit

_INFIX = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "bitwise_and": "&",
    "bitwise_or": "|",
    "bitwise_xor": "^",
}
_NUMPY = frozenset(
    {
        "sign",
        "cbrt",
        "rint",
        "floor",
        "ceil",
        "trunc",
        "exp2",
        "logaddexp",
        "fmax",
        "fmin",
        "isinf",
        "isfinite",
        "isnan",
        "signbit",
    }
)
_PROMOTED = frozenset(
    {
        "add",
        "subtract",
        "multiply",
        "negative",
        "absolute",
        "square",
        "invert",
        "left_shift",
        "right_shift",
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "floor_divide",
        "remainder",
        "fmod",
        "sign",
        "power",
    }
)

DOMAIN = frozenset(
    {
        "sqrt",
        "log",
        "log2",
        "log10",
        "log1p",
        "arcsin",
        "arccos",
        "arccosh",
        "arctanh",
        "sin",
        "cos",
        "tan",
        "lgamma",
    }
)
RANGE = frozenset({"exp", "exp2", "expm1", "sinh", "cosh"})


def literal(value, dtype: np.dtype) -> str:
    """A constant of a dtype: `2.0`, `3`, `np.float32(2.0)`, `True`."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return str(bool(value))
    if dtype.kind == "c":
        text = f"complex({_float(value.real)}, {_float(value.imag)})"
        return text if dtype.itemsize == 16 else f"np.complex64({text})"
    if dtype.kind == "f":
        text = _float(float(value))
        return text if dtype.itemsize == 8 else f"np.{dtype.name}({text})"
    text = str(int(value))
    return text if dtype == np.int64 and int(value) > -(2**63) else f"np.{dtype.name}({text})"


def _float(value: float) -> str:
    if math.isnan(value):
        return "np.nan"
    if math.isinf(value):
        return "np.inf" if value > 0 else "-np.inf"
    return repr(float(value))


def cast(text: str, source: Aval, dtype: np.dtype) -> str:
    """A scalar converted to another dtype."""
    dtype = np.dtype(dtype)
    if source.dtype == dtype:
        return text
    if dtype.kind == "b":
        return f"({text} != 0)"
    if source.dtype.kind == "c" and dtype.kind != "c":
        text = f"{text}.real"
    if dtype == np.float64 and source.dtype.kind in "iu":  # Numba's float(x) of a float32 is a float32
        return f"float({text})"
    return f"np.{dtype.name}({text})"


def scalar_text(op, args: list[str], use) -> str:
    """The code of one element of an elementwise operation.

    Args:
        op: the operation; its operands have the dtype of its loop.
        args: the code of its operands' elements, each a Python expression in parentheses where needed.
        use: `use(name)` is the text by which the code calls a helper.
    """
    avals = [a.aval for a in op.args]
    text = _text(op, args, avals, use)
    out = op.out.dtype
    if op.out.aval.weak and out.kind == "f" and len(args) == 1:  # Python's math module raises
        check = "domain" if op.prim.name in DOMAIN else "in_range" if op.prim.name in RANGE else ""
        return f"{use(check)}({text}, {args[0]})" if check else text
    if op.prim.name in _PROMOTED and out.kind in "iu" and out != np.int64:
        return f"np.{out.name}({text})"
    return text


def has_vector_form(op) -> bool:
    """Is there a vector function for the operation (see `vector_math`)?"""
    if op.prim.name not in FUNCTIONS or op.args[0].dtype.name not in ("float32", "float64"):
        return False
    return op.prim.name != "power" or _fixed_power(op) is None


def _text(op, args, avals, use) -> str:
    name, kind = op.prim.name, avals[0].dtype.kind
    weak = op.out.aval.weak
    special = _SPECIAL.get(name)
    if special is not None:
        found = special(op, args, kind, weak, use)
        if found is not None:
            return found
    if kind == "b" and name in ("add", "multiply"):
        return f"({args[0]} {'|' if name == 'add' else '&'} {args[1]})"
    if name in _INFIX:
        return f"({args[0]} {_INFIX[name]} {args[1]})"
    if name in _NUMPY or kind == "c" and hasattr(np, name):
        return f"np.{name}({', '.join(args)})"
    template = op.prim.numba
    if template is None and not hasattr(np, name) or kind == "c" and not hasattr(np, name):
        raise BackendError(f"the Numba backend has no {name} of {avals[0].dtype.name}", op.loc)
    if callable(template):
        return template(args, avals)
    if template is None:
        return f"np.{name}({', '.join(args)})"
    return "(" + template.replace("{np}", "np").format(*args) + ")"


# ── those that depend on the dtype ────────────────────────────────────────────────────────────────


def _is_nonzero(atom) -> bool:
    return isinstance(atom, Lit) and atom.value != 0


def _divide(op, args, kind, weak, use):
    if weak and not _is_nonzero(op.args[1]):
        return f"{use('divide')}({args[0]}, {args[1]})"
    if kind == "c":
        return f"np.divide({args[0]}, {args[1]})"
    return f"({args[0]} / {args[1]})"


def _whole(name, sign):
    def text(op, args, kind, weak, use):
        if weak and not _is_nonzero(op.args[1]):
            return f"{use(name)}({args[0]}, {args[1]})"
        if kind in "iub":
            return f"({args[0]} {sign} {args[1]})"
        if name == "remainder":
            return f"{use('remainder_float')}({args[0]}, {args[1]})"
        return f"({args[0]} // {args[1]})"

    return text


def _fmod(op, args, kind, weak, use):
    if kind in "iu":
        return f"{use('int_fmod')}({args[0]}, {args[1]})"
    return f"np.fmod({args[0]}, {args[1]})"


def _power(op, args, kind, weak, use):
    if kind in "iu" and _fixed_power(op) is None:
        return f"{use('int_power')}({args[0]}, {args[1]})"
    text = _power_text(op, args)
    return f"{use('in_power')}({text}, {args[0]}, {args[1]})" if weak and kind == "f" else text


def _square(op, args, kind, weak, use):
    text = _small_power(args[0], 2, op.args[0].dtype)
    return f"{use('in_power')}({text}, {args[0]}, 2.0)" if weak and kind == "f" else text


def _power_text(op, args) -> str:
    fixed = _fixed_power(op)
    if fixed is None:
        return f"({args[0]} ** {args[1]})"
    return f"math.sqrt({args[0]})" if fixed == 0.5 else _small_power(args[0], int(fixed), op.args[0].dtype)


def _fixed_power(op) -> float | None:
    """The exponent where it is a small whole number, or 0.5."""
    base, exponent = op.args
    if not isinstance(exponent, Lit) or exponent.dtype.kind == "c" or base.dtype.kind == "c":
        return None
    value = float(exponent.value)
    if value == 0.5 and base.dtype.kind == "f":
        return value
    whole = abs(value) <= 8 and value == int(value) and (base.dtype.kind == "f" or value >= 0)
    return value if whole else None


def _small_power(base: str, exponent: int, dtype) -> str:
    if exponent == 0:
        return literal(1, dtype)
    if exponent == 1:
        return base
    if exponent == 2 and base.replace("_", "").isalnum():
        return f"({base} * {base})"
    if exponent < 0:
        return (
            f"({literal(1, dtype)} / ({base} ** {-exponent}))"
            if exponent < -1
            else f"({literal(1, dtype)} / {base})"
        )
    return f"({base} ** {exponent})"


def _extreme(name):
    def text(op, args, kind, weak, use):
        if kind == "f":
            return f"{use(name)}({args[0]}, {args[1]})"
        if kind in "iu":
            return f"{name[:3]}({args[0]}, {args[1]})"
        if kind == "b":
            return f"({args[0]} {'|' if name == 'maximum' else '&'} {args[1]})"
        return None

    return text


def _logical(sign):
    def text(op, args, kind, weak, use):
        if kind == "b":
            return f"({args[0]} {sign} {args[1]})"
        return f"(({args[0]} != 0) {sign} ({args[1]} != 0))"

    return text


def _shift(op, args, kind, weak, use):
    sign = "<<" if op.prim.name == "left_shift" else ">>"
    bits = op.args[0].dtype.itemsize * 8
    amount = op.args[1]
    if isinstance(amount, Lit) and 0 <= int(amount.value) < bits:
        return f"({args[0]} {sign} {args[1]})"
    if weak:
        args = [args[0], f"{use('shift_count')}({args[1]})"]
    if sign == ">>":
        if kind == "u":
            return f"({args[0]} >> {args[1]} if {args[1]} < {bits} else {literal(0, op.args[0].dtype)})"
        most = literal(bits - 1, amount.dtype)
        return f"({args[0]} >> ({args[1]} if {args[1]} < {most} else {most}))"
    return f"({args[0]} << {args[1]} if 0 <= {args[1]} < {bits} else {literal(0, op.args[0].dtype)})"


def _order(sign):
    def text(op, args, kind, weak, use):
        if kind != "c":
            return None
        a, b = args
        return f"({a}.real {sign[0]} {b}.real or {a}.real == {b}.real and {a}.imag {sign} {b}.imag)"

    return text


def _sign(op, args, kind, weak, use):
    if kind == "u":
        return f"({literal(1, op.out.dtype)} if {args[0]} != 0 else {literal(0, op.out.dtype)})"
    return f"np.sign({args[0]})"


def _not(op, args, kind, weak, use):
    return f"(not {args[0]})" if kind == "b" else f"({args[0]} == 0)"


def _named(name):
    def text(op, args, kind, weak, use):
        return f"{use(name)}({args[0]})"

    return text


def _float_only(name, otherwise):
    def text(op, args, kind, weak, use):
        return None if kind in "fc" else otherwise.format(*args)

    return text


_SPECIAL = {
    "divide": _divide,
    "floor_divide": _whole("floor_divide", "//"),
    "remainder": _whole("remainder", "%"),
    "fmod": _fmod,
    "power": _power,
    "maximum": _extreme("maximum"),
    "minimum": _extreme("minimum"),
    "logical_and": _logical("&"),
    "logical_or": _logical("|"),
    "logical_xor": _logical("!="),
    "logical_not": _not,
    "left_shift": _shift,
    "right_shift": _shift,
    "digamma": _named("digamma"),
    "trigamma": _named("trigamma"),
    "invert": lambda op, args, kind, weak, use: f"(not {args[0]})" if kind == "b" else f"(~{args[0]})",
    "negative": lambda op, args, kind, weak, use: f"(-{args[0]})",
    "positive": lambda op, args, kind, weak, use: args[0],
    "absolute": lambda op, args, kind, weak, use: args[0] if kind == "b" else f"abs({args[0]})",
    "square": _square,
    "reciprocal": lambda op, args, kind, weak, use: (
        f"({literal(1, op.out.dtype)} / {args[0]})"
        if kind in "fc"
        else f"({args[0]} if abs({args[0]}) == 1 else {literal(0, op.out.dtype)})"
    ),
    "where": lambda op, args, kind, weak, use: f"({args[1]} if {args[0]} else {args[2]})",
    "real": lambda op, args, kind, weak, use: f"{args[0]}.real" if kind == "c" else args[0],
    "imag": lambda op, args, kind, weak, use: f"{args[0]}.imag" if kind == "c" else literal(0, op.out.dtype),
    "conjugate": lambda op, args, kind, weak, use: f"np.conj({args[0]})" if kind == "c" else args[0],
    "isnan": _float_only("isnan", "({0} != {0})"),
    "isinf": _float_only("isinf", "({0} != {0})"),
    "isfinite": _float_only("isfinite", "({0} == {0})"),
    "sign": _sign,
    "less": _order("<"),
    "less_equal": _order("<="),
    "greater": _order(">"),
    "greater_equal": _order(">="),
    "floor": _float_only("floor", "{0}"),
    "ceil": _float_only("ceil", "{0}"),
    "trunc": _float_only("trunc", "{0}"),
    "rint": _float_only("rint", "{0}"),
}

"""Names for values that the user did not name: `sin_x`, `row`, `total`, `mask`."""

from __future__ import annotations

from broadax.transforms.core.statements import Op, Var

# Functions whose value is well named after the function and its argument: `sin_x`.
FUNCTIONS = frozenset({
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin", "arccos",
    "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "sqrt", "cbrt", "square", "sign",
    "floor", "ceil", "trunc", "rint", "erf", "erfc", "lgamma", "digamma", "isnan", "isinf", "isfinite",
    "signbit",
})  # fmt: skip
NAMES = {
    "add": "total", "subtract": "diff", "multiply": "product", "divide": "ratio",
    "floor_divide": "quotient", "remainder": "rest", "fmod": "rest", "power": "powered",
    "negative": "negated", "positive": "value", "absolute": "magnitude", "reciprocal": "inverse",
    "maximum": "larger", "minimum": "smaller", "fmax": "larger", "fmin": "smaller", "arctan2": "angle",
    "hypot": "length", "logaddexp": "log_total", "where": "chosen", "copysign": "signed",
    "conjugate": "conj", "convert": "value", "copy": "copied", "empty": "buffer", "full": "filled",
    "iota": "k", "arange": "grid", "eye": "identity", "stack": "stacked", "concatenate": "joined",
    "reshape": "reshaped", "transpose": "transposed", "broadcast_to": "spread", "tril": "lower",
    "triu": "upper", "index": "item", "at_set": "updated", "at_add": "updated", "sum": "total",
    "prod": "product", "max": "largest", "min": "smallest", "all": "every", "any": "some", "argmax": "best",
    "argmin": "best", "cumsum": "running", "cumprod": "running", "sort": "ordered", "argsort": "order",
    "searchsorted": "place", "flatnonzero": "places", "matmul": "product", "einsum": "product",
    "solve": "solution",
    "inv": "inverse", "cholesky": "factor", "slogdet": "logdet", "eigh": "eigen",
    "fft": "spectrum", "ifft": "signal", "pinv": "inverse",
    "stack_new": "saved",
    "stack_push": "saved", "stack_pop": "saved", "stop_gradient": "value",
}  # fmt: skip
COMPARISONS = frozenset({
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or",
    "logical_xor", "logical_not",
})  # fmt: skip


def suggestion(plan, var: Var) -> str:
    """A name for a temporary; `d_` and `t_` in front of it stay."""
    if var in plan.letters:
        return plan.letters[var]
    prefix, base = "", var.base
    while base[:2] in ("d_", "t_"):
        prefix, base = prefix + base[:2], base[2:]
    op = plan.definition.get(var)
    if op is None or prefix:
        return prefix + NAMES.get(base, base)
    return _from_operation(plan, op, var)


def _from_operation(plan, op: Op, var: Var) -> str:
    name = op.prim.name
    argument = (
        plan.base(op.args[0])
        if op.args and isinstance(op.args[0], Var) and op.args[0] not in plan.nested
        else ""
    )
    plain = bool(argument) and len(argument) <= 8 and not plan.is_temporary(op.args[0])
    if name in FUNCTIONS:
        return f"{name}_{argument}" if plain else name
    if name in COMPARISONS:
        return "mask" if var.shape else "condition"
    if name == "convert" and op.args[0].dtype.kind == "b":
        return "mask" if var.shape else "flag"
    if name == "index" and any(item[0] == "new" for item in op.params["spec"]):
        return "column"
    if name == "index" and plain:
        indices = [a.base for a in op.args[1:] if isinstance(a, Var) and a.shape == ()]
        if len(indices) == 1 and len(op.args) == 2 and len(indices[0]) <= 2:
            return f"{argument}_{indices[0]}"
        return f"{argument}_part" if var.shape else f"{argument}_item"
    return NAMES.get(name, name)

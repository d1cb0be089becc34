"""The text of a generated module: imports, helpers, one compiled function with an explicit signature."""

from __future__ import annotations

from broadax.backends.numba.helpers import EXTENSION_IMPORTS, INTRINSICS, helper_texts
from broadax.backends.numba.outline import apart_text
from broadax.backends.numba.places import line_places
from broadax.backends.numba.statements import INDENT, Writer
from broadax.backends.planner.ranges import LEAST_SIZE
from broadax.backends.planner.schedule import Plan
from broadax.backends.rewrites.place_products import place_products
from broadax.backends.rewrites.read_back import read_back
from broadax.runtime.errors import BackendError
from broadax.runtime.raised import familiar
from broadax.transforms.core.statements import Function, Lit, statements

_DTYPES = frozenset(
    {
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float32",
        "float64",
        "complex64",
        "complex128",
    }
)
MOST_RESULTS = 30  # Numba can't build a longer tuple in one expression


def signature(function: Function, handles: int = 0) -> str:
    """The parameter types as Numba writes them: `(float64[:, ::1], int64)`.

    Args:
        handles: how many numbers of Python functions to call come after the parameters.

    Raises:
        BackendError: a parameter has a dtype that Numba does not know.
    """
    types = [*map(_type, function.params), *["int64"] * handles]
    return f"({', '.join(types)}{',' if len(types) == 1 else ''})"


def _type(param) -> str:
    name = param.dtype.name
    if name not in _DTYPES:
        raise BackendError(
            f"the Numba backend has no arrays of dtype {name} (parameter {param.base})",
            instead="convert the argument, for instance to float32",
        )
    name = "boolean" if name == "bool" else name
    return f"{name}[{', '.join([':'] * (param.ndim - 1) + ['::1'])}]" if param.ndim else name


def module_text(function: Function, standalone: bool = False) -> tuple[str, dict[str, type], dict, tuple]:
    """The text of the module, the exception classes that it has to be given, its lines' `Placed`, and the
    Python functions whose numbers it takes after its arguments.

    Args:
        standalone: import nothing of broadax; mathematical functions in loops are then slower.

    Raises:
        BackendError: the function does what Numba can't.
        OverflowError: it has a number that has no room in 64 bits.
    """
    _check_dtypes(function)
    function = read_back(function if standalone else place_products(function))
    writer = Writer(Plan(function), standalone)
    named = _name_sizes(writer, function)
    checked = len(writer.lines)
    writer.block(function.body, 1)
    writer.line(f"return {_results(writer, function.body.results)}", 1)
    # What is written relies on these: they are known now, and come first.
    writer.lines[checked:checked] = _checks(writer, function, named)
    text = "\n".join([*writer.lines, *(line for lines in writer.caller_lines for line in lines)])
    helpers = writer.expressions.helpers
    cut = writer.outlined.texts
    imports, errors = _imports(writer, "\n".join([*cut, text]), standalone)
    params = ", ".join([*(writer.names[p] for p in function.params), *writer.handles.values()])
    options = "options" if standalone else "fast.options"
    head = [f'@njit("{signature(function, len(writer.handles))}", **{options})']
    head += [] if standalone else apart_text(writer.names.apart(writer.lines))
    head.append(f"def {function.name}({params}):")
    before = "\n\n\n".join([imports, *helper_texts(helpers), ""])
    blocks = writer.outlined.lines
    blocks = [*writer.caller_lines, *blocks, [*head, *writer.lines]]
    parts = ["\n".join(lines) for lines in blocks]
    places = line_places(before.count("\n") + 1, blocks)
    return before + "\n\n\n".join(parts) + "\n", errors, places, tuple(writer.handles)


def _check_dtypes(function: Function) -> None:
    for stmt in statements(function.body):
        for value in (a.value for a in getattr(stmt, "args", ()) if isinstance(a, Lit)):
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                raise familiar(OverflowError("Python int too large to convert to C long"), stmt.loc)
        for var in stmt.outs:
            aval = getattr(var.aval, "item", var.aval)
            if aval.dtype.name not in _DTYPES:
                raise BackendError(
                    f"the Numba backend has no {aval.dtype.name}",
                    stmt.loc,
                    instead="convert to float32 or float64 first",
                )


def _imports(writer: Writer, text: str, standalone: bool) -> tuple[str, dict[str, type]]:
    helpers, cut = writer.expressions.helpers, writer.outlined.texts
    every = text + "".join(helper_texts(helpers))
    lines = []
    if "math." in every:
        lines.append("import math\n")
    if helpers & EXTENSION_IMPORTS:
        lines.append("from llvmlite import ir")
    names = ["njit"] + (["objmode"] if "objmode" in text else [])
    lines += ["import numpy as np", f"from numba import {', '.join(names)}"]
    if helpers & INTRINSICS:
        lines.append("from numba.extending import intrinsic")
    if not standalone:
        lines.append("from broadax.runtime import kernels as fast")
    if "call_out(" in text:
        lines.append("from broadax.runtime.callbacks import call_out")
    given = {}
    for name, error in writer.errors.items():
        if "<locals>" in error.__qualname__ or error.__module__ == "__main__":
            given[name] = error
        else:
            lines.append(f"from {error.__module__} import {name}")
    lines.append("")
    if standalone:
        if helpers - INTRINSICS:
            lines.append('inlined = dict(error_model="numpy", forceinline=True)')
        lines.append('nested = dict(error_model="numpy")' if cut else "")
        lines.append('options = dict(error_model="numpy", cache=True)')
    return "\n".join(lines), given


def _name_sizes(writer: Writer, function: Function) -> set[tuple]:
    """Name the sizes; gives which axes of which parameters they are."""
    for var, param, axis in function.sizes:
        writer.line(f"{writer.names[var]} = {writer.names[param]}.shape[{axis}]", 1)
    return {(param, axis) for _, param, axis in function.sizes}


def _checks(writer: Writer, function: Function, named: set[tuple]) -> list[str]:
    """The check of what the code relies on: proofs about indices rest on it."""
    wrong = [f"{writer.names[var]} < {LEAST_SIZE}" for var, _, _ in function.sizes]
    for param in function.params:
        for axis, dim in enumerate(param.shape):
            if (param, axis) not in named:
                wrong.append(f"{writer.names[param]}.shape[{axis}] != {writer.expressions.dim(dim)}")
    wrong += [
        f"{writer.expressions.dim(dim)} < 0"
        for dim in dict.fromkeys(writer.ranges.guards)
        if not writer.ranges.certain_by_sizes(dim)
    ]
    if not wrong:
        return []
    what = "the arguments do not have the shapes for which this was compiled"
    return [f"{INDENT}if {' or '.join(wrong)}:", f'{2 * INDENT}raise ValueError("{what}")']


def _results(writer: Writer, atoms) -> str:
    texts = [writer.atom(a) for a in atoms]
    if not texts:
        return "()"
    groups = [texts[k : k + MOST_RESULTS] for k in range(0, len(texts), MOST_RESULTS)]
    tuples = [f"({', '.join(g)}{',' if len(g) == 1 else ''})" for g in groups]
    if len(tuples) == 1:
        return tuples[0] if len(texts) == 1 else tuples[0][1:-1]
    return " + ".join(tuples)

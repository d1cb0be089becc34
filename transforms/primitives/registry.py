"""The record of a primitive, the kinds that imply most of its rules, and the table of all of them.

A primitive is declared once, in one call. Its kind says what a rule looks like:

elementwise  `partials`: for each operand `f(y, *xs)`, the partial derivative of the result (or a
             number), or None where there is none; or `maps`: for each operand `f(t, y, *xs)`, the
             derivative applied to a tangent or cotangent `t`. Either serves both modes; operands
             broadcast, and the engines undo that.
linear       jointly linear in the operands `linear` (empty: in all, however many);
             `transposes[k](ct, *args, **params)` is the cotangent of operand k, or
             `accumulate[k](acc, ct, *args, **params)` the sum of `acc` and that cotangent (so that
             an update of one element stays one). `transposes` may also be one function
             `f(k, ct, *args, **params)`.
bilinear     linear in each of two operands by itself; `transposes` likewise.
structured   `jvp(tangents, y, *args, **params)` (None for a missing tangent) and
             `vjp[k](ct, y, *args, **params)`; y, ct are tuples for several results.
constant     no derivative: integers, booleans, shapes, creation.

`batch(size, batched, *args, **params)` is the operation on operands whose batch axis is 0 where
`batched[k]`, and unbatched where not; the result has its batch axis at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from broadax.runtime.errors import TypeMismatchError
from broadax.transforms.core.avals import Aval, broadcast, promote, python_type

KINDS = ("elementwise", "linear", "bilinear", "structured", "constant")


@dataclass(eq=False)
class Primitive:
    """One operation of Core; see the module's text for the rules.

    Attributes:
        infer: `infer(*avals, **params)` gives the result's type (a tuple for several results).
        impl: the reference: a NumPy function `impl(*arrays, **params)`.
        numpy: how it prints: a text with `{0}`, `{1}` (operators are recognised by the printer),
            or a function `f(args, params, out, text)` of printed operands, the parameters, the
            result and `text(dim)`, which prints a size.
        python: likewise for Python scalars, `math.sin({0})`; empty: as `numpy`.
        of_math: that is a function of `math`, which raises outside its domain.
        numba: scalar code of an elementwise primitive on floats, text with `{0}`.
        domain: where tests may draw its operands: a pair of bounds for each operand.
        why_not: rule name ('derivative', 'batch', 'numpy', 'numba') → reason, for the rules that it
            does not have.
    """

    name: str
    kind: str
    infer: Callable
    impl: Callable
    ufunc: object = None
    result: str = "same"
    partials: tuple = ()
    maps: tuple = ()
    linear: tuple = ()
    transposes: dict | Callable = field(default_factory=dict)
    accumulate: dict = field(default_factory=dict)
    jvp: Callable | None = None
    vjp: tuple = ()
    batch: Callable | None = None
    numpy: object = None
    python: object = ""
    of_math: bool = False
    numba: object = None
    domain: tuple = ()
    why_not: dict = field(default_factory=dict)

    def __repr__(self) -> str:
        return self.name


TABLE: dict[str, Primitive] = {}


def get(name: str) -> Primitive:
    """The primitive of that name."""
    return TABLE[name]


def declare(prim: Primitive) -> Primitive:
    """Enter a primitive into the table.

    Raises:
        ValueError: the name is taken, or the kind is unknown.
    """
    if prim.name in TABLE:
        raise ValueError(f"primitive {prim.name} is declared twice")
    if prim.kind not in KINDS:
        raise ValueError(f"primitive {prim.name}: unknown kind {prim.kind}")
    TABLE[prim.name] = prim
    return prim


def elementwise_types(prim: Primitive, avals) -> tuple[list, np.dtype, bool]:
    """Operand dtypes, result dtype and weakness of an elementwise primitive, by NumPy's rules."""
    weak = all(a.weak for a in avals)
    if prim.result == "where":
        dtype, weak = promote(*avals[1:])
        return [np.dtype(bool), dtype, dtype], dtype, weak
    given = [_operand_dtype(a, prim, weak) for a in avals]
    if prim.ufunc is None:
        dtype, _ = promote(*avals)
        if prim.result == "float" and dtype.kind in "biu":
            dtype = np.dtype(np.float64)
        return [dtype] * len(avals), dtype, weak
    try:
        *operands, result = prim.ufunc.resolve_dtypes((*given, None))
    except TypeError as error:
        raise TypeMismatchError(str(error)) from None
    return operands, result, weak


def _operand_dtype(aval: Aval, prim: Primitive, weak: bool):
    """What a ufunc's type resolution is told of an operand.

    Among Python numbers alone bool counts as int, as in Python, but for `and`, `or`, `^`, `not`
    and comparisons; beside NumPy's numbers a Python number gives only its kind.
    """
    if weak:
        return np.dtype(np.int64) if aval.dtype.kind == "b" and prim.result != "logical" else aval.dtype
    if not aval.weak or aval.dtype.kind == "b":
        return aval.dtype
    return int if aval.dtype.kind == "u" else python_type(aval.dtype)


def elementwise(
    name: str, ufunc=None, *, impl=None, partials=(), maps=(), result="same", **fields
) -> Primitive:
    """Declare an elementwise primitive; `ufunc` gives its dtype rules and its reference.

    `result`: 'same' (as the ufunc says), 'float' (integers become float64), 'where', or 'logical'
    (booleans stay booleans among Python scalars).
    """
    numpy = fields["numpy"]
    if numpy.startswith(("np.", "special.")):
        python = fields.get("python", "")
        fields["of_math"] = isinstance(python, str) and python.startswith("math.")
        fields["python"] = _as_python(python, numpy)
    if "numba" not in fields and "numba" not in fields.get("why_not", {}):
        fields["numba"] = f"np.{name}({', '.join(f'{{{k}}}' for k in range(ufunc.nin))})"
    prim = Primitive(
        name,
        "elementwise",
        None,
        impl or ufunc,
        ufunc=ufunc,
        partials=tuple(partials),
        maps=tuple(maps),
        result=result,
        **fields,
    )

    def infer(*avals, **params) -> Aval:
        _, dtype, weak = elementwise_types(prim, avals)
        shape = broadcast(*(a.shape for a in avals))
        return Aval(dtype, shape, weak and not shape)

    prim.infer = infer
    return declare(prim)


def _as_python(python, numpy: str):
    """How a function prints for Python scalars: as Python has it, else NumPy's result as a Python number.

    A np.float64 would not be weak; the functions of `math` do not take complex numbers.
    """
    if python and (callable(python) or not python.startswith("math.")):
        return python

    def text(args, params, out, text) -> str:
        if python and out.dtype.kind != "c":
            return python.format(*args)
        return f"{python_type(out.dtype).__name__}({numpy.format(*args)})"

    return text


def linear(name: str, *, infer, impl, linear=(0,), transposes=None, accumulate=None, **fields) -> Primitive:
    """Declare a primitive that is jointly linear in the operands `linear`."""
    return declare(
        Primitive(
            name,
            "linear",
            infer,
            impl,
            linear=tuple(linear),
            transposes=transposes or {},
            accumulate=accumulate or {},
            **fields,
        )
    )


def bilinear(name: str, *, infer, impl, transposes, **fields) -> Primitive:
    """Declare a primitive that is linear in each of its first two operands."""
    return declare(Primitive(name, "bilinear", infer, impl, linear=(0, 1), transposes=transposes, **fields))


def structured(name: str, *, infer, impl, jvp=None, vjp=(), **fields) -> Primitive:
    """Declare a primitive whose derivatives are written out."""
    return declare(Primitive(name, "structured", infer, impl, jvp=jvp, vjp=tuple(vjp), **fields))


def constant(name: str, *, infer, impl, **fields) -> Primitive:
    """Declare a primitive without derivative."""
    return declare(Primitive(name, "constant", infer, impl, **fields))

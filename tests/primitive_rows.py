"""A table of primitives with operands: what tests/test_primitives.py checks their rules on.

Shapes are written with the letters of SIZES, which are numbers in one run and symbolic in another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from broadax.transforms import primitives  # noqa: F401  (declares them)
from broadax.transforms.core.avals import Aval
from broadax.transforms.primitives.registry import TABLE

SIZES = {"n": 4, "m": 3, "k": 5, "p": 2}
KNOWN = SimpleNamespace(**SIZES)


def as_it_is(values):
    return values


@dataclass(frozen=True)
class Operand:
    """An operand to be drawn: its kind ('f', 'i', 'b', 'c'), its shape, its bounds.

    `given` makes values from drawn ones (a positive definite matrix); `direction` does so for a
    tangent (a symmetric one).
    """

    kind: str
    shape: tuple = ()
    lo: float = -2
    hi: float = 2
    given: Callable = as_it_is
    direction: Callable = as_it_is

    def dims(self, sizes) -> tuple:
        return tuple(getattr(sizes, d) if isinstance(d, str) else d for d in self.shape)

    def draw(self, rng, dtype, lead=()):
        """Values for a batch of shape `lead`."""
        shape = (*lead, *self.dims(KNOWN))
        if self.kind == "b":
            return np.asarray(self.given(rng.integers(0, 2, shape).astype(bool)))[()]
        if self.kind == "i" and self.given is as_it_is:
            return np.asarray(rng.integers(self.lo, self.hi, shape))[()]
        if self.kind == "i":
            return self.given(rng.uniform(-1, 1, shape))
        values = rng.uniform(self.lo, self.hi, shape)
        if self.kind == "c":
            return np.asarray(values + 1j * rng.uniform(self.lo, self.hi, shape), np.complex128)[()]
        return np.asarray(self.given(values), dtype)[()]


@dataclass
class Row:
    """A primitive, its operands, its parameters (or a function of sizes giving them).

    `order`: how often it is differentiated; `tol`: against central differences.
    """

    name: str
    operands: tuple
    params: dict | Callable = field(default_factory=dict)
    order: int = 2
    tol: float = 1e-5
    label: str = ""

    def __str__(self) -> str:
        shapes = "_".join("x".join(map(str, o.shape)) or "0" for o in self.operands)
        return f"{self.name}{'-' + self.label if self.label else ''}-{shapes}"

    def given_params(self, sizes) -> dict:
        return self.params(sizes) if callable(self.params) else self.params

    def avals(self, sizes, dtype=np.float64) -> list:
        dtypes = {"f": dtype, "i": np.int64, "b": bool, "c": np.complex128}
        return [Aval(np.dtype(dtypes[o.kind]), o.dims(sizes)) for o in self.operands]


def f(*shape, lo=-2, hi=2):
    return Operand("f", shape, lo, hi)


def i(*shape, lo=0, hi=2):
    return Operand("i", shape, lo, hi)


def b(*shape):
    return Operand("b", shape)


def c(*shape):
    return Operand("c", shape)


def symmetric(a):
    return (a + np.swapaxes(a, -1, -2)) / 2


def positive_definite(a):
    return a @ np.swapaxes(a, -1, -2) + 2 * np.eye(a.shape[-1])


def spd(*shape):
    return Operand("f", shape, given=positive_definite, direction=symmetric)


def spread_symmetric(*shape):
    """Symmetric matrices whose eigenvalues are well apart."""
    return Operand(
        "f",
        shape,
        -0.3,
        0.3,
        direction=symmetric,
        given=lambda a: symmetric(a) + np.diag(np.arange(a.shape[-1]) * 3.0),
    )


def regular(*shape):
    return Operand("f", shape, -0.5, 0.5, given=lambda a: a + 2 * np.eye(a.shape[-1]))


def ordered(*shape):
    return Operand("f", shape, given=lambda a: np.sort(a, axis=-1))


def with_zeros(*shape):
    """Numbers some of which are 0."""
    return Operand("f", shape, given=lambda a: np.where(np.abs(a) < 0.8, 0.0, a))


# ── elementwise ───────────────────────────────────────────────────────────────────────────────────

OPERAND_KINDS = {
    "bitwise_and": "ii",
    "bitwise_or": "ii",
    "bitwise_xor": "ii",
    "left_shift": "ii",
    "right_shift": "ii",
    "invert": "i",
    "logical_and": "bb",
    "logical_or": "bb",
    "logical_xor": "bb",
    "logical_not": "b",
    "where": "bff",
}
# How often those can be differentiated that have no second derivative.
ORDERS = {"trigamma": 0, "digamma": 1}
COMPLEX = {
    "add",
    "subtract",
    "multiply",
    "divide",
    "negative",
    "power",
    "exp",
    "log",
    "sin",
    "cos",
    "tanh",
    "sqrt",
    "square",
    "reciprocal",
    "conjugate",
    "real",
    "imag",
    "absolute",
}
INTEGER = {
    "add",
    "subtract",
    "multiply",
    "divide",
    "floor_divide",
    "remainder",
    "fmod",
    "power",
    "negative",
    "absolute",
    "sign",
    "square",
    "maximum",
    "minimum",
    "equal",
    "less",
    "logical_and",
    "logical_not",
    "sqrt",
    "exp",
    "sin",
    "isnan",
    "signbit",
    "floor",
    "positive",
    "arctan2",
    "conjugate",
    "real",
    "imag",
    "where",
    "logical_xor",
    "erf",
    "cbrt",
    "copysign",
    "trunc",
    "rint",
    "hypot",
    "fmax",
}


def arity(prim) -> int:
    if prim.ufunc is not None:
        return prim.ufunc.nin
    return len(OPERAND_KINDS.get(prim.name, "f"))


def elementwise_rows():
    for name, prim in TABLE.items():
        if prim.kind != "elementwise":
            continue
        count = arity(prim)
        kinds = OPERAND_KINDS.get(name, "f" * count)
        bounds = prim.domain or ((-2, 2),) * count
        order = ORDERS.get(name, 2)
        for shapes in ([("n", "m"), ("m",), ("n", 1)], [(), (), ()], [("n", 1), ("m",), ()]):
            chosen = zip(kinds, shapes, bounds, strict=False)
            yield Row(name, tuple(Operand(kind, shape, *bound) for kind, shape, bound in chosen), order=order)
        if name in INTEGER:
            yield Row(name, (i("n", lo=1, hi=5),) * count, order=0, label="integers")
        if name in COMPLEX:
            yield Row(name, (c("n"),) * count, order=0, label="complex")
            yield Row(name, (c(),) * count, order=0, label="complex")


# ── the others ────────────────────────────────────────────────────────────────────────────────────


def whole(*dims):
    return tuple(("slice", 0, d, 1) for d in dims)


F64, I64, F32 = np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.float32)

CREATION = [
    Row("zeros", (), lambda s: {"shape": (s.n, 3), "dtype": F64}),
    Row("zeros", (), lambda s: {"shape": (s.n,), "dtype": F32}, label="f32"),
    Row("empty", (), lambda s: {"shape": (s.n,), "dtype": I64}, label="i64"),
    Row("iota", (), lambda s: {"size": s.n, "dtype": I64}),
    Row("iota", (), lambda s: {"size": s.n + 1, "dtype": F32}, label="f32"),
    Row("eye", (), lambda s: {"n": s.n, "m": s.n, "k": 0, "dtype": F64}),
    Row("eye", (), lambda s: {"n": s.n, "m": s.m, "k": -1, "dtype": F32}, label="f32"),
    Row("size", (), lambda s: {"value": s.n * s.m + 2}),
    Row("full", (f(),), lambda s: {"shape": (s.n, s.m)}),
    Row("full", (i(),), lambda s: {"shape": (s.n,)}),
    Row("arange", (f(), f()), lambda s: {"size": s.n, "dtype": F64}),
    Row("arange", (i(), i(lo=1, hi=3)), lambda s: {"size": s.n, "dtype": I64}, label="i64"),
]

TYPES = [
    Row("convert", (f("n"),), {"dtype": F64}),
    Row("convert", (f("n"),), {"dtype": I64}, label="i64"),
    Row("convert", (i("n"),), {"dtype": F64}, label="f64"),
    Row("convert", (f(),), {"dtype": F32}, label="scalar", order=0),
    Row("convert", (b("n"),), {"dtype": F64}, label="bool"),
    Row("convert", (f("n"),), {"dtype": np.dtype(bool)}, label="to-bool"),
    Row("convert", (f("n"),), {"dtype": np.dtype(np.complex128)}, label="complex", order=0),
    Row("copy", (f("n", "m"),)),
    Row("stop_gradient", (f("n"),), order=0),
]

JOINING = [
    Row("stack", (f(), f(), f()), {"axis": 0}),
    Row("stack", (f("n", "m"), f("n", "m")), {"axis": 0}),
    Row("stack", (f("n", "m"), f("n", "m"), f("n", "m")), {"axis": 1}),
    Row("stack", (f("n", "m"), f("n", "m")), {"axis": 2}),
    Row("stack", (i(), i()), {"axis": 0}, label="integers"),
    Row("concatenate", (f("n"), f("m"), f(2)), {"axis": 0}),
    Row("concatenate", (f("n", "m"), f("n", "k")), {"axis": 1}),
]

SHAPE = [
    Row("reshape", (f("n", "m"),), lambda s: {"shape": (s.n * s.m,)}),
    Row("reshape", (f("n", "m"),), lambda s: {"shape": (s.m, 2, s.n // 2)}),
    Row("reshape", (f(1, 1),), {"shape": ()}),
    Row("reshape", (f(),), {"shape": (1, 1)}),
    Row("transpose", (f("n", "m"),), {"axes": (1, 0)}),
    Row("transpose", (f("n", "m", "k"),), {"axes": (2, 0, 1)}),
    Row("transpose", (f("n", "m", "k"),), {"axes": (0, 2, 1)}),
    Row("broadcast_to", (f("m"),), lambda s: {"shape": (s.n, s.m)}),
    Row("broadcast_to", (f("n", 1),), lambda s: {"shape": (s.n, s.m)}),
    Row("broadcast_to", (f(1, "n", 1),), lambda s: {"shape": (s.k, 2, s.n, s.m)}),
    Row("broadcast_to", (f(),), lambda s: {"shape": (s.n,)}),
    *(Row(name, (f("n", "m"),), {"k": k}) for name in ("tril", "triu") for k in (0, -1, 1)),
    Row("tril", (f("p", "n", "n"),), {"k": 0}),
]

AXES = [((0,), False), ((1,), True), ((0, 1), False), ((0, 1), True), ((), False)]
REDUCTIONS = [
    *(
        Row(name, (f("n", "m"),), {"axes": axes, "keepdims": keep}, label=f"{axes}{keep}")
        for name in ("sum", "prod", "max", "min")
        for axes, keep in AXES
    ),
    *(Row(name, (f("n", "m", "k"),), {"axes": (0, 2), "keepdims": False}) for name in ("sum", "prod", "max")),
    *(Row(name, (i("n"),), {"axes": (0,), "keepdims": False}) for name in ("sum", "prod", "max")),
    *(Row(name, (b("n"),), {"axes": (0,), "keepdims": False}) for name in ("sum", "prod", "any", "all")),
    *(Row(name, (b("n", "m"),), {"axes": (1,), "keepdims": True}) for name in ("any", "all")),
    Row("sum", (f(),), {"axes": (), "keepdims": False}),
    Row("prod", (with_zeros("n", "m"),), {"axes": (1,), "keepdims": False}, label="zeros"),
    Row("prod", (with_zeros("k"),), {"axes": (0,), "keepdims": False}, label="zeros"),
    *(Row(name, (f("n", "m"),), {"axis": axis}) for name in ("argmax", "argmin") for axis in (0, 1)),
    Row("argmax", (f("n"),), {"axis": 0}),
    *(
        Row(name, (f("n", "m"),), {"axis": axis}, label=str(axis))
        for name in ("cumsum", "cumprod", "sort", "argsort")
        for axis in (0, 1)
    ),
    *(Row(name, (f("n"),), {"axis": 0}) for name in ("cumsum", "cumprod", "sort", "argsort")),
    Row("cumprod", (with_zeros("n", "k"),), {"axis": 1}, label="zeros"),
    *(Row(name, (b("n"),), {"axis": 0}, label="bool") for name in ("cumsum", "cumprod")),
    *(
        Row("searchsorted", (ordered("k"), f(*shape)), {"side": side}, label=side)
        for side in ("left", "right")
        for shape in ((), ("n",), ("n", "m"))
    ),
    Row("flatnonzero", (Operand("b", ("n",), given=np.ones_like),), lambda s: {"count": s.n}),
]

PRODUCTS = [
    *(
        Row("matmul", (f(*left), f(*right)))
        for left, right in [
            (("n",), ("n",)),
            (("m", "n"), ("n",)),
            (("n",), ("n", "k")),
            (("m", "n"), ("n", "k")),
            (("p", "m", "n"), ("n", "k")),
            (("m", "n"), ("p", "n", "k")),
            (("p", "m", "n"), ("p", "n", "k")),
            (("n",), ("p", "n", "k")),
            (("p", "m", "n"), ("n",)),
            ((2, 1, "m", "n"), (3, "n", "k")),
            ((2, 3, "m", "n"), ("n",)),
            ((2, 3, "m", "n"), ("n", "k")),
        ]
    ),
    *(
        Row(
            "einsum",
            tuple(f(*t) for t in terms.split("->")[0].split(",")),
            {"subscripts": terms},
            label=terms,
        )
        for terms in (
            "mn,nk->mk",
            "mn,mn->",
            "mn,mn->m",
            "m,n->mn",
            "mn->nm",
            "mn->m",
            "mn->",
            "mn,n->",
            "nn->n",
            "nn->",
            "pmn,pnk->pkm",
            "nmn->m",
            "nn,n->n",
            "mn,k->m",
            "n->n",
            "nn,nm->m",
            "pnpm->nm",
        )
    ),
]

LINALG = [
    *(
        Row("solve", (regular(*a), f(*right)))
        for a, right in [
            (("n", "n"), ("n",)),
            (("n", "n"), ("n", "m")),
            (("p", "n", "n"), ("n",)),
            (("p", "n", "n"), ("p", "n", "m")),
            (("p", "n", "n"), ("n", "m")),
            (("n", "n"), ("p", "n", "m")),
        ]
    ),
    *(
        Row(name, (regular(*shape),))
        for name in ("inv", "cofactor", "det", "slogdet")
        for shape in [("n", "n"), ("p", "n", "n")]
    ),
    *(Row("cholesky", (spd(*shape),)) for shape in [("n", "n"), ("p", "n", "n")]),
    *(Row("eigh", (spread_symmetric(*shape),), tol=1e-4) for shape in [("n", "n"), ("p", "n", "n")]),
    *(Row("qr", (f(*shape),), tol=1e-4) for shape in [("n", "n"), ("k", "m"), ("p", "k", "m")]),
    *(
        Row("svd", (f(*shape),), {"full": False}, tol=1e-4)
        for shape in [("n", "n"), ("k", "m"), ("m", "k"), ("p", "k", "m")]
    ),
    *(
        Row("pinv", (f(*shape),), {"cutoff": 1e-12}, tol=1e-4)
        for shape in [("n", "n"), ("k", "m"), ("m", "k"), ("p", "k", "m")]
    ),
    *(
        Row(name, (c(*shape),), {"axis": axis}, label=f"axis{axis}")
        for name in ("fft", "ifft")
        for shape, axis in [(("k",), 0), (("n", "m"), 0), (("n", "m"), 1)]
    ),
]


# ── the index family ──────────────────────────────────────────────────────────────────────────────

# What stands in a subscript for: an integer, and index arrays of these shapes.
INDICES = {"i": (), "I": ("p",), "J": (2,), "C": (2, 1), "K": (2, 2)}
SLICES = {
    ":": lambda d: (0, d, 1),
    "1:-1": lambda d: (1, d - 2, 1),
    "::-1": lambda d: (d - 1, d, -1),
    "::2": lambda d: (0, (d + 1) // 2, 2),
    ":2": lambda d: (0, 2, 1),
    "2::-1": lambda d: (2, 3, -1),
    "::-2": lambda d: (d - 1, (d + 1) // 2, -2),
    "-2:": lambda d: (d - 2, 2, 1),
}
SUBSCRIPTS = [
    ("n", "i"),
    ("nm", "i,:"),
    ("nm", ":,i"),
    ("nm", "i,i"),
    ("n", "1:-1"),
    ("n", "::-1"),
    ("k", "::2"),
    ("nm", "::-1,i"),
    ("n", "2::-1"),
    ("k", "::-2"),
    ("k", "-2:"),
    ("nm", "1:-1,N,i"),
    ("nm", "N,:,i,N"),
    ("n", "I"),
    ("nm", "I,:"),
    ("nm", ":,I"),
    ("nm", "I,J"),
    ("nmk", "I,:,J"),
    ("nmk", "i,:,J"),
    ("nmk", ":,I,J"),
    ("nmk", "i,J,:"),
    ("nmk", ":,i,J"),
    ("nmk", "J,:,i"),
    ("nk", "K,:"),
    ("nk", ":,K"),
    ("nk", "C,J"),
    ("nmk", "C,:,J"),
    ("nmk", ":,C,J"),
    ("nmk", "I,N,J,:"),
    ("nmk", "I,N,:,:2"),
    ("nmk", "i,1:-1,i"),
    ("nmkp", ":,I,:,i"),
    ("nmkp", "i,I,:,:"),
    ("nmkp", ":,:,I,J"),
    ("nkmp", "::2,K,N,i,:"),
]


def distinct(ndim: int, dim: int) -> Callable:
    """Makes different indices of an axis from numbers, some of them counted from its end."""

    def given(values):
        flat = values.reshape(*values.shape[: values.ndim - ndim], -1)
        order = np.argsort(flat, axis=-1).reshape(values.shape)
        return (order - dim * (values > 0)).astype(np.int64)

    return given


def subscript(letters: str, text: str):
    """The index operands of a subscript, its spec as a function of sizes, and the result's shape."""
    operands, entries, axis = [], [], 0
    for item in text.split(","):
        if item == "N":
            entries.append(item)
            continue
        if item in INDICES:
            shape, dim = INDICES[item], SIZES[letters[axis]]
            operands.append(Operand("i", shape, -dim, dim, distinct(len(shape), dim) if shape else as_it_is))
            entries.append(len(operands) - 1)
        else:
            entries.append((letters[axis], SLICES[item]))
        axis += 1

    def spec(sizes):
        found = []
        for entry in entries:
            if entry == "N":
                found.append(("new",))
            elif isinstance(entry, int):
                found.append(("index", entry))
            else:
                found.append(("slice", *entry[1](getattr(sizes, entry[0]))))
        return {"spec": tuple(found)}

    return operands, spec


def part_shape(letters: str, text: str) -> tuple:
    """The shape of `x[subscript]` as NumPy gives it."""
    keys = []
    for item in text.split(","):
        if item in INDICES:
            shape = tuple(SIZES.get(d, d) for d in INDICES[item])
            keys.append(np.zeros(shape, int) if shape else 0)
        elif item == "N":
            keys.append(None)
        else:
            keys.append(slice(*(int(t) if t else None for t in item.split(":"))))
    return np.zeros([SIZES[d] for d in letters])[tuple(keys)].shape


def index_rows():
    for letters, text in SUBSCRIPTS:
        operands, spec = subscript(letters, text)
        part = part_shape(letters, text)
        yield Row("index", (f(*letters), *operands), spec, label=f"[{text}]", order=1)
        values = [part, ()]
        if part:
            values += [part[1:], (1, *part), (1, *part[1:])]
        for value in dict.fromkeys(values):
            for name in ("at_set", "at_add"):
                yield Row(name, (f(*letters), f(*value), *operands), spec, label=f"[{text}]", order=1)


ROWS = [
    *elementwise_rows(),
    *CREATION,
    *TYPES,
    *JOINING,
    *SHAPE,
    *REDUCTIONS,
    *PRODUCTS,
    *LINALG,
    *index_rows(),
]
# Primitives without a row: stacks are tested with while loops in test_ad.py and test_vmap.py, calls in
# test_custom.py, collectives in test_collectives.py.
REASONS = (
    "stack_new", "stack_copy", "stack_push", "stack_pop", "call", "attach", "same",
    "psum", "pmax", "pmin", "all_gather", "axis_index", "ppermute",
    "pure_callback", "callback_each",
)  # fmt: skip

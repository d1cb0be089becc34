"""matmul and einsum as `dot_general`."""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import BOOL, INT, NUMBER
from broadax.backends.pjrt.values import Value
from broadax.runtime.dtypes import BFLOAT16


@emits("matmul")
def matmul(emitter, op, a, b):
    """NumPy's matmul: leading axes broadcast."""
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    lead = max(a.ndim, b.ndim, 2) - 2
    names = [next(letters) for _ in range(lead)]
    left, right = names[lead - max(a.ndim - 2, 0) :], names[lead - max(b.ndim - 2, 0) :]
    return contract(
        emitter.writer,
        [a, b],
        ["".join(left) + ("yk" if a.ndim > 1 else "k"), "".join(right) + ("kz" if b.ndim > 1 else "k")],
        "".join(names) + ("y" if a.ndim > 1 else "") + ("z" if b.ndim > 1 else ""),
        op.out,
    )


@emits("einsum")
def einsum(emitter, op, *xs):
    inputs, output = op.params["subscripts"].split("->")
    return contract(emitter.writer, list(xs), inputs.split(","), output, op.out)


def contract(w, xs, terms, output: str, out) -> Value:
    """The einsum of one or two operands; booleans are counted."""
    dtype = NUMBER if out.dtype == BOOL else out.dtype
    # A device multiplies bfloat16 and adds up float32, which is NumPy's result of a matmul of them.
    if dtype != np.float32 or len(xs) != 2 or any(x.dtype != BFLOAT16 for x in xs):
        xs = [x.convert(dtype) for x in xs]
    sizes = dict(zip(output, out.shape, strict=True))
    seen = [_alone(w, x, term, "".join(terms[:k] + terms[k + 1 :]) + output, sizes)
            for k, (x, term) in enumerate(zip(xs, terms, strict=True))]  # fmt: skip
    (x, letters), *others = seen
    for y, more in others:
        x, letters = _dot(w, x, letters, y, more, output, dtype)
    x = w.transpose(x, [letters.index(c) for c in output if c in letters])
    present = [k for k, c in enumerate(output) if c in letters]
    found = w.spread(x, out.shape, present)
    return found.differs(0) if out.dtype == BOOL else found


def _alone(w, x: Value, term: str, elsewhere: str, sizes) -> tuple[Value, str]:
    """An operand without repeated letters, and summed over letters that stand nowhere else.

    An axis of length 1 that is longer elsewhere is dropped: it broadcasts.
    """
    for c in dict.fromkeys(term):
        while term.count(c) > 1:
            first, second = (k for k in [i for i, d in enumerate(term) if d == c][:2])
            x, term = _diagonal(w, x, first, second), term[:second] + term[second + 1 :]
    gone = [k for k, c in enumerate(term) if c not in elsewhere]
    if gone:
        x = w.reduce("add", x, 0, gone)
        term = "".join(c for k, c in enumerate(term) if k not in gone)
    short = [k for k, c in enumerate(term) if x.shape[k] == 1 and sizes.get(c, 1) != 1]
    if short:
        x = x.reshape(*(d for k, d in enumerate(x.shape) if k not in short))
        term = "".join(c for k, c in enumerate(term) if k not in short)
    return x, term


def _diagonal(w, x: Value, first: int, second: int) -> Value:
    """The elements whose indices along two axes are equal, at the first of them."""
    mask = w.iota(INT, x.shape, first).equals(w.iota(INT, x.shape, second))
    return w.reduce("add", w.select(mask, x, 0), 0, [second])


def _dot(w, a: Value, left: str, b: Value, right: str, output: str, dtype) -> tuple[Value, str]:
    """One `dot_general`; its result's letters are those of the batch, then the left and the right ones."""
    both = [c for c in left if c in right]
    batch, inner = [c for c in both if c in output], [c for c in both if c not in output]
    rest = [c for c in left if c not in both], [c for c in right if c not in both]
    letters = "".join([*batch, *rest[0], *rest[1]])
    sizes = dict(zip(left + right, a.shape + b.shape, strict=True))
    at = lambda term, names: [term.index(c) for c in names]
    batching = f", batching_dims = {at(left, batch)} x {at(right, batch)}" if batch else ""
    dims = f"{batching}, contracting_dims = {at(left, inner)} x {at(right, inner)}"
    exact = ", precision = [HIGHEST, HIGHEST]" if a.dtype.kind in "fc" else ""
    shape = [sizes[c] for c in letters]
    return w.op("dot_general", a, b, dtype=dtype, shape=shape, after=dims + exact), letters

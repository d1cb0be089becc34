"""Products of matrices: matmul and einsum."""

from __future__ import annotations

import string

import numpy as np

from broadax.runtime.dtypes import BFLOAT16
from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval, broadcast, shape_text
from broadax.transforms.core.expression import apply
from broadax.transforms.primitives.registry import bilinear
from broadax.transforms.primitives.shape import expand, expand_to, permuted, unbroadcast
from broadax.transforms.primitives.sort import every_axis

# ── steps of rules ────────────────────────────────────────────────────────────────────────────────


def swap(x):
    """The transposed matrix, of each in a batch."""
    n = x.ndim
    return apply("transpose", x, axes=(*range(n - 2), n - 1, n - 2))


def column(x):
    """Vectors as matrices of one column: `x[..., None]`."""
    return expand(x, 1, x.ndim)


def row(x):
    """Vectors as matrices of one row: `x[..., None, :]`."""
    return expand(x, 1, x.ndim - 1)


def drop(x, axis: int):
    """`x` without an axis of length 1, counted from the end."""
    at = x.ndim + axis
    return apply("reshape", x, shape=(*x.shape[:at], *x.shape[at + 1 :]))


# ── matmul ────────────────────────────────────────────────────────────────────────────────────────

SIGNATURE = "(n?,k),(k,m?)->(n?,m?)"


def _matmul_infer(a, b):
    for k, x in enumerate((a, b)):
        if not x.ndim:
            raise ShapeError(
                f"matmul: Input operand {k} does not have enough dimensions (has 0, gufunc core "
                f"with signature {SIGNATURE} requires 1)"
            )
    inner = b.shape[-2] if b.ndim > 1 else b.shape[0]
    if sizes.same(a.shape[-1], inner) is False:
        raise ShapeError(
            "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc "
            f"signature {SIGNATURE} (size {sizes.hint(inner)} is different from "
            f"{sizes.hint(a.shape[-1])})"
        )
    lead = broadcast(a.shape[:-2], b.shape[:-2])
    rows = a.shape[-2:-1] if a.ndim > 1 else ()
    columns = b.shape[-1:] if b.ndim > 1 else ()
    dtype = np.result_type(a.dtype, b.dtype)
    dtype = np.dtype(np.float32) if dtype == BFLOAT16 else dtype  # NumPy multiplies such matrices as float32
    return Aval(dtype, (*lead, *rows, *columns))


def _matmul_a(ct, a, b):
    """ct bᵀ."""
    if a.ndim == 1 and b.ndim == 1:
        return ct * b
    if b.ndim == 1:
        part = column(ct) * b
    elif a.ndim == 1:
        part = apply("matmul", b, ct) if b.ndim == 2 else drop(apply("matmul", b, column(ct)), -1)
    else:
        part = apply("matmul", ct, swap(b))
    return unbroadcast(part, a.shape)


def _matmul_b(ct, a, b):
    """aᵀ ct; a matrix that many share is met once, by all rows together."""
    if a.ndim == 1 and b.ndim == 1:
        return ct * a
    if a.ndim == 1:
        return unbroadcast(column(a) * row(ct), b.shape)
    if a.ndim > 2 and b.ndim <= 2:
        rows = sizes.product(a.shape[:-1])
        a = apply("reshape", a, shape=(rows, a.shape[-1]))
        ct = apply("reshape", ct, shape=(rows, *ct.shape[ct.ndim - b.ndim + 1 :]))
    return unbroadcast(apply("matmul", swap(a), ct), b.shape)


def _matmul_batch(size, batched, a, b):
    """One matmul whatever is batched; vectors of a batch become matrices where matmul would mix them up."""
    left, right = batched
    wide_a, wide_b = a.ndim - left > 1, b.ndim - right > 1
    if not right and (wide_a or b.ndim <= 2):
        rank = b.ndim + 1 if b.ndim > 2 else 0
        return apply("matmul", expand_to(a, rank), b)
    if not left and not wide_b and a.ndim <= 2:
        return apply("matmul", b, a if a.ndim == 1 else swap(a))
    if not left and not wide_a:
        return apply("matmul", a, b)
    if not wide_a and not wide_b:
        return apply("einsum", a, b, subscripts="ij,ij->i")
    a, b = a if wide_a else row(a), b if wide_b else column(b)
    a = expand_to(a, b.ndim + (not right)) if left else a
    b = expand_to(b, a.ndim + (not left)) if right else b
    out = apply("matmul", a, b)
    return out if wide_a and wide_b else drop(out, -1 if wide_a else -2)


bilinear(
    "matmul",
    infer=_matmul_infer,
    impl=np.matmul,
    transposes={0: _matmul_a, 1: _matmul_b},
    numpy="{0} @ {1}",
    batch=_matmul_batch,
)


# ── einsum ────────────────────────────────────────────────────────────────────────────────────────


def parts(subscripts: str) -> tuple[list[str], str]:
    """The letters of each operand and of the result."""
    inputs, output = subscripts.split("->")
    return inputs.split(","), output


def _einsum_infer(*xs, subscripts):
    terms, output = parts(subscripts)
    dims: dict = {}
    for x, letters in zip(xs, terms, strict=True):
        if len(letters) != x.ndim:
            raise ShapeError(f"einsum subscripts '{subscripts}' do not have a letter for each axis")
        for letter, dim in zip(letters, x.shape, strict=True):
            have = dims.setdefault(letter, dim)
            if sizes.same(have, dim) is False:
                raise ShapeError(
                    "operands could not be broadcast together with remapped shapes "
                    f"[original->remapped]: {' '.join(shape_text(x.shape) for x in xs)}: "
                    f"'{letter}' is {sizes.hint(have)} and {sizes.hint(dim)}"
                )
    return Aval(np.result_type(*(x.dtype for x in xs)), tuple(dims[letter] for letter in output))


def einsum(subscripts: str, *xs):
    """An einsum; nothing or a transpose where it is no more than that."""
    terms, output = parts(subscripts)
    if len(xs) == 1 and len(set(terms[0])) == len(terms[0]) and sorted(terms[0]) == sorted(output):
        return permuted(xs[0], [terms[0].index(c) for c in output])
    return apply("einsum", *xs, subscripts=subscripts)


def _einsum_back(k: int):
    """The cotangent of one operand: the result's letters take its place, and its own are the result."""

    def rule(ct, *xs, subscripts):
        terms, output = parts(subscripts)
        x, mine = xs[k], terms[k]
        others = [(y, letters) for j, (y, letters) in enumerate(zip(xs, terms, strict=True)) if j != k]
        have = {*output, *"".join(letters for _, letters in others)}
        dims = dict(zip(mine, x.shape, strict=True))
        known = "".join(c for c in dims if c in have)
        part = _contract(ct, output, others, known)
        if len(known) < len(dims):  # letters that are summed over in this operand alone
            if known:
                part = apply("reshape", part, shape=tuple(d if c in have else 1 for c, d in dims.items()))
            part = apply("broadcast_to", part, shape=tuple(dims.values()))
        return part if len(dims) == len(mine) else _onto_diagonal(part, mine, x)

    return rule


def _contract(ct, output: str, others, known: str):
    """The cotangent times the other operand, summed to the letters `known`."""
    if not output and others:
        ((y, letters),) = others
        return ct * einsum(f"{letters}->{known}", y)
    lefts = ",".join([output, *(letters for _, letters in others)])
    return einsum(f"{lefts}->{known}", ct, *(y for y, _ in others))


def _onto_diagonal(part, mine: str, x):
    """Zeros of x's shape with `part` where the axes of a repeated letter have the same index."""
    letters = list(dict.fromkeys(mine))
    steps = [apply("iota", size=dim, dtype=np.dtype(np.int64)) for dim in part.shape]
    idx = [expand(steps[j], part.ndim - 1 - j) for j in map(letters.index, mine)]
    blank = apply("zeros", shape=x.shape, dtype=part.dtype)
    return apply("at_set", blank, part, *idx, spec=every_axis(x.ndim), checked=True)


def _einsum_batch(size, batched, *xs, subscripts):
    terms, output = parts(subscripts)
    free = next(c for c in reversed(string.ascii_letters) if c not in subscripts)
    lefts = ",".join(free + t if flag else t for t, flag in zip(terms, batched, strict=True))
    return apply("einsum", *xs, subscripts=f"{lefts}->{free}{output}")


def _einsum_text(args, params, out, text):
    return f'np.einsum("{params["subscripts"]}", {", ".join(args)})'


bilinear(
    "einsum",
    infer=_einsum_infer,
    impl=lambda *xs, subscripts: np.einsum(subscripts, *xs),
    transposes={0: _einsum_back(0), 1: _einsum_back(1)},
    batch=_einsum_batch,
    numpy=_einsum_text,
)

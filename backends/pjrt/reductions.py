"""Reductions, positions of extremes, running sums and products."""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.elementwise import compare, is_nan, truth
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import BOOL, INT, is_float
from broadax.backends.pjrt.values import Value
from broadax.backends.pjrt.writer import listed


def lowest(dtype, low: bool = True):
    """The number of a real dtype below (above) all others."""
    dtype = np.dtype(dtype)
    if dtype == BOOL:
        return not low
    if is_float(dtype):
        return -np.inf if low else np.inf
    info = np.iinfo(dtype)
    return info.min if low else info.max


def _reduces(prim: str, operation: str, start) -> None:
    @emits(prim)
    def rule(emitter, op, x):
        x = x.convert(op.out.dtype) if prim in ("sum", "prod") else x
        x = truth(x) if prim in ("all", "any") else x
        if prim in ("max", "min") and (x.dtype.kind == "c" or is_float(x.dtype)):
            return _extreme(emitter.writer, op, x, prim == "max")
        first = start(x.dtype) if callable(start) else start
        found = emitter.writer.reduce(operation, x, first, _axes(op, x))
        return found.reshape(*op.out.shape)


for _prim, _operation, _start in (
    ("sum", "add", 0),
    ("prod", "multiply", 1),
    ("all", "and", True),
    ("any", "or", False),
    ("max", "maximum", lowest),
    ("min", "minimum", lambda dtype: lowest(dtype, False)),
):
    _reduces(_prim, _operation, _start)


def _axes(op, x: Value) -> list[int]:
    return [k % x.ndim for k in op.params["axes"]] if x.ndim else []


# ── reductions with a region of their own ─────────────────────────────────────────────────────────


def folded(w, xs, starts, axes, better) -> list[Value]:
    """A reduction of several arrays together; `better(left, right)` tells which of two tuples is kept.

    `better` may use no constants: a region of a reduction reads nothing from around it.
    """
    shape = [d for k, d in enumerate(xs[0].shape) if k not in axes]
    outs = [w.new(x.dtype, shape) for x in xs]
    left, right = ([w.new(x.dtype) for x in xs] for _ in range(2))
    pairs = [part for x, s in zip(xs, starts, strict=True) for part in (", ", "(", x, " init: ", s, ")")][1:]
    types = ", ".join(v.type for v in (*xs, *starts))
    head = f" across dimensions = {sorted(axes)} : ({types}) -> ({', '.join(o.type for o in outs)})"
    w.line(*listed(outs), " = stablehlo.reduce", *pairs, head)
    takes = [f"(%{a.name}: {a.type}, %{b.name}: {b.type})" for a, b in zip(left, right, strict=True)]
    w.line(f" reducer{' '.join(takes)} {{")
    with w.region() as lines:
        first = better(left, right)
        kept = [w.select(first, a, b) for a, b in zip(left, right, strict=True)]
        w.line("stablehlo.return ", *listed(kept), f" : {', '.join(v.type for v in kept)}")
    w.lines.extend(lines)
    w.line(f"}}{w.place()}")
    return outs


def _extreme(w, op, x: Value, largest: bool) -> Value:
    """A NaN wins, as in no named reduction of XLA's on CPUs; complex numbers by their real parts first."""

    def better(left, right):
        (a,), (b,) = left, right
        return compare(w, "GE" if largest else "LE", a, b) | is_nan(w, a)

    end = -np.inf if largest else np.inf
    start = w.const(complex(end, end) if x.dtype.kind == "c" else end, x.dtype)
    axes = _axes(op, x)
    return folded(w, [x], [start], axes, better)[0].reshape(*op.out.shape) if axes else x


def _position(prim: str, direction: str) -> None:
    @emits(prim)
    def rule(emitter, op, x):
        """The first of the best; the first NaN if there is one."""
        w, axis = emitter.writer, op.params["axis"] % x.ndim
        x = x.convert(np.uint8) if x.dtype == BOOL else x

        def better(left, right):
            (a, i), (b, j) = left, right
            same = a.equals(b)
            wins = a.compare(direction, b)
            if is_float(x.dtype):
                of_nan, other = a.differs(a), b.differs(b)
                wins, same = wins | (of_nan & ~other), same | (of_nan & other)
                wins = wins & ~(other & ~of_nan)
            return wins | (same & (i < j))

        places = w.iota(INT, x.shape, axis)
        starts = [w.const(lowest(x.dtype, prim == "argmax"), x.dtype), w.const(0, INT)]
        return folded(w, [x, places], starts, [axis], better)[1]


_position("argmax", "GT")
_position("argmin", "LT")


# ── running sums and products ─────────────────────────────────────────────────────────────────────


def _running(prim: str, operation: str, start) -> None:
    @emits(prim)
    def rule(emitter, op, x):
        """A window that ends at each element; XLA computes it by halves."""
        w, axis = emitter.writer, op.params["axis"] % x.ndim
        x = x.convert(op.out.dtype)
        if not x.size:
            return x
        n = x.shape[axis]
        sizes = [n if k == axis else 1 for k in range(x.ndim)]
        pads = [[n - 1, 0] if k == axis else [0, 0] for k in range(x.ndim)]
        out, first = w.new(x.dtype, x.shape), w.const(start, x.dtype)
        a, b = w.new(x.dtype), w.new(x.dtype)
        window = f"window_dimensions = array<i64: {', '.join(map(str, sizes))}>"
        padding = f"padding = dense<{pads}> : tensor<{x.ndim}x2xi64>"
        w.line(out, ' = "stablehlo.reduce_window"(', x, ", ", first, f") <{{{window}, {padding}}}> ({{")
        scalar = a.type
        w.line("^bb0(", a, f": {scalar}, ", b, f": {scalar}):")
        with w.region() as lines:
            found = w.same(operation, a, b)
            w.line("stablehlo.return ", found, f" : {scalar}")
        w.lines.extend(lines)
        w.line(f"}}) : ({x.type}, {scalar}) -> {out.type}{w.place()}")
        return out


_running("cumsum", "add", 0)
_running("cumprod", "multiply", 1)

"""Functions that make an array of another shape of one array."""

from __future__ import annotations

from dataclasses import replace

from fuzz import arrays, integers
from fuzz.scope import Value, Writer


def changed(w: Writer, a: Value) -> Value | None:
    """A rearrangement, a reduction along an axis, a join, of an array."""
    rules = [along_axis, joined_to, rearranged, repeated, taken, ordered]
    if len(a.shape) == 2:
        rules += [matrix, along_axis]
    return w.choose.pick(rules)(w, a)


def along_axis(w: Writer, a: Value) -> Value:
    choose = w.choose
    axis = choose.integer(-len(a.shape), len(a.shape) - 1)
    n = a.shape[axis]
    names = ["sum", "mean", "max", "min", "sum"] if n else ["sum"]
    name = choose.pick(names if a.kind == "f" else [s for s in names if s != "mean"])
    keep = choose.chance(30)
    shape = list(a.shape)
    shape[axis : axis + 1 or None] = [1] if keep else []
    extra = ", keepdims=True" if keep else ""
    form = choose.pick(["np.{1}({0}, axis={2}{3})", "({0}).{1}(axis={2}{3})"])
    size = a.size * max(n, 1) if name == "sum" else a.size
    return Value(form.format(a.text, name, axis, extra), a.kind, tuple(shape), size)


def joined_to(w: Writer, a: Value) -> Value:
    choose = w.choose
    axis = choose.integer(0, len(a.shape) - 1)
    other = list(a.shape)
    if choose.chance(50):
        b = arrays.array_of(w, a.shape, a.kind, 0)
        name = choose.pick(["np.stack", "np.array", "np.vstack"])
        if name == "np.vstack" and len(a.shape) != 1:
            return Value(f"np.vstack([{a.text}, {b.text}])", a.kind, (2 * other[0], *other[1:]), both(a, b))
        return Value(f"{name}([{a.text}, {b.text}])", a.kind, (2, *a.shape), both(a, b))
    other[axis] = choose.pick([2, 1, 3, 0])
    b = arrays.array_of(w, tuple(other), a.kind, 0)
    shape = list(a.shape)
    shape[axis] += other[axis]
    tail = f", axis={axis}" if axis else ""
    return Value(f"np.concatenate(({a.text}, {b.text}){tail})", a.kind, tuple(shape), both(a, b))


def both(a: Value, b: Value) -> float:
    return max(a.size, b.size)


def rearranged(w: Writer, a: Value) -> Value:
    choose = w.choose
    form = choose.pick(["T", "ravel", "reshape", "flip", "roll", "none", "squeeze"])
    if form == "T":
        return replace(a, text=f"({a.text}).T", shape=a.shape[::-1])
    if form == "reshape":
        shapes = [(a.count,)]
        if a.count:
            shapes += [(a.count // k, k) for k in (1, 2, 3) if a.count % k == 0]
        shape = choose.pick(shapes)
        written = list(shape)
        if a.count and choose.chance(40):
            written[0] = -1
        return replace(a, text=f"({a.text}).reshape({', '.join(map(str, written))})", shape=shape)
    if form == "flip":
        return replace(a, text=f"np.flip({a.text}{choose.pick(['', ', 0'])})")
    if form == "roll":
        return replace(a, text=f"np.roll({a.text}, {choose.integer(-2, 2)}, axis={len(a.shape) - 1})")
    if form == "none":
        return replace(a, text=f"({a.text})[None]", shape=(1, *a.shape))
    if form == "squeeze" and 1 in a.shape and a.count > 1:
        return replace(a, text=f"np.squeeze({a.text})", shape=tuple(n for n in a.shape if n != 1))
    return replace(a, text=f"({a.text}).ravel()", shape=(a.count,))


def repeated(w: Writer, a: Value) -> Value:
    choose = w.choose
    k = choose.pick([2, 1, 3])
    if choose.chance(50):
        return replace(a, text=f"np.repeat({a.text}, {k}, axis=0)", shape=(a.shape[0] * k, *a.shape[1:]))
    if len(a.shape) == 1:
        return replace(a, text=f"np.tile({a.text}, {k})", shape=(a.shape[0] * k,))
    shape = (k, *a.shape)
    return replace(a, text=f"np.broadcast_to({a.text}, {shape}) * 1", shape=shape)


def taken(w: Writer, a: Value) -> Value:
    """Elements at integer indices."""
    n = a.shape[0]
    if not n:
        return replace(a, text=f"({a.text})[::-1]")
    choose = w.choose
    found = [i for i in w.arrays("i") if len(i.shape) == 1]
    if found and choose.chance(60):
        index = choose.pick(found)
        text, count = f"{index.text} % {n}", index.shape[0]
    else:
        picks = [choose.integer(-n, n - 1) for _ in range(choose.integer(1, 3))]
        text, count = f"np.array({picks})", len(picks)
    form = choose.pick(["({})[{}]", "np.take({}, {}, axis=0)"])
    return replace(a, text=form.format(a.text, text), shape=(count, *a.shape[1:]))


def ordered(w: Writer, a: Value) -> Value:
    """Sorts, running sums and differences."""
    choose = w.choose
    form = choose.pick(["sort", "cumsum", "diff", "argsort", "prod"])
    n = a.shape[-1]
    if form == "diff" and n:
        return replace(a, text=f"np.diff({a.text})", shape=(*a.shape[:-1], n - 1), size=2 * a.size)
    if form == "argsort" and a.kind == "f" and len(a.shape) == 1:
        return Value(f"({a.text})[np.argsort({a.text}, kind='stable')]", a.kind, a.shape, a.size)
    if form == "cumsum":
        return replace(a, text=f"np.cumsum({a.text}, axis=0)", size=a.size * max(a.shape[0], 1))
    if form == "prod" and a.size < 3:
        return replace(a, text=f"np.cumprod({a.text}, axis=-1)", size=a.size ** max(n, 1))
    return replace(a, text=f"np.sort({a.text})")


def matrix(w: Writer, a: Value) -> Value:
    """What is done with matrices."""
    choose = w.choose
    n, m = a.shape
    form = choose.pick(["vector", "gram", "diag", "trace", "tril", "einsum"])
    if form == "vector":
        b = arrays.array_of(w, (m,), a.kind, 0)
        return Value(f"({a.text}) @ ({b.text})", a.kind, (n,), a.size * b.size * max(m, 1))
    if form == "gram":
        return Value(f"({a.text}) @ ({a.text}).T", a.kind, (n, n), a.size**2 * max(m, 1))
    if form == "diag" and min(n, m):
        return Value(f"np.diag({a.text})", a.kind, (min(n, m),), a.size)
    if form == "einsum":
        return Value(f"np.einsum('ij,ij->i', {a.text}, {a.text})", a.kind, (n,), a.size**2 * max(m, 1))
    if form == "trace" and min(n, m):
        scaled = integers.integer(w, 0)
        return Value(
            f"np.trace({a.text}) * np.arange({n}) + {scaled.text}", a.kind, (n,), a.size * n**2 + 100
        )
    return replace(a, text=f"np.tril({a.text})")

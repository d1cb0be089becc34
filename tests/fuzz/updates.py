"""Random updates in place: elements, slices, rows, masks, integer indices, whole arrays."""

from __future__ import annotations

from fuzz import arrays, integers, scalars, statements
from fuzz.scope import LARGE, Value, Writer
from fuzz.slices import index_text, view_of


def target_array(w: Writer, kinds: str = "fi") -> Value | None:
    found = [a for a in w.arrays(kinds, writable=True) if a.count]
    return w.choose.pick(found) if found else None


def store(w: Writer, target: str, a: Value, shape: tuple, depth: int = 1) -> None:
    """`target op= e`, where `e` broadcasts to the shape and keeps the numbers small."""
    choose = w.choose
    op = choose.weighted([(5, "="), (4, "+="), (2, "*="), (1, "-=")])
    if op == "*=":
        return w.line(f"{target} *= {choose.pick(['-1', '0.5', '-0.8'] if a.kind == 'f' else ['-1', '1'])}")
    if shape and choose.chance(70):
        v = arrays.array_of(w, shape, a.kind, depth)
    else:
        v = scalars.floating(w, depth) if a.kind == "f" else integers.integer(w, depth)
    text = v.text
    if a.kind == "i" and (w.loops or w.careful or v.size > LARGE):
        text = f"({text}) % 7"
    elif v.size > LARGE or (op != "=" and (w.loops or w.careful)):
        text = f"np.tanh({text})"
    return w.line(f"{target} {op} {text}")


def element(w: Writer) -> None:
    a = target_array(w)
    if a is None:
        return statements.scalar(w)
    parts = [index_text(w, n) for n in a.shape]
    form = "][" if len(parts) > 1 and w.choose.chance(30) else ", "
    return store(w, f"{a.text}[{form.join(parts)}]", a, (), 2)


def part(w: Writer) -> None:
    """A store to a slice, row, column, or a part of a part."""
    a = target_array(w)
    if a is None:
        return statements.scalar(w)
    v = view_of(w, a)
    return store(w, v.text, a, v.shape, 2)


def whole_array(w: Writer) -> None:
    a = target_array(w)
    if a is None:
        return statements.scalar(w)
    if a.text not in w.names or w.choose.chance(40):
        return store(w, f"{a.text}[:]", a, a.shape, 2)
    op, v = w.choose.pick(["+=", "-=", "*="]), arrays.array_of(w, a.shape, a.kind, 1)
    text = f"({v.text}) % 5" if a.kind == "i" else f"np.tanh({v.text})"
    text = "-1" if op == "*=" and a.kind == "i" else text
    return w.line(f"{a.text} {op} {text}")


def mask(w: Writer) -> None:
    a = target_array(w)
    if a is None:
        return statements.scalar(w)
    where = arrays.comparison(w, a.shape, 1)
    return store(w, f"{a.text}[{where.text}]", a, ())


def gather(w: Writer) -> None:
    """A store at integer indices."""
    a = target_array(w)
    if a is None:
        return statements.scalar(w)
    choose = w.choose
    n = a.shape[0]
    found = [i for i in w.arrays("i") if len(i.shape) == 1]
    if found and choose.chance(60):
        index = choose.pick(found)
        text, count = f"{index.text} % {n}", index.shape[0]
    else:
        picks = [choose.integer(-n, n - 1) for _ in range(choose.integer(1, 3))]
        text, count = f"np.array({picks})" if choose.chance(50) else str(picks), len(picks)
    if len(a.shape) == 2 and choose.chance(40):
        text, rest = f"{text}, {index_text(w, a.shape[1])}", ()
    else:
        rest = a.shape[1:]
    return store(w, f"{a.text}[{text}]", a, (count, *rest))


def masked(w: Writer) -> None:
    """A store of an array at a mask: of another one there, or of numbers that the mask counts."""
    a = target_array(w)
    if a is None:
        return statements.scalar(w)
    where = arrays.comparison(w, a.shape, 1)
    b = arrays.array_of(w, a.shape, a.kind, 1)
    name = w.fresh("mask")
    w.line(f"{name} = {where.text}")
    w.bind(name, Value(name, "b", a.shape, 1))
    text = f"({b.text})[{name}]"
    return w.line(f"{a.text}[{name}] = " + (f"({text}) % 7" if a.kind == "i" else f"np.tanh({text})"))


def into(w: Writer) -> None:
    """A function of NumPy that writes its result to an array."""
    a = target_array(w, "f")
    if a is None:
        return statements.scalar(w)
    b, c = arrays.array_of(w, a.shape, "f", 1), arrays.array_of(w, a.shape, "f", 0)
    form = w.choose.pick(["np.tanh({}, out={})", "np.minimum({}, {}, out={})", "np.add({}, {}, out={})"])
    operands = (b.text, a.text) if "tanh" in form else (f"np.tanh({b.text})", f"np.sin({c.text})", a.text)
    return w.line(form.format(*operands))


def added_at(w: Writer) -> None:
    """`np.add.at`, which counts an index as often as it is given."""
    found = [a for a in w.arrays("f", writable=True) if len(a.shape) == 1 and a.count]
    if not found:
        return statements.scalar(w)
    a = w.choose.pick(found)
    picks = [w.choose.integer(-a.count, a.count - 1) for _ in range(w.choose.integer(1, 3))]
    return w.line(f"np.add.at({a.text}, {picks}, np.tanh({scalars.floating(w, 1).text}))")

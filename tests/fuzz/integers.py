"""Random int expressions."""

from __future__ import annotations

from fuzz import arrays, scalars
from fuzz.scope import Value, Writer

LIMIT = 200  # about the largest float that is made an int


def integer(w: Writer, depth: int = 2) -> Value:
    """An int."""
    if depth <= 0:
        return _int_leaf(w, 0)
    rules = [(5, _int_leaf), (6, _int_arithmetic), (2, _int_of), (1, _int_ternary), (1, _bits)]
    return w.choose.weighted(rules)(w, depth)


def _int_leaf(w: Writer, depth: int) -> Value:
    choose = w.choose
    form = choose.weighted([(2, "literal"), (4, "name"), (2, "element"), (2, "size")])
    if form == "name" and (found := w.scalars("i")):
        return choose.pick(found)
    if form == "element" and (found := scalars.element(w, "i")):
        return found
    if form == "size" and (found := w.arrays()):
        a = choose.pick(found)
        axis = choose.integer(0, len(a.shape) - 1)
        if axis == 0 and choose.chance(50):
            return Value(f"len({a.text})", "i", (), a.shape[0])
        if choose.chance(20):
            return Value(f"{a.text}.size", "i", (), a.count)
        return Value(f"{a.text}.shape[{axis}]", "i", (), a.shape[axis])
    return Value(str(choose.pick([1, 2, 0, 3, -1, 5, -4])), "i", (), 5)


def _int_arithmetic(w: Writer, depth: int) -> Value:
    choose = w.choose
    op = choose.pick(["+", "-", "*", "//", "%", "**"])
    a, b = integer(w, depth - 1), integer(w, depth - 1)
    if op == "**":
        return whole(w, Value(f"({a.text}) ** {choose.pick([2, 3, 0])}", "i", (), abs(a.size) ** 3))
    if op in "//%":
        n = choose.pick([2, 3, 5, -3, 7])
        text = f"({a.text}) {op} {n}"
        if choose.chance(30):
            text = f"({a.text}) {op} (1 + abs({b.text}))"
        return Value(f"({text})", "i", (), a.size if op == "//" else 7)
    size = a.size * b.size if op == "*" else a.size + b.size
    return whole(w, Value(f"({a.text} {op} {b.text})", "i", (), size))


def whole(w: Writer, v: Value) -> Value:
    """The int, or its remainder where it may be large."""
    if v.size <= 1000:
        return v
    n = w.choose.pick([7, 11, 97, -13])
    return Value(f"(({v.text}) % {n})", "i", (), abs(n))


def _int_of(w: Writer, depth: int) -> Value:
    """An int made of a float, a boolean, an array."""
    choose = w.choose
    form = choose.pick(["int", "floor", "bool", "arg", "count", "abs", "min"])
    if form == "int":
        return Value(f"int({scalars.floating(w, depth - 1).text})", "i", (), LIMIT)
    if form == "floor":
        return Value(
            f"math.{choose.pick(['floor', 'ceil'])}({scalars.floating(w, depth - 1).text})", "i", (), LIMIT
        )
    if form == "bool":
        return Value(f"int({scalars.boolean(w, depth - 1).text})", "i", (), 1)
    if form == "min":
        a, b = integer(w, depth - 1), integer(w, depth - 1)
        return Value(f"{choose.pick(['min', 'max'])}({a.text}, {b.text})", "i", (), max(a.size, b.size))
    if form in ("arg", "count"):
        a = arrays.array(w, depth - 1, "f" if form == "arg" else "b")
        if a.shape and a.count and form == "arg":
            return Value(f"np.{choose.pick(['argmax', 'argmin'])}({a.text})", "i", (), a.count)
        if a.shape and a.kind == "b":
            return Value(f"{choose.pick(['np.sum', 'np.count_nonzero'])}({a.text})", "i", (), a.count)
    a = integer(w, depth - 1)
    return Value(f"abs({a.text})", "i", (), a.size)


def _int_ternary(w: Writer, depth: int) -> Value:
    c, a, b = scalars.boolean(w, depth - 1), integer(w, depth - 1), integer(w, depth - 1)
    return Value(f"({a.text} if {c.text} else {b.text})", "i", (), max(a.size, b.size))


def _bits(w: Writer, depth: int) -> Value:
    choose = w.choose
    a, b = integer(w, depth - 1), integer(w, depth - 1)
    op = choose.pick(["&", "|", "^", "<<", ">>", "~"])
    if op == "~":
        return Value(f"(~({a.text}))", "i", (), a.size + 1)
    if op in ("<<", ">>"):
        return whole(w, Value(f"(({a.text}) {op} {choose.pick([1, 0, 2])})", "i", (), a.size * 4))
    return Value(f"(({a.text}) {op} ({b.text}))", "i", (), 2 * max(abs(a.size), abs(b.size)))

"""Random scalar expressions: floats and booleans."""

from __future__ import annotations

from fuzz import arrays, integers
from fuzz.scope import Callee, Value, Writer
from fuzz.slices import index_text

SMOOTH = (
    "np.tanh",
    "np.sin",
    "math.cos",
    "np.arctan",
    "abs",
    "math.sin",
    "math.tanh",
    "np.abs",
    "-",
    "float",
)


def element(w: Writer, kinds: str) -> Value | None:
    """An element of an array or list of numbers."""
    found = [a for a in w.arrays(kinds) if a.count]
    if not found:
        return None
    a = w.choose.pick(found)
    parts = [index_text(w, n) for n in a.shape]
    form = "][" if len(parts) > 1 and w.choose.chance(25) else ", "
    return Value(f"{a.text}[{form.join(parts)}]", a.kind, (), a.size)


def number(w: Writer, depth: int = 2) -> Value:
    """A scalar of any kind of number, as a float expression needs one."""
    return floating(w, depth) if w.choose.chance(80) else integers.integer(w, depth - 1)


def floating(w: Writer, depth: int = 2) -> Value:
    """A float (or, where only data decides, an int or a float)."""
    choose = w.choose
    if depth <= 0:
        return _float_leaf(w)
    rules = [
        (6, _float_leaf),
        (8, _arithmetic),
        (3, _function),
        (2, _ternary),
        (3, _reduction),
        (1, _of_int),
        (2, _called),
        (1, _least),
        (1, _float_mod),
    ]
    return choose.weighted(rules)(w, *(() if depth <= 0 else (depth,)))


def _float_leaf(w: Writer, depth: int = 0) -> Value:
    choose = w.choose
    form = choose.weighted([(3, "name"), (3, "element"), (1, "literal")])
    if form == "name" and (found := w.scalars("fn")):
        return choose.pick(found)
    if form != "literal" and (found := element(w, "f")):
        return found
    text = choose.pick(["1.0", "0.5", "2.0", "-1.5", "0.25", "3.0", "1e-3", "-0.75"])
    return Value(text, "f", (), 3.0)


def _arithmetic(w: Writer, depth: int) -> Value:
    choose = w.choose
    op = choose.weighted([(4, "+"), (3, "-"), (4, "*"), (2, "/"), (1, "**")])
    a = floating(w, depth - 1)
    if op == "**":
        power = choose.pick([2, 3, 2.0]) if a.size <= 10 else 2
        return bounded(w, Value(f"({a.text}) ** {power}", "f" if a.kind == "f" else "n", (), a.size**3))
    b = number(w, depth - 1)
    if op == "/":
        b = Value(f"(1.5 + abs({b.text}))", "f", (), 1.0)
    elif choose.chance(40):
        a, b = b, a
    size = a.size * b.size if op == "*" else a.size if op == "/" else a.size + b.size
    kind = "f" if "f" in (a.kind, b.kind) or op == "/" else "n"
    return bounded(w, Value(f"({a.text} {op} {b.text})", kind, (), size))


def bounded(w: Writer, v: Value) -> Value:
    """The value, or a function of it that is not large."""
    if v.size <= 1000:
        return v
    return Value(f"{w.choose.pick(['np.tanh', 'math.tanh', 'np.sin'])}({v.text})", "f", (), 1.0)


def _function(w: Writer, depth: int) -> Value:
    a = floating(w, depth - 1)
    name = w.choose.pick(SMOOTH)
    if name == "float":
        return Value(f"float({a.text})", "f", (), a.size)
    kind = a.kind if name in ("abs", "-") else "f"
    return Value(f"{name}({a.text})", kind, (), a.size if "abs" in name or name == "-" else 1.6)


def _ternary(w: Writer, depth: int) -> Value:
    c, a, b = boolean(w, depth - 1), floating(w, depth - 1), number(w, depth - 1)
    kind = either(w, a, b)
    return Value(f"({a.text} if {c.text} else {b.text})", kind, (), max(a.size, b.size))


def either(w: Writer, a: Value, b: Value) -> str:
    """The kind of one or the other, which data decides."""
    w.mixed |= a.kind != "f" or b.kind != "f"
    return "f" if a.kind == b.kind == "f" else "n"


def _reduction(w: Writer, depth: int) -> Value:
    """A number made of an array, of a part of it, or of two."""
    choose = w.choose
    a = arrays.array(w, depth - 1, "f")
    if not a.shape:
        return a
    if not a.count:
        return Value(f"np.sum({a.text})", "f", (), 0.0)
    form = choose.weighted([(4, "np"), (2, "method"), (2, "dot"), (1, "builtin"), (2, "part"), (1, "masked")])
    if form == "dot" and len(a.shape) == 1:
        b = arrays.array_of(w, a.shape, "f", depth - 1)
        call = choose.pick(["np.dot({}, {})", "({} @ {})", "np.sum({} * {})", "np.inner({}, {})"])
        return bounded(w, Value(call.format(a.text, b.text), "f", (), a.size * b.size * a.count))
    if form == "masked":
        where = arrays.comparison(w, a.shape, 1)
        return bounded(w, Value(f"np.sum(({a.text})[{where.text}])", "f", (), a.size * a.count))
    if form == "builtin" and len(a.shape) == 1:
        name = choose.pick(["sum", "max", "min"])
        return bounded(w, Value(f"{name}({a.text})", "f" if name != "sum" else "f", (), a.size * a.count))
    if form == "part" and len(a.shape) == 1 and (ints := w.scalars("i")):
        k = choose.pick(ints).text
        part = choose.pick([":{}", "{}:", "1:{}", "::2"]).format(f"{k} % {a.count + 1}")
        return bounded(w, Value(f"np.sum({a.text}[{part}])", "f", (), a.size * a.count))
    name = choose.pick(["sum", "mean", "max", "min", "sum", "prod", "var"])
    if name in ("prod", "var"):
        name, a = ("sum", a) if a.size > 3 or not 1 < a.count < 7 else (name, a)
    size = a.size**a.count if name == "prod" else a.size * a.count
    text = f"({a.text}).{name}()" if form == "method" else f"np.{name}({a.text})"
    return bounded(w, Value(text, "f", (), size))


def _of_int(w: Writer, depth: int) -> Value:
    a = integers.integer(w, depth - 1)
    text = w.choose.pick(["{} * 0.5", "float({})", "{} / 4", "({}) ** 0.5 * 1.0"])
    inner = f"abs({a.text})" if "**" in text else f"({a.text})"
    return bounded(w, Value(f"({text.format(inner)})", "f", (), a.size))


def _least(w: Writer, depth: int) -> Value:
    a, b = floating(w, depth - 1), floating(w, depth - 1)
    name = w.choose.pick(["max", "min", "np.maximum", "np.minimum", "math.hypot", "math.fmod"])
    second = f"1.5 + abs({b.text})" if name in ("math.fmod", "math.hypot") else b.text
    kind = "f" if name in ("math.hypot", "math.fmod") else either(w, a, b)
    return Value(f"{name}({a.text}, {second})", kind, (), max(a.size, b.size) * 1.5)


def _float_mod(w: Writer, depth: int) -> Value:
    a = floating(w, depth - 1)
    divisor = w.choose.pick([2.5, 1.5, -2.0, 3])
    op = w.choose.pick(["%", "//"])
    return Value(f"({a.text} {op} {divisor})", a.kind, (), a.size)


def _called(w: Writer, depth: int) -> Value:
    found = [f for f in w.callees(writes=False) if f.result.shape == () and f.result.kind in "fn"]
    if not found:
        return _function(w, depth)
    return call(w, w.choose.pick(found), depth)


def call(w: Writer, f: Callee, depth: int) -> Value:
    """A call with arguments of the kinds and shapes that the function was written for."""
    args = []
    for p in f.params:
        if p.shape:
            text = arrays.array_of(w, p.shape, p.kind, depth - 1).text
        else:
            text = (integers.integer if p.kind == "i" else floating)(w, depth - 1).text
        args.append(f"{p.text}={text}" if p.text.startswith("key_") else text)
    return Value(f"{f.text}({', '.join(args)})", f.result.kind, f.result.shape, f.result.size)


# ── booleans ──────────────────────────────────────────────────────────────────────────────────────


def boolean(w: Writer, depth: int = 1) -> Value:
    """A condition: comparisons, chains of them, and/or/not, quantifiers, names."""
    choose = w.choose
    form = choose.weighted([(6, "floats"), (3, "ints"), (2, "logic"), (1, "chain"), (2, "leaf"), (1, "any")])
    op = choose.pick(["<", ">", "<=", ">="])
    text = ""
    if form == "logic" and depth > 0:
        a, b = boolean(w, depth - 1), boolean(w, depth - 1)
        text = choose.pick([f"({a.text} and {b.text})", f"({a.text} or {b.text})", f"(not {a.text})"])
    elif form == "chain":
        a, b, c = floating(w, depth - 1), floating(w, depth - 1), floating(w, depth - 1)
        text = f"({a.text} {op} {b.text} {choose.pick(['<', '<='])} {c.text})"
    elif form == "any" and (arrays := w.arrays("f")):
        how = choose.pick(["np.any", "np.all", "any", "all"])
        arrays = [a for a in arrays if len(a.shape) == 1 or how.startswith("np")] or None
        text = f"{how}({choose.pick(arrays).text} {op} {floating(w, 0).text})" if arrays else ""
    elif form == "leaf":
        found = w.scalars("b") or [e for e in [element(w, "b")] if e]
        text = choose.pick(found).text if found else ""
    elif form == "ints":
        a, b = integers.integer(w, depth), integers.integer(w, depth - 1)
        forms = [
            f"({a.text} {op} {b.text})",
            f"({a.text} % 2 == {choose.pick([0, 1])})",
            f"({a.text} in (1, 2, 5))",
        ]
        text = choose.pick([*forms, f"({a.text} != {b.text})"])
    if not text:
        a, b = floating(w, depth), floating(w, depth - 1)
        text = f"({a.text} {op} {b.text})"
    return Value(text, "b", (), 1)

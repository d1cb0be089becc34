"""Random array expressions, of any shape or of a given one."""

from __future__ import annotations

from fuzz import integers, scalars, shaping
from fuzz.scope import Value, Writer
from fuzz.slices import fits, slices, view_of

UNARY = {
    "np.tanh({})": 1.0,
    "np.sin({})": 1.0,
    "np.cos({})": 1.0,
    "np.exp(-np.abs({}))": 1.0,
    "np.log1p(({}) ** 2)": 15.0,
    "np.sqrt(1.0 + ({}) ** 2)": None,
    "np.abs({})": None,
    "-({})": None,
    "np.clip({}, -1.0, 1.5)": 1.5,
    "np.floor({})": None,
    "np.sign({})": 1.0,
    "np.square(np.sin({}))": 1.0,
    "np.maximum({}, 0.25)": None,
    "np.cumsum({}, axis=-1)": 600.0,
    "np.sort({}, axis=-1)": None,
    "np.round({}, 1)": None,
    "np.abs(np.exp(1j * ({})))": 1.0,
    "(np.exp(1j * ({})) * (1 - 2j)).real": 3.0,
    "np.abs(({}) + 1.5j)": None,
}


def bounded(w: Writer, v: Value) -> Value:
    """The array, or a function of it that is not large."""
    if v.size <= 1000 or v.kind == "b":
        return v
    if v.kind == "i":
        n = w.choose.pick([7, 11, -13])
        return Value(f"(({v.text}) % {n})", "i", v.shape, 13)
    return Value(f"{w.choose.pick(['np.tanh', 'np.sin'])}({v.text})", "f", v.shape, 1.0)


def array(w: Writer, depth: int, kinds: str = "fi") -> Value:
    """An array expression of any shape (a scalar where a subscript leaves nothing else)."""
    choose = w.choose
    kind = choose.pick(kinds)
    found = w.arrays(kind)
    if kind == "b" or not found:
        shape = choose.pick(w.arrays()).shape if w.arrays() else (3,)
        return array_of(w, shape, kind, depth)
    base = choose.pick(found)
    if depth <= 0 or choose.chance(20):
        return base
    form = choose.weighted([(4, "same"), (3, "view"), (4, "change"), (1, "call")])
    if form == "view":
        return view_of(w, base)
    if form == "change":
        changed = shaping.changed(w, array_of(w, base.shape, kind, depth - 1))
        return bounded(w, changed) if changed else base
    if form == "call":
        fits_ = [f for f in w.callees(writes=False) if f.result.shape and f.result.kind == kind]
        if fits_:
            return scalars.call(w, choose.pick(fits_), depth)
    return array_of(w, base.shape, kind, depth)


def array_of(w: Writer, shape: tuple[int, ...], kind: str, depth: int = 2) -> Value:
    """An array expression of this shape and kind."""
    if not shape:
        return {"f": scalars.floating, "i": integers.integer, "b": scalars.boolean}[kind](w, depth)
    if kind == "b":
        return comparison(w, shape, depth)
    rules = [(4, leaf)]
    if depth > 0:
        rules += [(5, binary), (1, where)]
        if kind == "f":
            rules += [(3, unary), (1, of_ints), (1, product)]
        if len(shape) == 1:
            rules += [(1, displayed)]
    return w.choose.weighted(rules)(w, shape, kind, depth)


def leaf(w: Writer, shape: tuple, kind: str, depth: int = 0) -> Value:
    """A name, a part of a name, or a new array."""
    choose = w.choose
    names = [a for a in w.arrays(kind) if a.shape == shape]
    if names and choose.chance(65):
        return choose.pick(names)
    parts = [a for a in w.arrays(kind) if len(a.shape) == len(shape) and all(map(fits, a.shape, shape))]
    if parts and choose.chance(60):
        a = choose.pick(parts)
        texts = [choose.pick(slices(n)[k]) for n, k in zip(a.shape, shape)]
        return Value(f"{a.text}[{', '.join(texts)}]", kind, shape, a.size)
    turned = [a for a in w.arrays(kind) if len(shape) == 2 and a.shape == shape[::-1]]
    if turned and choose.chance(50):
        return Value(f"{choose.pick(turned).text}.T", kind, shape)
    rows = [a for a in w.arrays(kind) if len(a.shape) == 2 and a.shape[1:] == shape and a.shape[0]]
    if rows and choose.chance(50):
        a = choose.pick(rows)
        return Value(f"{a.text}[{choose.integer(0, a.shape[0] - 1)}]", kind, shape, a.size)
    return made(w, shape, kind)


def made(w: Writer, shape: tuple, kind: str) -> Value:
    """A new array."""
    choose = w.choose
    text = str(shape) if len(shape) != 1 else str(shape[0])
    total = 1
    for n in shape:
        total *= n
    if kind == "f":
        x = scalars.floating(w, 0)
        forms = [f"np.zeros({text})", f"np.ones({text})", f"np.full({text}, {x.text} * 1.0)"]
        reshape = f".reshape({text})" if len(shape) > 1 else ""
        forms += [f"np.arange({total}.0){reshape}", f"np.linspace(-1.0, 2.0, {total}){reshape}"]
        like = [a for a in w.arrays("f") if a.shape == shape]
        forms += [f"np.zeros_like({like[0].text})", f"{like[0].text}.copy()"] if like else []
        return Value(choose.pick(forms), kind, shape, max(x.size, float(total)))
    k = integers.integer(w, 0)
    reshape = f".reshape({text})" if len(shape) > 1 else ""
    forms = [f"np.arange({total}){reshape}", f"np.ones({text}, dtype=int)", f"np.full({text}, {k.text})"]
    return Value(choose.pick(forms), kind, shape, max(k.size, total))


def partner(w: Writer, shape: tuple, kind: str, depth: int) -> Value:
    """An operand that broadcasts to the shape."""
    choose = w.choose
    form = choose.weighted([(4, "same"), (3, "scalar"), (2, "fewer")])
    if form == "fewer":
        found = [a for a in w.arrays(kind) if broadcasts(a.shape, shape)]
        if found:
            return choose.pick(found)
        if len(shape) == 2:
            column = array_of(w, shape[:1], kind, 0)
            return Value(f"({column.text})[:, None]", kind, (shape[0], 1), column.size)
    if form == "scalar":
        return integers.integer(w, depth) if kind == "i" else scalars.floating(w, depth)
    return array_of(w, shape, kind, depth)


def broadcasts(small: tuple, shape: tuple) -> bool:
    """Does an array of one shape broadcast to another one?"""
    if len(small) > len(shape):
        return False
    return all(a in (1, b) for a, b in zip(small[::-1], shape[::-1]))


def binary(w: Writer, shape: tuple, kind: str, depth: int) -> Value:
    choose = w.choose
    a, b = array_of(w, shape, kind, depth - 1), partner(w, shape, kind, depth - 1)
    if kind == "f":
        op = choose.pick(["+", "*", "-", "/", "np.maximum", "np.minimum", "**"])
    else:
        op = choose.pick(["+", "*", "-", "//", "%", "np.maximum", "&", "|", "^"])
    size = a.size * b.size if op == "*" else a.size + b.size
    if op == "**":
        return bounded(w, Value(f"(({a.text}) ** 2)", kind, shape, a.size**2))
    if op == "/":
        return Value(f"({a.text} / (1.5 + np.abs({b.text})))", kind, shape, a.size)
    if op in ("//", "%"):
        b = Value(choose.pick(["3", "-2", f"(1 + np.abs({b.text}))"]), kind)
        return Value(f"(({a.text}) {op} {b.text})", kind, shape, max(7, a.size))
    if op.startswith("np"):
        return Value(f"{op}({a.text}, {b.text})", kind, shape, max(a.size, b.size))
    if choose.chance(40):
        a, b = b, a
    return bounded(w, Value(f"({a.text} {op} {b.text})", kind, shape, size))


def unary(w: Writer, shape: tuple, kind: str, depth: int) -> Value:
    a = array_of(w, shape, kind, depth - 1)
    form = w.choose.pick(list(UNARY))
    size = UNARY[form]
    return Value(form.format(a.text), kind, shape, a.size if size is None else size)


def of_ints(w: Writer, shape: tuple, kind: str, depth: int) -> Value:
    a = array_of(w, shape, "i", depth - 1)
    form = w.choose.pick(["({}) * 0.5", "({}) / 3", "({}).astype(float)", "np.sin({})"])
    return Value(f"({form.format(a.text)})", kind, shape, a.size)


def where(w: Writer, shape: tuple, kind: str, depth: int) -> Value:
    c = comparison(w, shape, depth - 1)
    a, b = array_of(w, shape, kind, depth - 1), partner(w, shape, kind, depth - 1)
    if w.choose.chance(50):
        a, b = b, a
    return Value(f"np.where({c.text}, {a.text}, {b.text})", kind, shape, max(a.size, b.size))


def product(w: Writer, shape: tuple, kind: str, depth: int) -> Value:
    """A product of matrices or an outer product that has the shape."""
    choose = w.choose
    inner = choose.pick([n for v in w.arrays("f") for n in v.shape if n] or [2])
    if len(shape) == 1:
        a, b = array_of(w, (*shape, inner), kind, depth - 1), array_of(w, (inner,), kind, depth - 1)
        text = choose.pick(["({} @ {})", "np.dot({}, {})"]).format(a.text, b.text)
    elif len(shape) == 2 and choose.chance(60):
        a = array_of(w, (shape[0], inner), kind, depth - 1)
        b = array_of(w, (inner, shape[1]), kind, depth - 1)
        text = choose.pick(["({} @ {})", "np.matmul({}, {})"]).format(a.text, b.text)
    elif len(shape) == 2:
        a, b = array_of(w, shape[:1], kind, depth - 1), array_of(w, shape[1:], kind, depth - 1)
        text, inner = f"np.outer({a.text}, {b.text})", 1
    else:
        return unary(w, shape, kind, depth)
    return bounded(w, Value(text, kind, shape, a.size * b.size * inner))


def displayed(w: Writer, shape: tuple, kind: str, depth: int) -> Value:
    """An array of given elements, by a display or a comprehension."""
    choose = w.choose
    make = scalars.floating if kind == "f" else integers.integer
    if choose.chance(50) and 0 < shape[0] < 5:
        items = [make(w, depth - 1) for _ in range(shape[0])]
        one = "1.0 * " if kind == "f" else ""
        text = ", ".join(f"{one}({v.text})" if v.kind != kind else v.text for v in items)
        return Value(f"np.array([{text}])", kind, shape, max(v.size for v in items))
    if not shape[0]:
        return made(w, shape, kind)
    k = w.fresh("c")
    saved, w.names = w.names, dict(w.names)
    w.bind(k, Value(k, "i", (), shape[0], (0, shape[0] - 1)))
    item = make(w, depth - 1)
    w.names = saved
    item_text = f"1.0 * ({item.text})" if item.kind != kind else item.text
    return Value(f"np.array([{item_text} for {k} in range({shape[0]})])", kind, shape, item.size)


def comparison(w: Writer, shape: tuple, depth: int) -> Value:
    """A mask."""
    choose = w.choose
    names = [a for a in w.arrays("b") if a.shape == shape]
    form = choose.weighted([(4, "compare"), (2, "name"), (1, "logic")])
    if form == "name" and names:
        return choose.pick(names)
    if form == "logic" and depth > 0:
        a, b = comparison(w, shape, depth - 1), comparison(w, shape, depth - 1)
        return Value(f"({a.text} {choose.pick('&|^')} ~{b.text})", "b", shape, 1)
    kind = choose.pick("fi")
    a, b = array_of(w, shape, kind, depth - 1), partner(w, shape, kind, 0)
    return Value(f"({a.text} {choose.pick(['<', '>', '<=', '>='])} {b.text})", "b", shape, 1)

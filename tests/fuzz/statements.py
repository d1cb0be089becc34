"""Random statements: assignments, updates in place, containers, branches."""

from __future__ import annotations

from dataclasses import replace

from fuzz import arrays, containers, functions, growing, integers, loops, scalars, structures, updates
from fuzz.scope import LARGE, Value, Writer, joined
from fuzz.slices import view_of

RULES = [
    (8, "scalar"),
    (6, "augmented"),
    (6, "new_array"),
    (5, "view"),
    (6, "element"),
    (7, "part"),
    (3, "mask"),
    (3, "gather"),
    (2, "masked"),
    (1, "into"),
    (1, "added_at"),
    (2, "grow"),
    (2, "record"),
    (1, "other_function"),
    (1, "complexes"),
    (3, "whole_array"),
    (5, "branch"),
    (7, "loop"),
    (2, "swap"),
    (3, "group"),
    (2, "define"),
    (2, "call_writer"),
]


def statements(w: Writer, most: int = 4) -> None:
    """Write some statements."""
    for _ in range(w.choose.integer(1, most)):
        if w.budget <= 0:
            return
        w.budget -= 1
        statement(w)


def statement(w: Writer) -> None:
    name = w.choose.weighted(RULES)
    if name in ("branch", "loop") and w.indent > 4:
        name = "scalar"
    WRITERS[name](w)


# ── names ─────────────────────────────────────────────────────────────────────────────────────────


def kept(w: Writer, v: Value) -> Value:
    """A value that may be bound to a name that is carried around a loop."""
    if w.loops and v.size > LARGE and v.kind in "fn":
        return Value(f"{w.choose.pick(['np.tanh', 'math.tanh'])}({v.text})", "f", (), 1.0)
    if v.kind == "i" and w.loops and not v.text.isalnum():  # `k = k * k` must not leave 64 bits
        return Value(f"(({v.text}) % {w.choose.pick([97, 7, -13])})", "i", (), 97)
    return integers.whole(w, v) if v.kind == "i" else scalars.bounded(w, v)


def scalar(w: Writer) -> None:
    """Bind a name to a scalar: a new one, or one that exists."""
    choose = w.choose
    old = [v for v in w.scalars("fin") if v.text in w.names and v.text not in w.frozen]
    if not old or choose.chance(45):
        kind = choose.weighted([(5, "f"), (3, "i"), (1, "b")])
        v = kept(w, made(w, kind))
        w.line(f"{(name := w.fresh(v.kind))} = {v.text}")
        w.bind(name, replace(v, span=None))
        return
    target = choose.pick(old)
    kind = target.kind
    if target.text not in w.fixed and choose.chance(30):
        kind = "f" if kind == "i" else "i"
    elif kind == "n":
        kind = choose.pick("fi")
    v = made(w, kind)
    if target.text in w.fixed and target.kind != v.kind:
        v = replace(v, text=f"float({v.text})", kind="f") if target.kind == "f" else v
    v = kept(w, v)
    w.line(f"{target.text} = {v.text}")
    fixed = target.text in w.fixed and target.kind == "n"
    w.bind(target.text, replace(v, kind="n" if fixed else v.kind, span=None, size=max(v.size, target.size)))


def made(w: Writer, kind: str) -> Value:
    return {"f": scalars.floating, "i": integers.integer, "b": scalars.boolean}[kind](w, 2)


def augmented(w: Writer) -> None:
    """`x += e` of a scalar name."""
    choose = w.choose
    found = [v for v in w.scalars("fin") if v.text in w.names and v.text not in w.frozen]
    if not found:
        return scalar(w)
    target = choose.pick(found)
    op = choose.pick(["+=", "-=", "*="])
    if target.kind == "i" and (target.text in w.fixed or choose.chance(60)):
        v = integers.integer(w, 1) if op != "*=" else Value(str(choose.pick([-1, 1])), "i", (), 1)
        if op != "*=" and w.loops:
            v = replace(v, text=f"({v.text}) % 5", size=5)
        kind = "i"
    else:
        v = scalars.floating(w, 1) if op != "*=" else Value(choose.pick(["0.5", "-0.9", "-1"]), "f", (), 1)
        if op != "*=" and w.loops and v.size > 3:
            v = replace(v, text=f"0.1 * ({v.text})")
        kind = target.kind if target.kind == "n" else "f"
        if "." not in v.text and target.kind == "i" and v.text == "-1":
            kind = "i"
        if v.kind == "n" and target.kind == "i":
            kind = "n"
    w.line(f"{target.text} {op} {v.text}")
    w.bind(target.text, replace(target, kind=kind, span=None, size=target.size + v.size))
    return None


def new_array(w: Writer) -> None:
    """A name for a new array; or an older name bound anew, outside of blocks."""
    choose = w.choose
    v = arrays.array(w, 2)
    if not v.shape:
        v = kept(w, v)
        w.line(f"{(name := w.fresh('s'))} = {v.text}")
        return w.bind(name, replace(v, span=None))
    v = arrays.bounded(w, v)
    if v.count > 40:
        v = replace(v, text=f"({v.text}).ravel()[:6]", shape=(6,))
    free = [a.text for a in w.arrays() if a.text in w.names] if w.indent == 1 and not w.nested else []
    name = choose.pick(free) if free and choose.chance(20) else w.fresh("a")
    w.line(f"{name} = {v.text}")
    return w.bind(name, replace(v, writable=not v.text.startswith("np.diag(")))


def view(w: Writer) -> None:
    """A name for a part of an array, or another name for it."""
    choose = w.choose
    found = w.arrays()
    if not found:
        return scalar(w)
    a = choose.pick(found)
    form = choose.pick(["part", "alias", "T", "reshape", "ravel", "part"])
    if form == "part":
        v = view_of(w, a)
        if not v.shape:
            return scalar(w)
    else:
        texts = {"alias": a.text, "T": f"{a.text}.T", "reshape": f"{a.text}.reshape(-1)"}
        text = texts.get(form, f"{a.text}.ravel()")
        shapes = {"alias": a.shape, "T": a.shape[::-1]}
        v = replace(a, text=text, shape=shapes.get(form, (a.count,)))
        if form == "reshape" and a.count == 0:
            v = replace(v, text=f"{a.text}.reshape(0)")
    w.line(f"{(name := w.fresh('v'))} = {v.text}")
    return w.bind(name, v)


def swap(w: Writer) -> None:
    """Two names of one kind exchanged, or several bound at once."""
    choose = w.choose
    found = [v for v in w.scalars("f") if v.text in w.names and v.text not in w.frozen]
    if len(found) < 2:
        a, b = kept(w, scalars.floating(w, 1)), kept(w, integers.integer(w, 1))
        one, two = w.fresh("p"), w.fresh("q")
        w.line(f"{one}, {two} = {a.text}, {b.text}")
        w.bind(one, a)
        return w.bind(two, replace(b, span=None))
    a, b = choose.pick(found), choose.pick(found)
    if a.text == b.text or choose.chance(40):
        w.line(f"{a.text} = {b.text} = {kept(w, floating_only(w)).text}")
        return None
    w.line(f"{a.text}, {b.text} = {b.text}, {kept(w, floating_only(w, a)).text}")
    return None


def floating_only(w: Writer, *more: Value) -> Value:
    v = scalars.floating(w, 1)
    text = " + ".join([f"0.5 * ({v.text})", *(f"0.5 * {m.text}" for m in more)])
    return Value(text, "f", (), v.size)


# ── branches ──────────────────────────────────────────────────────────────────────────────────────


def branch(w: Writer) -> None:
    """if/elif/else, and what is known of the names afterwards."""
    choose = w.choose
    sides, start = [], dict(w.names)
    arms = choose.weighted(
        [(5, ["if", "else"]), (4, ["if"]), (2, ["if", "elif", "else"]), (1, ["if", "elif"])]
    )
    for arm in arms:
        test = "" if arm == "else" else f" {condition(w)}"
        if arm == "if" and choose.chance(6):
            v, name = kept(w, scalars.floating(w, 1)), w.fresh("f")
            test = f" ({name} := {v.text}) > 0.25"
            start[name] = Value(name, v.kind, (), v.size)
            w.bind(name, start[name])
        w.line(f"{arm}{test}:")
        with w.block():
            w.branches += 1
            left = leave(w) if choose.chance(15) else False
            if not left:
                statements(w, 3)
                sides.append(dict(w.names))
            w.branches -= 1
    if arms[-1] != "else":
        sides.append(start)
    if not sides:
        sides.append(start)
    w.names = sides[0]
    for side in sides[1:]:
        w.names = {k: j for k in w.names if k in side if (j := both(w.names[k], side[k])) is not None}
    w.mixed |= any(v.kind == "n" for v in w.values())


def both(a, b):
    return a if a is b or a == b else joined(a, b) if isinstance(a, Value) else None


def condition(w: Writer) -> str:
    """A condition on data, or on what is known when the function is read."""
    choose = w.choose
    if choose.chance(12) and (found := w.arrays()):
        a = choose.pick(found)
        return choose.pick([f"{a.text}.shape[0] > 2", f"len({a.text}) % 2 == 0", f"{a.text}.ndim == 1"])
    return scalars.boolean(w, 2).text


def leave(w: Writer) -> bool:
    """break, continue or an early return, where one may stand; tells whether it was written."""
    if w.loops and w.choose.chance(70):
        w.line(w.choose.pick(["break", "continue"]))
        return True
    if w.returns is None or w.nested:
        return False
    statements(w, 1)
    w.line(f"return {result(w)}")
    return True


def result(w: Writer) -> str:
    """Expressions of the types that this function returns."""
    texts = []
    for r in w.returns:
        if r.kind == "n" or (r.kind == "f" and not r.shape):
            v = scalars.floating(w, 1)
            texts.append(f"1.0 * ({v.text})" if v.kind != "f" else v.text)
        else:
            texts.append(arrays.array_of(w, r.shape, r.kind, 1).text)
    return ", ".join(texts)


WRITERS = {
    "scalar": scalar,
    "augmented": augmented,
    "new_array": new_array,
    "view": view,
    "element": updates.element,
    "part": updates.part,
    "mask": updates.mask,
    "gather": updates.gather,
    "masked": updates.masked,
    "into": updates.into,
    "added_at": updates.added_at,
    "grow": lambda w: growing.grow(w),
    "record": lambda w: structures.record(w),
    "other_function": lambda w: structures.other_function(w),
    "complexes": lambda w: structures.complexes(w),
    "whole_array": updates.whole_array,
    "branch": branch,
    "loop": lambda w: loops.loop(w),
    "swap": swap,
    "group": lambda w: containers.group(w),
    "define": lambda w: functions.define(w),
    "call_writer": lambda w: functions.call_writer(w),
}

"""Random loops: over ranges, arrays, containers; while loops; break, continue, else."""

from __future__ import annotations

from dataclasses import replace

from fuzz import scalars, statements
from fuzz.scope import Value, Writer

LIMIT = 60  # turns of nested loops, all in all


def loop(w: Writer) -> None:
    """One loop with its body."""
    if w.turns * 2 > LIMIT:
        return statements.scalar(w)
    forms = [
        (5, over_range),
        (2, while_below),
        (2, over_values),
        (1, over_rows),
        (1, enumerated),
        (1, zipped),
    ]
    return w.choose.weighted(forms)(w)


def body(w: Writer, header: str, turns: int, bound: dict[str, Value], frozen=(), first: str = "") -> None:
    """The body of a loop; what is known of a name at its start holds at each turn."""
    choose = w.choose
    start = loosened(w)
    saved = w.frozen
    w.line(header)
    with w.block(max(turns, 1), loop=True):
        w.names = dict(start)
        w.fixed = frozenset(start)
        w.frozen = w.frozen | set(frozen)
        for name, value in bound.items():
            w.bind(name, value)
        if first:
            w.line(first)
        statements.statements(w, 3)
        if choose.chance(20):
            w.line(f"if {scalars.boolean(w, 1).text}:")
            with w.block():
                w.line(choose.pick(["break", "continue"]))
            statements.statements(w, 1)
    w.frozen = saved
    w.names = {k: v for k, v in start.items() if not isinstance(v, Value) or v.kind}
    if choose.chance(10):
        w.line("else:")
        with w.block():
            w.fixed = frozenset(w.names)
            statements.scalar(w)


def loosened(w: Writer) -> dict:
    """The names at a loop's start: spans are lost, some ints may become floats on the way."""
    names = {}
    for k, v in w.names.items():
        if isinstance(v, Value) and not v.shape and k not in w.frozen:
            kind = "n" if v.kind == "i" and k not in w.fixed and w.choose.chance(15) else v.kind
            w.mixed |= kind == "n"
            v = replace(v, span=None, kind=kind)
        names[k] = v
    return names


def over_range(w: Writer) -> None:
    choose = w.choose
    k = choose.pick(["i", "j", "k"]) if w.loops == 0 else w.fresh("turn")
    sizes = [n for a in w.arrays() for n in a.shape] or [3]
    n = choose.pick(sizes)
    holder = next((a for a in w.arrays() if a.shape[0] == n), None)
    length = f"len({holder.text})" if holder and choose.chance(70) else str(n)
    outer = [v for v in w.scalars("i") if v.span and v.text in w.frozen]
    form = choose.weighted(
        [(4, "n"), (2, "from"), (2, "step"), (2, "down"), (3, "inner"), (2, "data"), (1, "arg")]
    )
    if form == "inner" and outer:
        v = choose.pick(outer)
        lo, hi = v.span
        text, span = choose.pick([
            (f"{v.text}", (0, max(hi - 1, 0))),
            (f"{v.text} + 1", (0, max(hi, 0))),
            (f"{v.text}, {n}", (min(lo, n), max(n - 1, lo))),
            (f"{v.text} + 1, {n}", (min(lo + 1, n), max(n - 1, lo + 1))),
            (f"{v.text}, -1, -1", (0, max(hi, 0))),
        ])  # fmt: skip
    elif form in ("data", "arg") and (ints := w.scalars("i")):
        most = choose.pick([3, 5, 2])
        text, span, n = f"{choose.pick(ints).text} % {most + 1}", (0, most - 1), most
    elif form == "from" and n > 1:
        text, span = choose.pick([(f"1, {length}", (1, n - 1)), (f"1, {length} - 1", (1, max(n - 2, 1)))])
    elif form == "step":
        step = choose.pick([2, 3])
        text, span = f"0, {length}, {step}", (0, max(n - 1, 0))
    elif form == "down":
        text, span = choose.pick(
            [(f"{length} - 1, -1, -1", (0, max(n - 1, 0))), (f"{length} - 1, 0, -2", (0, max(n - 1, 0)))]
        )
    else:
        text, span = length, (0, max(n - 1, 0))
    counter = choose.pick([f"range({text})", f"range({text})", f"reversed(range({text}))"])
    body(w, f"for {k} in {counter}:", max(n, 1), {k: Value(k, "i", (), max(n, 1), span)}, [k])


def while_below(w: Writer) -> None:
    choose = w.choose
    k = w.fresh("t")
    most = choose.pick([3, 5, 2, 0])
    start = choose.pick([0, 1])
    w.line(f"{k} = {start}")
    w.bind(k, Value(k, "i", (), most + 1, None))
    saved = w.frozen
    w.frozen = w.frozen | {k}
    known = w.names  # the condition is asked after each turn, when an int may have become a float
    w.names = {n: v for n, v in known.items() if n in w.frozen or not _is_int(v)}
    more = f" and {scalars.boolean(w, 1).text}" if choose.chance(50) else ""
    w.names = known
    test = choose.pick([f"{k} < {most}", f"{most} > {k}", f"not {k} >= {most}"])
    if choose.chance(20):
        test, more = "True", ""
    stop = f"if {k} > {most}:\n{'    ' * (w.indent + 2)}break"
    first = f"{k} += 1" + (f"\n{'    ' * (w.indent + 1)}{stop}" if test == "True" else "")
    body(w, f"while {test}{more}:", most, {k: Value(k, "i", (), most + 1, (0, most + 2))}, [k], first)
    w.frozen = saved
    w.bind(k, Value(k, "i", (), most + 2, (0, most + 2)))


def _is_int(v) -> bool:
    return isinstance(v, Value) and v.shape == () and v.kind == "i"


def over_values(w: Writer) -> None:
    """Over the elements of an array or a display."""
    choose = w.choose
    found = [a for a in w.arrays("fi") if len(a.shape) == 1]
    x = w.fresh("e")
    if not found or choose.chance(20):
        items = [scalars.floating(w, 1) for _ in range(3)]
        kind = "f" if all(v.kind == "f" for v in items) else "n"
        text = ", ".join(v.text for v in items)
        value = Value(x, kind, (), max(v.size for v in items))
        return body(w, f"for {x} in ({text}):", 3, {x: value})
    a = choose.pick(found)
    forms = [a.text, f"{a.text}[1:]", f"reversed({a.text})", f"{a.text}[::-1]", f"{a.text} * 2"]
    text = choose.pick([*forms, f"{a.text}[{a.text} > 0]"])
    return body(w, f"for {x} in {text}:", a.shape[0], {x: Value(x, a.kind, (), a.size * 2)})


def over_rows(w: Writer) -> None:
    """Over the rows of a matrix: they are views."""
    found = [a for a in w.arrays("fi") if len(a.shape) == 2]
    if not found:
        return over_range(w)
    a = w.choose.pick(found)
    row = w.fresh("row")
    text, shape = w.choose.pick(
        [(a.text, a.shape), (f"{a.text}.T", a.shape[::-1]), (f"{a.text}[1:]", a.shape)]
    )
    value = Value(row, a.kind, shape[1:], a.size, writable=a.writable)
    return body(w, f"for {row} in {text}:", shape[0], {row: value})


def enumerated(w: Writer) -> None:
    found = [a for a in w.arrays("fi") if len(a.shape) == 1]
    if not found:
        return over_range(w)
    a = w.choose.pick(found)
    k, x = w.fresh("k"), w.fresh("e")
    start = w.choose.pick(["", ", 1", ", -2"])
    n = a.shape[0]
    shift = int(start[2:] or 0)
    values = {k: Value(k, "i", (), n + 2, (shift, max(n - 1, 0) + shift)), x: Value(x, a.kind, (), a.size)}
    return body(w, f"for {k}, {x} in enumerate({a.text}{start}):", n, values, [k])


def zipped(w: Writer) -> None:
    found = [a for a in w.arrays("fi") if len(a.shape) == 1]
    if len(found) < 2:
        return over_range(w)
    a, b = w.choose.pick(found), w.choose.pick(found)
    x, y = w.fresh("e"), w.fresh("e")
    values = {x: Value(x, a.kind, (), a.size), y: Value(y, b.kind, (), b.size)}
    other = w.choose.pick([b.text, f"{b.text}[1:]", f"range({b.shape[0]})"])
    if other.startswith("range"):
        values[y] = Value(y, "i", (), b.shape[0], (0, max(b.shape[0] - 1, 0)))
    return body(w, f"for {x}, {y} in zip({a.text}, {other}):", min(a.shape[0], b.shape[0]), values)

"""Random lists that grow and shrink, and comprehensions."""

from __future__ import annotations

from fuzz import arrays, containers, resizing, scalars, statements
from fuzz.scope import Value, Writer


def grow(w: Writer) -> None:
    """A list that a loop makes, and what is made of it."""
    if w.turns > 6 or w.nested:
        return containers.make(w)
    forms = [(4, numbers), (3, rows), (2, from_the_last), (2, stack), (3, chosen), (1, pairs), (1, rows_of)]
    forms += [(2, resizing.appended), (2, resizing.kept), (2, resizing.looked_at)]
    return w.choose.weighted(forms)(w)


def total(w: Writer, text: str, size: float = 100.0) -> None:
    w.line(f"{(name := w.fresh('s'))} = {text}")
    w.bind(name, Value(name, "f", (), size))


def turns(w: Writer) -> tuple[str, str, int]:
    """A loop's header, its counter, and at most how many turns it takes."""
    k, n = w.fresh("turn"), w.choose.pick([3, 4, 2, 1, 0])
    ints = w.scalars("i")
    if ints and w.choose.chance(25):
        return f"for {k} in range({w.choose.pick(ints).text} % {n + 1}):", k, n
    return f"for {k} in range({n}):", k, n


def numbers(w: Writer) -> None:
    """Numbers, of some turns or of all."""
    choose, name = w.choose, w.fresh("grown")
    header, k, n = turns(w)
    w.line(f"{name} = []")
    w.line(header)
    with w.block(max(n, 1), loop=True):
        w.bind(k, Value(k, "i", (), n, (0, max(n - 1, 0))))
        v = statements.floating_only(w)
        if choose.chance(30):
            w.line(f"if {scalars.boolean(w, 1).text}:")
            w.line(f"    {name}.append({v.text})")
        else:
            w.line(f"{name}.append({v.text})")
    total(w, f"{choose.pick(['sum', 'len', 'np.sum'])}({name}) * 1.0")


def rows(w: Writer) -> None:
    """Arrays of one shape, joined to an array or added up."""
    choose = w.choose
    found = [a for a in w.arrays("f") if len(a.shape) == 1]
    if not found:
        return numbers(w)
    a, name, k = choose.pick(found), w.fresh("grown"), w.fresh("turn")
    n = choose.pick([3, 2, 4, 1])
    w.line(f"{name} = []")
    w.line(f"for {k} in range({n}):")
    with w.block(n, loop=True):
        w.bind(k, Value(k, "i", (), n, (0, n - 1)))
        w.line(f"{name}.append({arrays.bounded(w, arrays.array_of(w, a.shape, 'f', 1)).text} * 0.5)")
        statements.statements(w, 1)
    if choose.chance(40):
        w.line(f"{(made := w.fresh('a'))} = {choose.pick(['sum({})', '{}[-1] + {}[0]']).format(name, name)}")
        return w.bind(made, Value(made, "f", a.shape, 600.0 * n, writable=False))
    w.line(f"{(made := w.fresh('a'))} = {choose.pick(['np.array', 'np.stack', 'np.vstack'])}({name})")
    return w.bind(made, Value(made, "f", (n, *a.shape), 600.0))


def from_the_last(w: Writer) -> None:
    """Each item is made of the ones before."""
    name, start = w.fresh("grown"), statements.floating_only(w)
    header, k, n = turns(w)
    w.line(f"{name} = [np.tanh({start.text})]")
    w.line(header)
    with w.block(max(n, 1), loop=True):
        w.bind(k, Value(k, "i", (), n, (0, max(n - 1, 0))))
        older = w.choose.pick([f"{name}[-1]", f"{name}[{k}]", f"{name}[0]", f"{name}[-1] * {name}[{k} // 2]"])
        w.line(f"{name}.append(0.5 * {older} + np.sin({scalars.floating(w, 1).text}))")
    form = w.choose.pick(["{0}[-1]", "sum({0}[1:]) + 0.0", "max({0})"])
    w.line(f"{(made := w.fresh('s'))} = {form.format(name)}")
    w.bind(made, Value(made, "f", (), 10.0))


def stack(w: Writer) -> None:
    """A list that a while loop empties, and may fill."""
    name, made, item = w.fresh("todo"), w.fresh("s"), w.fresh("e")
    v = [statements.floating_only(w).text for _ in range(w.choose.integer(1, 3))]
    w.line(f"{name} = [{', '.join(f'np.tanh({t})' for t in v)}]")
    w.line(f"{made} = 0.0")
    w.bind(made, Value(made, "f", (), 20.0))
    w.line(f"while {w.choose.pick([name, f'len({name}) > 0'])}:")
    w.line(f"    {item} = {name}.pop()")
    w.line(f"    {made} += {item} * {item}")
    if w.choose.chance(50):
        w.line(f"    if abs({item}) > 0.1:")
        w.line(f"        {name}.append({item} * 0.4)")


def chosen(w: Writer) -> None:
    """A comprehension with a condition, or one of several loops."""
    found = [a for a in w.arrays("f") if len(a.shape) == 1]
    if not found:
        return numbers(w)
    a, b, e, k = w.choose.pick(found), w.choose.pick(found), w.fresh("e"), w.fresh("k")
    test = w.choose.pick([f"{e} > 0.5", f"{e} * {k} < 1.0", f"{k} % 2 == 0", f"abs({e}) < 1.5 and {k} != 1"])
    text = w.choose.pick([
        f"sum([{e} * {k} for {k}, {e} in enumerate({a.text}) if {test}])",
        f"sum({e} * {k} for {e}, {k} in zip({a.text}, {b.text}))",
        f"len([{e} for {k}, {e} in enumerate({a.text}) if {test}])",
        f"sum([{e} * {k} for {e} in {a.text} for {k} in range(3)])",
        f"float(any({test} for {k}, {e} in enumerate({a.text})))",
    ])  # fmt: skip
    return total(w, f"np.tanh({text} * 1.0)", 1.0)


def pairs(w: Writer) -> None:
    """Tuples of numbers, taken apart by a later loop."""
    name, made, p, q = w.fresh("grown"), w.fresh("s"), w.fresh("p"), w.fresh("q")
    header, k, n = turns(w)
    w.line(f"{name} = []")
    w.line(header)
    with w.block(max(n, 1), loop=True):
        w.bind(k, Value(k, "i", (), n, (0, max(n - 1, 0))))
        w.line(f"{name}.append(({k} * 1.5, np.sin({scalars.floating(w, 1).text})))")
    w.line(f"{made} = 0.0")
    w.line(f"for {p}, {q} in {name}:")
    w.line(f"    {made} += {p} * {q}")
    w.bind(made, Value(made, "f", (), 30.0))


def rows_of(w: Writer) -> None:
    """A matrix of a comprehension in a comprehension."""
    i, j, n, m = w.fresh("i"), w.fresh("j"), w.choose.pick([2, 3]), w.choose.pick([3, 1])
    saved, w.names = w.names, dict(w.names)
    w.bind(i, Value(i, "i", (), n, (0, n - 1)))
    w.bind(j, Value(j, "i", (), m, (0, m - 1)))
    item = scalars.floating(w, 1)
    w.names = saved
    row = f"[1.0 * ({item.text}) for {j} in range({m})]"
    w.line(f"{(made := w.fresh('a'))} = np.array([{row} for {i} in range({n})])")
    w.bind(made, Value(made, "f", (n, m), item.size))

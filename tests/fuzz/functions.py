"""Random functions inside a program: nested functions, closures, lambdas, functions that write."""

from __future__ import annotations

from fuzz import arrays, integers, scalars, statements, updates
from fuzz.scope import Callee, Value, Writer


def define(w: Writer) -> None:
    """Define a function where the program stands."""
    if w.nested or w.functions > 3:
        return statements.scalar(w)
    w.functions += 1
    return w.choose.weighted([(3, returning), (2, writing), (2, one_line)])(w)


def parameters(w: Writer) -> dict[str, Value]:
    """One to three parameters."""
    found = {}
    for _ in range(w.choose.integer(1, 3)):
        kind = w.choose.weighted([(3, "f"), (2, "i"), (3, "array")])
        name = w.fresh("z")
        shapes = [a.shape for a in w.arrays("f")]
        if kind == "array" and shapes:
            found[name] = Value(name, "f", w.choose.pick(shapes))
        else:
            found[name] = Value(name, "f" if kind == "array" else kind, (), 100.0)
    return found


def body(w: Writer, params: dict[str, Value], write) -> None:
    """Write the body of a nested function: outer names are read, not bound."""
    saved = w.names, w.nested, w.frozen, w.fixed, w.loops, w.turns, w.branches
    w.names = {k: v for k, v in w.names.items() if not isinstance(v, Callee)}
    w.nested, w.frozen, w.fixed = True, w.frozen | set(w.names), frozenset()
    w.indent += 1
    for k, v in params.items():
        w.bind(k, v)
    write()
    w.indent -= 1
    w.names, w.nested, w.frozen, w.fixed, w.loops, w.turns, w.branches = saved


def returning(w: Writer) -> None:
    """A function with a result."""
    choose = w.choose
    name, params = w.fresh("h"), parameters(w)
    shapes = [p.shape for p in params.values() if p.shape]
    shape = choose.pick(shapes) if shapes and choose.chance(40) else ()
    w.line(f"def {name}({', '.join(params)}):")

    def write():
        w.loops, w.branches = 0, 0
        statements.statements(w, 2)
        v = arrays.array_of(w, shape, "f", 2)
        w.line(f"return {v.text if v.kind == 'f' else f'1.0 * ({v.text})'}")

    body(w, params, write)
    w.bind(name, Callee(name, tuple(params.values()), Value("", "f", shape)))


def writing(w: Writer) -> None:
    """A function that writes to an array that it is given, and returns nothing."""
    choose = w.choose
    found = [a for a in w.arrays("f", writable=True) if a.count]
    if not found:
        return returning(w)
    name, z, s = w.fresh("put"), w.fresh("z"), w.fresh("z")
    params = {z: Value(z, "f", choose.pick(found).shape), s: Value(s, choose.pick("fi"))}
    w.line(f"def {name}({', '.join(params)}):")

    def write():
        w.loops, w.branches, w.careful = 0, 0, True
        outer, w.names = w.names, {k: v for k, v in w.names.items() if k in params}
        choose.pick([updates.element, updates.part])(w)
        w.names, w.careful = outer, False
        statements.statements(w, 1)

    body(w, params, write)
    return w.bind(name, Callee(name, tuple(params.values()), None))


def one_line(w: Writer) -> None:
    """A lambda."""
    name, params = w.fresh("g"), parameters(w)
    saved, w.names = w.names, {k: v for k, v in w.names.items() if not isinstance(v, Callee)}
    for k, v in params.items():
        w.bind(k, v)
    v = scalars.floating(w, 2)
    w.names = saved
    w.line(f"{name} = lambda {', '.join(params)}: {v.text if v.kind == 'f' else f'1.0 * ({v.text})'}")
    w.bind(name, Callee(name, tuple(params.values()), Value("", "f", (), v.size)))


def call_writer(w: Writer) -> None:
    """Call a function for what it writes."""
    choose = w.choose
    fits = []
    for f in w.callees(writes=True):
        fits += [(f, a) for a in w.arrays("f", writable=True) if a.shape == f.params[0].shape]
    if not fits:
        return updates.part(w)
    f, a = choose.pick(fits)
    s = (integers.integer if f.params[1].kind == "i" else scalars.floating)(w, 1)
    return w.line(f"{f.text}({a.text}, {s.text})")

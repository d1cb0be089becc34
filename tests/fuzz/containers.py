"""Tuples, lists and dicts of numbers and arrays."""

from __future__ import annotations

from dataclasses import replace

from fuzz import arrays, integers, scalars, statements
from fuzz.scope import Group, Value, Writer


def group(w: Writer) -> None:
    """Make a container, change one, or take one apart."""
    choose = w.choose
    made = w.groups("list", "dict", "tuple")
    if not made or choose.chance(40):
        return make(w)
    g = choose.pick(made)
    if g.form != "tuple" and choose.chance(60):
        return change(w, g)
    if g.form == "dict":
        return change(w, g)
    return unpack(w, g)


def item(w: Writer) -> Value:
    """A value for a container: a number, a name of an array, or a new array."""
    choose = w.choose
    form = choose.pick(["f", "i", "name", "array"])
    if form == "name" and (found := w.arrays("fi")):
        return choose.pick(found)
    if form == "array":
        v = arrays.array(w, 1)
        return replace(v, writable=False)
    v = integers.integer(w, 1) if form == "i" else scalars.floating(w, 1)
    return replace(statements.kept(w, v), span=None)


def make(w: Writer) -> None:
    choose = w.choose
    form = choose.pick(["tuple", "list", "dict"])
    name = w.fresh({"tuple": "tup", "list": "lst", "dict": "dic"}[form])
    items = [item(w) for _ in range(choose.integer(1, 3))]
    keys = [f"'{k}'" for k in "abc"] if form == "dict" else ["0", "1", "2"]
    texts = [v.text for v in items]
    if form == "tuple":
        text = f"({', '.join(texts)},)"
    elif form == "list":
        text = f"[{', '.join(texts)}]"
    else:
        text = f"{{{', '.join(f'{k}: {t}' for k, t in zip(keys, texts))}}}"
    w.line(f"{name} = {text}")
    named = tuple(replace(v, text=f"{name}[{k}]") for k, v in zip(keys, items))
    w.names[name] = Group(name, form, named)


def change(w: Writer, g: Group) -> None:
    """Store to an item, with a value of the same kind."""
    choose = w.choose
    old = [v for v in g.items if v.shape == () and v.kind in "fi"]
    if not old:
        return make(w)
    target = choose.pick(old)
    if target.kind == "i":
        v = integers.whole(w, integers.integer(w, 1))
    else:
        v = statements.kept(w, statements.floating_only(w))
    op = choose.pick(["=", "+="]) if not w.loops else "="
    return w.line(f"{target.text} {op} {v.text}")


def unpack(w: Writer, g: Group) -> None:
    """Names for the items."""
    choose = w.choose
    names = [w.fresh("u") for _ in g.items]
    if len(names) > 1 and choose.chance(30):
        w.line(f"{names[0]}, *{names[1]} = {g.text}")
        return bind(w, names[0], g.items[0])
    w.line(f"{', '.join(names)}{',' if len(names) == 1 else ''} = {g.text}")
    for name, v in zip(names, g.items):
        bind(w, name, v)
    return None


def bind(w: Writer, name: str, v: Value) -> None:
    w.bind(name, replace(v, span=None))

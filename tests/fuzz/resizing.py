"""Random arrays of another size in each turn, and lists read in the middle of loops that are not counted."""

from __future__ import annotations

from fuzz import scalars, statements
from fuzz.scope import Value, Writer

APPEND = (
    "np.append({0}, {1})",
    "np.concatenate(({0}, [{1}]))",
    "np.hstack([{0}, {1}])",
    "np.r_[{0}, {1}]",
    "np.append({0}, [{1}, {0}[0] * 0.5])",
)
LOOK = ("{0}[-1]", "{0}[0]", "{0}[len({0}) // 2]", "np.sum({0})", "{0}.mean()", "{0}[:2].sum()", "max({0})")


def _result(w: Writer, text: str) -> None:
    w.line(f"{(made := w.fresh('s'))} = {text}")
    w.bind(made, Value(made, "f", (), 1.0))


def appended(w: Writer) -> None:
    """An array to which a loop appends, counted or not."""
    choose, name, k = w.choose, w.fresh("path"), w.fresh("turn")
    n = choose.pick([3, 4, 6, 2])
    w.line(f"{name} = np.array([np.tanh({statements.floating_only(w).text})])")
    header = choose.pick([
        f"for {k} in range({n}):",
        f"while len({name}) < {n}:",
        f"while {name}[-1] < 2.0 and {name}.shape[0] < {n}:",
        f"while {name}.size < {n} and np.sum({name}) < 3.0:",
    ])  # fmt: skip
    w.line(header)
    with w.block(2 * n, loop=True):
        item = f"0.7 * {choose.pick(LOOK).format(name)} + np.sin({scalars.floating(w, 1).text})"
        if choose.chance(30):
            w.line(f"if {scalars.boolean(w, 1).text} or len({name}) < 3:")
            w.line(f"    {name} = {choose.pick(APPEND).format(name, item)}")
            if not header.startswith("for"):
                w.line("else:")
                w.line(f"    {name} = np.append({name}, 0.25)")
        else:
            w.line(f"{name} = {choose.pick(APPEND).format(name, item)}")
    _result(w, f"np.tanh(np.sum({name} * {name}) + len({name}))")


def kept(w: Writer) -> None:
    """An array of which a loop keeps a part."""
    found = [a for a in w.arrays("f") if len(a.shape) == 1]
    if not found:
        return appended(w)
    choose, name, total, k = w.choose, w.fresh("left"), w.fresh("s"), w.fresh("turn")
    w.line(f"{name} = np.tanh({choose.pick(found).text})")
    w.line(f"{total} = 0.0")
    w.bind(total, Value(total, "f", (), 50.0))
    w.line(choose.pick([f"for {k} in range(3):", f"while len({name}) > 0:", f"while {name}.size > 1:"]))
    with w.block(6, loop=True):
        w.line(f"{total} += np.sum({name} ** 2)")
        mask = choose.pick([f"{name} > 0.1", f"np.abs({name}) < 0.9", f"({name} > -0.3) & ({name} < 0.8)"])
        part = choose.pick(
            [f"{name}[{mask}]", f"{name}[np.where({mask})[0]]", f"{name}[np.flatnonzero({mask})]"]
        )
        w.line(f"{name} = {part}{choose.pick([' - 0.3', ' * 0.5 - 0.2', ' - 0.45'])}")
        w.line(f"if len({name}) > 0 and {name}[0] < 0.0:")
        w.line(f"    {name} = {name}[{name} > 0.0]")
    return _result(w, f"np.tanh(np.sum({name}) + len({name}))")


def looked_at(w: Writer) -> None:
    """A list that grows in a loop that is not counted, and is read there."""
    choose, name, i = w.choose, w.fresh("seen"), w.fresh("i")
    n = choose.pick([3, 5, 7])
    w.line(f"{name} = [np.tanh({statements.floating_only(w).text})]")
    w.line(f"{i} = 0")
    w.line(choose.pick([f"while len({name}) < {n}:", f"while {name}[{i}] < 1.5 and {i} < {n}:"]))
    with w.block(n, loop=True):
        forms = (f"{{0}}[{i}]", "{0}[len({0}) // 2]", f"{{0}}[{i} // 2]", "sum({0})", "{0}[-1] * {0}[0]")
        older = choose.pick(forms).format(name)
        w.line(f"{name}.append(0.5 * {older} + np.cos({scalars.floating(w, 1).text}))")
        w.line(f"{i} += 1")
        if choose.chance(25):
            w.line(f"{name}[{choose.pick(['-1', '0', f'{i}'])}] *= 0.75")
    _result(w, f"np.tanh(sum({name}) + {name}[{i}])")

"""Records, complex numbers, functions of other forms: `*args`, keywords, several results, `nonlocal`."""

from __future__ import annotations

from dataclasses import replace

from fuzz import arrays, containers, integers, scalars, statements
from fuzz.scope import Callee, Group, Value, Writer

# What a program starts with that makes records.
RECORD = """
@dataclass
class Pair:
    a: object
    b: object
    k: int = 2

    def mean(self):
        return 0.5 * (np.sum(self.a) + np.sum(self.b))

    def scaled(self, s):
        return Pair(self.a * s, self.b - s, self.k)

    def push(self, z):
        self.k += 1
        self.a = 0.5 * self.a + z
"""


def record(w: Writer) -> None:
    """Make a record, or use one."""
    found = w.groups("record")
    if not found or w.choose.chance(40):
        return make(w)
    return use(w, w.choose.pick(found))


def make(w: Writer) -> None:
    name = w.fresh("rec")
    a, b = number(w), number(w)
    k = w.choose.pick(["", ", 3", ", k=1"])
    w.line(f"{name} = Pair({a.text}, {b.text}{k})")
    bind(w, name, a, b)


def number(w: Writer) -> Value:
    """A float, or an array of floats that may have other names."""
    if w.choose.chance(50) and (found := w.arrays("f")):
        return w.choose.pick(found)
    return statements.kept(w, statements.floating_only(w))


def bind(w: Writer, name: str, a: Value, b: Value) -> None:
    items = (replace(a, text=f"{name}.a"), replace(b, text=f"{name}.b"), Value(f"{name}.k", "i", (), 60))
    w.names[name] = Group(name, "record", tuple(replace(v, span=None) for v in items))


def use(w: Writer, g: Group) -> None:
    """Call a method, or store to an attribute."""
    a, b, k = g.items
    form = w.choose.pick(["mean", "attribute", "scaled", "push", "count", "change"])
    if form == "mean":
        w.line(f"{(name := w.fresh('s'))} = {g.text}.mean()")
        return w.bind(name, Value(name, "f", (), a.size * max(a.count, 1) + b.size * max(b.count, 1)))
    if form == "scaled" and not w.loops:
        w.line(f"{(name := w.fresh('rec'))} = {g.text}.scaled({w.choose.pick(['0.5', '-0.25', '0.9'])})")
        return bind(w, name, replace(a, writable=True), replace(b, writable=True, size=b.size + 1))
    if form == "push" and (not a.shape or not w.loops + w.branches):
        return w.line(f"{g.text}.push(np.tanh({scalars.floating(w, 1).text}))")
    if form == "count":
        return w.line(f"{k.text} {w.choose.pick(['+=', '-='])} 1")
    if form == "change" and (not b.shape or not w.loops + w.branches):
        v = b if b.shape else statements.kept(w, statements.floating_only(w))
        text = f"np.sin({b.text})" if b.shape else v.text
        return w.line(f"{b.text} = {text}")
    return containers.change(w, g)


# ── functions ─────────────────────────────────────────────────────────────────────────────────────


def other_function(w: Writer) -> None:
    """A function of one of the forms below."""
    if w.nested or w.functions > 4:
        return statements.scalar(w)
    w.functions += 1
    return w.choose.pick([any_number, keywords, several_results, remembering, calling_itself])(w)


def any_number(w: Writer) -> None:
    """`*args`."""
    choose = w.choose
    name, count = w.fresh("many"), choose.integer(1, 3)
    shapes = [a.shape for a in w.arrays("f")] or [()]
    params = [Value("", "f", choose.pick([(), choose.pick(shapes)])) for _ in range(count)]
    w.line(f"def {name}(*zs):")
    if all(p.shape == () for p in params) and choose.chance(50):
        w.line("    " + choose.pick(["return sum(zs) * 1.0", "return zs[0] - zs[-1] + 0.5 * len(zs)"]))
    else:
        w.line("    t = 0.0")
        w.line("    for z in zs:")
        w.line(f"        t += {choose.pick(['np.sum(z)', 'np.sum(np.sin(z)) * 0.5', 'np.max(z) + 0.0'])}")
        w.line("    return t")
        if any(0 in p.shape for p in params):
            w.lines[-2] = w.lines[-2].replace("np.max(z)", "np.sum(z)")
    w.bind(name, Callee(name, tuple(params), Value("", "f")))


def keywords(w: Writer) -> None:
    """Defaults, and a parameter that is given by its name."""
    name = w.fresh("kw")
    z, k, s = w.fresh("z"), w.fresh("z"), w.fresh("key_z")
    w.line(f"def {name}({z}, {k}=2, *, {s}=0.5):")
    w.line(f"    return {z} * {s} + {k} % 3")
    params = [Value(z, "f"), Value(k, "i"), Value(s, "f")]
    given = w.choose.pick([params, params[:1], [params[0], params[2]], params[:2]])
    w.bind(name, Callee(name, tuple(given), Value("", "f", (), 1000.0)))


def several_results(w: Writer) -> None:
    """A function with two results, and a call."""
    name, z = w.fresh("both"), w.fresh("z")
    shapes = [a.shape for a in w.arrays("f")] or [()]
    shape = w.choose.pick([(), w.choose.pick(shapes)])
    given = arrays.array_of(w, shape, "f", 1)
    w.line(f"def {name}({z}):")
    w.line(f"    {z} = np.tanh({z}) * 2.0")
    w.line(f"    return {z} - 0.5, {w.choose.pick([f'np.sum({z})', f'{z} * {z}', f'({z},)'])}")
    one, two = w.fresh("u"), w.fresh("u")
    w.line(f"{one}, {two} = {name}({given.text})")
    w.bind(one, Value(one, "f", shape, 3.0))


def remembering(w: Writer) -> None:
    """A function that changes a variable of the function around it."""
    name, z, held = w.fresh("bump"), w.fresh("z"), w.fresh("f")
    w.line(f"{held} = {statements.kept(w, statements.floating_only(w)).text}")
    w.line(f"def {name}({z}):")
    w.line(f"    nonlocal {held}")
    w.line(f"    {held} = 0.5 * {held} + np.tanh({z})")
    w.line(f"    return {held} * {z}")
    w.bind(held, Value(held, "f", (), 100.0))
    w.frozen = w.frozen | {held}
    w.bind(name, Callee(name, (Value(z, "f"),), Value("", "f", (), 1000.0)))


def calling_itself(w: Writer) -> None:
    """A recursion of a depth that is known."""
    name, z, k = w.fresh("deep"), w.fresh("z"), w.fresh("z")
    w.line(f"def {name}({z}, {k}):")
    w.line(f"    return {z} if {k} <= 0 else 0.5 * {name}(np.sin({z}), {k} - 1) + {k}")
    depth = w.choose.pick([2, 0, 3])
    given = arrays.array(w, 1, "f")
    w.line(f"{(made := w.fresh('a'))} = {name}({given.text}, {depth})")
    w.bind(made, Value(made, "f", given.shape, given.size + 3, writable=False))


# ── complex numbers ───────────────────────────────────────────────────────────────────────────────


def complexes(w: Writer) -> None:
    """An array of complex numbers, changed in place, and an array of floats made of it."""
    choose = w.choose
    found = [a for a in w.arrays("f") if a.count]
    if not found:
        return statements.scalar(w)
    a = choose.pick(found)
    b = arrays.array_of(w, a.shape, "f", 1)
    name, made = w.fresh("z"), w.fresh("a")
    w.line(f"{name} = np.sin({a.text}) + 1j * np.tanh({b.text})")
    for _ in range(choose.integer(0, 3)):
        k = choose.integer(-a.shape[0], a.shape[0] - 1)
        v = integers.integer(w, 1) if choose.chance(30) else scalars.floating(w, 1)
        w.line(
            choose.pick([
                f"{name}[{k}] *= 1j",
                f"{name} *= 0.5 - 0.5j",
                f"{name}[{k}:] += np.tanh({v.text})",
                f"{name} = {name} * np.conj({name}) + 1j",
                f"{name}.real[{k}] = np.tanh({v.text})" if choose.chance(20) else f"{name}[::-1] *= 0.5j",
                f"{name} = np.exp(1j * {name}.real) / (1.5 + np.abs({name}))",
            ])
        )  # fmt: skip
    form = choose.pick(["{}.real", "{}.imag", "np.abs({} + 3)", "({} * {}).imag", "np.real({} ** 2)"])
    w.line(f"{made} = {form.format(name, name)}")
    w.bind(made, Value(made, "f", a.shape, 20.0, writable=False))
    return None

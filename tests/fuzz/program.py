"""A whole random program: its text, its arguments, and the function that they give."""

from __future__ import annotations

import ast
import functools
import itertools
import linecache
import math
import re
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from fuzz import scalars, statements, structures
from fuzz.choices import Choices
from fuzz.scope import Value, Writer

_numbers = itertools.count()


@dataclass(frozen=True)
class Program:
    """A program: `program(*args)`, whose source is `text`.

    Attributes:
        params: the name, kind, shape and dtype of each argument.
        seed: from which the arguments' numbers are made.
        numbers: 'plain' (no ties, nothing special), 'ties' (small whole numbers).
        loose: a number's dtype may depend on data: branches that give an int and a float, or a
            float32 and a Python float.
    """

    text: str
    params: tuple[tuple[str, str, tuple, str], ...]
    seed: int
    numbers: str
    loose: bool = False

    def args(self, version: int = 0) -> list:
        """Arguments; each version has other numbers and the same types."""
        rng = np.random.default_rng([self.seed, version])
        return [self._argument(rng, *p[1:], version) for p in self.params]

    def _argument(self, rng, kind: str, shape: tuple, dtype: str, version: int):
        if kind == "f":
            x = (
                rng.integers(-2, 4, shape)
                if self.numbers == "ties"
                else np.round(rng.uniform(-2, 2.5, shape), 4)
            )
            x = np.asarray(x, dtype=dtype)
        elif kind == "i":
            x = rng.integers(-3, 7, shape)
        else:
            x = rng.integers(0, 2, shape).astype(bool)
        if shape:
            return x if dtype != "F" else np.asfortranarray(x)
        return x.item() if dtype != "float32" else x[()]

    @functools.cached_property
    def function(self):
        """The function, with a source that can be found; kept while the program is."""
        name = f"<fuzz {next(_numbers)}>"
        linecache.cache[name] = (len(self.text), None, self.text.splitlines(keepends=True), name)
        module = {"np": np, "math": math, "dataclass": dataclass, "__name__": "fuzzed"}
        exec(compile(self.text, name, "exec", dont_inherit=True), module)
        return module["program"]

    def forget(self) -> None:
        """Drop the source from the line cache."""
        linecache.cache.pop(self.function.__code__.co_filename, None)

    def shown(self) -> str:
        """A script that calls the program."""
        args = ", ".join(_shown(a) for a in self.args())
        imports = ["import math", *["from dataclasses import dataclass"] * ("@dataclass" in self.text)]
        imports += ["import numpy as np", "import broadax as bx"]
        return "\n".join([*imports, "", self.text, "", f"args = [{args}]"])


def _shown(x) -> str:
    if isinstance(x, np.ndarray):
        dtype = "" if x.dtype in (np.float64, np.int64, bool) and x.size else f", dtype=np.{x.dtype}"
        shape = f".reshape{x.shape}" if 0 in x.shape and x.ndim > 1 else ""
        return f"np.array({[] if shape else x.tolist()}{dtype.replace('np.bool', 'bool')}){shape}"
    return f"np.float32({x})" if isinstance(x, np.float32) else repr(x)


def write(choose: Choices) -> Program:
    """A program decided by choices."""
    w = Writer(choose)
    w.budget = choose.pick([8, 14, 20, 4])
    numbers = "ties" if choose.chance(15) else "plain"
    params = _params(w)
    if choose.chance(30):
        w.returns = _returned(w)
    _warm_up(w)
    statements.statements(w, 12)
    _return(w)
    head = f"def program({', '.join(p[0] for p in params)}):"
    before = structures.RECORD if any("= Pair(" in line for line in w.lines) else ""
    text = ast.unparse(ast.parse("\n".join([before, head, *w.lines])))
    counts = [p[0] for p in params if p[1] == "i" and p[2] == ()]
    loose = (
        w.mixed
        or any(re.search(rf"\b{name} [-+*/]+= ", text) for name in counts)
        or any(p[3] == "float32" for p in params)
        and any(k in text for k in (" if ", "for ", "while ", "max(", "min("))
    )
    return Program(text, tuple(params), choose.integer(0, 10**6), numbers, loose)


def _params(w: Writer) -> list:
    choose = w.choose
    n = choose.weighted([(3, 4), (3, 3), (4, 6), (3, 5), (2, 2), (1, 1), (1, 0)])
    m = choose.weighted([(3, 3), (2, 5), (1, 2), (1, 1), (1, 6)])
    f = "float32" if choose.chance(12) else "float64"
    forms = [("x", "f", (n,), f), ("y", "f", (n,), f), ("m", "f", (n, m), f), ("v", "f", (m,), f)]
    forms += [("s", "f", (), f), ("t", "f", (), "float64"), ("n", "i", (), "int64"), ("l", "i", (), "int64")]
    forms += [
        ("q", "i", (n,), "int64"),
        ("b", "b", (n,), "bool"),
        ("c", "b", (), "bool"),
        ("p", "i", (n, m), "int64"),
        ("w", "f", (2, n, m), f),
    ]
    weights = [9, 5, 5, 3, 5, 3, 5, 2, 3, 1, 1, 1, 1]
    found = []
    for _ in range(choose.integer(1, 5)):
        form = choose.weighted(list(zip(weights, forms)))
        if form not in found:
            found.append(form)
    params = [
        (f"{name}{'abcde'[k]}", kind, shape, dtype) for k, (name, kind, shape, dtype) in enumerate(found)
    ]
    for name, kind, shape, _ in params:
        w.bind(name, Value(name, kind, shape, 7.0 if kind == "i" else 3.0))
    return params


def _returned(w: Writer) -> tuple[Value, ...]:
    """The types of the results, where `return` may stand in several places."""
    kinds = [w.choose.weighted([(4, "f"), (1, "i"), (3, "array")]) for _ in range(w.choose.integer(1, 3))]
    shapes = [a.shape for a in w.arrays("f")]
    return tuple(
        Value("", "f", w.choose.pick(shapes))
        if k == "array" and shapes
        else Value("", "f" if k == "array" else k)
        for k in kinds
    )


def _warm_up(w: Writer) -> None:
    """Some programs start with a copy, so that gradients meet writes to memory of their own."""
    for a in list(w.arrays("f")):
        if w.choose.chance(25):
            w.line(f"{a.text} = {a.text}.copy()")


def _return(w: Writer) -> None:
    choose = w.choose
    if w.returns is not None:
        return w.line(f"return {statements.result(w)}")
    if choose.chance(7):
        return None
    values = [v.text for v in w.values()][-9:]
    values += [g.text for g in w.groups("list", "tuple", "dict")][:1]
    if not values or choose.chance(15):
        return w.line(f"return {scalars.floating(w, 2).text}")
    if choose.chance(10):
        return w.line(f"return {{{', '.join(f'{k!r}: {v}' for k, v in zip('abcdefghijk', values))}}}")
    return w.line(f"return {', '.join(values)}")


@st.composite
def programs(draw) -> Program:
    """Random programs."""
    return write(Choices.drawn(draw))


def numbered(seed: int) -> Program:
    """The program of a number."""
    return write(Choices.seeded(seed))


def altered(program: Program, text: str) -> Program:
    return replace(program, text=text)

"""Evaluates cases: on NumPy, as Core built by the functions directly, and compiled."""

import builtins
import linecache
import math
import operator
import types

import numpy as np
import scipy.linalg
import scipy.special

from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval, aval_of
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.statements import Lit, Var
from broadax.transforms.core.verify import verify
from broadax.transforms.functions import registry

MODULES = {"np": np, "math": math, "operator": operator, "special": scipy.special,
           "scipy_linalg": scipy.linalg}  # fmt: skip
BUILTINS = "abs min max sum round pow divmod float int bool complex any all"
OPERATORS = ("add", "sub", "mul", "truediv")


class Traced:
    """An atom with the attributes, methods and some operators of an array."""

    __array_ufunc__ = None

    def __init__(self, atom):
        self.atom = atom

    def __getattr__(self, name):
        if name in registry.ATTRIBUTES:
            return wrap(registry.ATTRIBUTES[name].call(self.atom))
        if name in registry.METHODS:
            return lambda *args, **options: call(registry.METHODS[name], (self, *args), options)
        raise AttributeError(name)


def _operator(name: str):
    return lambda self, other: call(registry.find(getattr(operator, name)), (self, other), {})


for _name in OPERATORS:
    setattr(Traced, f"__{_name}__", _operator(_name))


def unwrap(value):
    if isinstance(value, Traced):
        return value.atom
    if isinstance(value, Proxy):
        return value._real
    if isinstance(value, (tuple, list)):
        return type(value)(unwrap(v) for v in value)
    if isinstance(value, slice):
        return slice(*unwrap((value.start, value.stop, value.step)))
    return value


def wrap(value):
    if isinstance(value, (Var, Lit)):
        return Traced(value)
    if isinstance(value, (tuple, list)):
        items = [wrap(v) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def call(entry, args, options):
    return wrap(entry.call(*unwrap(args), **{k: unwrap(v) for k, v in options.items()}))


class Proxy:
    """A module or function whose functions are looked up in the registry."""

    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        value = getattr(self._real, name)
        known = isinstance(value, types.ModuleType) or id(value) in registry.SUBSCRIPTS
        known = known or registry.find(value) is not None
        return Proxy(value) if known else value

    def __call__(self, *args, **options):
        return call(registry.find(self._real), args, options)

    def __getitem__(self, key):
        return call(registry.SUBSCRIPTS[id(self._real)], (key,), {})


PROXIES = {k: Proxy(v) for k, v in MODULES.items()}
PROXIES.update((k, Proxy(getattr(builtins, k))) for k in BUILTINS.split())


def values(case, names: dict, inputs) -> tuple:
    """The values of a case's expressions on inputs, which are called x, y, z, w."""
    scope = {**names, **dict(zip("xyzw", inputs, strict=False)), "inputs": inputs}
    return tuple(eval(text, scope) for text in case.expressions)


def numpy_values(case, inputs) -> tuple:
    return values(case, MODULES, [np.copy(v) if np.ndim(v) else v for v in inputs])


def compilable(case, name: str):
    """The case as a Python function that has a source."""
    names = ", ".join("xyzw"[: len(case.inputs)])
    text = ", ".join(case.expressions).replace("*inputs", names)
    source = f"def f({names}):\n    return ({text},)\n"
    file = f"<case {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope = dict(MODULES)
    exec(compile(source, file, "exec"), scope)
    return scope["f"]


def trace(case, inputs, symbolic: bool):
    """The Core function of a case, and the structure of its result."""
    builder, params, size_vars = Builder(), [], []
    for k, value in enumerate(inputs):
        aval = aval_of(value)
        var = builder.var(f"x{k}", aval)
        if symbolic:
            shape = [d if d < 2 else builder.var("n", Aval(np.dtype(int), (), True), d) for d in aval.shape]
            size_vars += [(d, var, axis) for axis, d in enumerate(shape) if isinstance(d, Var)]
            dims = (sizes.Size.of(d) if isinstance(d, Var) else d for d in shape)
            var.aval = Aval(aval.dtype, tuple(dims), aval.weak)
        params.append(var)
    with builder.current():
        leaves, structure = flatten(values(case, PROXIES, [Traced(p) for p in params]))
        atoms = [builder.atom(unwrap(leaf)) for leaf in leaves]
        function = builder.finish("f", params, size_vars, atoms)
    return verify(function, after="building"), structure


def guards_hold(function, inputs) -> bool:
    env = {var: inputs[function.params.index(param)].shape[axis] for var, param, axis in function.sizes}
    return all(guard.holds(env.__getitem__) for guard in function.guards.items)


# ── comparison ────────────────────────────────────────────────────────────────────────────────────


def flatten(result):
    """The leaves of nested tuples and lists, and what tells their structure."""
    if isinstance(result, (tuple, list)):
        parts = [flatten(r) for r in result]
        return [leaf for p, _ in parts for leaf in p], tuple(s for _, s in parts)
    return [result], None


def same(got, want, rtol=None) -> None:
    """Check value, shape, dtype and kind of scalar; 0-d arrays count as scalars."""
    got, want = (v[()] if isinstance(v, np.ndarray) and v.ndim == 0 else v for v in (got, want))
    assert np.shape(got) == np.shape(want), f"shape {np.shape(got)}, NumPy {np.shape(want)}"
    assert type(got) is type(want), f"{type(got).__name__}, NumPy {type(want).__name__}"
    dtype = np.asarray(want).dtype
    assert np.asarray(got).dtype == dtype, f"dtype {np.asarray(got).dtype}, NumPy {dtype}"
    if rtol is None:
        rtol = {"float16": 2e-2, "float32": 2e-5, "complex64": 2e-5, "float64": 1e-12}.get(dtype.name, 1e-12)
    rtol = max(rtol, 2e-5) if dtype.name == "float32" else rtol
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol)

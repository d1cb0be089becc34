"""Runs what a function means in primitives, and NumPy's own function, on the same inputs."""

import math
import operator
import re
import types

import numpy as np

from broadax.runtime.errors import BroadaxError
from broadax.transforms import sizes
from broadax.transforms.avals import Aval, aval_of
from broadax.transforms.builder import Builder
from broadax.transforms.core import Lit, Var
from broadax.transforms.evaluate import evaluate
from broadax.transforms.functions import registry
from broadax.transforms.verify import verify

DTYPES = {"f8": np.float64, "f4": np.float32, "f2": np.float16, "i8": np.int64, "i4": np.int32, "u1": np.uint8,
          "b1": np.bool_, "c16": np.complex128, "c8": np.complex64}
OPERATORS = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}


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


for _python, _name in OPERATORS.items():
    setattr(Traced, f"__{_python}__", lambda self, other, f=getattr(operator, _python): call(
        registry.find(f), (self, other), {}))


def unwrap(value):
    if isinstance(value, Traced):
        return value.atom
    if isinstance(value, (tuple, list)):
        return type(value)(unwrap(v) for v in value)
    return value


def wrap(value):
    if isinstance(value, (Var, Lit)):
        return Traced(value)
    if isinstance(value, (tuple, list)):
        items = [wrap(v) for v in value]
        return items if isinstance(value, list) else type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    return value


def call(entry, args, options):
    """Call an intrinsic on traced values."""
    assert entry.kind != "library", f"{entry.name} is read by the front end"
    return wrap(entry.call(*unwrap(args), **{k: unwrap(v) for k, v in options.items()}))


class Module:
    """A module whose functions are looked up in the registry."""

    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        value = getattr(self._real, name)
        if isinstance(value, types.ModuleType):
            return Module(value)
        entry = registry.find(value)
        if entry is None:
            return value
        return Function(value, entry)


class Function:
    """A registered function; ufunc methods are found through it."""

    def __init__(self, real, entry):
        self._real, self.entry = real, entry

    def __call__(self, *args, **options):
        return call(self.entry, args, options)

    def __getattr__(self, name):
        return Function(getattr(self._real, name), registry.find(getattr(self._real, name)))


class Space:
    """What a case is written against: `m.np`, `m.math`, `m.max`, …"""

    def __init__(self, traced: bool):
        self.traced = traced

    def __getattr__(self, name):
        import builtins

        import scipy.special

        if hasattr(builtins, name):
            real = getattr(builtins, name)
            return Function(real, registry.find(real)) if self.traced else real
        real = {"np": np, "math": math, "operator": operator, "special": scipy.special}[name]
        return Module(real) if self.traced else real


def draw(spec, grow: int, rng):
    """An input from a spec like `f8[5,3]`; `grow` is added to its sizes. Values are used as they are."""
    if not isinstance(spec, str):
        return spec
    name, dims = re.fullmatch(r"(\w+)\[([\d,]*)\]", spec).groups()
    shape = tuple(int(d) + (grow if int(d) > 1 else 0) for d in dims.split(",") if d)
    dtype = np.dtype(DTYPES[name])
    if dtype.kind == "b":
        value = rng.random(shape) > 0.5
    elif dtype.kind in "iu":
        value = rng.integers(1, 9, shape)
    elif dtype.kind == "c":
        value = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    else:
        value = rng.normal(size=shape)
    return np.asarray(value).astype(dtype)[()]


def flatten(result):
    """The leaves of nested tuples and lists, and what tells their structure."""
    if isinstance(result, (tuple, list)):
        parts = [flatten(r) for r in result]
        return [leaf for p, _ in parts for leaf in p], (len(parts), tuple(s for _, s in parts))
    return [result], None


def trace(body, values, symbolic: bool):
    """The Core function of `body` on inputs like `values`."""
    builder = Builder()
    params, size_vars = [], []
    for k, value in enumerate(values):
        aval = aval_of(value)
        var = builder.var(f"x{k}", aval)
        if symbolic:
            shape = []
            for axis, dim in enumerate(aval.shape):
                if dim < 2:
                    shape.append(dim)
                    continue
                size = builder.var(f"n{k}{axis}", Aval(np.dtype(np.int64), (), True), dim)
                size_vars.append((size, var, axis))
                shape.append(sizes.Size.of(size))
            var.aval = Aval(aval.dtype, tuple(shape), aval.weak)
        params.append(var)
    with builder.current():
        result = body(Space(True), *(Traced(p) for p in params))
        leaves, structure = flatten(result)
        atoms = [builder.atom(unwrap(leaf)) for leaf in leaves if leaf is not None]
        function = builder.finish("f", params, size_vars, atoms)
    return verify(function, after="building"), structure


def normal(value):
    """0-d arrays as scalars."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def check_same(got, want, rtol, typed=True):
    got, want = normal(got), normal(want)
    assert np.shape(got) == np.shape(want), f"shape {np.shape(got)}, NumPy {np.shape(want)}"
    if typed and not isinstance(want, (np.dtype, str)):
        kind = type(got) is type(want) or isinstance(got, np.ndarray)
        assert kind, f"{type(got).__name__}, NumPy {type(want).__name__}"
        assert np.asarray(got).dtype == np.asarray(want).dtype, \
            f"dtype {np.asarray(got).dtype}, NumPy {np.asarray(want).dtype}"
    tolerance = rtol or {"f": {2: 2e-2, 4: 2e-5, 8: 1e-12}, "c": {8: 2e-5, 16: 1e-12}}.get(
        np.asarray(want).dtype.kind, {}).get(np.asarray(want).dtype.itemsize, 0)
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def holds(function, values) -> bool:
    env = {var: values[function.params.index(param)].shape[axis] for var, param, axis in function.sizes}
    return all(guard.holds(env.__getitem__) for guard in function.guards.items)


def run_case(body, specs, symbolic: bool, rtol=None, typed=True):
    """Compare a case with NumPy; with symbolic sizes, also at other sizes where the guards hold."""
    rng = np.random.default_rng(0)
    values = [draw(s, 0, rng) for s in specs]
    with np.errstate(all="ignore"):
        function, structure = trace(body, values, symbolic)
        others = [values]
        if symbolic:
            assert holds(function, values)
            grown = [draw(s, 2, rng) for s in specs]
            if all(isinstance(s, str) for s in specs) and holds(function, grown):
                others.append(grown)
        for inputs in others:
            want, expected = flatten(body(Space(False), *(np.copy(v) if np.ndim(v) else v for v in inputs)))
            want = [w for w in want if w is not None]
            assert structure == expected, f"structure {structure}, NumPy {expected}"
            got = evaluate(function, *inputs)
            assert len(got) == len(want)
            for g, w in zip(got, want, strict=True):
                check_same(g, w, rtol, typed)
    return len(others) > 1


def run_error(body, specs):
    """Both raise; ours is one of the family, and of the class that NumPy's is."""
    rng = np.random.default_rng(0)
    values = [draw(s, 0, rng) for s in specs]
    try:
        body(Space(False), *values)
    except Exception as error:
        want = error
    else:
        raise AssertionError("NumPy does not raise")
    try:
        trace(body, values, False)
    except BroadaxError as error:
        kinds = (ValueError, TypeError, IndexError)
        assert any(isinstance(error, k) and isinstance(want, k) for k in kinds), f"{error!r}, NumPy {want!r}"
        return str(error), str(want)
    raise AssertionError(f"no error; NumPy {want!r}")

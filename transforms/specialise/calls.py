"""Calls: user functions are read in place, NumPy's are looked up, static ones run now."""

from __future__ import annotations

import functools
import types
from dataclasses import fields, is_dataclass

import gast
import numpy as np

from broadax.runtime.errors import StaticNeeded, TypeMismatchError, UnsupportedError
from broadax.transforms.composed import Composed, function_name
from broadax.transforms.core import Lit, Var
from broadax.transforms.functions import registry
from broadax.transforms.sizes import Size
from broadax.transforms.source import source_of
from broadax.transforms.specialise import builtin_calls, transformed
from broadax.transforms.specialise.arrays import fresh, is_runtime, read, result_value, settle_name, write
from broadax.transforms.specialise.control import run_block
from broadax.transforms.specialise.expressions import eval_items, fold_generator, make_closure
from broadax.transforms.specialise.interpreter import MAX_DEPTH, Interpreter, expression, statement
from broadax.transforms.specialise.operators import binary
from broadax.transforms.specialise.trees import flatten
from broadax.transforms.specialise.values import (
    UNDEFINED,
    Array,
    Closure,
    DictValue,
    Frame,
    Host,
    Instance,
    Iteration,
    ListValue,
    Maybe,
    Method,
    RangeValue,
    Text,
)

# Modules whose functions may run when the code is read, if all arguments are static.
PURE_MODULES = ("math", "cmath", "operator", "itertools", "functools", "builtins", "numpy", "string", "collections",
                "typing", "_operator", "_functools", "dataclasses", "enum", "broadax", "fractions", "copy")


@expression(gast.Call)
def _call(it: Interpreter, node, frame):
    callee = it.eval(node.func, frame)
    if len(node.args) == 1 and isinstance(node.args[0], gast.GeneratorExp) and callee in (sum, any, all):
        return _fold(it, callee, node.args[0], frame)
    args = tuple(eval_items(it, node.args, frame))
    kwargs = {}
    for keyword in node.keywords:
        value = it.eval(keyword.value, frame)
        if keyword.arg is None:
            kwargs.update(it.items(value) if isinstance(value, DictValue) else value)
        else:
            kwargs[keyword.arg] = value
    return call(it, callee, args, kwargs)


def _fold(it: Interpreter, callee, node, frame):
    if callee is sum:
        return fold_generator(it, node, frame, 0, lambda total, item: binary(it, "add", total, item))
    op = "bitwise_or" if callee is any else "bitwise_and"
    return fold_generator(it, node, frame, callee is all, lambda total, item: binary(it, op, total, item))


@statement(gast.Expr)
def _expression_statement(it: Interpreter, node, frame):
    if not isinstance(node.value, gast.Constant):
        it.eval(node.value, frame)


@statement(gast.FunctionDef)
def _function_def(it: Interpreter, node, frame):
    function = make_closure(it, node, frame, node.name)
    for decorator in reversed(node.decorator_list):
        function = call(it, it.eval(decorator, frame), (function,), {})
    it.store.set(frame, node.name, function)


@statement(gast.Pass)
def _pass(it, node, frame):
    pass


@statement(gast.Nonlocal)
def _nonlocal(it, node, frame):
    frame.nonlocals |= set(node.names)


@statement(gast.Import, gast.ImportFrom)
def _import(it: Interpreter, node, frame):
    import importlib

    for alias in node.names:
        if isinstance(node, gast.Import):
            module = importlib.import_module(alias.name)
            top = importlib.import_module(alias.name.partition(".")[0])
            it.store.set(frame, alias.asname or alias.name.partition(".")[0], module if alias.asname else top)
        else:
            if node.level:
                raise UnsupportedError("a relative import inside a function", it.loc)
            module = importlib.import_module(node.module)
            it.store.set(frame, alias.asname or alias.name, getattr(module, alias.name))


# ── dispatch ──────────────────────────────────────────────────────────────────────────────────────


def call(it: Interpreter, callee, args: tuple, kwargs: dict):
    """Call an abstract or static callable with abstract arguments."""
    if isinstance(callee, Host):
        return callee.call(it, args, kwargs)
    if isinstance(callee, Composed):
        return transformed.call_composed(it, callee, args, kwargs)
    if isinstance(callee, Closure):
        return call_function(it, callee.node, callee.source, callee.frame, callee.frame.globals, {}, callee.name,
                             args, kwargs, callee.defaults, callee.kw_defaults)
    if isinstance(callee, Method):
        if isinstance(callee.function, registry.Entry):
            return call_entry(it, callee.function, (callee.owner, *args), kwargs)
        return call(it, callee.function, (callee.owner, *args), kwargs)
    if isinstance(callee, functools.partial):
        known = tuple(it.known(a, ("partial", id(callee), n)) for n, a in enumerate(callee.args))
        more = {k: it.known(v, ("partial", id(callee), k)) for k, v in callee.keywords.items()}
        return call(it, callee.func, known + args, {**more, **kwargs})
    if isinstance(callee, types.MethodType):
        return call(it, callee.__func__, (it.known(callee.__self__, ("self", id(callee.__self__))), *args), kwargs)
    special = getattr(callee, "__broadax__", None)
    if special is not None:
        return transformed.call_special(it, special, callee, args, kwargs)
    if isinstance(callee, Instance):
        return call(it, Method(callee.cls.__call__, callee), args, kwargs)
    return _call_object(it, callee, args, kwargs)


def _call_object(it: Interpreter, callee, args: tuple, kwargs: dict):
    """Call a real Python object."""
    try:
        handler = builtin_calls.HANDLERS.get(callee)
    except TypeError:
        handler = None
    if handler is not None:
        return handler(it, *args, **kwargs)
    entry = registry.find(callee)
    if entry is not None and not _stays_static(entry, args, kwargs):
        return call_entry(it, entry, args, kwargs)
    if isinstance(callee, type):
        return _construct(it, callee, args, kwargs)
    if isinstance(callee, types.FunctionType) and not _is_pure(callee):
        return call_python(it, callee, args, kwargs)
    if not isinstance(callee, (types.BuiltinFunctionType, types.FunctionType, types.MethodDescriptorType, np.ufunc)):
        method = getattr(type(callee), "__call__", None)
        if isinstance(method, types.FunctionType):
            return call(it, method, (callee, *args), kwargs)
    return _call_static(it, callee, args, kwargs)


def _is_pure(callee) -> bool:
    return (callee.__module__ or "").partition(".")[0] in PURE_MODULES and callee.__module__ != "broadax.nn"


def _stays_static(entry, args, kwargs) -> bool:
    """Python's own functions of static numbers give static numbers."""
    python = entry.name.partition(".")[0] in ("math", "operator") or "." not in entry.name
    return python and all(_is_static(v) for v in (*args, *kwargs.values()))


def _is_static(value) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_static, value))
    return not isinstance(value, (Var, Array, Size, ListValue, DictValue, Instance, Closure, Text, Iteration,
                                  RangeValue, np.ndarray))


def _call_static(it: Interpreter, callee, args: tuple, kwargs: dict):
    """Run a function now; all that it is given must be static."""
    owner = getattr(callee, "__self__", None)
    module = (getattr(callee, "__module__", None) or "builtins").partition(".")[0]
    name = getattr(callee, "__qualname__", None) or repr(callee)
    values = [*args, *kwargs.values()]
    if module in PURE_MODULES and all(_is_static(v) for v in values) or isinstance(owner, (str, bytes, int, float)):
        if any(isinstance(v, Text) for v in values):
            raise UnsupportedError(f"{name} of a text with run-time values", it.loc)
        if module == "numpy" and isinstance(getattr(callee, "__self__", None), np.random.RandomState):
            raise UnsupportedError(f"numpy.random.{name} inside a compiled function", it.loc,
                                   "make the random numbers outside and pass them as an argument")
        return callee(*(it.plain(a) for a in args), **{k: it.plain(v) for k, v in kwargs.items()})
    where = getattr(callee, "__module__", None)
    shown = f"{where}.{name}" if where and where != "builtins" else name
    raise UnsupportedError(f"{shown} is not supported", it.loc,
                           "write it with functions that are (broadax info lists them), or call it outside")


# ── Python functions ──────────────────────────────────────────────────────────────────────────────


def call_python(it: Interpreter, function: types.FunctionType, args: tuple, kwargs: dict):
    """Read a real Python function's source with these arguments."""
    source = source_of(function)
    names = function.__code__.co_freevars
    cells = dict(zip(names, function.__closure__ or (), strict=True))
    defaults = tuple(it.known(d, ("default", id(function), n)) for n, d in enumerate(function.__defaults__ or ()))
    given = function.__kwdefaults__ or {}
    kw_defaults = tuple(it.known(given[a.id], ("default", id(function), a.id)) if a.id in given else None
                        for a in source.node.args.kwonlyargs)
    required = {a.id for a in source.node.args.kwonlyargs} - set(given)
    return call_function(it, source.node, source, None, function.__globals__, cells, function.__qualname__,
                         args, kwargs, defaults, kw_defaults, required)


def call_function(it: Interpreter, node, source, parent, globals_, cells, name, args, kwargs, defaults,
                  kw_defaults, required=None):
    """Bind the arguments, read the body, give the returned value."""
    if isinstance(node, gast.AsyncFunctionDef) or _yields(node):
        raise UnsupportedError(f"{name} is a generator or coroutine", it.loc, "return a list or an array")
    if len(it.frames) >= MAX_DEPTH:
        raise UnsupportedError(f"{name} calls itself without an end that is known when it is read", it.loc,
                               "write the recursion as a loop")
    frame = Frame(it.store, source, globals_, parent, cells, local_names(node))
    bound = bind(node.args, args, kwargs, defaults, kw_defaults, name, required)
    for key, value in bound.items():
        frame.slots[key] = DictValue(it.store, value) if isinstance(value, dict) else value
    frame.slots.update({"%returned": False, "%break": False, "%continue": False})
    it.frames.append(frame)
    try:
        if isinstance(node, gast.Lambda):
            return it.eval(node.body, frame)
        run_block(it, node.body, frame)
        return _returned(it, frame, name)
    finally:
        it.frames.pop()


def _returned(it: Interpreter, frame: Frame, name: str):
    done, value = it.store.get(frame, "%returned"), it.store.get(frame, "%value")
    if done is False:
        return None
    if done is True:
        value = value.value if isinstance(value, Maybe) else value
        return settle_name(it, value, f"the result of {name}")
    raise TypeMismatchError(f"{name} returns a value on some paths and None on others", frame.source.loc(),
                            "return a value of the same type on every path")


@functools.lru_cache(maxsize=1024)
def local_names(node) -> frozenset:
    """The names that a function binds: its parameters and what it assigns."""
    a = node.args
    names = {n.id for n in (*a.args, *a.posonlyargs, *a.kwonlyargs, a.vararg, a.kwarg) if n is not None}
    outer: set[str] = set()
    todo = list(node.body) if isinstance(node.body, list) else [node.body]
    while todo:
        item = todo.pop()
        if isinstance(item, (gast.FunctionDef, gast.ClassDef)):
            names.add(item.name)
            continue
        if isinstance(item, (gast.Lambda, gast.ListComp, gast.GeneratorExp, gast.DictComp, gast.SetComp)):
            continue
        if isinstance(item, gast.Name) and isinstance(item.ctx, (gast.Store, gast.Del)):
            names.add(item.id)
        if isinstance(item, (gast.Global, gast.Nonlocal)):
            outer |= set(item.names)
        todo.extend(gast.iter_child_nodes(item))
    return frozenset(names - outer)


@functools.lru_cache(maxsize=1024)
def _yields(node) -> bool:
    return any(isinstance(n, (gast.Yield, gast.YieldFrom)) for n in gast.walk(node))


def bind(spec, args: tuple, kwargs: dict, defaults: tuple, kw_defaults: tuple, name: str, required=None) -> dict:
    """Parameters to values, as Python binds them.

    Raises:
        TypeError: in Python's words.
    """
    positional = [a.id for a in (*spec.posonlyargs, *spec.args)]
    values = dict(zip(positional, args, strict=False))
    extra = args[len(positional):]
    if extra and spec.vararg is None:
        raise TypeError(f"{name}() takes {len(positional)} positional arguments but {len(args)} were given")
    if spec.vararg is not None:
        values[spec.vararg.id] = tuple(extra)
    keyword_only = [a.id for a in spec.kwonlyargs]
    rest = {}
    for key, value in kwargs.items():
        if key in values and key in positional:
            raise TypeError(f"{name}() got multiple values for argument '{key}'")
        if key in positional or key in keyword_only:
            values[key] = value
        elif spec.kwarg is not None:
            rest[key] = value
        else:
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
    for key, value in zip(positional[len(positional) - len(defaults):], defaults, strict=True):
        values.setdefault(key, value)
    for node, key, value in zip(spec.kwonlyargs, keyword_only, kw_defaults, strict=True):
        if key not in values and (key not in required if required is not None else value is not None):
            values[node.id] = value
    missing = [key for key in (*positional, *keyword_only) if key not in values]
    if missing:
        listed = ", ".join(f"'{m}'" for m in missing)
        raise TypeError(f"{name}() missing {len(missing)} required argument{'s'[:len(missing) > 1]}: {listed}")
    if spec.kwarg is not None:
        values[spec.kwarg.id] = rest
    return values


# ── NumPy's functions ─────────────────────────────────────────────────────────────────────────────


def call_entry(it: Interpreter, entry, args: tuple, kwargs: dict):
    """Call an intrinsic (it emits primitives) or read a library function."""
    if entry.kind == "library":
        return call_python(it, entry.call, args, kwargs)
    plain = tuple(it.plain(a) for a in args)
    named = {k: it.plain(v) for k, v in kwargs.items()}
    result = entry.call(*plain, **named)
    target = args[0] if args and isinstance(args[0], Array) else None
    if entry.updates:
        if target is None:
            raise TypeMismatchError(f"{entry.name} needs an array to write to", it.loc)
        write(it, target, result)
        return None
    return to_value(it, result, target if entry.view else None)


def to_value(it: Interpreter, result, view_of: Array | None = None):
    """What an intrinsic gives, as an abstract value."""
    if isinstance(result, Lit):
        return result.value
    if isinstance(result, Var):
        return result_value(it, result, view_of)
    if isinstance(result, list):
        return ListValue(it.store, [to_value(it, r, view_of) for r in result])
    if type(result) is tuple:
        return tuple(to_value(it, r, view_of) for r in result)
    if isinstance(result, tuple):
        return tuple.__new__(type(result), [to_value(it, r, view_of) for r in result])
    return result


# ── classes ───────────────────────────────────────────────────────────────────────────────────────


def _construct(it: Interpreter, cls: type, args: tuple, kwargs: dict):
    """Make an instance of a class."""
    if issubclass(cls, BaseException):
        return Text(tuple(p for a in args for p in (getattr(a, "parts", None) or (a,))))
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        filled = dict(zip(cls._fields, args, strict=False))
        filled.update(kwargs)
        for name, value in cls._field_defaults.items():
            filled.setdefault(name, value)
        if len(filled) != len(cls._fields):
            raise TypeError(f"{cls.__name__}() takes {len(cls._fields)} values")
        return tuple.__new__(cls, [filled[f] for f in cls._fields])
    if is_dataclass(cls) and "__init__" in cls.__dict__ and _made_by_dataclass(cls):
        return _construct_dataclass(it, cls, args, kwargs)
    if isinstance(cls.__init__, types.FunctionType) and cls.__new__ is object.__new__:
        instance = Instance(it.store, cls, {})
        call(it, Method(cls.__init__, instance), args, kwargs)
        return instance
    return _call_static(it, cls, args, kwargs)


def _made_by_dataclass(cls: type) -> bool:
    return cls.__init__.__code__.co_filename == "<string>"


def _construct_dataclass(it: Interpreter, cls: type, args: tuple, kwargs: dict):
    import dataclasses

    given = [f for f in fields(cls) if f.init]
    filled = dict(zip((f.name for f in given), args, strict=False))
    filled.update(kwargs)
    for field in given:
        if field.name in filled:
            continue
        if field.default is not dataclasses.MISSING:
            filled[field.name] = it.known(field.default, ("field", id(cls), field.name))
        elif field.default_factory is not dataclasses.MISSING:
            filled[field.name] = call(it, field.default_factory, (), {})
        else:
            raise TypeError(f"{cls.__name__}() missing argument '{field.name}'")
    instance = Instance(it.store, cls, {f.name: filled[f.name] for f in given})
    post = getattr(cls, "__post_init__", None)
    if post is not None:
        call(it, Method(post, instance), (), {})
    return instance


def static_index(it: Interpreter, value, what: str):
    """A value needed now: sizes are guarded, run-time scalars raise StaticNeeded."""
    from broadax.transforms import sizes

    if isinstance(value, Size):
        known = sizes.hint(value)
        if known is not None:
            sizes.same(value, known)
            return known
    if is_runtime(value):
        raise StaticNeeded(f"{what} must be known when the function is read", value, it.loc)
    if isinstance(value, tuple):
        return tuple(static_index(it, v, what) for v in value)
    return value


def plain(it: Interpreter, value):
    """An abstract value as intrinsics take it: atoms for data, Python's containers for containers."""
    if isinstance(value, (Array, np.ndarray)):
        return read(it, value)
    if isinstance(value, ListValue):
        return [plain(it, v) for v in it.items(value)]
    if isinstance(value, DictValue):
        return {k: plain(it, v) for k, v in it.items(value).items()}
    if type(value) is tuple:
        return tuple(plain(it, v) for v in value)
    if isinstance(value, (RangeValue, Iteration)):
        from broadax.transforms.specialise.iterate import sequence_of

        sequence = sequence_of(it, value)
        return [plain(it, sequence.item(k)) for k in range(it.turns(sequence.count))]
    return value



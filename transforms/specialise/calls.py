"""Calls: user functions are read in place, NumPy's are looked up, static ones run now."""

from __future__ import annotations

import functools
import itertools
import types
from collections import abc

import gast
import numpy as np

from broadax.runtime.errors import TypeMismatchError, UnsupportedError
from broadax.transforms.composed import Composed
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.custom import CustomFunction
from broadax.transforms.functions import registry
from broadax.transforms.linear_map import LinearMap
from broadax.transforms.specialise import builtin_calls, resized, transformed
from broadax.transforms.specialise.classes import construct
from broadax.transforms.specialise.comprehensions import fold_generator
from broadax.transforms.specialise.control import truth
from broadax.transforms.specialise.custom import call_custom
from broadax.transforms.specialise.entries import call_entry
from broadax.transforms.specialise.expressions import eval_items, make_closure
from broadax.transforms.specialise.formatting import formatted
from broadax.transforms.specialise.functions import call_function, call_python
from broadax.transforms.specialise.interpreter import Interpreter, expression, statement, static_call
from broadax.transforms.specialise.linear_calls import call_linear
from broadax.transforms.specialise.misuse import called
from broadax.transforms.specialise.operators import binary
from broadax.transforms.specialise.values import (
    Array,
    Closure,
    DictValue,
    Generator,
    Host,
    Instance,
    Iteration,
    Iterator,
    ListValue,
    Method,
    RangeValue,
    Text,
    type_name,
)

# Modules whose functions may run when the code is read, if all arguments are static.
PURE_MODULES = (
    "math",
    "cmath",
    "operator",
    "itertools",
    "functools",
    "builtins",
    "numpy",
    "string",
    "collections",
    "typing",
    "_operator",
    "_functools",
    "dataclasses",
    "enum",
    "broadax",
    "fractions",
    "copy",
)

READ = (
    "broadax.nn",
    "broadax.sparse",
    "broadax.test_util",
)  # but these are read as if the user had written them


@expression(gast.Call)
def _call(it: Interpreter, node, frame):
    callee = it.eval(node.func, frame)
    count = resized.length(it, node.args[0], frame) if callee is len and len(node.args) == 1 else None
    if count is not None:
        return count
    if len(node.args) == 1 and isinstance(node.args[0], gast.GeneratorExp) and callee in (sum, any, all):
        return _fold(it, callee, node.args[0], frame)
    args = tuple(eval_items(it, node.args, frame))
    kwargs = {}
    for keyword in node.keywords:
        value = it.eval(keyword.value, frame)
        if keyword.arg is None:
            if not isinstance(value, DictValue):
                what = f"the argument after ** must be a mapping, not {type_name(value)}"
                raise TypeMismatchError(what, it.loc)
            kwargs.update(it.items(value))
        else:
            kwargs[keyword.arg] = value
    return call(it, callee, args, kwargs)


def _fold(it: Interpreter, callee, node, frame):
    if callee is sum:
        return fold_generator(it, node, frame, 0, lambda total, item: binary(it, "add", total, item))
    op = "logical_or" if callee is any else "logical_and"

    def step(total, item):
        test = truth(it, item)
        if isinstance(test, bool) and isinstance(total, bool):
            return total or test if callee is any else total and test
        return it.builder.apply(op, it.builder.atom(total), it.builder.atom(test))

    return fold_generator(it, node, frame, callee is all, step)


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
            module = static_call(importlib.import_module, alias.name)
            top = importlib.import_module(alias.name.partition(".")[0])
            it.store.set(frame, alias.asname or alias.name.partition(".")[0], module if alias.asname else top)
        else:
            if node.level:
                raise UnsupportedError("a relative import inside a function", it.loc)
            module = static_call(importlib.import_module, node.module)
            it.store.set(frame, alias.asname or alias.name, static_call(_imported, module, alias.name))


def _imported(module, name: str):
    if not hasattr(module, name):
        raise ImportError(f"cannot import name '{name}' from '{module.__name__}' ({module.__file__})")
    return getattr(module, name)


# ── dispatch ───────────────────────────────────────────────────────────────────────────────────


def call(it: Interpreter, callee, args: tuple, kwargs: dict):
    """Call an abstract or static callable with abstract arguments."""
    if isinstance(callee, Host):
        return callee.call(it, args, kwargs)
    if isinstance(callee, registry.Entry):
        return call_entry(it, callee, args, kwargs)
    if isinstance(callee, CustomFunction):
        return call_custom(it, callee, args, kwargs)
    if isinstance(callee, Composed):
        return transformed.call_composed(it, callee, args, kwargs)
    if isinstance(callee, Closure):
        return call_function(
            it,
            callee.node,
            callee.source,
            callee.frame,
            callee.frame.globals,
            {},
            callee.name,
            args,
            kwargs,
            callee.defaults,
            callee.kw_defaults,
        )
    if isinstance(callee, Method) and isinstance(callee.owner, CustomFunction):
        return callee.function(callee.owner, *args, **kwargs)  # it sets a rule
    if isinstance(callee, Method):
        return call(it, callee.function, (callee.owner, *args), kwargs)
    if isinstance(callee, functools.partial):
        known = tuple(it.known(a, ("partial", id(callee), n)) for n, a in enumerate(callee.args))
        more = {k: it.known(v, ("partial", id(callee), k)) for k, v in callee.keywords.items()}
        return call(it, callee.func, known + args, {**more, **kwargs})
    if isinstance(callee, types.MethodType):
        return call(
            it, callee.__func__, (it.known(callee.__self__, ("self", id(callee.__self__))), *args), kwargs
        )
    if isinstance(callee, LinearMap):
        return call_linear(it, callee, args, kwargs)
    special = getattr(callee, "__broadax__", None)
    if special is not None:
        return transformed.call_special(it, special, callee, args, kwargs)
    if isinstance(callee, Instance):
        if "__call__" not in dir(callee.cls):
            raise TypeMismatchError(f"'{type_name(callee)}' object is not callable", it.loc)
        return call(it, Method(callee.cls.__call__, callee), args, kwargs)
    return _call_object(it, callee, args, kwargs)


def _call_object(it: Interpreter, callee, args: tuple, kwargs: dict):
    """Call a real Python object."""
    try:
        handler = builtin_calls.HANDLERS.get(callee)
    except TypeError:
        handler = None
    if handler is not None:
        return called(callee.__name__, handler, (it, *args), kwargs, own=1)
    entry = registry.find(callee)
    if entry is not None and not _stays_static(entry, args, kwargs):
        return call_entry(it, entry, args, kwargs)
    if isinstance(callee, type):
        made = construct(it, callee, args, kwargs)
        return made if made is not None else _call_static(it, callee, args, kwargs)
    if isinstance(callee, types.FunctionType) and not _is_pure(callee):
        return call_python(it, callee, args, kwargs)
    if isinstance(callee, (Var, Array, ListValue, DictValue, Size, Text)):
        raise TypeMismatchError(f"'{type_name(callee)}' object is not callable", it.loc)
    if not isinstance(
        callee, (types.BuiltinFunctionType, types.FunctionType, types.MethodDescriptorType, np.ufunc)
    ):
        method = type(callee).__call__
        if isinstance(method, types.FunctionType):
            return call(it, method, (callee, *args), kwargs)
    return _call_static(it, callee, args, kwargs)


def _is_pure(callee) -> bool:
    return (callee.__module__ or "").partition(".")[0] in PURE_MODULES and callee.__module__ not in READ


def _stays_static(entry, args, kwargs) -> bool:
    """Python's own functions of static numbers give static numbers."""
    python = entry.name.partition(".")[0] in ("math", "operator") or "." not in entry.name
    return python and all(_is_static(v) for v in (*args, *kwargs.values()))


def _is_static(value) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_static, value))
    return not isinstance(
        value,
        (
            Var,
            Array,
            Size,
            ListValue,
            DictValue,
            Instance,
            Closure,
            Text,
            Iteration,
            Iterator,
            RangeValue,
            Generator,
            np.ndarray,
        ),
    )


def _items_of(made):
    """What Python made, an iterator as its items: code that is read twice would find it used up."""
    if isinstance(made, itertools.groupby):
        return tuple((key, tuple(group)) for key, group in made)
    return tuple(made) if isinstance(made, abc.Iterator) and not isinstance(made, itertools.cycle) else made


def _call_static(it: Interpreter, callee, args: tuple, kwargs: dict):
    """Run a function now; all that it is given must be static."""
    owner = getattr(callee, "__self__", None)
    home = getattr(callee, "__module__", None) or (
        type(owner).__module__ if owner is not None else "builtins"
    )
    name = getattr(callee, "__qualname__", None) or repr(callee)
    args = tuple(it.plain(v) if isinstance(v, (Iteration, Iterator)) else v for v in args)
    values = [*args, *kwargs.values()]
    if home.startswith(("numpy.random", "random")) or type(owner).__module__.startswith("numpy.random"):
        raise UnsupportedError(
            f"{name} inside a compiled function",
            it.loc,
            "make the random numbers outside and pass them as an argument",
        )
    if isinstance(owner, str) and getattr(callee, "__name__", "") == "format":
        return formatted(it, owner, args, kwargs)
    pure = home.partition(".")[0] in PURE_MODULES and all(_is_static(v) for v in values)
    if pure or isinstance(owner, (str, bytes, int, float)):
        if any(isinstance(v, Text) for v in values):
            raise UnsupportedError(f"{name} of a text with run-time values", it.loc)
        plain = tuple(it.plain(a) for a in args)
        return _items_of(static_call(callee, *plain, **{k: it.plain(v) for k, v in kwargs.items()}))
    if not callable(callee):
        raise TypeMismatchError(f"'{type_name(callee)}' object is not callable", it.loc)
    where = getattr(callee, "__module__", None)
    shown = f"{where}.{name}" if where and where != "builtins" else name
    raise UnsupportedError(
        f"{shown} is not supported",
        it.loc,
        "write it with functions that are (broadax info lists them), or call it outside",
    )

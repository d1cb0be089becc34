"""User functions: their arguments are bound and their bodies read in place."""

from __future__ import annotations

import functools
import types

import gast

from broadax.runtime.errors import BroadaxError, DepthError, TypeMismatchError, UnsupportedError
from broadax.transforms.core.statements import Var
from broadax.transforms.source import source_of
from broadax.transforms.specialise.arrays import settle_name
from broadax.transforms.specialise.control import run_block
from broadax.transforms.specialise.interpreter import MAX_DEPTH, Interpreter
from broadax.transforms.specialise.values import (
    DictValue,
    Frame,
    Generator,
    Iteration,
    Iterator,
    Maybe,
)

DATA_DEPTH = 12  # calls of one function inside each other before its depth is asked for
SAME_DEPTH = 30  # the same, where that does not help


def call_python(it: Interpreter, function: types.FunctionType, args: tuple, kwargs: dict, name: str = ""):
    """Read a real Python function's source with these arguments; `name` is what messages call it."""
    source = source_of(function)
    names = function.__code__.co_freevars
    cells = dict(zip(names, function.__closure__ or (), strict=True))
    defaults = tuple(
        it.known(d, ("default", id(function), n)) for n, d in enumerate(function.__defaults__ or ())
    )
    given = function.__kwdefaults__ or {}
    kw_defaults = tuple(
        it.known(given[a.id], ("default", id(function), a.id)) if a.id in given else None
        for a in source.node.args.kwonlyargs
    )
    required = {a.id for a in source.node.args.kwonlyargs} - set(given)
    return call_function(
        it,
        source.node,
        source,
        None,
        function.__globals__,
        cells,
        name or function.__qualname__,
        args,
        kwargs,
        defaults,
        kw_defaults,
        required,
    )


def call_function(
    it: Interpreter,
    node,
    source,
    parent,
    globals_,
    cells,
    name,
    args,
    kwargs,
    defaults,
    kw_defaults,
    required=None,
):
    """Bind the arguments, read the body, give the returned value."""
    if isinstance(node, gast.AsyncFunctionDef):
        raise UnsupportedError(f"{name} is a coroutine", source.loc(node), "return a list or an array")
    again = sum(frame.source is source and frame.node is node for frame in it.frames)
    if again >= DATA_DEPTH and it.in_branch:
        _fix_depth(it, args, kwargs)
    if len(it.frames) >= MAX_DEPTH or again >= SAME_DEPTH and it.in_branch:
        raise DepthError(
            f"{name} calls itself without an end that is known when it is read",
            it.loc,
            "write the recursion as a loop",
        )
    frame = Frame(it.store, source, globals_, parent, cells, local_names(node))
    frame.node, frame.title = node, name
    bound = bind(node.args, args, kwargs, defaults, kw_defaults, name, required)
    for key, value in bound.items():
        if isinstance(value, Iteration):
            value = Iterator(it.store, value)
        frame.slots[key] = DictValue(it.store, value) if isinstance(value, dict) else value
    frame.slots.update({"%returned": False, "%break": False, "%continue": False})
    if yields(node):
        return Generator(it.store, lambda hook, stops: _run_generator(it, frame, hook, stops), name)
    it.frames.append(frame)
    try:
        if isinstance(node, gast.Lambda):
            return it.eval(node.body, frame)
        run_block(it, node.body, frame)
        return _returned(it, frame, name)
    except BroadaxError as error:
        if not source.library and len(it.frames) > 1 and it.loc is not None:
            error.during(f"called from {it.loc.function} ({it.loc})")
        raise
    finally:
        it.frames.pop()


def _run_generator(it: Interpreter, frame: Frame, hook, stops: bool) -> None:
    """Read the body of a generator; `hook(value, frame)` is what each yield does."""
    frame.hook, frame.stops = hook, stops
    it.frames.append(frame)
    try:
        run_block(it, frame.node.body, frame)
    finally:
        it.frames.pop()


def _fix_depth(it: Interpreter, args, kwargs) -> None:
    """A recursion whose depth is an argument: ask for that argument's value."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, Var) and value.dtype.kind in "bi" and it.inputs.is_input(it, value):
            it.inputs.fix(value)


def _returned(it: Interpreter, frame: Frame, name: str):
    done, value = it.store.get(frame, "%returned"), it.store.get(frame, "%value")
    if done is False:
        return None
    if done is True:
        value = value.value if isinstance(value, Maybe) else value
        return settle_name(it, value, f"the result of {name}")
    raise TypeMismatchError(
        f"{name} returns a value on some paths and None on others",
        frame.source.loc(),
        "return a value of the same type on every path",
    )


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
def yields(node):
    """The yield in the function itself (not in one nested in it), if there is one."""
    todo = list(node.body) if isinstance(node.body, list) else [node.body]
    while todo:
        item = todo.pop()
        if isinstance(item, (gast.Yield, gast.YieldFrom)):
            return item
        if not isinstance(item, (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)):
            todo.extend(gast.iter_child_nodes(item))
    return None


def bind(
    spec, args: tuple, kwargs: dict, defaults: tuple, kw_defaults: tuple, name: str, required=None
) -> dict:
    """Parameters to values, as Python binds them.

    Raises:
        TypeError: in Python's words.
    """
    positional = [a.id for a in (*spec.posonlyargs, *spec.args)]
    values = dict(zip(positional, args, strict=False))
    extra = args[len(positional) :]
    if extra and spec.vararg is None:
        many, were = "s"[: len(positional) != 1], "was" if len(args) == 1 else "were"
        what = f"{name}() takes {len(positional)} positional argument{many} but {len(args)} {were} given"
        raise TypeMismatchError(what)
    if spec.vararg is not None:
        values[spec.vararg.id] = tuple(extra)
    keyword_only = [a.id for a in spec.kwonlyargs]
    rest = {}
    for key, value in kwargs.items():
        if key in values and key in positional:
            raise TypeMismatchError(f"{name}() got multiple values for argument '{key}'")
        if key in positional or key in keyword_only:
            values[key] = value
        elif spec.kwarg is not None:
            rest[key] = value
        else:
            raise TypeMismatchError(f"{name}() got an unexpected keyword argument '{key}'")
    for key, value in zip(positional[len(positional) - len(defaults) :], defaults, strict=True):
        values.setdefault(key, value)
    for node, key, value in zip(spec.kwonlyargs, keyword_only, kw_defaults, strict=True):
        if key not in values and (key not in required if required is not None else value is not None):
            values[node.id] = value
    missing = [key for key in (*positional, *keyword_only) if key not in values]
    if missing:
        listed = ", ".join(f"'{m}'" for m in missing)
        raise TypeMismatchError(
            f"{name}() missing {len(missing)} required argument{'s'[: len(missing) > 1]}: {listed}"
        )
    if spec.kwarg is not None:
        values[spec.kwarg.id] = rest
    return values

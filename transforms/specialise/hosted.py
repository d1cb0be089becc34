"""Functions defined in code that is read, as real Python functions: what `pure_callback` calls."""

from __future__ import annotations

import ast
import functools

import gast

from broadax.runtime.errors import TypeMismatchError, UnsupportedError
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.values import (
    UNDEFINED,
    Array,
    Closure,
    DictValue,
    Host,
    Instance,
    ListValue,
    Method,
    type_name,
)


def hosted(it: Interpreter, function):
    """A callable that is met in the code as one that Python can call.

    Raises:
        TypeMismatchError: it is not callable.
        UnsupportedError: it closes over a value that is known only when the code runs.
    """
    if isinstance(function, Closure):
        return _compiled(it, function)
    if isinstance(function, functools.partial):
        for value in (*function.args, *function.keywords.values()):
            _static(it, value, "an argument of functools.partial")
        return functools.partial(hosted(it, function.func), *function.args, **function.keywords)
    if isinstance(function, Method):
        owner = _static(it, function.owner, "the owner of the method")
        return function.function.__get__(owner)
    if isinstance(function, Host) or not callable(function):
        raise TypeMismatchError(f"pure_callback calls a Python function, not a {type_name(function)}", it.loc)
    return function


def _static(it: Interpreter, value, what: str):
    if isinstance(value, Closure):
        return _compiled(it, value)
    if isinstance(value, tuple):
        return type(value)(_static(it, v, what) for v in value) if type(value) is tuple else value
    kinds = (Array, ListValue, DictValue, Instance, Host, Method)
    if isinstance(value, kinds) or hasattr(value, "aval") or type(value).__name__ == "Size":
        raise UnsupportedError(
            f"{what} is known only when the code runs; a Python function that is called gets "
            "values by its arguments",
            it.loc,
            "pass it as an argument of pure_callback",
        )
    return value


def _compiled(it: Interpreter, closure: Closure):
    """A nested function compiled by Python, in the module where it stands."""
    wanted = {n.id for n in gast.walk(closure.node) if isinstance(n, gast.Name)}
    given = {
        n: _static(it, v, n) for n in sorted(wanted) if (v := _captured(it, closure, n)) is not UNDEFINED
    }
    node = gast.gast_to_ast(closure.node)
    if isinstance(node, ast.Lambda):
        body: list = [ast.Return(node)]
    else:
        node.decorator_list = []
        body = [node, ast.Return(ast.Name(node.name, ast.Load()))]
    names = [ast.arg(n) for n in given]
    maker = ast.parse("def maker(): pass").body[0]
    maker.args.args, maker.body = names, body
    module = ast.fix_missing_locations(ast.Module([maker], []))
    space: dict = {}
    exec(compile(module, closure.source.file, "exec"), closure.frame.globals, space)
    return space["maker"](**given)


def _captured(it: Interpreter, closure: Closure, name: str):
    """The value of a name around a nested function; UNDEFINED for its own names and those of the module."""
    scope = closure.frame
    while scope is not None:
        value = it.store.get(scope, name)
        if value is not UNDEFINED:
            return value
        if name in scope.cells:
            return scope.cells[name].cell_contents
        scope = scope.parent
    return UNDEFINED

"""Instances of classes: named tuples, dataclasses, classes with or without an `__init__`."""

from __future__ import annotations

import dataclasses
import types

from broadax.runtime.errors import TypeMismatchError
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.values import Instance, Method, Text

HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE


def construct(it: Interpreter, cls: type, args: tuple, kwargs: dict):
    """Make an instance of a class."""
    if issubclass(cls, BaseException):
        return Text(tuple(p for a in args for p in (getattr(a, "parts", None) or (a,))))
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        filled = dict(zip(cls._fields, args, strict=False))
        filled.update(kwargs)
        for name, value in cls._field_defaults.items():
            filled.setdefault(name, value)
        if len(filled) != len(cls._fields) or len(args) > len(cls._fields):
            raise TypeMismatchError(f"{cls.__name__}() takes {len(cls._fields)} values", it.loc)
        return tuple.__new__(cls, [filled[f] for f in cls._fields])
    if dataclasses.is_dataclass(cls) and "__init__" in cls.__dict__ and _made_by_dataclass(cls):
        return _construct_dataclass(it, cls, args, kwargs)
    if isinstance(cls.__init__, types.FunctionType) and cls.__new__ is object.__new__:
        instance = Instance(it.store, cls, {})
        it.call(Method(cls.__init__, instance), args, kwargs)
        return instance
    if _is_written_in_python(cls) and cls.__init__ is object.__init__ and cls.__new__ is object.__new__:
        if args or kwargs:
            raise TypeMismatchError(f"{cls.__name__}() takes no arguments", it.loc)
        return Instance(it.store, cls, {})
    return None


def _is_written_in_python(cls: type) -> bool:
    """Was it made by a class statement with the plain metaclass?"""
    return type(cls) is type and bool(cls.__flags__ & HEAP_TYPE)


def _made_by_dataclass(cls: type) -> bool:
    return cls.__init__.__code__.co_filename == "<string>"


def _construct_dataclass(it: Interpreter, cls: type, args: tuple, kwargs: dict):
    given = [f for f in dataclasses.fields(cls) if f.init]
    filled = dict(zip((f.name for f in given), args, strict=False))
    if len(args) > len(given):
        raise TypeMismatchError(f"{cls.__name__}() takes {len(given)} values, got {len(args)}", it.loc)
    for name in kwargs:
        if name in filled:
            raise TypeMismatchError(f"{cls.__name__}() got multiple values for argument '{name}'", it.loc)
        if all(f.name != name for f in given):
            what = f"{cls.__name__}() got an unexpected keyword argument '{name}'"
            raise TypeMismatchError(what, it.loc)
    filled.update(kwargs)
    for field in given:
        if field.name in filled:
            continue
        if field.default is not dataclasses.MISSING:
            filled[field.name] = it.known(field.default, ("field", id(cls), field.name))
        elif field.default_factory is not dataclasses.MISSING:
            filled[field.name] = it.call(field.default_factory, (), {})
        else:
            what = f"{cls.__name__}() missing 1 required positional argument: '{field.name}'"
            raise TypeMismatchError(what, it.loc)
    instance = Instance(it.store, cls, {f.name: filled[f.name] for f in given})
    post = getattr(cls, "__post_init__", None)
    if post is not None:
        it.call(Method(post, instance), (), {})
    return instance

"""Runs Core directly on NumPy values: the reference of every pass, and what folds constants."""

from __future__ import annotations

import numpy as np

from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval, StackAval, python_type
from broadax.transforms.core.statements import Block, Effect, For, Function, If, Lit, Op, While, suffix_of

WATCH = "watch"


def evaluate(function: Function, *args, outer: dict | None = None, watch=None) -> tuple:
    """The results of a Core function on NumPy arrays and Python numbers; never writes to them.

    Args:
        outer: values of variables that the function reads from outside.
        watch: `watch(op, params, args, values)`, called after each operation.
    """
    env = dict(outer or {})
    env[WATCH] = watch
    env.update(zip(function.params, args, strict=True))
    for var, param, axis in function.sizes:
        env[var] = int(env[param].shape[axis])
    return _block(function.body, env)


def _read(atom, env):
    return atom.value if isinstance(atom, Lit) else env[atom]


def static(value, env):
    """A static parameter with its sizes replaced by numbers."""
    if isinstance(value, sizes.Size):
        return int(sizes.evaluate(value, lambda var: int(env[var])))
    if isinstance(value, Aval):
        return Aval(value.dtype, static(value.shape, env), value.weak)
    if isinstance(value, (tuple, list)):
        return type(value)(static(v, env) for v in value)
    return value


def _typed(value, aval):
    """A result with the dtype and weakness that its type says."""
    if isinstance(aval, StackAval):
        return value
    if aval.shape == ():
        return python_type(aval.dtype)(value) if aval.weak else aval.dtype.type(value)
    return np.asarray(value, dtype=aval.dtype)


def _block(block: Block, env) -> tuple:
    for stmt in block.stmts:
        _stmt(stmt, env)
    return tuple(_read(a, env) for a in block.results)


def _stmt(stmt, env) -> None:
    match stmt:
        case Op():
            params = {k: static(v, env) for k, v in stmt.params.items()}
            args = [_read(a, env) for a in stmt.args]
            value = stmt.prim.impl(*args, **params)
            values = value if len(stmt.outs) > 1 else (value,)
            env.update((v, _typed(x, v.aval)) for v, x in zip(stmt.outs, values, strict=True))
            if env[WATCH] is not None:
                env[WATCH](stmt, params, args, [env[v] for v in stmt.outs])
        case If():
            branch = stmt.then if _read(stmt.cond, env) else stmt.orelse
            env.update(zip(stmt.outs, _block(branch, env), strict=True))
        case For():
            lo, hi, step = (int(_read(a, env)) for a in (stmt.lo, stmt.hi, stmt.step))
            values = tuple(_read(a, env) for a in stmt.init)
            for i in range(lo, hi, step):
                env.update(zip(stmt.carries, values, strict=True))
                env[stmt.index] = i
                values = _block(stmt.body, env)
            env.update(zip(stmt.outs, values, strict=True))
        case While():
            values = tuple(_read(a, env) for a in stmt.init)
            while True:
                env.update(zip(stmt.carries, values, strict=True))
                if not _block(stmt.cond, env)[0]:
                    break
                values = _block(stmt.body, env)
            env.update(zip(stmt.outs, values, strict=True))
        case Effect():
            _effect(stmt, [_read(a, env) for a in stmt.args])


def message_text(message: tuple, values) -> str:
    """A message: strings as they are, an int k as the text of value k."""
    return "".join(
        f"{{{suffix_of(part)}}}".format(values[part]) if isinstance(part, int) else part for part in message
    )


def _effect(stmt: Effect, values) -> None:
    if stmt.kind == "print":
        print(message_text(stmt.params["message"], values), end=stmt.params.get("end", "\n"))
    elif stmt.kind == "raise" or not values[0]:
        raise stmt.params["error"](message_text(stmt.params["message"], values))

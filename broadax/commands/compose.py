"""Builds the function that a transform text such as `vmap(grad(argnums=1), in_axes=(0, None))` asks for."""

from __future__ import annotations

import ast
import inspect
import linecache
from dataclasses import dataclass, field

import broadax as bx
from broadax.commands import CommandError

NAMES = ("grad", "value_and_grad", "jvp", "vjp", "vmap", "hessian", "jacfwd", "jacrev", "jit")


@dataclass(frozen=True)
class Transform:
    """One step: its name, its keyword arguments, and the step that is done before it."""

    name: str
    options: dict = field(default_factory=dict)
    inner: Transform | None = None


def parse_transform(text: str) -> Transform:
    """Read `vmap(grad)`, `jit(vmap(grad))`, `hessian`, `grad(argnums=1)`, `vmap(grad, in_axes=(0, None))`.

    Raises:
        CommandError: the text is no composition of the transforms in `NAMES`.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise _refusal(text, "it is no expression") from error
    return _step(tree, text)


def _step(tree: ast.expr, text: str) -> Transform:
    if isinstance(tree, ast.Name):
        tree = ast.Call(tree, [], [])
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise _refusal(text, f"{ast.unparse(tree)} is no transform")
    name = tree.func.id
    if name not in NAMES:
        raise _refusal(text, f"{name} is none of {', '.join(NAMES)}")
    if len(tree.args) > 1:
        raise _refusal(text, f"{name} takes one transform; its other arguments are keywords")
    try:
        options = {k.arg: ast.literal_eval(k.value) for k in tree.keywords if k.arg}
    except ValueError as error:
        raise _refusal(text, f"an argument of {name} is no Python literal") from error
    return Transform(name, options, _step(tree.args[0], text) if tree.args else None)


def _refusal(text: str, why: str) -> CommandError:
    return CommandError(f"--transform {text!r}: {why}; write for instance 'vmap(grad)' or 'grad(argnums=1)'")


def compose(transform: Transform, function, arguments: int, backend: str | None = None):
    """The transformed function; the outermost step carries the backend.

    Args:
        arguments: how many positional arguments it will be given (what `jvp` and `vjp` need to know).

    Raises:
        CommandError: a transform does not take one of the keyword arguments.
    """
    if transform.inner is not None:
        function = compose(transform.inner, function, arguments)
    options = dict(transform.options) | ({"backend": backend} if backend else {})
    if transform.name in ("jvp", "vjp"):
        return bx.jit(_written(transform.name, function, arguments), **options)
    try:
        return getattr(bx, transform.name)(function, **options)
    except TypeError as error:
        raise CommandError(f"{transform.name}: {str(error).splitlines()[0]}") from error


def _written(name: str, function, arguments: int):
    """`jvp` and `vjp` as functions of arrays alone, in terms of the names of the function's own parameters.

    jvp: (x, y, x_tangent, y_tangent) → (value, tangent). vjp: (x, y, cotangent) → (value, gradients).
    """
    params = _parameter_names(function, arguments)
    called = getattr(function, "__name__", "f").strip("<>")
    if name == "jvp":
        tangents = [f"{p}_tangent" for p in params]
        lines = [
            f"def {called}_jvp({', '.join(params + tangents)}):",
            f"    return bx.jvp(function, {_tuple(params)}, {_tuple(tangents)})",
        ]
    else:
        lines = [
            f"def {called}_vjp({', '.join([*params, 'cotangent'])}):",
            f"    value, pull_back = bx.vjp({', '.join(['function', *params])})",
            "    return value, pull_back(cotangent)",
        ]
    text, file = "\n".join(lines) + "\n", f"<broadax {name} of {called}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope = {"bx": bx, "function": function, "__name__": "_broadax_written"}
    exec(compile(text, file, "exec"), scope)
    return scope[f"{called}_{name}"]


def _parameter_names(function, count: int) -> list[str]:
    try:
        params = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        params = []
    names = [p.name for p in params if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (names + [f"x{i}" for i in range(len(names), count)])[: count or len(names)]


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"

"""The transforms as people call them; names, arguments and meaning are JAX's."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

from broadax.compiled import Program
from broadax.runtime.errors import TypeMismatchError
from broadax.runtime.trees import Const
from broadax.transforms.composed import Composed
from broadax.transforms.specialise.values import Closure, Host, Method


class Transformed(Composed):
    """A transform of a function: call it, or read what it generates with `source`."""

    def __init__(self, kind: str, function, options: dict, backend: str | None = None):
        if not callable(function) and not isinstance(function, (Closure, Host, Method, Composed)):
            raise TypeMismatchError(f"{kind} needs a function, got a {type(function).__name__}")
        super().__init__(kind, function, options)
        if hasattr(self.innermost, "__name__"):
            functools.update_wrapper(self, self.innermost, updated=())
        self.backend = backend or getattr(function, "backend", None)
        self.program = Program(self)

    def __call__(self, *args, **kwargs):
        args, kwargs = self._with_static(args, kwargs)
        return self.program(args, kwargs)

    def __get__(self, owner, cls=None):
        """As a method: the owner is the first argument, and static."""
        return self if owner is None else functools.partial(self, owner)

    def source(self, *args, stage: str = "python", **kwargs) -> str:
        """The generated source.

        Args:
            args, kwargs: arguments of a call, or specs such as "f32[n, 784]", "f64", and trees of
                these; without any, those of the last call, or float64 scalars.
            stage: "python" (readable NumPy, self-contained), "core" or "numba".

        Raises:
            SpecError: a spec that can't be read.
        """
        args, kwargs = self._with_static(args, kwargs)
        return self.program.source(args, kwargs, stage)

    @property
    def compilations(self) -> list:
        """The compiled versions, each with the reason for which it was made."""
        return self.program.compilations

    def _with_static(self, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        """Arguments with those wrapped that are named static."""
        numbers = _as_tuple(self.options.get("static_argnums", ()))
        names = _as_tuple(self.options.get("static_argnames", ()))
        if not numbers and not names:
            return args, kwargs
        if names:
            numbers = (*numbers, *_positions(self.innermost, names))
        fixed = {n % len(args) if -len(args) <= n < len(args) else -1 for n in numbers} if args else set()
        args = tuple(Const(a) if k in fixed else a for k, a in enumerate(args))
        return args, {k: Const(v) if k in names else v for k, v in kwargs.items()}


def _as_tuple(value) -> tuple:
    if value is None:
        return ()
    return (value,) if isinstance(value, (int, str)) else tuple(value)


def _positions(function, names) -> tuple:
    try:
        given = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()
    return tuple(given.index(n) for n in names if n in given)


def _composer(function: Callable) -> Callable:
    """Mark a function of this module as one that makes a transform, wherever it is called."""
    function.__broadax__ = "compose"
    return function


@_composer
def jit(fun=None, *, static_argnums=None, static_argnames=None, backend: str | None = None):
    """Compile a function; on CPU arrays with Numba.

    Args:
        fun: a function of arrays, numbers and trees of these.
        static_argnums, static_argnames: arguments that are part of the compiled code; a hint,
            since what must be known when the function is read is found by itself.
        backend: "numpy" or "numba".
    """
    if fun is None:
        return functools.partial(
            jit, static_argnums=static_argnums, static_argnames=static_argnames, backend=backend
        )
    return Transformed(
        "jit", fun, {"static_argnums": static_argnums, "static_argnames": static_argnames}, backend
    )


def _derivative(kind: str, fun, argnums, has_aux, backend):
    return Transformed(kind, fun, {"argnums": argnums, "has_aux": has_aux}, backend)


@_composer
def grad(fun, argnums=0, has_aux: bool = False, *, backend: str | None = None):
    """The gradient of a function with a real scalar result.

    Args:
        argnums: which positional arguments to differentiate: an int, or a sequence for a tuple.
        has_aux: the function returns `(output, aux)`; so does the gradient.

    Raises:
        TypeMismatchError: integer inputs, or a result that is no real scalar.
    """
    return _derivative("grad", fun, argnums, has_aux, backend)


@_composer
def value_and_grad(fun, argnums=0, has_aux: bool = False, *, backend: str | None = None):
    """`(value, gradient)`; with `has_aux`, `((value, aux), gradient)`. Arguments as for `grad`."""
    return _derivative("value_and_grad", fun, argnums, has_aux, backend)


@_composer
def jacfwd(fun, argnums=0, has_aux: bool = False, *, backend: str | None = None):
    """The Jacobian by forward mode: shape `(*output, *input)` for each pair of leaves."""
    return _derivative("jacfwd", fun, argnums, has_aux, backend)


@_composer
def jacrev(fun, argnums=0, has_aux: bool = False, *, backend: str | None = None):
    """The Jacobian by reverse mode: shape `(*output, *input)` for each pair of leaves."""
    return _derivative("jacrev", fun, argnums, has_aux, backend)


@_composer
def hessian(fun, argnums=0, has_aux: bool = False, *, backend: str | None = None):
    """The Hessian, `jacfwd(jacrev(fun))`."""
    return _derivative("hessian", fun, argnums, has_aux, backend)


@_composer
def vmap(fun, in_axes=0, out_axes=0, *, backend: str | None = None):
    """The function of a batch of arguments.

    Args:
        in_axes: the axis of each argument to map over: an int, None (not mapped), or a tuple, list
            or dict of these that is a prefix of the arguments' tree.
        out_axes: where the mapped axis goes in the results, likewise.
    """
    return Transformed("vmap", fun, {"in_axes": in_axes, "out_axes": out_axes}, backend)


def vjp(fun, *primals, has_aux: bool = False):
    """The value and the pullback: `(value, vjp_fun)`, and `aux` last with `has_aux`.

    `vjp_fun(cotangent)` gives a tuple of cotangents, one for each primal.
    """
    from broadax.pullback import split_vjp

    return split_vjp(fun, primals, has_aux)


def jvp(fun, primals, tangents, has_aux: bool = False):
    """The value and its derivative along the tangents: `(value, tangent)`, and `aux` with `has_aux`."""
    if len(primals) != len(tangents):
        raise TypeMismatchError(f"jvp: {len(primals)} primals and {len(tangents)} tangents")
    from broadax.pullback import transform_once

    return transform_once("jvp", fun, has_aux)(tuple(primals), tuple(tangents))


def stop_gradient(x):
    """`x`, counted as a constant by every derivative."""
    return x


def eval_shape(fun, *args, **kwargs):
    """The shapes and dtypes of a function's results, as a tree of `ShapeDtypeStruct`; runs nothing."""
    made = fun if isinstance(fun, Transformed) else Transformed("jit", fun, {})
    return made.program.shapes(args, kwargs)


vjp.__broadax__, jvp.__broadax__, stop_gradient.__broadax__ = "vjp", "jvp", "stop_gradient"

"""The transforms as people call them; names, arguments and meaning are JAX's."""

from __future__ import annotations

import functools
from collections.abc import Callable

from broadax.facing import composer, special
from broadax.pullback import split_jvp, split_vjp, transform_once, transposed
from broadax.runtime import callbacks
from broadax.runtime.callbacks import check_method
from broadax.runtime.errors import TypeMismatchError
from broadax.sparse import SparseJacobian
from broadax.transformed import Transformed, as_tuple
from broadax.transforms.composed import check_max_turns
from broadax.transforms.custom import Again
from broadax.transforms.policies import check_loop_policy, check_policy


@composer
def jit(
    fun=None,
    *,
    static_argnums=None,
    static_argnames=None,
    donate_argnums=None,
    donate_argnames=None,
    keep_unused: bool = False,
    device=None,
    inline: bool = False,
    backend: str | None = None,
):
    """Compile a function; NumPy's arrays are computed with by Numba, arrays on devices where they are.

    Args:
        fun: a function of arrays, numbers and trees of these.
        static_argnums, static_argnames: arguments that are part of the compiled code; a hint,
            since what must be known when the function is read is found by itself.
        donate_argnums, donate_argnames: arguments whose memory results may take. Arrays on a device can't
            be used afterwards; NumPy's then hold anything.
        keep_unused, device, inline: accepted, without a meaning.
        backend: "numpy", "numba" or "pjrt".
    """
    if fun is None:
        return functools.partial(
            jit,
            static_argnums=static_argnums,
            static_argnames=static_argnames,
            donate_argnums=donate_argnums,
            donate_argnames=donate_argnames,
            backend=backend,
        )
    options = {"static_argnums": static_argnums, "static_argnames": static_argnames}
    made = Transformed("jit", fun, options, backend)
    made.donated = as_tuple(donate_argnums), as_tuple(donate_argnames)
    return made


def _derivative(
    kind: str, fun, argnums, has_aux, backend, holomorphic=False, allow_int=False, max_turns=None
):
    check_max_turns(max_turns)
    options = {"argnums": argnums, "has_aux": has_aux}
    more = {"holomorphic": holomorphic, "allow_int": allow_int, "max_turns": max_turns}
    return Transformed(kind, fun, options | {k: v for k, v in more.items() if v}, backend)


@composer
def grad(
    fun,
    argnums=0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    *,
    max_turns: int | None = None,
    backend: str | None = None,
):
    """The gradient of a function with a real scalar result.

    Args:
        argnums: which positional arguments to differentiate: an int, or a sequence for a tuple.
        has_aux: the function returns `(output, aux)`; so does the gradient.
        holomorphic: inputs and output are complex, and the gradient is the complex derivative.
        allow_int: integers may be differentiated by; their gradients are zeros of dtype float0.
        max_turns: the most turns that each `while`, and each `for` over a range computed from data, may
            take if the derivative goes through it. Devices, which make room for what the reverse sweep
            saves of all turns beforehand, need it for such loops that no counter bounds.

    Raises:
        TypeMismatchError: integer inputs, or a result that is no real scalar.
        RuntimeError: when called, if a loop takes more turns than `max_turns`.
    """
    return _derivative("grad", fun, argnums, has_aux, backend, holomorphic, allow_int, max_turns)


@composer
def value_and_grad(
    fun,
    argnums=0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    *,
    max_turns: int | None = None,
    backend: str | None = None,
):
    """`(value, gradient)`; with `has_aux`, `((value, aux), gradient)`. Arguments as for `grad`."""
    return _derivative("value_and_grad", fun, argnums, has_aux, backend, holomorphic, allow_int, max_turns)


@composer
def jacfwd(
    fun,
    argnums=0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    sparsity: str | None = None,
    backend: str | None = None,
):
    """The Jacobian by forward mode: shape `(*output, *input)` for each pair of leaves.

    Args:
        sparsity: "auto" for a `scipy.sparse.csr_array` of one array by another, computed with as many
            forward derivatives as a colouring of the columns needs; only outside compiled functions.
    """
    if sparsity is None:
        return _derivative("jacfwd", fun, argnums, has_aux, backend, holomorphic)
    if sparsity != "auto" or has_aux or holomorphic:
        raise ValueError("jacfwd: sparsity is None or 'auto', without has_aux and holomorphic")
    return SparseJacobian(fun, argnums, backend, jvp, vmap)


@composer
def jacrev(
    fun,
    argnums=0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    *,
    max_turns: int | None = None,
    backend: str | None = None,
):
    """The Jacobian by reverse mode: shape `(*output, *input)` for each pair of leaves.

    `max_turns` as for `grad`.
    """
    return _derivative("jacrev", fun, argnums, has_aux, backend, holomorphic, allow_int, max_turns)


jacobian = jacrev


@composer
def hessian(
    fun,
    argnums=0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    max_turns: int | None = None,
    backend: str | None = None,
):
    """The Hessian, `jacfwd(jacrev(fun))`. `max_turns` as for `grad`."""
    return _derivative("hessian", fun, argnums, has_aux, backend, holomorphic, max_turns=max_turns)


@composer
def vmap(
    fun,
    in_axes=0,
    out_axes=0,
    axis_name=None,
    axis_size: int | None = None,
    spmd_axis_name=None,
    *,
    backend: str | None = None,
):
    """The function of a batch of arguments.

    Args:
        in_axes: the axis of each argument to map over: an int, None (not mapped), or a tuple, list
            or dict of these that is a prefix of the arguments' tree.
        out_axes: where the mapped axis goes in the results, likewise.
        axis_name: a name for the axis, for the collectives of `broadax.lax`.
        axis_size: the number of examples; needed where no argument is mapped.
        spmd_axis_name: accepted; there are no devices to spread the batch over.
    """
    options = {"in_axes": in_axes, "out_axes": out_axes}
    more = {"axis_name": axis_name, "axis_size": axis_size}
    return Transformed("vmap", fun, options | {k: v for k, v in more.items() if v is not None}, backend)


@special("vjp")
def vjp(fun, *primals, has_aux: bool = False, max_turns: int | None = None):
    """The value and the pullback: `(value, vjp_fun)`, and `aux` last with `has_aux`.

    `vjp_fun(cotangent)` gives a tuple of cotangents, one for each primal. `max_turns` as for `grad`.
    """
    check_max_turns(max_turns)
    return split_vjp(fun, primals, has_aux, max_turns)


@special("jvp")
def jvp(fun, primals, tangents, has_aux: bool = False):
    """The value and its derivative along the tangents: `(value, tangent)`, and `aux` with `has_aux`."""
    if type(primals) is not type(tangents):
        kinds = type(primals).__name__, type(tangents).__name__
        raise TypeMismatchError(
            "jvp: primal and tangent arguments must have the same tree structure; "
            f"primals is a {kinds[0]}, tangents a {kinds[1]}"
        )
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise TypeMismatchError(f"jvp: {what} must be a tuple or a list, not a {type(given).__name__}")
    if len(primals) != len(tangents):
        raise TypeMismatchError(f"jvp: {len(primals)} primals and {len(tangents)} tangents")
    return transform_once("jvp", fun, has_aux)(tuple(primals), tuple(tangents))


@special("linearize")
def linearize(fun, *primals, has_aux: bool = False):
    """The value and the derivative at `primals` as a linear function of tangents: `(value, f_jvp)`.

    `f_jvp(*tangents)` gives the tangent of the value; with `has_aux` the answer is `(value, f_jvp, aux)`.
    """
    return split_jvp(fun, primals, has_aux)


@special("linear_transpose")
def linear_transpose(fun, *primals):
    """The transpose of a linear function: a function from a cotangent of its result to a tuple of them.

    Args:
        fun: a function that is linear in its arguments.
        primals: arrays, numbers or `ShapeDtypeStruct`s (and trees of them): only their types count.

    Raises:
        TypeMismatchError: when the transpose is called, if the function is found not to be linear.
    """
    return transposed(fun, primals)


@special("checkpoint")
def checkpoint(
    fun=None, *, every: int | None = None, levels: int | None = None, prevent_cse: bool = True, policy=None,
    static_argnums=(), concrete: bool = False,
):  # fmt: skip
    """Have the reverse sweep compute something again instead of saving what it needs of it.

    Args:
        fun: a function (this is a decorator), of which only the arguments are then kept; or what a `for`
            runs over: `for i in bx.checkpoint(range(n)):`.
        every: of a loop, keep the state after each `every` turns.
        levels: of a loop, keep about `levels * n ** (1 / levels)` states of n turns; the default is 2.
        prevent_cse, static_argnums, concrete: accepted; what is static is found by itself, and what is
            computed again is never merged with what was computed before.
        policy: of `checkpoint_policies`, what may be saved of a function; None saves nothing. Inside loops
            and branches of the function everything is computed again.

    Returns: a function with the same values, or what was given for a loop: uncompiled, it changes nothing.

    Raises:
        InvalidValueError: something else as a policy. UnsupportedError: a policy for a loop.
    """
    check_policy(policy)
    if fun is None:
        return functools.partial(checkpoint, every=every, levels=levels, policy=policy)
    if callable(fun):
        return Again(fun, policy)
    check_loop_policy(policy)
    return fun


@special("checkpoint_name")
def checkpoint_name(x, name: str):
    """`x`, under a name by which the policies of `checkpoint` know it."""
    return x


remat = checkpoint


@special("closure_convert")
def closure_convert(fun: Callable, *example_args):
    """A function that takes what it closes over as arguments, and a list of that: `(converted, consts)`.

    `converted(*args, *consts)` is `fun(*args)`. Inside a function that is transformed, so a function with a
    derivative rule of its own can be differentiated by what a function that it is given closes over.
    Uncompiled there is nothing to hoist.
    """
    return (lambda *args: fun(*args)), []


def named_call(fun: Callable, *, name: str | None = None) -> Callable:
    """The function under another name (its own by default), which generated code and errors show."""

    def named(*args, **kwargs):
        return fun(*args, **kwargs)

    functools.update_wrapper(named, fun)
    named.__name__ = named.__qualname__ = name or named.__name__
    return named


@special("stop_gradient")
def stop_gradient(x):
    """`x`, counted as a constant by every derivative."""
    return x


@special("eval_shape")
def eval_shape(fun, *args, **kwargs):
    """The shapes and dtypes of a function's results, as a tree of `ShapeDtypeStruct`; runs nothing."""
    made = fun if isinstance(fun, Transformed) else Transformed("jit", fun, {})
    return made.program.shapes(args, kwargs)


@special("pure_callback")
def pure_callback(
    callback: Callable, result_shape_dtypes, *args, sharding=None, vmap_method: str | None = None, **kwargs
):
    """Call a Python function, which compiled code can't read, from compiled code.

    The function must be pure: a call may be left out where its result is not used, or be made once more.

    Args:
        callback: `callback(*args, **kwargs)`; arrays arrive as NumPy arrays that can't be written to, numbers
            as NumPy scalars.
        result_shape_dtypes: a tree of objects with `shape` and `dtype` (`ShapeDtypeStruct`): what the
            function gives. This is checked in each call.
        args, kwargs: arrays, numbers, and trees of these.
        sharding: accepted; there are no devices.
        vmap_method: of a batch, call it once for each example ("sequential"); or once, with a leading axis
            in arguments and results, of length 1 ("expand_dims") or repeated ("broadcast_all") in arguments
            that are the same for all examples. None refuses to be batched.

    Raises:
        TypeMismatchError, ShapeError: the result has another structure, dtype or shape.
        UnsupportedError: it is differentiated (use `custom_jvp` or `custom_vjp`), or batched with None.
    """
    check_method(vmap_method)
    return callbacks.call(callback, result_shape_dtypes, args, kwargs)

"""`grad`, `value_and_grad`, `vjp`, `jvp`, `stop_gradient` of functions that are read."""

from __future__ import annotations

import numpy as np

from broadax.runtime.dtypes import kind_of
from broadax.runtime.errors import TangentError, TypeMismatchError
from broadax.transforms.composed import Composed, check_max_turns, function_name
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import shape_text
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.rebuild import inline
from broadax.transforms.core.statements import Block, Lit, Var, free
from broadax.transforms.facts.live import prune
from broadax.transforms.jvp import jvp_into
from broadax.transforms.jvp.tangents import differentiable
from broadax.transforms.specialise.arrays import fresh, is_data, read
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.transformed import Inner, handles, special
from broadax.transforms.specialise.trees import children, flatten, private
from broadax.transforms.specialise.values import Array, Float0, Host, ListValue, type_name
from broadax.transforms.vjp import vjp_into
from broadax.transforms.vjp.max_turns import with_most_turns


def _split(composed: Composed, args: tuple) -> tuple[tuple[int, ...], bool]:
    """The positions to differentiate, and whether the result is a tuple over them."""
    argnums = composed.options.get("argnums", 0)
    many = isinstance(argnums, (tuple, list, ListValue))
    numbers = tuple(argnums) if many else (argnums,)
    for number in numbers:
        if not isinstance(number, (int, np.integer)) or isinstance(number, bool):
            raise TypeMismatchError(f"argnums must be an int or a sequence of ints, got {argnums!r}")
        if not -len(args) <= number < len(args):
            raise TypeMismatchError(
                f"differentiating with respect to argument {number} needs at least "
                f"{abs(number) + (number >= 0)} positional arguments, got {len(args)}"
            )
    return tuple(n % len(args) for n in numbers), many


class Differentiated:
    """A function as one of the leaves of some of its arguments."""

    def __init__(self, it: Interpreter, composed: Composed, args: tuple, kwargs: dict):
        self.args = args
        self.numbers, self.many = _split(composed, args)
        self.kind = composed.kind
        parts = [flatten(it, args[n]) for n in self.numbers]
        self.builds = [(len(flat), build) for flat, build in parts]
        self.leaves = [leaf for flat, _ in parts for leaf in flat]
        for number in self.numbers:
            if isinstance(args[number], (str, bytes)):
                kind = type(args[number]).__name__
                raise TypeMismatchError(f"{self.kind} by argument {number}, which is a {kind}", it.loc)
        self.primals = tuple(read(it, leaf) for leaf in self.leaves)
        for atom in self.primals:
            require_input(it, composed, atom)
        self.ways = tuple(differentiable(atom.aval) for atom in self.primals)
        self.aux = None
        has_aux = composed.options.get("has_aux", False)

        def run(values):
            given = [private(it, a) for a in args]
            for number, tree in zip(self.numbers, self.trees(values), strict=True):
                given[number] = tree
            result = it.call(composed.function, tuple(given), {k: private(it, v) for k, v in kwargs.items()})
            if has_aux and not (isinstance(result, tuple) and len(result) == 2):
                raise TypeMismatchError(
                    "with has_aux=True the function must return a pair (output, aux)", it.loc
                )
            return result if has_aux else (result, ())

        it.differentiating += 1
        try:
            self.inner = Inner(it, self.leaves, [atom.aval for atom in self.primals], run)
        finally:
            it.differentiating -= 1
        most = composed.options.get("max_turns")
        if most is not None:
            seeds = [p for p, way in zip(self.inner.function.params, self.ways, strict=True) if way]
            self.inner.function = with_most_turns(self.inner.function, most, seeds)

    def trees(self, values) -> list:
        """Flat values as the differentiated arguments' trees."""
        out, start = [], 0
        for count, build in self.builds:
            out.append(build(values[start : start + count]))
            start += count
        return out

    def answer(self, trees: list):
        """One tree, or a tuple of them if argnums was a sequence."""
        return tuple(trees) if self.many else trees[0]


def require_input(it: Interpreter, composed: Composed, atom) -> None:
    """Can a function be differentiated by this? Raises JAX's TypeError if not."""
    kind, options, dtype = composed.kind, composed.options, atom.dtype
    if kind in ("vjp", "jvp"):
        return
    if options.get("holomorphic"):
        if dtype.kind != "c":
            raise TypeMismatchError(
                f"{kind} with holomorphic=True requires inputs with complex dtype, but got {dtype.name}",
                it.loc,
            )
    elif kind == "jacfwd" and kind_of(dtype) != "f":
        raise TypeMismatchError(
            "jacfwd requires real-valued inputs (input dtype that is a sub-dtype of np.floating), but got "
            f"{dtype.name}",
            it.loc,
            "pass floats, or say holomorphic=True; jvp takes complex and integer inputs",
        )
    elif kind_of(dtype) not in "fc" and not options.get("allow_int"):
        raise TypeMismatchError(
            f"{kind} requires real- or complex-valued inputs (input dtype that is a sub-dtype "
            f"of np.inexact), but got {dtype.name}",
            None,
            "pass floats: 1.0 instead of 1; with allow_int=True integers have derivatives of dtype float0",
        )


def require_output(it: Interpreter, composed: Composed, atom) -> None:
    """Can a function with this output be differentiated? Raises JAX's TypeError if not."""
    kind, dtype = composed.kind, atom.dtype
    if composed.options.get("holomorphic"):
        if dtype.kind != "c":
            raise TypeMismatchError(
                f"{kind} with holomorphic=True requires outputs with complex dtype, but got {dtype.name}",
                it.loc,
            )
    elif kind_of(dtype) != "f":
        more = "; for a holomorphic function pass holomorphic=True" if dtype.kind == "c" else ""
        raise TypeMismatchError(
            f"{kind} requires real-valued outputs (output dtype that is a sub-dtype of "
            f"np.floating), but got {dtype.name}{more}",
            it.loc,
        )


@handles("grad", "value_and_grad")
def _grad(it, composed, args, kwargs):
    d = Differentiated(it, composed, args, kwargs)
    outs, pullback = vjp_into(it.builder, d.inner.function, d.primals, d.ways)
    value, aux = d.inner.value(it, outs)
    seed = _seed(it, composed, value)
    out_leaves, _ = flatten(it, value)
    cotangents = (
        (seed, *[None] * (len(outs) - 1)) if out_leaves and not _is_number(value) else (None,) * len(outs)
    )
    grads = pullback(it.builder, cotangents)
    answer = d.answer(d.trees([instantiated(it, g, p) for g, p in zip(grads, d.primals, strict=True)]))
    if composed.kind == "grad":
        return (answer, aux) if composed.options.get("has_aux") else answer
    return ((value, aux), answer) if composed.options.get("has_aux") else (value, answer)


def _is_number(value) -> bool:
    return not isinstance(value, (Var, Array))


def _seed(it: Interpreter, composed: Composed, value) -> Lit:
    if not is_data(value) or isinstance(value, Array):
        what = (
            f"shape {shape_text(value.aval.shape)}" if isinstance(value, Array) else f"a {type_name(value)}"
        )
        raise TypeMismatchError(
            f"Gradient only defined for scalar-output functions. Output had {what}.",
            it.loc,
            "sum the output, or use jacrev",
        )
    atom = it.builder.atom(value)
    require_output(it, composed, atom)
    one = atom.dtype.type(1)
    return Lit(one.item() if atom.aval.weak else one, atom.aval)


def zeros(it: Interpreter, aval):
    """Zeros of a type."""
    if aval.shape:
        return it.builder.apply("zeros", shape=aval.shape, dtype=aval.dtype)
    zero = aval.dtype.type(0)
    return Lit(zero.item() if aval.weak else zero, aval)


def instantiated(it: Interpreter, tangent, primal):
    """A (co)tangent as a value; None is zero."""
    if not differentiable(primal.aval):
        return nothing(primal.aval)
    return fresh(it, zeros(it, primal.aval) if tangent is None else tangent)


def nothing(*avals) -> Float0:
    """The derivative between values of which one is an integer: zeros of dtype float0."""
    return Float0(tuple(d for aval in avals for d in aval.shape))


def derivative_leaves(it: Interpreter, tree) -> list:
    """The leaves of a tree of (co)tangents; those of integers are None."""
    if isinstance(tree, Float0):
        return [None]
    parts, _ = children(it, tree)
    if parts is None or is_data(tree):
        return flatten(it, tree)[0]
    return [leaf for part in parts for leaf in derivative_leaves(it, part)]


# ── vjp, jvp and others called as functions ────────────────────────────────────────────────────


def all_arguments(
    it: Interpreter, kind: str, function, primals, has_aux: bool, max_turns: int | None = None
) -> Differentiated:
    options = {"argnums": tuple(range(len(primals))), "has_aux": has_aux, "max_turns": max_turns}
    composed = Composed(kind, function, options)
    return Differentiated(it, composed, tuple(primals), {})


@special("vjp")
def vjp(it, function, *primals, has_aux=False, max_turns=None):
    check_max_turns(max_turns)
    d = all_arguments(it, "vjp", function, primals, has_aux, max_turns)
    outs, pullback = vjp_into(it.builder, d.inner.function, d.primals, d.ways)
    value, aux = d.inner.value(it, outs)
    leaves = derivative_leaves(it, value)

    def pull(it, args, kwargs):
        (given,) = args
        flat = derivative_leaves(it, given)
        if len(flat) != len(leaves):
            raise TypeMismatchError(
                "the cotangent given to a vjp function must have the structure of the output", it.loc
            )
        flat = [ct for ct, leaf in zip(flat, leaves, strict=True) if leaf is not None]
        cts = tuple(fitted(it, ct, out) for ct, out in zip(flat, outs, strict=False))
        grads = pullback(it.builder, (*cts, *[None] * (len(outs) - len(cts))))
        return tuple(d.trees([instantiated(it, g, p) for g, p in zip(grads, d.primals, strict=True)]))

    answer = (value, Host("vjp function", pull))
    return (*answer, aux) if has_aux else answer


def fitted(it: Interpreter, value, like):
    """A given (co)tangent in the type of what it belongs to.

    Raises:
        TypeMismatchError: the shapes differ.
    """
    if value is None or kind_of(like.dtype) not in "fc":
        return None
    atom = read(it, value)
    if len(atom.shape) != len(like.shape) or any(
        sizes.same(a, b) is False for a, b in zip(atom.shape, like.shape, strict=True)
    ):
        raise TangentError(f"a (co)tangent of type {atom.aval} does not fit the value {like.aval}", it.loc)
    if kind_of(atom.dtype) not in "fc" or not np.can_cast(atom.dtype, like.dtype, "same_kind"):
        raise TypeMismatchError(f"a (co)tangent of type {atom.aval} for a value of type {like.aval}", it.loc)
    return it.builder.promote(atom, like.dtype)


@special("jvp")
def jvp(it, function, primals, tangents, has_aux=False):
    if type(primals) is not type(tangents) or not isinstance(primals, (tuple, ListValue)):
        raise TypeMismatchError(
            "jvp: primals and tangents must be tuples or lists of the same structure, not a "
            f"{type_name(primals)} and a {type_name(tangents)}",
            it.loc,
        )
    primals, tangents = (it.items(v) if isinstance(v, ListValue) else v for v in (primals, tangents))
    if len(primals) != len(tangents):
        raise TypeMismatchError(f"jvp: {len(primals)} primals and {len(tangents)} tangents", it.loc)
    for primal, tangent in zip(primals, tangents, strict=True):
        _same_structure(it, primal, tangent)
    d = all_arguments(it, "jvp", function, primals, has_aux)
    flat = [leaf for tree in tangents for leaf in derivative_leaves(it, tree)]
    if len(flat) != len(d.primals):
        raise TypeMismatchError(
            "primal and tangent arguments to jvp must have the same tree structure", it.loc
        )
    given = tuple(fitted(it, t, p) for t, p in zip(flat, d.primals, strict=True))
    outs, t_outs = jvp_into(it.builder, d.inner.function, d.primals, given)
    value, aux = d.inner.value(it, outs)
    tangent, _ = d.inner.rebuild([instantiated(it, t, o) for t, o in zip(t_outs, outs, strict=True)])
    return (value, tangent, aux) if has_aux else (value, tangent)


def _same_structure(it: Interpreter, primal, tangent) -> None:
    """
    Raises:
        TypeMismatchError: a tangent's tree is another one than its primal's.
    """
    if isinstance(tangent, Float0):
        return
    parts, _ = (None, None) if is_data(primal) else children(it, primal)
    own, _ = (None, None) if is_data(tangent) else children(it, tangent)
    alike = (parts is None) == (own is None) and (parts is None or len(parts) == len(own))
    if not alike or type(primal) is not type(tangent) and (parts is not None or own is not None):
        raise TypeMismatchError(
            "primal and tangent arguments to jvp must have the same tree structure: a "
            f"{type_name(primal)} has the tangent {type_name(tangent)}",
            it.loc,
        )
    for a, b in zip(parts or (), own or (), strict=True):
        _same_structure(it, a, b)


@special("stop_gradient")
def _stop_gradient(it, value):
    leaves, build = flatten(it, value)
    return build(
        [
            fresh(it, it.builder.apply("stop_gradient", read(it, v))) if isinstance(v, (Var, Array)) else v
            for v in leaves
        ]
    )


@handles("jvp")
def _jvp_call(it, composed, args, kwargs):
    primals, tangents = args
    return jvp(it, composed.function, primals, tangents, composed.options.get("has_aux", False))


@handles("pull")
def _pull_call(it, composed, args, kwargs):
    """The reverse sweep as a function of the primals and the cotangent."""
    primals, cotangent = args
    options = {
        "has_aux": composed.options.get("has_aux", False),
        "max_turns": composed.options.get("max_turns"),
    }
    pull = vjp(it, composed.function, *primals, **options)[1]
    return pull.call(it, (cotangent,), {})


# ── linearize, linear_transpose ───────────────────────────────────────────────────────────────────


@special("linearize")
def linearize(it, function, *primals, has_aux=False):
    d = all_arguments(it, "jvp", function, primals, has_aux)
    outs = inline(it.builder, d.inner.function, d.primals)
    value, aux = d.inner.value(it, outs)

    def push(it, args, kwargs):
        flat = [leaf for tree in args for leaf in derivative_leaves(it, tree)]
        if len(args) != len(primals) or len(flat) != len(d.primals):
            raise TypeMismatchError("a linearized function takes tangents like its primals", it.loc)
        given = tuple(fitted(it, t, p) for t, p in zip(flat, d.primals, strict=True))
        _, t_outs = jvp_into(it.builder, d.inner.function, d.primals, given)
        return d.inner.rebuild([instantiated(it, t, o) for t, o in zip(t_outs, outs, strict=True)])[0]

    answer = (value, Host("linearized function", push))
    return (*answer, aux) if has_aux else answer


@handles("push")
def _push_call(it, composed, args, kwargs):
    """The tangent of the result as a function of the primals and their tangents."""
    primals, tangents = args
    return linearize(it, composed.function, *primals, has_aux=composed.options.get("has_aux", False))[1].call(
        it, tangents, {}
    )


@special("linear_transpose")
def linear_transpose(it, function, *primals):
    d = all_arguments(it, "vjp", function, primals, False)

    def transposed(it, args, kwargs):
        (given,) = args
        flat = derivative_leaves(it, given)
        params = d.inner.function.params
        avals = [r.aval for r in d.inner.results]
        if len(flat) != len(avals):
            raise TypeMismatchError("a cotangent must have the structure of the function's output", it.loc)
        cts = tuple(fitted(it, ct, out) for ct, out in zip(flat, d.inner.results, strict=True))
        inner = Builder(it.builder.names, it.builder.guards)
        with it.building(inner):
            _, pullback = vjp_into(inner, d.inner.function, params, d.ways)
            found = pullback(inner, cts)
        body = prune(Block(tuple(inner.open[0]), tuple(a for a in found if a is not None)))
        if set(params).intersection(free(body)):
            name = function_name(function)
            raise TypeMismatchError(f"linear_transpose: {name} is not linear in its arguments", it.loc)
        for stmt in body.stmts:
            it.builder.add(stmt)
        return tuple(d.trees([instantiated(it, g, p) for g, p in zip(found, d.primals, strict=True)]))

    return Host("transposed function", transposed)


@handles("transpose")
def _transpose_call(it, composed, args, kwargs):
    """The transpose as a function of arguments of the right types and the cotangent."""
    primals, cotangent = args
    return linear_transpose(it, composed.function, *primals).call(it, (cotangent,), {})

"""`grad`, `value_and_grad`, `vjp`, `jvp`, `stop_gradient` of functions that are read."""

from __future__ import annotations

from broadax.runtime.errors import TypeMismatchError
from broadax.transforms.composed import Composed
from broadax.transforms.core import sizes
from broadax.transforms.core.statements import Lit, Var
from broadax.transforms.jvp import jvp_into
from broadax.transforms.specialise.arrays import fresh, is_data, read
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.transformed import Inner, handles, special
from broadax.transforms.specialise.trees import flatten, private
from broadax.transforms.specialise.values import Array, Host, ListValue
from broadax.transforms.vjp import vjp_into


def _split(composed: Composed, args: tuple) -> tuple[tuple[int, ...], bool]:
    """The positions to differentiate, and whether the result is a tuple over them."""
    argnums = composed.options.get("argnums", 0)
    many = isinstance(argnums, (tuple, list, ListValue))
    numbers = tuple(argnums) if many else (argnums,)
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise TypeMismatchError(
                f"differentiating with respect to argument {number} needs at least "
                f"{abs(number) + (number >= 0)} positional arguments, got {len(args)}"
            )
    return tuple(n % len(args) for n in numbers), many


class Differentiated:
    """A function as one of the leaves of some of its arguments."""

    def __init__(self, it: Interpreter, composed: Composed, args: tuple, kwargs: dict):
        self.numbers, self.many = _split(composed, args)
        self.kind = composed.kind
        parts = [flatten(it, args[n]) for n in self.numbers]
        self.builds = [(len(flat), build) for flat, build in parts]
        self.leaves = [leaf for flat, _ in parts for leaf in flat]
        self.primals = tuple(read(it, leaf) for leaf in self.leaves)
        for atom in self.primals:
            require_inexact(composed.kind, atom)
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


def require_inexact(kind: str, atom) -> None:
    if atom.dtype.kind not in "fc":
        raise TypeMismatchError(
            f"{kind} requires real- or complex-valued inputs (input dtype that is a sub-dtype "
            f"of np.inexact), but got {atom.dtype.name}",
            None,
            "pass floats: 1.0 instead of 1",
        )


@handles("grad", "value_and_grad")
def _grad(it, composed, args, kwargs):
    d = Differentiated(it, composed, args, kwargs)
    outs, pullback = vjp_into(it.builder, d.inner.function, d.primals, (True,) * len(d.primals))
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
        what = f"shape {value.aval.shape}" if isinstance(value, Array) else f"a {type(value).__name__}"
        raise TypeMismatchError(
            f"Gradient only defined for scalar-output functions. Output had {what}.",
            it.loc,
            "sum the output, or use jacrev",
        )
    atom = it.builder.atom(value)
    if atom.dtype.kind != "f":
        raise TypeMismatchError(
            f"{composed.kind} requires real-valued outputs (output dtype that is a sub-dtype of "
            f"np.floating), but got {atom.dtype.name}",
            it.loc,
        )
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
    return fresh(it, zeros(it, primal.aval) if tangent is None else tangent)


# ── vjp, jvp and others called as functions ────────────────────────────────────────────────────


def _all_arguments(it: Interpreter, kind: str, function, primals, has_aux: bool) -> Differentiated:
    composed = Composed(kind, function, {"argnums": tuple(range(len(primals))), "has_aux": has_aux})
    return Differentiated(it, composed, tuple(primals), {})


@special("vjp")
def vjp(it, function, *primals, has_aux=False):
    d = _all_arguments(it, "vjp", function, primals, has_aux)
    outs, pullback = vjp_into(it.builder, d.inner.function, d.primals, (True,) * len(d.primals))
    value, aux = d.inner.value(it, outs)
    count = len(flatten(it, value)[0])

    def pull(it, args, kwargs):
        (given,) = args
        flat, _ = flatten(it, given)
        if len(flat) != count:
            raise TypeMismatchError(
                "the cotangent given to a vjp function must have the structure of the output", it.loc
            )
        cts = tuple(fitted(it, ct, out) for ct, out in zip(flat, outs, strict=False))
        grads = pullback(it.builder, (*cts, *[None] * (len(outs) - count)))
        return tuple(d.trees([instantiated(it, g, p) for g, p in zip(grads, d.primals, strict=True)]))

    answer = (value, Host("vjp function", pull))
    return (*answer, aux) if has_aux else answer


def fitted(it: Interpreter, value, like):
    """A given (co)tangent in the type of what it belongs to.

    Raises:
        TypeMismatchError: the shapes differ.
    """
    atom = read(it, value)
    if like.dtype.kind not in "fc":
        return None
    if len(atom.shape) != len(like.shape) or any(
        sizes.same(a, b) is False for a, b in zip(atom.shape, like.shape, strict=True)
    ):
        raise TypeMismatchError(
            f"a (co)tangent of type {atom.aval} does not fit the value {like.aval}", it.loc
        )
    return it.builder.promote(atom, like.dtype)


@special("jvp")
def jvp(it, function, primals, tangents, has_aux=False):
    primals, tangents = (it.items(v) if isinstance(v, ListValue) else v for v in (primals, tangents))
    d = _all_arguments(it, "jvp", function, primals, has_aux)
    flat = [leaf for tree in tangents for leaf in flatten(it, tree)[0]]
    if len(flat) != len(d.primals):
        raise TypeMismatchError(
            "primal and tangent arguments to jvp must have the same tree structure", it.loc
        )
    given = tuple(fitted(it, t, p) for t, p in zip(flat, d.primals, strict=True))
    outs, t_outs = jvp_into(it.builder, d.inner.function, d.primals, given)
    value, aux = d.inner.value(it, outs)
    filled = [zeros(it, o.aval) if t is None else t for t, o in zip(t_outs, outs, strict=True)]
    tangent, _ = d.inner.value(it, filled)
    return (value, tangent, aux) if has_aux else (value, tangent)


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
    pull = vjp(it, composed.function, *primals, has_aux=composed.options.get("has_aux", False))[1]
    return pull.call(it, (cotangent,), {})

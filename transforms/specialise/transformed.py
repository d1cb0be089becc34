"""Transforms met while a function is read: the inner function is read, transformed, and emitted in place."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import BroadaxError, TypeMismatchError, UnsupportedError
from broadax.transforms import sizes
from broadax.transforms.avals import aval_of
from broadax.transforms.builder import Builder
from broadax.transforms.composed import Composed, function_name
from broadax.transforms.core import Block, Function, Lit, Var
from broadax.transforms.jvp import jvp_into
from broadax.transforms.specialise.arrays import fresh, is_data, read
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.trees import children, flatten, private
from broadax.transforms.specialise.values import Array, Box, DictValue, Host, ListValue
from broadax.transforms.vjp import vjp_into
from broadax.transforms.vmap import vmap_into

HANDLERS: dict = {}


def handles(*kinds: str):
    """Register `rule(it, composed, args, kwargs)` for kinds of transform."""
    return lambda rule: [HANDLERS.__setitem__(kind, rule) for kind in kinds] and rule


def call_composed(it: Interpreter, composed: Composed, args: tuple, kwargs: dict):
    """Call `grad(f)` and the like with abstract arguments."""
    try:
        return HANDLERS[composed.kind](it, composed, args, kwargs)
    except BroadaxError as error:
        verb = {"vmap": "batching", "jit": "compiling"}.get(composed.kind, "differentiating")
        raise error.during(f"while {verb} {function_name(composed.innermost)}")


@handles("jit")
def _jit(it, composed, args, kwargs):
    return it.call(composed.function, args, kwargs)


# ── inner functions ───────────────────────────────────────────────────────────────────────────────


class Inner:
    """A function of flat leaves, read into Core of its own.

    Attributes:
        function: Core; it may read variables of the function around it.
        rebuild: from atoms of its results to the abstract result.
        values: the result's leaves as they were read (their types).
    """

    def __init__(self, it: Interpreter, leaves, run):
        builder = Builder(it.builder.names, it.builder.guards)
        params = tuple(builder.var(name, aval) for name, aval in leaves)
        with it.building(builder), it.store.branch() as changes:
            result = run([_as_value(it, p) for p in params])
            flat, self.rebuild = flatten(it, result)
            atoms = [read(it, leaf) for leaf in flat]
        if changes:
            record, slot = next(iter(changes))
            name = getattr(record, "name", "") or slot
            raise UnsupportedError(f"the function that is transformed writes to {name}, which it does not own",
                                   it.loc, "return the new value, or pass the array as an argument")
        body = Block(tuple(builder.open[0]), tuple(atoms))
        self.function = Function("inner", params, (), body, builder.guards, builder.names)

    @property
    def results(self) -> tuple:
        return self.function.body.results

    def value(self, it: Interpreter, atoms):
        """The abstract result with these atoms in its leaves."""
        return self.rebuild([fresh(it, atom) for atom in atoms])


def _as_value(it: Interpreter, var: Var):
    return Array(Box(it.store, var, var.base), var.aval) if var.shape else var


def leaf_name(value) -> str:
    """The name by which a leaf is known."""
    if isinstance(value, Array):
        return value.box.name or it_name(value)
    return value.base if isinstance(value, Var) else "x"


def it_name(array: Array) -> str:
    var = array.box.slots.get("value")
    return var.base if isinstance(var, Var) else "x"


def _leaf_aval(it: Interpreter, value):
    return read(it, value).aval if not isinstance(value, np.ndarray) else aval_of(value)


# ── derivatives ───────────────────────────────────────────────────────────────────────────────────


def _split(composed: Composed, args: tuple) -> tuple[tuple[int, ...], bool]:
    """The positions to differentiate, and whether the result is a tuple over them."""
    argnums = composed.options.get("argnums", 0)
    many = isinstance(argnums, (tuple, list, ListValue))
    numbers = tuple(argnums) if many else (argnums,)
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise TypeMismatchError(f"differentiating with respect to argument {number} needs at least "
                                    f"{abs(number) + (number >= 0)} positional arguments, got {len(args)}")
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
            _require_inexact(composed.kind, atom)
        self.aux = None
        has_aux = composed.options.get("has_aux", False)

        def run(values):
            given = list(map(lambda a: private(it, a), args))
            for number, tree in zip(self.numbers, self.trees(values), strict=True):
                given[number] = tree
            result = it.call(composed.function, tuple(given), {k: private(it, v) for k, v in kwargs.items()})
            if has_aux and not (isinstance(result, tuple) and len(result) == 2):
                raise TypeMismatchError("with has_aux=True the function must return a pair (output, aux)", it.loc)
            return result if has_aux else (result, ())

        named = [(leaf_name(leaf), atom.aval) for leaf, atom in zip(self.leaves, self.primals, strict=True)]
        self.inner = Inner(it, named, run)

    def trees(self, values) -> list:
        """Flat values as the differentiated arguments' trees."""
        out, start = [], 0
        for count, build in self.builds:
            out.append(build(values[start:start + count]))
            start += count
        return out

    def answer(self, trees: list):
        """One tree, or a tuple of them if argnums was a sequence."""
        return tuple(trees) if self.many else trees[0]


def _require_inexact(kind: str, atom) -> None:
    if atom.dtype.kind not in "fc":
        raise TypeMismatchError(f"{kind} requires real- or complex-valued inputs (input dtype that is a sub-dtype "
                                f"of np.inexact), but got {atom.dtype.name}", None, "pass floats: 1.0 instead of 1")


@handles("grad", "value_and_grad")
def _grad(it, composed, args, kwargs):
    d = Differentiated(it, composed, args, kwargs)
    outs, pullback = vjp_into(it.builder, d.inner.function, d.primals, (True,) * len(d.primals))
    value, aux = d.inner.value(it, outs)
    seed = _seed(it, composed, value)
    out_leaves, _ = flatten(it, value)
    cotangents = (seed, *[None] * (len(outs) - 1)) if out_leaves and not _is_number(value) else (None,) * len(outs)
    grads = pullback(it.builder, cotangents)
    answer = d.answer(d.trees([_instantiated(it, g, p) for g, p in zip(grads, d.primals, strict=True)]))
    if composed.kind == "grad":
        return (answer, aux) if composed.options.get("has_aux") else answer
    return ((value, aux), answer) if composed.options.get("has_aux") else (value, answer)


def _is_number(value) -> bool:
    return not isinstance(value, (Var, Array))


def _seed(it: Interpreter, composed: Composed, value) -> Lit:
    if not is_data(value) or isinstance(value, Array):
        what = f"shape {value.aval.shape}" if isinstance(value, Array) else f"a {type(value).__name__}"
        raise TypeMismatchError(f"Gradient only defined for scalar-output functions. Output had {what}.", it.loc,
                                "sum the output, or use jacrev")
    atom = it.builder.atom(value)
    if atom.dtype.kind != "f":
        raise TypeMismatchError(f"{composed.kind} requires real-valued outputs (output dtype that is a sub-dtype of "
                                f"np.floating), but got {atom.dtype.name}", it.loc)
    one = atom.dtype.type(1)
    return Lit(one.item() if atom.aval.weak else one, atom.aval)


def zeros(it: Interpreter, aval):
    """Zeros of a type."""
    if aval.shape:
        return it.builder.apply("zeros", shape=aval.shape, dtype=aval.dtype)
    zero = aval.dtype.type(0)
    return Lit(zero.item() if aval.weak else zero, aval)


def _instantiated(it: Interpreter, tangent, primal):
    """A (co)tangent as a value; None is zero."""
    return fresh(it, zeros(it, primal.aval) if tangent is None else tangent)


# ── Jacobians ─────────────────────────────────────────────────────────────────────────────────────


def _basis(it: Interpreter, aval):
    """The unit vectors of a type, stacked in front."""
    count = aval.size
    eye = it.builder.apply("eye", n=count, m=count, k=0, dtype=aval.dtype)
    return it.builder.apply("reshape", eye, shape=(count, *aval.shape)) if len(aval.shape) != 1 else eye


def _mapped(it: Interpreter, avals, body, basis_of: int, count):
    """`body` over the unit vectors of one of its arguments, the others zero."""
    params_builder = Builder(it.builder.names, it.builder.guards)
    param = params_builder.var("unit", avals[basis_of])
    with it.building(params_builder):
        results = body(param)
        results = tuple(results)
        function = Function("along", (param,), (), Block(tuple(params_builder.open[0]), results),
                            params_builder.guards, params_builder.names)
    units = _basis(it, avals[basis_of])
    return vmap_into(it.builder, function, (units,), (0,), count, (0,) * len(results))


@handles("jacfwd")
def _jacfwd(it, composed, args, kwargs):
    d = Differentiated(it, composed, args, kwargs)
    avals = [p.aval for p in d.primals]
    outs, columns = None, []
    for k, aval in enumerate(avals):
        def along(unit, k=k):
            tangents = tuple(unit if j == k else None for j in range(len(avals)))
            _, t_outs = jvp_into(it.builder, d.inner.function, d.primals, tangents)
            return [zeros(it, o.aval) if t is None else t for t, o in zip(t_outs, d.inner.results, strict=True)]

        if aval.shape:
            columns.append([_axis_last(it, r, aval) for r in _mapped(it, avals, along, k, aval.size)])
        else:
            one = aval.dtype.type(1)
            columns.append(along(Lit(one.item() if aval.weak else one, aval)))
    outs, _ = jvp_into(it.builder, d.inner.function, d.primals, (None,) * len(avals))
    return _jacobian(it, composed, d, outs, columns)


def _axis_last(it: Interpreter, stacked, aval):
    """`(count, *out)` as `(*out, *in)`."""
    ndim = len(stacked.shape)
    moved = it.builder.apply("transpose", stacked, axes=(*range(1, ndim), 0)) if ndim > 1 else stacked
    shape = (*stacked.shape[1:], *aval.shape)
    return moved if len(aval.shape) == 1 else it.builder.apply("reshape", moved, shape=shape)


def _jacobian(it: Interpreter, composed, d: Differentiated, outs, columns):
    """The tree of outputs, in each leaf the tree of inputs; `columns[input][output]` are the parts."""
    value, aux = d.inner.value(it, outs)
    leaves, build = flatten(it, value)
    rows = []
    for n in range(len(leaves)):
        parts = [fresh(it, columns[k][n]) for k in range(len(d.primals))]
        rows.append(d.answer(d.trees(parts)))
    answer = build(rows)
    return (answer, aux) if composed.options.get("has_aux") else answer


@handles("jacrev")
def _jacrev(it, composed, args, kwargs):
    d = Differentiated(it, composed, args, kwargs)
    outs, pullback = vjp_into(it.builder, d.inner.function, d.primals, (True,) * len(d.primals))
    value, _ = d.inner.value(it, outs)
    leaves, _ = flatten(it, value)
    avals = [o.aval for o in d.inner.results]
    columns: list[list] = [[] for _ in d.primals]
    for n in range(len(leaves)):
        _require_inexact("jacrev", d.inner.results[n])

        def along(unit, n=n):
            cotangents = tuple(unit if j == n else None for j in range(len(avals)))
            grads = pullback(it.builder, cotangents)
            return [zeros(it, p.aval) if g is None else g for g, p in zip(grads, d.primals, strict=True)]

        if avals[n].shape:
            rows = _mapped(it, avals, along, n, avals[n].size)
            rows = [_axis_first(it, r, avals[n]) for r in rows]
        else:
            one = avals[n].dtype.type(1)
            rows = along(Lit(one.item() if avals[n].weak else one, avals[n]))
        for k, row in enumerate(rows):
            columns[k].append(row)
    return _jacobian(it, composed, d, outs, columns)


def _axis_first(it: Interpreter, stacked, aval):
    """`(count, *in)` as `(*out, *in)`."""
    if len(aval.shape) == 1:
        return stacked
    return it.builder.apply("reshape", stacked, shape=(*aval.shape, *stacked.shape[1:]))


@handles("hessian")
def _hessian(it, composed, args, kwargs):
    options = {k: v for k, v in composed.options.items() if k in ("argnums", "has_aux")}
    return call_composed(it, Composed("jacfwd", Composed("jacrev", composed.function, options), options), args, kwargs)


# ── vmap ──────────────────────────────────────────────────────────────────────────────────────────


def spread(it: Interpreter, prefix, value, what: str) -> list:
    """A prefix tree of axes spread over the leaves of a value.

    Raises:
        TypeMismatchError: the prefix does not fit the value.
    """
    if prefix is None or isinstance(prefix, int) and not isinstance(prefix, bool):
        return [prefix] * len(flatten(it, value)[0])
    parts, _ = children(it, value)
    axes = it.items(prefix) if isinstance(prefix, (ListValue, DictValue)) else prefix
    if isinstance(axes, dict):
        axes = tuple(axes[k] for k in it.items(value))
    if parts is None or len(parts) != len(axes):
        raise TypeMismatchError(f"vmap: {what} does not fit the structure of the value", it.loc)
    return [axis for part, own in zip(parts, axes, strict=True) for axis in spread(it, own, part, what)]


@handles("vmap")
def _vmap(it, composed, args, kwargs):
    in_axes = composed.options.get("in_axes", 0)
    in_axes = tuple(it.items(in_axes)) if isinstance(in_axes, ListValue) else in_axes
    in_axes = tuple(in_axes) if isinstance(in_axes, list) else in_axes
    if isinstance(in_axes, tuple) and len(in_axes) != len(args):
        raise TypeMismatchError(f"vmap in_axes has {len(in_axes)} entries for {len(args)} arguments", it.loc)
    leaves, build = flatten(it, (args, DictValue(it.store, kwargs)))
    axes = spread(it, in_axes, args, "in_axes") + [0] * (len(leaves) - len(flatten(it, args)[0]))
    atoms = [read(it, leaf) for leaf in leaves]
    size = _batch_size(it, atoms, axes)
    mapped = [k for k, axis in enumerate(axes) if axis is not None]
    named = []
    for k in mapped:
        shape = list(atoms[k].shape)
        del shape[axes[k]]
        named.append((leaf_name(leaves[k]), atoms[k].aval.with_shape(shape)))

    def run(values):
        filled = list(leaves)
        for k, value in zip(mapped, values, strict=True):
            filled[k] = value
        given, named_args = build(filled)
        return it.call(composed.function, tuple(private(it, a) for a in given), it.items(named_args))

    inner = Inner(it, named, run)
    out_axes = spread(it, composed.options.get("out_axes", 0), inner.value(it, inner.results), "out_axes")
    outs = vmap_into(it.builder, inner.function, tuple(atoms[k] for k in mapped), tuple(axes[k] for k in mapped),
                     size, tuple(out_axes))
    return inner.value(it, outs)


def _batch_size(it: Interpreter, atoms, axes):
    """The size of the mapped axis.

    Raises:
        TypeMismatchError: no argument is mapped, or the sizes differ.
    """
    size = None
    for atom, axis in zip(atoms, axes, strict=True):
        if axis is None:
            continue
        if not -atom.ndim <= axis < atom.ndim:
            raise TypeMismatchError(f"vmap was asked to map axis {axis} of an argument of type {atom.aval}", it.loc,
                                    "in_axes=None keeps an argument whole")
        dim = atom.shape[axis]
        if size is not None and sizes.same(size, dim) is False:
            raise TypeMismatchError(
                f"vmap got inconsistent sizes for array axes to be mapped: {sizes.hint(size)} and {sizes.hint(dim)}",
                it.loc)
        size = dim if size is None or isinstance(dim, int) else size
    if size is None:
        raise TypeMismatchError("vmap must have at least one non-None value in in_axes", it.loc)
    return size


# ── vjp, jvp and others called as functions ───────────────────────────────────────────────────────


def call_special(it: Interpreter, kind: str, callee, args: tuple, kwargs: dict):
    """Call one of broadax's own functions inside a function that is read."""
    if kind == "compose":
        static = {k: it.static_index(v, k) if not isinstance(v, (ListValue, DictValue)) else it.plain(v)
                  for k, v in kwargs.items()}
        return callee(*(it.plain(a) if isinstance(a, ListValue) else a for a in args), **static)
    return {"vjp": _vjp, "jvp": _jvp, "stop_gradient": _stop_gradient}[kind](it, *args, **kwargs)


def _all_arguments(it: Interpreter, kind: str, function, primals, has_aux: bool) -> Differentiated:
    composed = Composed(kind, function, {"argnums": tuple(range(len(primals))), "has_aux": has_aux})
    return Differentiated(it, composed, tuple(primals), {})


def _vjp(it, function, *primals, has_aux=False):
    d = _all_arguments(it, "vjp", function, primals, has_aux)
    outs, pullback = vjp_into(it.builder, d.inner.function, d.primals, (True,) * len(d.primals))
    value, aux = d.inner.value(it, outs)
    count = len(flatten(it, value)[0])

    def pull(it, args, kwargs):
        (given,) = args
        flat, _ = flatten(it, given)
        if len(flat) != count:
            raise TypeMismatchError("the cotangent given to a vjp function must have the structure of the output",
                                    it.loc)
        cts = tuple(_fitted(it, ct, out) for ct, out in zip(flat, outs, strict=False))
        grads = pullback(it.builder, (*cts, *[None] * (len(outs) - count)))
        return tuple(d.trees([_instantiated(it, g, p) for g, p in zip(grads, d.primals, strict=True)]))

    answer = (value, Host("vjp function", pull))
    return (*answer, aux) if has_aux else answer


def _fitted(it: Interpreter, value, like):
    """A given (co)tangent in the type of what it belongs to.

    Raises:
        TypeMismatchError: the shapes differ.
    """
    atom = read(it, value)
    if like.dtype.kind not in "fc":
        return None
    if len(atom.shape) != len(like.shape) or any(
            sizes.same(a, b) is False for a, b in zip(atom.shape, like.shape, strict=True)):
        raise TypeMismatchError(f"a (co)tangent of type {atom.aval} does not fit the value {like.aval}", it.loc)
    return it.builder.promote(atom, like.dtype)


def _jvp(it, function, primals, tangents, has_aux=False):
    primals, tangents = (it.items(v) if isinstance(v, ListValue) else v for v in (primals, tangents))
    d = _all_arguments(it, "jvp", function, primals, has_aux)
    flat = [leaf for tree in tangents for leaf in flatten(it, tree)[0]]
    if len(flat) != len(d.primals):
        raise TypeMismatchError("primal and tangent arguments to jvp must have the same tree structure", it.loc)
    given = tuple(_fitted(it, t, p) for t, p in zip(flat, d.primals, strict=True))
    outs, t_outs = jvp_into(it.builder, d.inner.function, d.primals, given)
    value, aux = d.inner.value(it, outs)
    filled = [zeros(it, o.aval) if t is None else t for t, o in zip(t_outs, outs, strict=True)]
    tangent, _ = d.inner.value(it, filled)
    return (value, tangent, aux) if has_aux else (value, tangent)


def _stop_gradient(it, value):
    leaves, build = flatten(it, value)
    return build([fresh(it, it.builder.apply("stop_gradient", read(it, v))) if isinstance(v, (Var, Array)) else v
                  for v in leaves])


@handles("jvp")
def _jvp_call(it, composed, args, kwargs):
    primals, tangents = args
    return _jvp(it, composed.function, primals, tangents, composed.options.get("has_aux", False))


@handles("pull")
def _pull_call(it, composed, args, kwargs):
    """The reverse sweep as a function of the primals and the cotangent."""
    primals, cotangent = args
    pull = _vjp(it, composed.function, *primals, has_aux=composed.options.get("has_aux", False))[1]
    return pull.call(it, (cotangent,), {})

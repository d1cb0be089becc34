"""`jacfwd`, `jacrev`, `hessian`: the unit vectors of one side are batched through a derivative."""

from __future__ import annotations

from broadax.transforms.composed import Composed
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.statements import Block, Function, Lit
from broadax.transforms.jvp import jvp_into
from broadax.transforms.specialise.arrays import fresh, read
from broadax.transforms.specialise.gradients import Differentiated, nothing, require_output, zeros
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.transformed import call_composed, handles
from broadax.transforms.specialise.trees import flatten
from broadax.transforms.vjp import vjp_into
from broadax.transforms.vmap import vmap_into


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
        function = Function(
            "along",
            (param,),
            (),
            Block(tuple(params_builder.open[0]), results),
            params_builder.guards,
            params_builder.names,
        )
    units = _basis(it, avals[basis_of])
    return vmap_into(it.builder, function, (units,), (0,), count, (0,) * len(results), masked=it.masked)


@handles("jacfwd")
def _jacfwd(it, composed, args, kwargs):
    d = Differentiated(it, composed, args, kwargs)
    avals = [p.aval for p in d.primals]
    columns = []
    for k, aval in enumerate(avals):

        def along(unit, k=k):
            tangents = tuple(unit if j == k else None for j in range(len(avals)))
            _, t_outs = jvp_into(it.builder, d.inner.function, d.primals, tangents)
            return [
                zeros(it, o.aval) if t is None else t for t, o in zip(t_outs, d.inner.results, strict=True)
            ]

        if aval.shape:
            columns.append([_axis_last(it, r, aval) for r in _mapped(it, avals, along, k, aval.size)])
        else:
            one = aval.dtype.type(1)
            columns.append(along(Lit(one.item() if aval.weak else one, aval)))
    outs, _ = jvp_into(it.builder, d.inner.function, d.primals, (None,) * len(avals))
    if composed.options.get("holomorphic"):
        for leaf in flatten(it, d.inner.value(it, outs)[0])[0]:
            require_output(it, composed, read(it, leaf))
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
        parts = [fresh(it, columns[k][n]) if d.ways[k] else columns[k][n] for k in range(len(d.primals))]
        rows.append(d.answer(d.trees(parts)))
    answer = build(rows)
    return (answer, aux) if composed.options.get("has_aux") else answer


@handles("jacrev")
def _jacrev(it, composed, args, kwargs):
    d = Differentiated(it, composed, args, kwargs)
    outs, pullback = vjp_into(it.builder, d.inner.function, d.primals, d.ways)
    value, _ = d.inner.value(it, outs)
    leaves, _ = flatten(it, value)
    avals = [o.aval for o in d.inner.results]
    columns: list[list] = [[] for _ in d.primals]
    for n in range(len(leaves)):
        require_output(it, composed, d.inner.results[n])

        def along(unit, n=n):
            cotangents = tuple(unit if j == n else None for j in range(len(avals)))
            grads = pullback(it.builder, cotangents)
            found = zip(grads, d.primals, d.ways, strict=True)
            return [zeros(it, p.aval) if g is None else g for g, p, way in found if way]

        if avals[n].shape:
            rows = _mapped(it, avals, along, n, avals[n].size)
            rows = [_axis_first(it, r, avals[n]) for r in rows]
        else:
            one = avals[n].dtype.type(1)
            rows = along(Lit(one.item() if avals[n].weak else one, avals[n]))
        rest = iter(rows)
        for k, way in enumerate(d.ways):
            columns[k].append(next(rest) if way else nothing(avals[n], d.primals[k].aval))
    return _jacobian(it, composed, d, outs, columns)


def _axis_first(it: Interpreter, stacked, aval):
    """`(count, *in)` as `(*out, *in)`."""
    if len(aval.shape) == 1:
        return stacked
    return it.builder.apply("reshape", stacked, shape=(*aval.shape, *stacked.shape[1:]))


@handles("hessian")
def _hessian(it, composed, args, kwargs):
    options = {k: v for k, v in composed.options.items() if k in ("argnums", "has_aux", "holomorphic")}
    reverse = options | {"max_turns": composed.options.get("max_turns")}
    return call_composed(
        it, Composed("jacfwd", Composed("jacrev", composed.function, reverse), options), args, kwargs
    )

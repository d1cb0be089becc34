"""`vjp` and `linearize` in two functions: one computes the value and what the other, which is linear, needs.

The pullback that the reverse mode emits becomes a Core function of its own, whose first parameters are the
residuals. The linear part of `linearize` is its transpose, so both run the same forward sweep.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from broadax.runtime.errors import UnsupportedError
from broadax.transforms import interface as face
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.calls import closed, is_call, part
from broadax.transforms.core.rebuild import inline
from broadax.transforms.core.sizes import Guards, Size, atoms_of
from broadax.transforms.core.statements import (
    Block,
    Function,
    Op,
    Var,
    block_uses,
    definitions,
    size_vars,
    statements,
    uses,
)
from broadax.transforms.facts.live import prune
from broadax.transforms.jvp.tangents import differentiable
from broadax.transforms.pipeline import before_copies
from broadax.transforms.specialise.arrays import fresh
from broadax.transforms.specialise.gradients import Differentiated, all_arguments, instantiated
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.results import face_of
from broadax.transforms.specialise.transformed import handles
from broadax.transforms.specialise.trees import flatten
from broadax.transforms.vjp import vjp_into

# What only looks at its operand, or makes of it what takes more room: left to the linear part.
LIGHT = frozenset({
    "index", "reshape", "transpose", "broadcast_to", "copy", "convert", "size", "full", "stack_new",
    "stack_copy", "stack_push", "stack_pop", "stop_gradient", "same", "at_set", "at_add",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Linear:
    """The linear part of a split derivative.

    Attributes:
        function: its Core; parameters are the residuals, then a (co)tangent for each leaf in `ways`.
        interface: how it meets its caller.
        given: the tree of its argument; leaf k belongs to something of type `avals[k]`.
        ways: the leaves that are parameters, in order.
    """

    function: Function
    interface: face.Interface
    given: face.Tree
    avals: tuple
    ways: tuple


class Whole(Exception):
    """The derivative can't be split: its parts would hand over what only one function can hold."""


@handles("vjp_parts")
def _vjp_parts(it: Interpreter, composed, args, kwargs):
    has_aux, most = (composed.options.get(k) for k in ("has_aux", "max_turns"))
    d = all_arguments(it, "vjp", composed.function, args, bool(has_aux), most)
    return _split(it, d, _pullback, lambda: vjp_into(it.builder, d.inner.function, d.primals, d.ways))


@handles("jvp_parts")
def _jvp_parts(it: Interpreter, composed, args, kwargs):
    d = all_arguments(it, "jvp", composed.function, args, composed.options.get("has_aux", False))

    def forward():
        if any(is_call(s, "vjp") for s in statements(d.inner.function.body)):
            raise Whole  # it has no forward mode, which is to be said when that is asked for
        return vjp_into(it.builder, d.inner.function, d.primals, d.ways)

    return _split(it, d, _pushforward, forward)


def _split(it: Interpreter, d: Differentiated, linear, forward):
    """`(value, aux, residuals)`; the other part is left with the interpreter."""
    own, it.linear = Builder(it.builder.names, it.builder.guards), None
    own.loc = it.loc
    try:
        with it.building(own):
            outs, pullback = forward()
            it.linear, residuals = linear(it, d, outs, pullback)
        for stmt in own.open[0]:
            it.builder.add(stmt)
    except (Whole, UnsupportedError):
        outs, residuals = inline(it.builder, d.inner.function, d.primals), ()
    value, aux = d.inner.value(it, outs)
    return value, aux, tuple(fresh(it, r) for r in residuals)


def _seeds(it: Interpreter, d: Differentiated, outs) -> dict[int, Var]:
    """A cotangent for each result that can have one (of `aux` none), by its number."""
    value, _ = d.inner.value(it, outs)
    count = len(flatten(it, value)[0])
    ways = [k for k, o in enumerate(outs[:count]) if differentiable(o.aval)]
    return {k: it.builder.var(f"d_{getattr(outs[k], 'base', 'y')}", outs[k].aval) for k in ways}


def _pullback(it: Interpreter, d: Differentiated, outs, pullback):
    seeds = _seeds(it, d, outs)

    def results(inner):
        grads = pullback(inner, [seeds.get(k) for k in range(len(outs))])
        return tuple(d.trees([instantiated(it, g, p) for g, p in zip(grads, d.primals, strict=True)]))

    like = lambda stand: d.inner.rebuild(stand)[0]
    return _linear(it, "pullback", seeds, [o.aval for o in outs], like, results)


def _pushforward(it: Interpreter, d: Differentiated, outs, pullback):
    """The transpose of the pullback, which is linear in the cotangents."""
    seeds = _seeds(it, d, outs)
    kept: list[int] = []

    def back(inner):
        grads = pullback(inner, [seeds.get(k) for k in range(len(outs))])
        kept.extend(k for k, g in enumerate(grads) if g is not None)
        return [grads[k] for k in kept]

    params, block = part(it.builder, seeds.values(), back)
    function = Function("pullback", params, (), prune(block), it.builder.guards, it.builder.names)
    tangents = {k: it.builder.var(f"t_{getattr(d.primals[k], 'base', 'x')}", d.primals[k].aval) for k in kept}

    def results(inner):
        _, pull = vjp_into(inner, function, params, (True,) * len(params))
        found = dict(zip(seeds, pull(inner, [tangents[k] for k in kept]), strict=True))
        return d.inner.rebuild([instantiated(it, found.get(k), o) for k, o in enumerate(outs)])[0]

    leaves, build = flatten(it, tuple(d.args))
    like = lambda stand: build(stand)
    return _linear(it, "linear", tangents, [p.aval for p in d.primals], like, results, set(params))


def _linear(it: Interpreter, name: str, ways: dict[int, Var], avals: list, like, results, gone=frozenset()):
    """The linear part, and the variables that are its residuals.

    Args:
        ways: leaf of the argument → parameter; `avals`: the types of all leaves; `like` builds the argument.
        results: `results(builder)` emits the body and gives the abstract result.
        gone: variables that it must not read.
    """
    atoms: list = []

    def body(inner):
        with it.building(inner):
            trees.append(face_of(it, results(inner), atoms))
        return atoms

    trees: list = []
    params, block = part(it.builder, ways.values(), body)
    if gone:
        for var in definitions(block):  # the cotangent of a cotangent is a tangent
            var.base = f"t_{var.base[4:]}" if var.base.startswith("d_d_") else var.base
    function, outer = _closed(it, name, params, _without_known(it, prune(block), params), gone)
    stand: list = []
    given = face_of(it, like([fresh(it, it.builder.var("x", a)) for a in avals]), stand)
    interface = _interface(function, len(outer), given, tuple(ways), trees[0])
    return Linear(function, interface, given, tuple(avals), tuple(ways)), outer


def _without_known(it: Interpreter, block: Block, params: tuple) -> Block:
    """The block without the operations that do not depend on its parameters: they are done beforehand."""
    varying, stay = {*params}, []
    for stmt in block.stmts:
        ready = isinstance(stmt, Op) and not varying.intersection(uses(stmt))
        if ready and stmt.prim.kind != "constant" and stmt.prim.name not in LIGHT:
            it.builder.add(stmt)
        else:
            stay.append(stmt)
            varying.update(stmt.outs)
    return Block(tuple(stay), block.results)


def _closed(it: Interpreter, name: str, params: tuple, block: Block, gone) -> tuple[Function, list[Var]]:
    """The function `(*residuals, *params)` of a block, and the residuals.

    Raises:
        Whole: a residual is a stack, or one of those that are gone.
    """
    (function,), outer = closed(it.builder, name, (params, block))
    if any(v in gone or isinstance(v.aval, StackAval) for v in outer):
        raise Whole
    inside = {*function.params, *definitions(function.body)}
    used = [*(v for p in function.params for v in size_vars(p.aval)), *block_uses(function.body)]
    ints = list(dict.fromkeys(v for v in used if v not in inside))
    function = before_copies(replace(function, params=(*ints, *function.params)))
    outer = [*ints, *outer]
    read = {*block_uses(function.body)}
    kept = [k for k in range(len(outer)) if function.params[k] in read or k < len(ints)]
    own = [*(function.params[k] for k in kept), *function.params[len(outer) :]]
    sizes = _sizes(it, own, read)
    named = {v for v, _, _ in sizes}
    wanted = read | {v for p in own for v in size_vars(p.aval)}
    kept = [k for k in kept if function.params[k] not in named and function.params[k] in wanted]
    final = (*(function.params[k] for k in kept), *function.params[len(outer) :])
    guards = Guards()
    scope = {*final, *named}
    guards.items = {g: None for g in it.builder.guards.items if scope.issuperset(atoms_of(g.dim))}
    return replace(function, params=final, sizes=sizes, guards=guards), [outer[k] for k in kept]


def _sizes(it: Interpreter, params: list, read: set) -> tuple:
    """Sizes that the shapes of the parameters tell."""
    known = {size for size, _, _ in it.inputs.sizes}
    found = {}
    for param in params:
        for axis, dim in enumerate(param.aval.shape):
            if isinstance(dim, Size):
                var = next(iter(atoms_of(dim)))
                if var in known and dim == Size.of(var):
                    found.setdefault(var, (var, param, axis))
    return tuple(found.values())


def _interface(function: Function, count: int, given: face.Tree, ways: tuple, result) -> face.Interface:
    places = {leaf: count + n for n, leaf in enumerate(ways)}
    taken: set = set()
    names = []
    for p in function.params:
        names.append(p.base if p.base not in taken else p.name)
        taken.add(names[-1])
    params = [face.Parameter(n, face.Leaf(k)) for k, n in enumerate(names[:count])]
    if isinstance(given, face.Leaf):
        params += [face.Parameter(names[count], face.Leaf(count))] if ways else []
    else:
        params.append(face.Parameter("along", _moved(given, places)))
    return face.Interface(function.name, tuple(params), result, {}, "")


def _moved(tree: face.Tree, places: dict[int, int]) -> face.Tree:
    if isinstance(tree, face.Leaf):
        return face.Leaf(places[tree.index]) if tree.index in places else face.Static(None)
    if isinstance(tree, face.Static):
        return tree
    return replace(tree, children=tuple(_moved(c, places) for c in tree.children))

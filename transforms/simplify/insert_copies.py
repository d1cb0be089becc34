"""Makes updates executable in place: copies go where an array is still needed, or is not ours to write."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.statements import Block, Function, Lit, Op, Stmt, Var, all_uses
from broadax.transforms.facts.demand import demanded
from broadax.transforms.facts.failing import may_fail
from broadax.transforms.facts.ownership import Ownership
from broadax.transforms.facts.storage import Storage, is_array
from broadax.transforms.primitives import registry
from broadax.transforms.primitives.shape import whole
from broadax.transforms.simplify.rewrite import Rewrite


def insert_copies(
    function: Function, mutated: dict[int, int] | None = None, donated: tuple[int, ...] = ()
) -> Function:
    """A function whose `at_set`, `at_add` and stack operations may overwrite their operand 0.

    Afterwards operand 0 of an update is memory that the function made (or a parameter of `mutated` or
    `donated`), it is not read again, and nothing that is read again is a view of it. The other operands may
    be views of it that are not read again. A loop whose source was in place has no copy in its body.

    Args:
        mutated: flat parameter → flat result, for arrays that are written for the caller: at the end the
            parameter's memory holds that result.
        donated: flat parameters whose memory may be used for anything.
    """
    mutated = mutated or {}
    function = _Filled(function).run()
    for place, result in mutated.items():
        function = _written_early(function, function.params[place], result)
    params, results = function.params, function.body.results
    free = [params[k] for k in donated if k not in mutated]
    given = {params[p]: results[r] for p, r in mutated.items()}
    facts = Ownership(function, given, donated=free)
    away = {p: r for p, r in mutated.items() if facts.place.get(results[r]) is not params[p]}
    if away:
        function, finals = _with_finals(function, away)
        given = {params[p]: function.body.results[r] for p, r in mutated.items()}
        facts = Ownership(function, given, finals, free)
    return _Copies(function, facts).run()


def _written_early(function: Function, param: Var, number: int) -> Function:
    """The function with a result in the memory of a parameter from where it is computed, if it is free then.

    What reads the result afterwards then reads the parameter: one array, not two. Where the code may still
    raise, a parameter is written at the end: how far the user's code gets is not known here.
    """
    stmts, results, storage = function.body.stmts, function.body.results, Storage(function)
    value = results[number]
    made = next((k for k, s in enumerate(stmts) if value in s.outs), None)
    if made is None or not _fills(stmts[made], param) or results.count(value) != 1:
        return function
    later = stmts[made + 1 :]
    read = {v for s in later for v in all_uses(s)} | {*results[:number], *results[number + 1 :]}
    used = any(is_array(v) and storage.of(v) is storage.of(param) for v in read)
    if value not in read or used or any(map(may_fail, later)):
        return function
    out = Var(function.names.fresh(param.base), param.aval, param.base)
    spec, loc = whole(param.shape), stmts[made].loc
    update = Op((out,), registry.get("at_set"), (param, value), {"spec": spec}, loc=loc)
    rename = Rename({value: out})
    body = Block((*stmts[: made + 1], update, *map(rename.stmt, later)), rename.atoms(results))
    return replace(function, body=body)


def _fills(stmt: Stmt, param: Var) -> bool:
    """Does it compute element by element what has the type of a parameter?"""
    return isinstance(stmt, Op) and stmt.prim.kind == "elementwise" and stmt.out.aval == param.aval


def _with_finals(function: Function, away: dict[int, int]) -> tuple[Function, list[Op]]:
    """The function with `param[...] = result` at its end."""
    results = list(function.body.results)
    finals = []
    prim = registry.get("at_set")
    places = {out: stmt.loc for stmt in function.body.stmts for out in stmt.outs}
    for p, r in away.items():
        param, value = function.params[p], results[r]
        spec = tuple(("slice", 0, dim, 1) for dim in param.shape)
        out = Var(function.names.fresh(param.base), param.aval, param.base)
        finals.append(Op((out,), prim, (param, value), {"spec": spec}, loc=places.get(value)))
        results[r] = out
    body = Block((*function.body.stmts, *finals), tuple(results))
    return replace(function, body=body), finals


class _Filled(Rewrite):
    """Spread scalars that may be written to become arrays of their own."""

    def __init__(self, function: Function):
        super().__init__(function)
        self.demanded = demanded(function)

    def op(self, op: Op) -> Op:
        if op.prim.name != "broadcast_to" or op.args[0].shape or op.outs[0] not in self.demanded:
            return op
        value, shape, dtype = op.args[0], op.params["shape"], op.out.dtype
        if isinstance(value, Lit) and not np.signbit(np.real(value.value)) and value.value == 0:
            return replace(op, prim=registry.get("zeros"), args=(), params={"shape": shape, "dtype": dtype})
        return replace(op, prim=registry.get("full"), params={"shape": shape})


class _Copies(Rewrite):
    """Writes the copies that the facts ask for."""

    def __init__(self, function: Function, facts: Ownership):
        super().__init__(function)
        self.facts, self.finals = facts, set(facts.finals)
        self.prim = registry.get("copy")
        self.rescued = False
        self.like: Stmt | None = None  # the statement to whose place in the source a copy belongs

    def _copy(self, atom, base: str) -> Var:
        """Emit a copy of an atom."""
        out = Var(self.names.fresh(base), atom.aval, base)
        loc, note = (self.like.loc, self.like.note) if self.like else (None, "")
        self.emit(Op((out,), self.prim, (atom,), {}, loc=loc, note=note))
        return out

    def _stmt(self, stmt: Stmt) -> Stmt | None:
        self.like = stmt
        if isinstance(stmt, Op):
            return self._operation(stmt)
        return super()._stmt(stmt)

    def _operation(self, op: Op) -> Op:
        if op in self.finals:
            return self._final(op)
        new = self._renamed(op)
        if op in self.facts.copied:
            return replace(new, args=(self._copy(new.args[0], op.out.base), *new.args[1:]))
        if op in self.facts.detached:
            self.substitute(op.args[0], self._copy(new.args[0], op.args[0].base))
        elif op.outs[0] in self.facts.materialised:
            view = Var(self.names.fresh(op.prim.name), op.out.aval, op.prim.name)
            self.emit(replace(new, outs=(view,)))
            return replace(new, prim=self.prim, args=(view,), params={})
        return new

    def _final(self, op: Op) -> Op:
        """`param[...] = result`, after copies of what the first of these would overwrite."""
        if not self.rescued:
            self.rescued = True
            self.like = None
            for var in self.facts.rescued:
                self.substitute(var, self._copy(self.rename.atom(var), var.base))
        args = (op.args[0], *self._atoms(op.args[1:]))
        return replace(op, args=args)

    def hand_over(self, key, atoms: tuple) -> tuple:
        wanted = [k for k in range(len(atoms)) if (key, k) in self.facts.handed]
        if not wanted:
            return atoms
        return tuple(self._copy(a, a.base) if k in wanted else a for k, a in enumerate(atoms))

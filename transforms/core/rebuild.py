"""Copies of Core with other variables: substitution, cloning with fresh names, inlining."""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.avals import Aval, StackAval
from broadax.transforms.core.sizes import Size, substitute
from broadax.transforms.core.statements import Block, Effect, For, Function, If, Lit, Op, Stmt, Var, While


class Rename:
    """A mapping from variables to atoms, applied to statements, types and sizes.

    Args:
        mapping: variable → atom; grows with the fresh variables.
        names: where given, every variable that a rebuilt statement defines is made anew from it.
    """

    def __init__(self, mapping: dict | None = None, names=None):
        self.map: dict[Var, Var | Lit] = dict(mapping or {})
        self.names = names

    def atom(self, atom):
        return self.map.get(atom, atom) if isinstance(atom, Var) else atom

    def dim(self, dim):
        return substitute(dim, self._size_of) if isinstance(dim, Size) else dim

    def _size_of(self, var):
        atom = self.map.get(var, var)
        return int(atom.value) if isinstance(atom, Lit) else Size.of(atom)

    def value(self, value):
        """A parameter value or a type, with its sizes renamed."""
        if isinstance(value, Size):
            return self.dim(value)
        if isinstance(value, Aval):
            if not any(isinstance(d, Size) for d in value.shape):
                return value
            return replace(value, shape=tuple(self.dim(d) for d in value.shape))
        if isinstance(value, StackAval):
            return replace(value, item=self.value(value.item))
        if isinstance(value, (tuple, list)):
            return type(value)(self.value(v) for v in value)
        if isinstance(value, dict):
            return {k: self.value(v) for k, v in value.items()}
        return value

    def define(self, var: Var) -> Var:
        """The variable to define in place of `var`."""
        aval = self.value(var.aval)
        if self.names is None:
            if aval is var.aval or aval == var.aval:
                return var
            new = Var(var.name, aval, var.base, var.hint)
        else:
            new = Var(self.names.fresh(var.base), aval, var.base, var.hint)
        self.map[var] = new
        return new

    def atoms(self, atoms) -> tuple:
        return tuple(self.atom(a) for a in atoms)

    def stmt(self, s: Stmt) -> Stmt:
        """One statement with everything it reads renamed and what it defines made anew."""
        match s:
            case Op():
                args, params = self.atoms(s.args), self.value(s.params)
                return replace(s, args=args, params=params, outs=tuple(self.define(v) for v in s.outs))
            case Effect():
                return replace(s, args=self.atoms(s.args), params=self.value(s.params))
            case If():
                cond = self.atom(s.cond)
                then, orelse = self.block(s.then), self.block(s.orelse)
                return replace(
                    s, cond=cond, then=then, orelse=orelse, outs=tuple(self.define(v) for v in s.outs)
                )
            case For():
                lo, hi, step, init = self.atom(s.lo), self.atom(s.hi), self.atom(s.step), self.atoms(s.init)
                index = self.define(s.index)
                carries = tuple(self.define(v) for v in s.carries)
                body = self.block(s.body)
                outs = tuple(self.define(v) for v in s.outs)
                return replace(
                    s, lo=lo, hi=hi, step=step, init=init, index=index, carries=carries, body=body, outs=outs
                )
            case While():
                init = self.atoms(s.init)
                carries = tuple(self.define(v) for v in s.carries)
                cond, body = self.block(s.cond), self.block(s.body)
                return replace(
                    s,
                    init=init,
                    carries=carries,
                    cond=cond,
                    body=body,
                    outs=tuple(self.define(v) for v in s.outs),
                )
        raise TypeError(s)

    def block(self, block: Block) -> Block:
        stmts = tuple(self.stmt(s) for s in block.stmts)
        return Block(stmts, self.atoms(block.results))


def inline(builder, function: Function, args) -> tuple:
    """Append a fresh copy of a function's body to the builder; gives its results.

    `args` are atoms for `function.params`; what the body reads from outside stays as it is.
    """
    rename = Rename(dict(zip(function.params, args, strict=True)), builder.names)
    for var, param, axis in function.sizes:
        rename.map[var] = builder.size_value(rename.atom(param).shape[axis])
    block = rename.block(function.body)
    for stmt in block.stmts:
        builder.add(stmt)
    return block.results

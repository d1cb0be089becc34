"""The two sweeps over a function's outermost block.

What an outermost loop or branch must save depends on its reverse, so that reverse is built first, with
stand-ins for the cotangents that will meet it; the pullback emits a fresh copy of it.
"""

from __future__ import annotations

from broadax.transforms.core.calls import without_markers
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, For, Function, If, Op, Stmt, Var, While
from broadax.transforms.facts.stacks import Pushes
from broadax.transforms.jvp.tangents import differentiable, fit, flows
from broadax.transforms.simplify.fold import fold
from broadax.transforms.simplify.hoist_invariant import hoist_views
from broadax.transforms.simplify.merge_common import merge_in_blocks
from broadax.transforms.simplify.remove_dead import remove_dead
from broadax.transforms.vjp.activity import Activity
from broadax.transforms.vjp.branch import reverse_if
from broadax.transforms.vjp.calls import with_forward_rules
from broadax.transforms.vjp.cotangents import Cotangents
from broadax.transforms.vjp.entry import Entry
from broadax.transforms.vjp.loop import reverse_loop
from broadax.transforms.vjp.regions import Copy, Loop, Region
from broadax.transforms.vjp.residuals import Residuals
from broadax.transforms.vjp.saving import keep
from broadax.transforms.vjp.straight import reverse_op


def vjp_into(builder, function: Function, primals, wrt) -> tuple[tuple, object]:
    """Append a copy of a function that keeps what its derivative needs.

    Args:
        builder: where to; its names and guards are used.
        primals: atoms for the parameters.
        wrt: for each parameter whether it is differentiated by.

    Returns:
        The results, and `pullback(builder, cotangents)`, which appends the reverse sweep: from a
        cotangent for each result (an atom, or None for zero) to a tuple of one for each parameter (None
        where zero, or not asked for). It reads variables of the forward sweep, so it must be emitted
        where they are in scope; it may be emitted more than once.

    Raises:
        UnsupportedError: an operation on the way has no derivative.
    """
    # What is computed twice would be saved twice, and its cotangents be summed in two places.
    function = merge_in_blocks(hoist_views(fold(remove_dead(without_markers(function)))))
    with builder.current():
        seeds = [p for p, w in zip(function.params, wrt, strict=True) if w]
        function = with_forward_rules(function, seeds)
        sweep, copy = _prepared(builder, function, primals, wrt)
        for old, new in zip(function.body.stmts, copy.stmts, strict=True):
            sweep.emit_forward(old, new)

    def pullback(builder, cotangents) -> tuple:
        return sweep.pull(builder, cotangents)

    return copy.results, pullback


def _prepared(builder, function: Function, primals, wrt) -> tuple[Sweep, Block]:
    """A sweep with its outermost loops and branches reversed, and the copy of the function's block.

    Which arrays had better be restored than saved is known when everything has been reversed once.
    """
    requests, names = None, dict(builder.names.count)
    while True:
        sweep = Sweep(builder, function, primals, wrt)
        copy = sweep.copy.block(function.body, Region(None))
        restoring = sweep.residuals.plan.restoring
        restoring.heed(requests or ())
        sweep.prepare()
        if requests is None:
            again = tuple(restoring.requests)
        else:
            again = tuple(nest for nest in requests if not restoring.refused.intersection(nest))
        if again == (requests or ()):
            return sweep, copy
        requests, builder.names.count = again, dict(names)


class Sweep:
    """The state of one reverse differentiation.

    Attributes:
        active: which variables of the function take part.
        copy: the function's body with fresh variables.
        bounds: how large integers of the copy get.
        pushes: which versions of a stack are one.
        residuals: what reversed blocks read from the forward sweep.
        entries: outermost loop or branch → its reverse.
    """

    def __init__(self, builder, function: Function, primals, wrt):
        self.builder, self.function = builder, function
        self.wrt = [p for p, w in zip(function.params, wrt, strict=True) if w and differentiable(p.aval)]
        self.active = Activity(function.body, self.wrt)
        self.rename = Rename(dict(zip(function.params, primals, strict=True)), builder.names)
        for var, param, axis in function.sizes:
            self.rename.map[var] = builder.size_value(self.rename.atom(param).shape[axis])
        self.copy = Copy(builder, self.rename, self.active)
        self.bounds = self.copy.bounds
        self.pushes = Pushes(function)
        self.residuals = Residuals(self)
        self.entries: dict[Stmt, Entry] = {}

    # ── from the original to the copy ─────────────────────────────────────────────────────────────

    def atom(self, atom):
        return self.rename.atom(atom)

    def atoms(self, atoms) -> tuple:
        return self.rename.atoms(atoms)

    def aval(self, var: Var):
        return self.rename.value(var.aval)

    def params(self, op: Op) -> dict:
        return self.rename.value(op.params)

    def region(self, block: Block) -> Region:
        return self.copy.regions[block]

    def loop(self, stmt: For | While) -> Loop:
        return self.copy.loops[stmt]

    def dim(self, atom) -> int | Size:
        """An integer scalar of the copy as a dimension."""
        return self.copy.dim(atom)

    def resolve(self, region: Region, block: Block, mapping: dict | None = None) -> Block:
        """A reversed block in which what it reads from the forward block is at hand."""
        return self.residuals.resolve(region, block, mapping or {})

    # ── sweeps ────────────────────────────────────────────────────────────────────────────────────

    def reverse(self, block: Block, env: Cotangents) -> None:
        """Emit the reverse of a block's statements."""
        for stmt in reversed(block.stmts):
            self.reverse_stmt(stmt, env)

    def reverse_stmt(self, stmt: Stmt, env: Cotangents) -> None:
        if not self.active.touches(stmt) and not self.residuals.plan.restoring.involves(stmt):
            return
        with self.builder.at(stmt.loc, stmt.outs[0].base):
            match stmt:
                case Op():
                    reverse_op(self, stmt, env)
                case If():
                    reverse_if(self, stmt, env)
                case For() | While():
                    reverse_loop(self, stmt, env)

    def prepare(self) -> None:
        """Build the reverse of each outermost loop and branch."""
        nonzero = {a for a in self.function.body.results if self.active(a)}
        for stmt in reversed(self.function.body.stmts):
            if not nonzero.intersection(stmt.outs):
                continue
            if isinstance(stmt, Op):
                nonzero.update(stmt.args[k] for k in flows(stmt) if self.active(stmt.args[k]))
            elif isinstance(stmt, (If, For, While)):
                entry = self.entries[stmt] = Entry(self, stmt, nonzero)
                nonzero.update(entry.targets)

    def emit_forward(self, old: Stmt, new: Stmt) -> None:
        """Append a statement of the copy, with what it saves."""
        entry = self.entries.get(old)
        if entry is None or not entry.saves:
            self.builder.add(new)
        else:
            keep(self, new, entry.saves)

    def pull(self, builder, cotangents) -> tuple:
        """Append the reverse sweep."""
        own, self.builder = self.builder, builder
        try:
            with builder.current():
                env = Cotangents(self, set())
                for result, ct in zip(self.function.body.results, cotangents, strict=True):
                    if ct is not None and self.active(result):
                        env.add(result, ct)
                for stmt in reversed(self.function.body.stmts):
                    if stmt in self.entries:
                        self.entries[stmt].emit(env)
                    elif isinstance(stmt, Op):
                        self.reverse_stmt(stmt, env)
                return tuple(self._result(env, param) for param in self.function.params)
        finally:
            self.builder = own

    def _result(self, env: Cotangents, param: Var):
        value = env.get(param) if param in self.wrt else None
        return fit(self.builder, value, self.aval(param))

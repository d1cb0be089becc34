"""Results that are computed element by element go into the memory of donated arguments.

p = p - 0.1 * m                 →       p[:] = p - 0.1 * m

An argument gives its memory to one result of its type, from where nothing reads it any more.
"""

from __future__ import annotations

from broadax.transforms.core.statements import Block, Function, Op, Var, all_uses
from broadax.transforms.facts.storage import Storage
from broadax.transforms.primitives import registry
from broadax.transforms.primitives.shape import whole
from broadax.transforms.simplify.rewrite import Rewrite


def write_over_donated(function: Function, donated: tuple[int, ...]) -> Function:
    """A function whose results are written to these flat parameters where that saves memory; before copies
    are inserted."""
    return _WriteOver(function, [function.params[k] for k in donated]).run()


class _WriteOver(Rewrite):
    """The walk.

    Attributes:
        given: operation → the parameter over which its result is written.
        written: result → what stands for it at the end: the parameter's new version.
    """

    def __init__(self, function: Function, donated: list[Var]):
        super().__init__(function)
        self.given = _pairs(function, donated)
        self.written: dict[Var, Var] = {}

    def op(self, op: Op) -> Op:
        param = self.given.get(op)
        if param is None:
            return op
        self.emit(op)
        out = self.written[op.out] = Var(self.names.fresh(param.base), param.aval, param.base)
        return Op((out,), registry.get("at_set"), (param, op.out), {"spec": whole(param.shape)}, loc=op.loc)

    def hand_over(self, key, atoms: tuple) -> tuple:
        if key is not self.before.body:
            return atoms
        return tuple(self.written.get(a, a) for a in atoms)


def _pairs(function: Function, donated: list[Var]) -> dict[Op, Var]:
    body, storage = function.body, Storage(function)
    last = _last_reads(body, storage)
    free = [p for p in donated if p.ndim]
    found: dict[Op, Var] = {}
    for position, op in enumerate(body.stmts):
        if not _by_elements(op) or op.out not in body.results:
            continue
        own = [p for p in free if p.aval == op.out.aval and last.get(storage.of(p), -1) <= position]
        if own:  # better one that is read here than one that was read long ago
            param = max(own, key=lambda p: last.get(storage.of(p), -1))
            found[op] = param
            free.remove(param)
    return found


def _by_elements(stmt) -> bool:
    return isinstance(stmt, Op) and (stmt.prim.kind == "elementwise" or stmt.prim.name == "convert")


def _last_reads(body: Block, storage: Storage) -> dict[Var, int]:
    """Memory → the last statement of a body that reads it; what is a result is read at the end."""
    last = {}
    for position, stmt in enumerate(body.stmts):
        last.update((storage.of(v), position) for v in all_uses(stmt) if isinstance(v, Var))
    last.update((storage.of(v), len(body.stmts)) for v in body.results if isinstance(v, Var))
    return last

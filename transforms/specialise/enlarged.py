"""Numbers that stand as arrays: what is a number on one path and an array on the other.

`w = 0.5` in one branch and `w = np.ones(3)` in the other, or `s = 1.0` before a loop that adds arrays to it:
Core has one type for both, so the number is *enlarged*, an array of equal elements. Elementwise functions
and stores can't tell the difference; a sum can. `settle_enlarged` follows enlarged values through a function,
and refuses, or checks when the code runs, what would tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from broadax.runtime.errors import InvalidValueError, Loc, StructureError
from broadax.transforms.core.avals import broadcast
from broadax.transforms.core.statements import Block, Effect, For, Function, If, Lit, Op, Stmt, Var, While
from broadax.transforms.primitives import registry
from broadax.transforms.simplify.rewrite import Rewrite

# What NumPy computes of a number too, but not as of an array of equal elements.
TELLING = frozenset(("sum", "prod", "cumsum", "cumprod", "matmul", "dot_general", "einsum", "call"))
SAME = frozenset(("copy", "convert", "stop_gradient", "same"))
# A sum or product of zeros is zero, whatever their number. These functions of zeros are zero.
KEEPS_ZERO = frozenset(("negative", "positive", "absolute", "square", "sqrt", "sign", "add", "subtract")) | {
    *("sin", "tan", "tanh", "sinh", "arctan", "arcsin", "expm1", "log1p", "conjugate", "real", "imag"),
}
WAY_OUT = "make it an array from the start: np.full(shape, value), or np.zeros(shape)"


@dataclass(frozen=True)
class Enlarged:
    """What is known of an enlarged value.

    Attributes:
        name: what the user calls it.
        loc: where the paths meet.
        zero: where it is a number, it is 0.
        branch: a branch has made it, not the start of a loop.
        loops: the indices of loops after a turn of which it is an array for certain; None: there are no such.
    """

    name: str
    loc: Loc | None
    zero: bool
    branch: bool
    loops: frozenset | None = None

    def either(self, other: Enlarged | None) -> Enlarged:
        """What is known where it may be this one or the other (None: an array)."""
        if other is None:
            return self
        loops = None if None in (self.loops, other.loops) else self.loops | other.loops
        return replace(self, zero=self.zero and other.zero, branch=self.branch or other.branch, loops=loops)


def settle_enlarged(function: Function, seeds: dict[Var, Enlarged]) -> Function:
    """The function with the checks that its enlarged values need.

    Args:
        seeds: the variables that are made by enlarging a number.

    Raises:
        StructureError: an operation, or the caller, would see that a number has been made an array.
    """
    if not seeds:
        return function
    found = _Search(seeds)
    found.block(function.body)
    for atom in function.body.results:
        state = found.state.get(atom)
        if state is not None and state.branch:
            raise found.error(state, None, "the result")
    if found.failed:
        raise found.failed[0]
    return _Checked(function, found.needed).run() if found.needed else function


class _Search:
    """Which variables are enlarged; `needed`: loops that must take a turn, with the value that needs it."""

    def __init__(self, seeds: dict[Var, Enlarged]):
        self.state: dict[Var, Enlarged] = dict(seeds)
        self.needed: dict[Var, Enlarged] = {}
        self.failed: list[StructureError] = []

    def error(self, state: Enlarged, loc: Loc | None, what: str) -> StructureError:
        paths = "before a loop and an array in it"
        if state.branch:
            paths = "in one branch and an array in the other"
        if state.name != "result":
            what += f" depends on {state.name or 'a value'}, which"
        return StructureError(f"{what} is a number {paths}", loc or state.loc, WAY_OUT)

    def block(self, block: Block) -> None:
        for stmt in block.stmts:
            match stmt:
                case Op():
                    self.op(stmt)
                case If():
                    self.block(stmt.then)
                    self.block(stmt.orelse)
                    for out, *sides in zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True):
                        self.join(out, *sides)
                case For() | While():
                    self.loop(stmt)

    def join(self, out: Var, *atoms) -> bool:
        """Mark a variable that is one of these atoms; is anything new?"""
        known = [self.state[a] for a in atoms if isinstance(a, Var) and a in self.state]
        if not known:
            return False
        state = known[0]
        for other in known[1:]:
            state = state.either(other)
        before = self.state.get(out)
        self.state[out] = state if before is None else state.either(before)
        return self.state[out] != before

    def loop(self, stmt: For | While) -> None:
        changed = True
        while changed:
            needed, failed = dict(self.needed), len(self.failed)
            changed = False
            for head, *sides in zip(stmt.carries, stmt.init, stmt.body.results, strict=True):
                changed |= self.join(head, *sides)
            for inner in (stmt.cond, stmt.body) if isinstance(stmt, While) else (stmt.body,):
                self.block(inner)
            if changed:
                self.needed = needed
                del self.failed[failed:]
        for out, start, end in zip(stmt.outs, stmt.init, stmt.body.results, strict=True):
            state = self.state.get(start)
            if state is not None and not _turns(stmt):
                counted = isinstance(stmt, For) and isinstance(stmt.step, Lit)
                loops = frozenset((stmt.index,)) if counted else None
                self.state[out] = replace(state, loops=state.loops or loops)
            if isinstance(end, Var) and end in self.state:
                self.state[out] = self.state[end].either(self.state.get(out))

    def op(self, op: Op) -> None:
        known = [self.state[a] for a in op.args if isinstance(a, Var) and a in self.state]
        if not known or op.out in self.state and op.prim.name == "full":
            return
        state = next((s for s in known if s.loops is not None), known[0])
        if op.prim.kind == "elementwise":
            whole = [a.shape for a in op.args if a not in self.state]
            if not whole or broadcast(*whole) != op.out.shape:
                self.state[op.out] = replace(state, zero=_zero(op, self.state))
        elif op.prim.name in SAME:
            self.state[op.out] = state
        elif op.prim.name in TELLING and not all(s.zero for s in known):
            if state.loops is None:
                what = "this call" if op.prim.name == "call" else f"np.{op.prim.name} here"
                self.failed.append(self.error(state, op.loc, what))
            self.needed.update((index, state) for index in state.loops or ())


def _turns(stmt: For | While) -> bool:
    """Is a loop known to take a turn?"""
    if not isinstance(stmt, For) or not all(isinstance(a, Lit) for a in (stmt.lo, stmt.hi, stmt.step)):
        return False
    return len(range(stmt.lo.value, stmt.hi.value, stmt.step.value)) > 0


def _zero(op: Op, state: dict) -> bool:
    """Is an elementwise function of enlarged zeros zero?"""
    zeros = [_is_zero(a, state) for a in op.args]
    if op.prim.name == "multiply":
        return any(zeros)
    if op.prim.name in ("divide", "power"):
        return zeros[0] and (op.prim.name == "divide" or isinstance(op.args[1], Lit) and op.args[1].value > 0)
    return op.prim.name in KEEPS_ZERO and all(zeros)


def _is_zero(atom, state: dict) -> bool:
    return not atom.value if isinstance(atom, Lit) else atom in state and state[atom].zero


class _Checked(Rewrite):
    """A function in which loops check that they take a turn."""

    def __init__(self, function: Function, needed: dict[Var, Enlarged]):
        super().__init__(function)
        self.needed = needed

    def visit(self, stmt: Stmt) -> Stmt:
        state = self.needed.get(stmt.index) if isinstance(stmt, For) else None
        if state is not None:
            compare = registry.get("less" if stmt.step.value > 0 else "greater")
            turns = Var(self.names.fresh("turns"), compare.infer(stmt.lo.aval, stmt.hi.aval), "turns")
            name = state.name or "a value"
            what = f"{name} is a number here, for the loop takes no turn, and an array after one: {WAY_OUT}"
            self.emit(Op((turns,), compare, (stmt.lo, stmt.hi), {}, loc=stmt.loc))
            params = {"error": InvalidValueError, "message": (what,), "own": False}
            self.emit(Effect((), "check", (turns,), params, loc=stmt.loc))
        return stmt

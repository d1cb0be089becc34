"""Which variables may share memory: views with their bases, updates with what they update, loop carries, …"""

from __future__ import annotations

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import Block, For, Function, If, Op, Var, While, blocks

# Operations whose NumPy code gives a view of operand 0 (or operand 0 itself).
VIEWS = frozenset({"reshape", "transpose", "broadcast_to", "real", "imag", "stop_gradient"})
# Operations that change operand 0 and hand it on as their (first) result.
PLACED = ("store_product", "add_product", "overwrite_by_product")  # by the planner of loop nests
WRITING = frozenset({"at_set", "at_add", *PLACED})
IN_PLACE = WRITING | {"stack_push", "stack_pop"}


def is_array(atom) -> bool:
    """Is it a variable that holds an array (or a stack)? Scalars are immutable."""
    return isinstance(atom, Var) and (isinstance(atom.aval, StackAval) or atom.shape != ())


def view_source(op: Op) -> Var | None:
    """The array of which an operation's result is a view, or None."""
    name = op.prim.name
    if name == "index":
        basic = all(a.shape == () for a in op.args[1:])
        return op.args[0] if basic and is_array(op.outs[0]) else None
    if name == "einsum" and len(op.args) == 1 or name in VIEWS:
        return op.args[0] if is_array(op.outs[0]) and is_array(op.args[0]) else None
    return None


class Storage:
    """Classes of variables that may share memory at some moment, whatever the flow of control.

    `of(var)` names the class; two variables with different classes never share memory.
    """

    def __init__(self, function: Function):
        self.parent: dict[Var, Var] = {}
        self._block(function.body)

    def of(self, var: Var) -> Var:
        root = var
        while self.parent.get(root, root) is not root:
            root = self.parent[root]
        while self.parent.get(var, var) is not root and var is not root:
            self.parent[var], var = root, self.parent[var]
        return root

    def join(self, a, b) -> None:
        if is_array(a) and is_array(b):
            a, b = self.of(a), self.of(b)
            if a is not b:
                self.parent[b] = a

    def _block(self, block: Block) -> None:
        for stmt in block.stmts:
            match stmt:
                case Op():
                    source = stmt.args[0] if stmt.prim.name in IN_PLACE else view_source(stmt)
                    if source is not None:
                        self.join(source, stmt.outs[0])
                    if stmt.prim.name == "stack_push":
                        self.join(stmt.args[0], stmt.args[1])
                    elif stmt.prim.name == "stack_copy":
                        self.join(stmt.args[0], stmt.outs[0])
                    elif stmt.prim.name == "stack_pop":
                        self.join(stmt.args[0], stmt.outs[1])
                case If():
                    for inner in (stmt.then, stmt.orelse):
                        self._block(inner)
                        self._pairs(inner.results, stmt.outs)
                case For() | While():
                    if isinstance(stmt, While):
                        self._block(stmt.cond)
                    self._block(stmt.body)
                    self._pairs(stmt.init, stmt.carries)
                    self._pairs(stmt.body.results, stmt.carries)
                    self._pairs(stmt.carries, stmt.outs)

    def _pairs(self, left, right) -> None:
        for a, b in zip(left, right, strict=True):
            self.join(a, b)


def written(stmt, storage: Storage) -> set:
    """The memory that a statement, or one inside it, writes to."""
    found: set = set()
    if isinstance(stmt, Op):
        if stmt.prim.name in WRITING:
            found.add(storage.of(stmt.args[0]))
        return found
    for inner in blocks(stmt):
        for sub in inner.stmts:
            found |= written(sub, storage)
    return found

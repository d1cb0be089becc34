"""The batching engine: each statement of a function for all examples at once, where that can be."""

from __future__ import annotations

from dataclasses import replace

from broadax.runtime.errors import BatchError, BroadaxError, ShapeError
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.calls import without_markers
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.statements import Block, Effect, For, Function, If, Op, Stmt, Var, While
from broadax.transforms.vmap import examples, masks, operands, ops
from broadax.transforms.vmap.activity import Activity
from broadax.transforms.vmap.groups import Group, plan


def vmap_into(
    builder: Builder,
    function: Function,
    args: tuple,
    axes: tuple,
    size,
    out_axes: tuple,
    name=None,
    masked: bool = False,
) -> tuple:
    """Append a copy of a function's body that computes all examples of a batch.

    Args:
        args: atoms for `function.params`.
        axes: for each of them its batch axis, or None where all examples share the argument.
        size: the number of examples, an int or a `Size` of variables in scope.
        out_axes: for each result where its batch axis shall be, or None for a result that must be
            the same for all examples.
        name: the axis over which collectives of that name go.
        masked: where examples part ways, they go on together, each taking part while its mask holds,
            instead of one by one.

    Returns: the results. Arguments and results have one dimension more where they are batched.

    Raises:
        ShapeError: an axis is out of bounds, or an argument has the wrong number of dimensions.
        BatchError: a batched result has out axis None.
        UnsupportedError: an array whose size differs between the examples is a result.
    """
    with builder.current():
        function = without_markers(function)
        engine = Engine(builder, function, args, axes, size, name, masked)
        results = engine.block(function.body)
        places = zip(function.body.results, results, out_axes, strict=True)
        return tuple(engine.place(old, new, axis, k) for k, (old, new, axis) in enumerate(places))


class Engine:
    """Batches one function into a builder.

    Attributes:
        rename: what stands for each variable of the function: a batched variable has its batch
            axis at 0.
        activity: which variables are batched, which statements go example by example.
        size: the number of examples.
        mask: which examples take part in the statements that are being emitted; None: all.
        lanes: where the examples are a block of a larger batch, their number, as a scalar.
    """

    def __init__(self, builder: Builder, function: Function, args, axes, size, name=None, masked=False):
        self.builder, self.size, self.axis_name, self.mask = builder, size, name, None
        self.lanes = None
        self.rename = Rename(names=builder.names)
        self.blank: dict[Var, Op] = {}  # unbatched results of `zeros` and `empty`: better made than repeated
        self.activity = Activity(function, self._bind(function, args, axes), size, name, masked)

    # ── arguments and results ─────────────────────────────────────────────────────────────────────

    def _bind(self, function: Function, args, axes) -> set[Var]:
        """Let `args` stand for the parameters, with the batch axis at 0; gives the batched parameters."""
        batched = set()
        for param, arg, axis in zip(function.params, args, axes, strict=True):
            if arg.ndim != param.ndim + (axis is not None):
                what = f"{arg.ndim} dimensions, {param.ndim} for each example"
                raise ShapeError(f"vmap: argument `{param.base}` has {what}, in_axes {axis}")
            if axis is not None:
                arg = operands.move_axis(arg, operands.normal_axis(axis, arg.ndim, "in_axes"), 0)
                batched.add(param)
            self.rename.map[param] = arg
        for var, param, axis in function.sizes:
            dim = self.rename.map[param].shape[axis + (param in batched)]
            self.rename.map[var] = self.builder.size_value(dim)
        return batched

    def place(self, old, new, axis: int | None, k: int):
        """A result with its batch axis where it is wanted."""
        batched = self.batched(old)
        if axis is None:
            if batched:
                raise BatchError(
                    f"vmap has mapped output but out_axes is None (result {k} depends on mapped arguments)",
                    instead="give out_axes an int for this result",
                )
            return new
        axis = operands.normal_axis(axis, old.ndim + 1, "out_axes")
        if not batched:
            new = operands.repeat(new, self.size)
        return operands.move_axis(new, 0, axis)

    # ── atoms ─────────────────────────────────────────────────────────────────────────────────────

    def batched(self, atom) -> bool:
        return self.activity.is_batched(atom)

    def fit(self, atom, var: Var):
        """What stands for `atom`, repeated for the batch where `var`, which takes it, is batched."""
        new = self.rename.atom(atom)
        if not self.batched(var) or self.batched(atom):
            return new
        return self.spread(self.builder.promote(new, var.dtype))

    def spread(self, new):
        """A value that all examples share, once for each of them."""
        if new in self.blank:
            return self.make(new, (self.size, *new.shape))
        return operands.repeat(new, self.size, getattr(new, "base", ""))

    def make(self, new: Var, shape: tuple) -> Var:
        """Another array like the blank one `new`, in the given shape."""
        return self.builder.apply(self.blank[new].prim.name, shape=shape, dtype=new.dtype, base=new.base)

    def define(self, var: Var) -> Var:
        """A new variable in place of `var`, with the batch axis if it is batched."""
        if not self.batched(var):
            return self.rename.define(var)
        aval = self.rename.value(var.aval)
        if isinstance(aval, StackAval):
            aval = replace(aval, item=operands.batched_aval(aval.item, self.size))
        else:
            aval = operands.batched_aval(aval, self.size)
        new = self.builder.var(var.base, aval)
        self.rename.map[var] = new
        return new

    # ── statements ────────────────────────────────────────────────────────────────────────────────

    def block(self, block: Block) -> tuple:
        """Append the statements of a block to the open one; what stands for its results."""
        for item in plan(block, self.activity):
            if isinstance(item, Group):
                examples.per_example(self, item)
            else:
                self.stmt(item)
        return self.rename.atoms(block.results)

    def stmt(self, stmt: Stmt) -> None:
        """Append one statement for all examples at once."""
        if not self.activity.touched(stmt):
            new = self.builder.add(self.rename.stmt(stmt))
            if isinstance(new, Op) and new.prim.name in ("zeros", "empty"):
                self.blank[new.out] = new
            return
        with self.builder.at(stmt.loc, stmt.note):
            try:
                self._stmt(stmt)
            except BroadaxError as error:
                error.at(stmt.loc)
                raise

    def _stmt(self, stmt: Stmt) -> None:
        match stmt:
            case Op():
                ops.batch_op(self, stmt)
            case Effect():
                examples.effect(self, stmt)
            case If() if self.activity.diverges(stmt):
                masks.branch(self, stmt)
            case If() if self.batched(stmt.cond):
                self._select(stmt)
            case If():
                cond = self.rename.atom(stmt.cond)
                then, orelse = self._inner(stmt.then, stmt.outs), self._inner(stmt.orelse, stmt.outs)
                outs = tuple(map(self.define, stmt.outs))
                self.builder.add(replace(stmt, cond=cond, then=then, orelse=orelse, outs=outs))
            case While() if self.activity.diverges(stmt):
                masks.loop_while(self, stmt)
            case For() if self.activity.diverges(stmt):
                masks.loop_for(self, stmt)
            case For() | While():
                self._loop(stmt)
            case _:
                raise TypeError(stmt)

    def _inner(self, block: Block, targets) -> Block:
        """A block of its own whose results fit `targets`."""
        with self.builder.block() as stmts:
            self.block(block)
            results = tuple(self.fit(a, v) for a, v in zip(block.results, targets, strict=True))
        return Block(tuple(stmts), results)

    def _loop(self, stmt: For | While) -> None:
        init = tuple(self.fit(a, v) for a, v in zip(stmt.init, stmt.carries, strict=True))
        if isinstance(stmt, For):
            lo, hi, step = self.rename.atoms((stmt.lo, stmt.hi, stmt.step))
            head = {"lo": lo, "hi": hi, "step": step, "index": self.rename.define(stmt.index)}
            carries = tuple(map(self.define, stmt.carries))
        else:
            carries = tuple(map(self.define, stmt.carries))
            with self.builder.block() as stmts:
                results = self.block(stmt.cond)
            head = {"cond": Block(tuple(stmts), results)}
        body = self._inner(stmt.body, stmt.carries)
        outs = tuple(map(self.define, stmt.outs))
        self.builder.add(replace(stmt, init=init, carries=carries, body=body, outs=outs, **head))

    def _select(self, stmt: If) -> None:
        """Both branches for all examples, and from each example's the one it takes."""
        self.block(stmt.then)
        self.block(stmt.orelse)
        for var, a, b in zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True):
            ops.select(self, var, stmt.cond, a, b)

    def name(self, new, var: Var, since: int):
        """Give a result that was emitted after statement `since` the name of the user's variable."""
        fresh = (v for s in self.builder.open[-1][since:] for v in s.outs)
        if var.base != new.base and any(v is new for v in fresh):
            new.base, new.name = var.base, self.builder.names.fresh(var.base)
        return new

"""Who owns which array memory: what may be updated in place, and where a copy is needed first.

Every array variable refers to memory, named by its *roots*: the variables at whose definitions the memory was
made. Memory is *owned* where this function made it, or was given it to write to. An update of x may be done
in place where x's memory is owned and no variable that is needed afterwards refers to it.

Loops and branches hand memory over. A carry (or the result of a branch) into which an update flows back
is *demanded*: whatever is handed to it must be owned and given up by everyone else. In return it counts
as new memory of its own, so that two carries may even swap their arrays from turn to turn.
"""

from __future__ import annotations

from collections.abc import Iterable

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import Block, Effect, For, Function, If, Op, Var, While, blocks
from broadax.transforms.facts.demand import UPDATES, demanded
from broadax.transforms.facts.lifetimes import Lifetimes
from broadax.transforms.facts.stacks import Pushes
from broadax.transforms.facts.storage import is_array, view_source

NONE: frozenset = frozenset()


class Ownership:
    """The copies that a function needs so that all its updates can be done in place.

    Args:
        function: any Core function.
        given: parameter → the result that belongs into its memory.
        finals: updates at the function's end that overwrite a given parameter altogether.
        donated: parameters whose memory may be used for anything.

    Attributes:
        copied: operations whose operand 0 has to be copied before.
        detached: operations before which operand 0 is to be copied for those who read it later.
        handed: (block or loop, k) → the k-th value has to be copied where it is handed over.
        materialised: views that have to be copied where they are made.
        rescued: variables to copy before the final updates.
        place: variable → the given parameter in whose memory it is, as a whole.
    """

    def __init__(
        self,
        function: Function,
        given: dict | None = None,
        finals: Iterable[Op] = (),
        donated: Iterable[Var] = (),
    ):
        self.function, self.given, self.finals = function, given or {}, tuple(finals)
        self.donated = frozenset(donated)
        self.reserved = frozenset(op.args[0] for op in self.finals)  # memory that keeps its name to the end
        self.lifetimes = Lifetimes(function, self._reads)
        self.demanded = demanded(function, self.given.values())
        self.materialised: set[Var] = set()
        self.seen_views: set[Var] = set()
        self.pushes = Pushes(function)
        self.shared: dict[Var, frozenset] = {}  # what may flow into carries that are not demanded
        self.owned: set[Var] = set()  # roots; what one scan finds holds in the next
        self.moved: dict[Var, Var] = {}  # variable → a name for the memory of its copy
        before = None
        while before != (len(self.materialised), self.shared):
            if before and before[0] < len(self.materialised):
                self.shared = {}  # what was found before is true of the views that are copied now
            before = len(self.materialised), dict(self.shared)
            self._scan()

    def may_overwrite(self, op: Op, var: Var) -> bool:
        """May an operation's result be put into the memory of its operand `var`?"""
        return (op, var) in self.overwritable

    # ── one scan ──────────────────────────────────────────────────────────────────────────────────

    def why_copied(self, atom) -> str:
        """Why an update can't write to an array's memory."""
        roots = self._roots(atom)
        if roots and not roots.isdisjoint(self.function.params):
            return "it is the caller's array"
        if not self._is_owned(atom):
            return "its memory may be that of another array"
        return "what it held is read again"

    def _reads(self, stmt: Op | Effect):
        skip = 1 if stmt in self.finals else 0
        return (a for a in stmt.args[skip:] if isinstance(a, Var))

    def _scan(self) -> None:
        self.copied: set[Op] = set()
        self.detached: set[Op] = set()
        self.handed: set[tuple] = set()
        self.rescued: dict[Var, None] = {}
        self.overwritable: set[tuple[Op, Var]] = set()
        self.roots: dict[Var, frozenset] = {}
        self.users: dict[Var, list[Var]] = {}  # root → the variables that refer to its memory
        self.place: dict[Var, Var] = {}
        self.views: set[Var] = set()
        self.block_of: dict[Var, Block] = {}
        for param in self.function.params:
            self._bind(param, frozenset({param}), owned=param in self.given or param in self.donated)
            self.block_of[param] = self.function.body
            if param in self.given:
                self.place[param] = param
        self._block(self.function.body)

    def _bind(self, var: Var, roots: frozenset, owned: bool = False) -> None:
        """A variable refers to memory; `owned` for memory of its own."""
        if not is_array(var):
            return
        self.roots[var] = roots
        for root in roots:
            self.users.setdefault(root, []).append(var)
        if owned:
            self.owned.add(var)

    def _fresh(self, var: Var) -> None:
        self._bind(var, frozenset({var}), owned=True)

    def _roots(self, atom) -> frozenset:
        return self.roots.get(atom, NONE) if isinstance(atom, Var) else NONE

    def _is_owned(self, var: Var) -> bool:
        return all(root in self.owned for root in self._roots(var))

    def _others(self, var: Var, moment: int, siblings: Iterable = ()) -> list[Var]:
        """The variables that refer to some of the same memory and are needed after a moment."""
        roots = self._roots(var)
        found = []
        for root in roots:
            users = self.users[root]
            alive = [w for w in users if self._ends(w) >= moment]
            if len(alive) < len(users):
                self.users[root] = alive  # time only goes on
            found += [w for w in alive if w is not var and self.lifetimes.live_at(w, moment)]
        return [*found, *(w for w in siblings if w is not var and self._roots(w) & roots)]

    def _ends(self, var: Var) -> int:
        intervals = self.lifetimes.intervals.get(var)
        return intervals[-1][1] if intervals else -1

    def _give_way(self, others: list[Var]) -> bool:
        """Resolve conflicts by copying views where they are made; False if something else is in the way.

        A stack is in the way because of the views that were pushed onto it.
        """
        stacks = [w for w in others if isinstance(w.aval, StackAval)]
        views = {w for w in others if w in self.views}
        for stack in stacks:
            pushed = {v for v in self.pushes.onto(stack) if v in self.seen_views} - self.materialised
            if not pushed:
                return False
            views |= pushed
        if not all(w in views or w in stacks for w in others):
            return False
        self.materialised |= views
        return True

    # ── statements ────────────────────────────────────────────────────────────────────────────────

    def _block(self, block: Block) -> None:
        for stmt in block.stmts:
            for var in stmt.outs:
                self.block_of[var] = block
            match stmt:
                case Op():
                    self._op(stmt, block)
                case If():
                    self._if(stmt)
                case For() | While():
                    self._loop(stmt)

    def _op(self, op: Op, block: Block) -> None:
        name = op.prim.name
        moment = 2 * self.lifetimes.position[op] + 1
        if name in UPDATES:
            self._update(op, block, moment)
            return
        if name == "stack_push":
            self._bind(op.out, self._roots(op.args[0]) | self._roots(op.args[1]) or frozenset({op.out}))
            return
        if name == "stack_copy":  # another list of the same items
            self._bind(op.out, self._roots(op.args[0]) | {op.out})
            return
        if name == "stack_pop":
            self._bind(op.outs[0], self._roots(op.args[0]) or frozenset({op.outs[0]}))
            self._bind(op.outs[1], self._roots(op.args[0]) | {op.outs[1]})
            return
        source = view_source(op)
        if source is not None and op.out not in self.materialised:
            read_only = {op.out} if name == "broadcast_to" else set()
            self._bind(op.out, self._roots(source) | read_only)
            if name != "broadcast_to":  # a copy of one would be larger than its base
                self.views.add(op.out)
                self.seen_views.add(op.out)
            return
        if op.prim.kind == "elementwise":
            for arg in op.args:
                if is_array(arg) and arg.aval == op.out.aval and self._free(arg, moment):
                    self.overwritable.add((op, arg))
        for var in op.outs:
            # NumPy's broadcast of a scalar can't be written to.
            self._bind(var, frozenset({var}), owned=name != "broadcast_to")

    def _free(self, var: Var, moment: int) -> bool:
        """Is the variable's memory owned and given up at this moment?"""
        return (
            self._is_owned(var) and not self.lifetimes.live_at(var, moment) and not self._others(var, moment)
        )

    def _update(self, op: Op, block: Block, moment: int) -> None:
        x = op.args[0]
        if op in self.finals:
            self._final(op, moment)
            return
        others = self._others(x, moment)
        live = self.lifetimes.live_at(x, moment)
        if live and self._is_owned(x) and x in self.place and self.block_of.get(x) is block and not others:
            self.detached.add(op)
            roots = self._roots(x)
            self._move_away(x)
            self._bind(op.out, roots)
            self.place[op.out] = self.place.pop(x)
            return
        if live or not self._is_owned(x) or others and not self._give_way(others):
            self.copied.add(op)
            self._fresh(op.out)
            return
        self._bind(op.out, self._roots(x))
        if x in self.place:
            self.place[op.out] = self.place[x]

    def _move_away(self, var: Var) -> None:
        """From here on the variable is a copy, in memory of its own."""
        for root in self._roots(var):
            self.users[root] = [w for w in self.users[root] if w is not var]
        copy = self.moved.setdefault(var, Var(f"{var.name} copy", var.aval))
        self._bind(var, frozenset({copy}))
        self.owned.add(copy)

    def _final(self, op: Op, moment: int) -> None:
        """A given parameter is overwritten at the end: who still needs its memory takes a copy."""
        x, value = op.args[:2]
        for other in [*self.users.get(x, ()), value]:
            if x in self._roots(other) and (other is value or self.lifetimes.live_at(other, moment)):
                self.rescued.setdefault(other)
        self._bind(op.out, frozenset({x}))
        self.place[op.out] = x

    # ── handing over ──────────────────────────────────────────────────────────────────────────────

    def _hand(self, key, targets, atoms, moment: int) -> None:
        """Values go to demanded names: they must be owned and given up."""
        given = [a for a in atoms if isinstance(a, Var)]
        for k, (var, atom) in enumerate(zip(targets, atoms, strict=True)):
            if not is_array(var) or isinstance(var.aval, StackAval) or var not in self.demanded:
                continue
            others = [w for w in self._others(atom, moment) if w not in targets]
            twin = given.count(atom) > 1
            siblings = [
                w
                for j, w in enumerate(atoms)
                if j != k
                and isinstance(w, Var)
                and w is not atom
                and (key, j) not in self.handed
                and self._roots(w) & self._roots(atom)
            ]
            clash = others + siblings
            # A carry that is handed on to another one is needed afterwards only under its new name.
            needed = atom not in targets and self.lifetimes.live_at(atom, moment)
            blocked = not self._is_owned(atom) or needed or twin or self._roots(atom) & self.reserved
            if blocked or clash and not self._give_way(clash):
                self.handed.add((key, k))
                if twin:
                    given.remove(atom)

    def _if(self, stmt: If) -> None:
        for block in (stmt.then, stmt.orelse):
            self._block(block)
            self._hand(block, stmt.outs, block.results, 2 * self.lifetimes.ends[block] + 1)
        for k, var in enumerate(stmt.outs):
            values = [(block, block.results[k]) for block in (stmt.then, stmt.orelse)]
            if var in self.demanded:
                self._fresh(var)
                places = {self.place.get(a) for block, a in values if (block, k) not in self.handed}
                places |= {None for block, _ in values if (block, k) in self.handed}
                if len(places) == 1 and None not in places:
                    self.place[var] = places.pop()
            else:
                self._bind(var, self._roots(values[0][1]) | self._roots(values[1][1]) or frozenset({var}))

    def _loop(self, stmt: For | While) -> None:
        position = self.lifetimes.position[stmt]
        self._hand(stmt, stmt.carries, stmt.init, 2 * position + 1)
        for k, (carry, atom) in enumerate(zip(stmt.carries, stmt.init, strict=True)):
            self.block_of[carry] = stmt.body
            if carry in self.demanded:
                self._fresh(carry)
                if (stmt, k) not in self.handed and atom in self.place:
                    self.place[carry] = self.place[atom]
            else:
                self._share(carry, self._roots(atom))
                self._bind(carry, self.shared[carry] or frozenset({carry}))
        for block in blocks(stmt):
            self._block(block)
        self._hand(stmt.body, stmt.carries, stmt.body.results, 2 * self.lifetimes.ends[stmt.body] + 1)
        for k, (carry, out, atom) in enumerate(zip(stmt.carries, stmt.outs, stmt.body.results, strict=True)):
            if carry in self.demanded:
                self._fresh(out)
                stays = (stmt.body, k) not in self.handed and self.place.get(carry) is self.place.get(atom)
                if stays and carry in self.place:
                    self.place[out] = self.place[carry]
            else:
                self._share(carry, self._roots(atom))
                self._bind(out, self.shared[carry] or frozenset({carry}))

    def _share(self, carry: Var, roots: frozenset) -> None:
        if is_array(carry):
            self.shared[carry] = self.shared.get(carry, NONE) | roots
        else:
            self.shared[carry] = NONE

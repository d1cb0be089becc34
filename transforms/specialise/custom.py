"""Functions with a derivative of their own, met while reading.

Where nothing is differentiated they are functions like any other. Else function and rules are read into
closed Core functions, and the call becomes one statement (`core/calls.py`).
"""

from __future__ import annotations

from dataclasses import replace

from broadax.runtime.errors import TypeMismatchError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.calls import Rule, closed, emit_call
from broadax.transforms.core.rebuild import Rename, inline
from broadax.transforms.core.statements import Block, Op, Var, definitions, free, size_vars
from broadax.transforms.custom import CustomFunction
from broadax.transforms.jvp.tangents import differentiable, fit, zeros
from broadax.transforms.specialise.arrays import fresh, is_data, read
from broadax.transforms.specialise.functions import bind
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.transformed import Inner, special
from broadax.transforms.specialise.trees import flatten, private
from broadax.transforms.specialise.values import Array, Closure, Float0, Host, ListValue


def call_custom(it: Interpreter, custom: CustomFunction, args: tuple, kwargs: dict):
    """Call a function with a rule of its own."""
    # A rule that calls its own function needs its rule once less than the function did.
    if it.rules.count(custom) >= it.differentiating:
        return it.call(custom.function, args, kwargs)
    if custom.kind == "again" and custom.policy is not None and custom.policy.whole:
        return it.call(custom.function, args, kwargs)
    args = _positional(custom, args, kwargs)
    call = Call(it, custom, args)
    if not call.leaves:
        return it.call(custom.function, args, {})
    return call.emit()


def _positional(custom: CustomFunction, args: tuple, kwargs: dict) -> tuple:
    """The arguments of a call by position, defaults filled in."""
    function = custom.function
    if not isinstance(function, Closure):
        return custom.positional(args, kwargs)
    spec = function.node.args
    bound = bind(spec, args, kwargs, function.defaults, function.kw_defaults, custom.name)
    values = [bound[a.id] for a in (*spec.posonlyargs, *spec.args)]
    return (*values, *bound.get(spec.vararg.id, ())) if spec.vararg is not None else tuple(values)


class Call:
    """A call in which the floating-point leaves of the arguments are operands.

    Attributes:
        smooth: positions of the arguments that the rule differentiates by.
        leaves: their floating-point leaves, in order.
        trees: builds these arguments from new values of the leaves.
        whole: the function, read (an `Inner`).
    """

    def __init__(self, it: Interpreter, custom: CustomFunction, args: tuple):
        self.it, self.custom, self.args = it, custom, args
        fixed = {n % len(args) for n in custom.nondiff_argnums if -len(args) <= n < len(args)}
        self.nondiff = tuple(args[n] for n in sorted(fixed))
        self.smooth = [n for n in range(len(args)) if n not in fixed]
        self.flat, self.build = flatten(it, tuple(args[n] for n in self.smooth))
        self.ways = [k for k, leaf in enumerate(self.flat) if differentiable(read(it, leaf).aval)]
        self.leaves = [self.flat[k] for k in self.ways]
        self.atoms = tuple(read(it, leaf) for leaf in self.leaves)
        self.avals = [a.aval for a in self.atoms]

    # ── reading ───────────────────────────────────────────────────────────────────────────────────

    def primals(self, values) -> tuple:
        """The arguments with values in the leaves."""
        filled = list(self.flat)
        for k, value in zip(self.ways, values, strict=True):
            filled[k] = value
        return tuple(private(self.it, a) for a in self.build(filled))

    def tangents(self, values) -> tuple:
        """The arguments' tangents: their trees, with zeros of float0 where a leaf is no float."""
        filled: list = [Float0(read(self.it, leaf).aval.shape) for leaf in self.flat]
        for k, value in zip(self.ways, values, strict=True):
            filled[k] = value
        return self.build(filled)

    def given(self, primals: tuple) -> tuple:
        """All arguments of the function."""
        args = list(self.args)
        for n, value in zip(self.smooth, primals, strict=True):
            args[n] = value
        return tuple(args)

    def body(self, values):
        args = self.given(self.primals(values))
        result = self.it.call(self.custom.function, args, {})
        self._unwritten(args)
        return result

    def _unwritten(self, args: tuple) -> None:
        for leaf in flatten(self.it, args)[0]:
            if isinstance(leaf, Array) and self.it.store.get(leaf.box, "written") is True:
                raise UnsupportedError(
                    f"{self.custom.name}, which is differentiated as a whole, writes to its argument",
                    self.it.loc,
                    "write to a copy and return it",
                )

    def emit(self):
        """Append the call; its abstract result."""
        it = self.it
        self.whole = Inner(it, self.leaves, self.avals, self.body)
        it.rules.append(self.custom)
        try:
            parts = {"jvp": self._jvp, "vjp": self._vjp, "again": dict}[self.custom.kind]()
        finally:
            it.rules.pop()
        saved = self._saved()
        body = self.whole.function.body
        function = self.whole.function.params, Block(body.stmts, (*body.results, *saved))
        functions, outer = closed(it.builder, self.custom.name, function, *parts.values())
        rule = Rule(
            self.custom.name,
            self.custom.kind,
            len(outer),
            saved=len(saved),
            **dict(zip(parts, functions[1:], strict=True)),
        )
        with it.builder.at(it.loc, it.builder.note):
            outs = emit_call(it.builder, functions[0], rule, (*outer, *self.atoms))
        return self.whole.value(it, outs[: len(outs) - len(saved)])

    def _saved(self) -> list:
        """What the policy of a checkpoint saves of the values inside."""
        policy = getattr(self.custom, "policy", None)
        if policy is None:
            return []
        ops = [s for s in self.whole.function.body.stmts if isinstance(s, Op) and len(s.outs) == 1]
        return [s.out for s in ops if policy.saves(s, self.it.marked.get(s.out))]

    def missing(self, what: str):
        raise TypeMismatchError(
            f"No {what.upper()} defined for custom_{self.custom.kind} function {self.custom.name} "
            f"using def{self.custom.kind}.",
            self.it.loc,
        )

    # ── a rule for tangents ───────────────────────────────────────────────────────────────────────

    def _jvp(self) -> dict:
        it, custom = self.it, self.custom
        if custom.rule is None and custom.rules is None:
            self.missing("jvp")
        count = len(self.leaves)

        def run(values):
            primals, tangents = self.primals(values[:count]), self.tangents(values[count:])
            if custom.rule is None:
                return self._by_argument(primals, tangents)
            pair = it.call(custom.rule, (*self.nondiff, primals, tangents), {})
            if not (isinstance(pair, tuple) and len(pair) == 2):
                raise TypeMismatchError(
                    f"Custom JVP rule for {custom.name} must produce a pair (list or tuple of length two) "
                    "representing primal and tangent outputs",
                    it.loc,
                )
            return pair

        own = [p.base for p in self.whole.function.params]
        names = [*own, *(f"t_{base}" for base in own)]
        inner = Inner(it, [*self.leaves, *self.leaves], [*self.avals, *self.avals], run, names=names)
        return {"jvp": self._matched(inner, self._tangent_results)}

    def _by_argument(self, primals: tuple, tangents: tuple):
        """The rules of `defjvps`: each argument's share of the tangent."""
        it, custom = self.it, self.custom
        out = it.call(custom.function, primals, {})
        total = None
        for rule, tangent in zip(custom.rules, tangents, strict=False):
            if rule is None or not any(is_data(v) for v in flatten(it, tangent)[0]):
                continue
            share = it.call(rule, (tangent, out, *primals), {})
            total = share if total is None else self._sum(total, share)
        return out, total

    def _sum(self, a, b):
        it = self.it
        (left, build), (right, _) = flatten(it, a), flatten(it, b)
        return build(
            [fresh(it, it.builder.apply("add", read(it, x), read(it, y))) for x, y in zip(left, right)]
        )

    def _tangent_results(self, builder, atoms: list) -> list:
        """`(*ys, *t_ys)`, in the types of the function's results; a missing tangent is zero."""
        want = self.whole.results
        ys, rest = atoms[: len(want)], atoms[len(want) :]
        smooth = [w for w in want if differentiable(w.aval)]
        if not rest:
            rest = [zeros(builder, w.aval) for w in smooth]
        elif len(rest) == len(want):
            rest = [t for t, w in zip(rest, want, strict=True) if differentiable(w.aval)]
        if len(ys) != len(want) or len(rest) != len(smooth):
            raise TypeMismatchError(
                f"Custom JVP rule for {self.custom.name} must produce primal and tangent outputs with the "
                f"structure of its output: {len(want)} leaves",
                self.it.loc,
            )
        made = [self._fitted(builder, y, w, "primal output") for y, w in zip(ys, want, strict=True)]
        return made + [self._fitted(builder, t, w, "tangent output") for t, w in zip(rest, smooth)]

    # ── a rule for cotangents ─────────────────────────────────────────────────────────────────────

    def _vjp(self) -> dict:
        it, custom = self.it, self.custom
        if custom.forward is None or custom.backward is None:
            self.missing("vjp")

        def run_forward(values):
            pair = it.call(custom.forward, self.given(self.primals(values)), {})
            if not (isinstance(pair, tuple) and len(pair) == 2):
                raise TypeMismatchError(
                    f"Custom VJP fwd rule for {custom.name} must produce a pair (list or tuple of length "
                    "two) of the output and the residuals",
                    it.loc,
                )
            self.residuals = flatten(it, pair[1])
            return pair

        forward = Inner(it, self.leaves, self.avals, run_forward)
        count = len(self.whole.results)
        kept = list(forward.results[count:])
        # Sizes that the forward rule computes are residuals too, where arrays of that size are.
        inside = set(definitions(forward.function.body))
        extra = [v for v in dict.fromkeys(w for r in kept for w in size_vars(r.aval)) if v in inside]
        backward = self._backward(kept, extra)
        matched = self._matched(forward, lambda b, atoms: [*self._primal(b, atoms[:count]), *kept, *extra])
        return {"forward": matched, "backward": backward}

    def _primal(self, builder, atoms: list) -> list:
        want = self.whole.results
        if len(atoms) != len(want):
            raise TypeMismatchError(
                f"Custom VJP fwd rule for {self.custom.name} must produce the output of the function",
                self.it.loc,
            )
        return [self._fitted(builder, y, w, "output") for y, w in zip(atoms, want, strict=True)]

    def _backward(self, kept: list, extra: list):
        it, custom = self.it, self.custom
        leaves, build = self.residuals
        want = self.whole.results
        smooth = [k for k, w in enumerate(want) if differentiable(w.aval)]
        avals = [r.aval for r in (*kept, *extra)] + [want[k].aval for k in smooth]

        def run(values):
            residuals = build(values[: len(kept)])
            filled: list = [Float0(w.aval.shape) for w in want]
            for k, value in zip(smooth, values[len(kept) + len(extra) :], strict=True):
                filled[k] = value
            cotangent = self.whole.rebuild(filled)
            found = it.call(custom.backward, (*self.nondiff, residuals, cotangent), {})
            return self._cotangents(found)

        names = [getattr(r, "base", "x") for r in (*kept, *extra)] + [_d_name(want[k]) for k in smooth]
        inner = Inner(it, [None] * len(avals), avals, run, names=names)
        params, block = self._matched(inner, self._fitted_cotangents)
        rename = Rename(dict(zip(extra, params[len(kept) :], strict=False)))
        return tuple(rename.define(p) for p in params), rename.block(block)

    def _cotangents(self, found):
        """The rule's answer as one value for each floating-point leaf of the arguments."""
        it = self.it
        given = it.items(found) if isinstance(found, ListValue) else found
        if not isinstance(given, tuple) or len(given) != len(self.smooth):
            raise TypeMismatchError(
                f"Custom VJP bwd rule for {self.custom.name} must produce a tuple of length "
                f"{len(self.smooth)}, one cotangent for each argument to differentiate by",
                it.loc,
            )
        answers, place = [], 0
        for n, value in zip(self.smooth, given, strict=True):
            count = len(flatten(it, self.args[n])[0])
            ways = [k - place for k in self.ways if place <= k < place + count]
            place += count
            leaves = flatten(it, value)[0]
            if value is None or not ways:
                answers += [None] * len(ways)
            elif len(leaves) == count:
                answers += [leaves[k] for k in ways]
            elif len(leaves) == len(ways):
                answers += leaves
            else:
                raise TypeMismatchError(
                    f"Custom VJP bwd rule for {self.custom.name}: the cotangent of argument {n} has "
                    f"{len(leaves)} leaves, the argument {count}",
                    it.loc,
                )
        self.answered = [a is not None for a in answers]
        return tuple(a for a in answers if a is not None)

    def _fitted_cotangents(self, builder, atoms: list) -> list:
        found = iter(atoms)
        return [
            self._fitted(builder, next(found), atom, "cotangent") if there else zeros(builder, atom.aval)
            for there, atom in zip(self.answered, self.whole.function.params, strict=True)
        ]

    # ── both ──────────────────────────────────────────────────────────────────────────────────────

    def _matched(self, inner: Inner, results):
        """A rule's parameters and block, its results brought into the wanted types."""
        it, body = self.it, inner.function.body
        builder = Builder(it.builder.names, it.builder.guards)
        builder.loc = it.loc
        builder.open[0].extend(body.stmts)
        with builder.current():
            made = tuple(results(builder, list(body.results)))
        return inner.function.params, Block(tuple(builder.open[0]), made)

    def _fitted(self, builder, atom, like, what: str):
        """A rule's result in the type that it must have.

        Raises:
            TypeMismatchError: its shape is another one.
        """
        same = len(atom.shape) == len(like.shape) and all(
            sizes.same(a, b) is not False for a, b in zip(atom.shape, like.shape, strict=True)
        )
        if not same:
            raise TypeMismatchError(
                f"Custom {self.custom.kind.upper()} rule for {self.custom.name}: a {what} of type "
                f"{atom.aval} does not fit {like.aval}",
                self.it.loc,
            )
        return fit(builder, atom, like.aval)


@special("checkpoint_name")
def _checkpoint_name(it: Interpreter, x, name):
    """Give the leaves of a value a name, by which policies know them."""
    leaves, build = flatten(it, x)
    for leaf in leaves:
        atom = read(it, leaf)
        if isinstance(atom, Var):
            it.marked[atom] = name
    return build(leaves)


@special("closure_convert")
def _closure_convert(it: Interpreter, function, *examples):
    """A function that takes the floats that it closes over as arguments, and these."""
    leaves, build = flatten(it, examples)
    avals = [read(it, leaf).aval for leaf in leaves]
    inner = Inner(it, leaves, avals, lambda values: it.call(function, build(values), {}))
    own = inner.function
    hoisted = [v for v in free(own.body) if differentiable(v.aval) and v not in own.params]
    whole = replace(own, params=(*own.params, *hoisted))

    def converted(it, args, kwargs):
        given = [read(it, leaf) for leaf in flatten(it, args)[0]]
        if kwargs or len(given) != len(whole.params):
            raise TypeMismatchError(
                "a converted function takes arguments like the examples, then what it closed over", it.loc
            )
        atoms = [fit(it.builder, a, p.aval) for a, p in zip(given, whole.params, strict=True)]
        return inner.value(it, inline(it.builder, whole, atoms))

    return Host("converted function", converted), ListValue(it.store, [fresh(it, v) for v in hoisted])


def _d_name(atom) -> str:
    return f"d_{getattr(atom, 'base', 'y')}"

"""Operations on whole arrays: products, linear algebra, sorting, cumulation, allocation."""

from __future__ import annotations

import numpy as np

from broadax.backends.numba.expressions import tidy
from broadax.backends.planner.kinds import einsum_as_dot, einsum_letters
from broadax.backends.planner.operands import part
from broadax.runtime.errors import BackendError
from broadax.transforms.core.avals import broadcast
from broadax.transforms.core.sizes import product
from broadax.transforms.core.statements import Lit, Op, Var
from broadax.transforms.primitives.shape import whole


class Library:
    """Writes the operations that are no loop nests.

    Args:
        writer: the statement writer: `line`, `names`, `expressions`, `index_name`, `loops` (for `new_array`).
    """

    def __init__(self, writer):
        self.writer, self.names = writer, writer.names

    def write(self, op: Op, depth: int) -> None:
        """Write one operation.

        Raises:
            BackendError: Numba can't do it.
        """
        method = getattr(self, f"_{op.prim.name}", None)
        if method is None:
            raise BackendError(f"the Numba backend has no code for {op.prim.name}", op.loc)
        method(op, depth)

    # ── text ──────────────────────────────────────────────────────────────────────────────────────

    def _line(self, text: str, depth: int, op: Op) -> None:
        self.writer.line(text, depth, op.loc)

    def _define(self, op: Op, text: str, depth: int) -> None:
        self._line(f"{self.names[op.out]} = {text}", depth, op)

    def _array(self, atom, at: str = "") -> str:
        """An operand as an array: its name, or `x.T`; `at` is a subscript in front of the last two axes."""
        if isinstance(atom, Lit) or atom.shape == ():
            return self.writer.expressions.atom(atom)
        inlining = self.writer.plan.inlining
        if atom not in inlining.inlined:
            return f"{self.names[atom]}{at}"
        source = inlining.definition[atom]
        if source.prim.name == "transpose" and source.args[0] not in inlining.inlined:
            return f"{self.names[source.args[0]]}{at}.T"
        return self._part(atom)

    def _part(self, atom: Var) -> str:
        """An operand that is a part of an array, as a view of that."""
        base, start, lengths, transposed = part(atom, self.writer.plan.elements)
        first = [tidy(self._dim(d)) for d in start]
        if self.writer.expressions.standalone:
            ends = [None if n is None else tidy(self._dim(d + n)) for d, n in zip(start, lengths)]
            entries = [a if z is None else f"{a}:{z}" for a, z in zip(first, ends)]
            text = f"np.ascontiguousarray({self.names[base]}[{', '.join(entries)}])"
        else:
            both = (first, ["None" if n is None else self._dim(n) for n in lengths])
            tuples = (f"({', '.join(entries)}{',' * (len(entries) == 1)})" for entries in both)
            text = f"fast.block({', '.join((self.names[base], *tuples))})"
        return f"{text}.T" if transposed else text

    def _dim(self, dim) -> str:
        return self.writer.expressions.dim(dim)

    def _shape(self, shape) -> str:
        return f"({', '.join(map(self._dim, shape))}{',' if len(shape) == 1 else ''})"

    def _new(self, var: Var, depth: int, op: Op, start: str | None = None) -> None:
        self.writer.loops.new_array(var, depth, start, op.loc)

    def _over(self, shape, depth: int) -> tuple[str, int]:
        """Open loops over these axes; gives the subscript and the depth inside."""
        indices = []
        for dim in shape:
            name = self.writer.index_name(len(indices))
            self._open(name, dim, depth + len(indices))
            indices.append(name)
        return ", ".join(indices), depth + len(indices)

    def _open(self, name: str, dim, depth: int) -> None:
        self.writer.line(f"for {name} in range({self._dim(dim)}):", depth)

    # ── allocation ────────────────────────────────────────────────────────────────────────────────

    def _zeros(self, op: Op, depth: int) -> None:
        self._new(op.out, depth, op, start="0")

    def _empty(self, op: Op, depth: int) -> None:
        self._new(op.out, depth, op)

    def _copy(self, op: Op, depth: int) -> None:
        name = self.names[op.args[0]]
        if not self.writer.loops.reused(op.out, op.loc):
            self._define(op, self.copy_text(name), depth)
            return
        index, inner = self._over(op.out.shape, depth)
        self._line(f"{self.names[op.out]}[{index}] = {name}[{index}]", inner, op)

    def copy_text(self, name: str) -> str:
        return f"{name}.copy()" if self.writer.expressions.standalone else f"fast.copy({name})"

    def _reshape(self, op: Op, depth: int) -> None:
        x = op.args[0]
        if op.out.shape == ():
            self._define(op, f"{self.names[x]}[{', '.join('0' * x.ndim)}]", depth)
        else:
            self._define(op, f"{self.names[x]}.reshape({self._shape(op.out.shape)})", depth)

    # ── products ──────────────────────────────────────────────────────────────────────────────────

    @property
    def _dot(self) -> str:
        return f"{self.writer.expressions.module}.dot"

    @property
    def _dot_into(self) -> str:
        return "np.dot" if self.writer.expressions.standalone else "fast.dot_into"

    def _matmul(self, op: Op, depth: int) -> None:
        a, b = op.args
        if b.ndim <= 2 and (a.ndim <= 2 or self._is_one_product(a)):
            both = f"{self._array(a)}, {self._array(b)}"
            if self.writer.loops.reused(op.out, op.loc):
                self._line(f"{self._dot_into}({both}, {self.names[op.out]})", depth, op)
            else:
                self._define(op, f"{self._dot}({both})", depth)
            return
        batch = broadcast(a.shape[:-2], b.shape[:-2])
        self._new(op.out, depth, op)
        index, inner = self._over(batch, depth)
        left, right = (self._slice(x, index, len(batch)) for x in (a, b))
        out = f"{self.names[op.out]}[{index}]"
        if a.ndim == 1 or b.ndim == 1:
            self._line(f"{out} = {self._dot}({left}, {right})", inner, op)
        else:
            self._line(f"{self._dot_into}({left}, {right}, {out})", inner, op)

    def _store_product(self, op: Op, depth: int) -> None:
        target, *operands = op.args
        rows = product(operands[0].shape[:-1])
        out = f"{self.names[target]}.reshape({self._shape((rows, operands[1].shape[1]))})"
        both = ", ".join(map(self._array, operands))
        self._line(f"fast.dot_into({both}, {self.names[target] if target.ndim == 2 else out})", depth, op)

    def _add_product(self, op: Op, depth: int) -> None:
        target, *operands = op.args
        out, spec = self.names[target], op.params["spec"]
        if target.ndim != 2:
            rows = product(operands[0].shape[:-1])
            out = f"{out}.reshape({self._shape((rows, operands[1].shape[1]))})"
        elif spec != whole(target.shape):
            starts, lengths = (self._shape([entry[k] for entry in spec]) for k in (1, 2))
            out = f"fast.block({out}, {starts}, {lengths})"
        self._line(f"fast.dot_onto({', '.join(map(self._array, operands))}, {out})", depth, op)

    def _overwrite_by_product(self, op: Op, depth: int) -> None:
        target, matrix = op.args
        self._line(f"fast.dot_over({self.names[target]}, {self._array(matrix)})", depth, op)

    def _is_one_product(self, a) -> bool:
        """Is a batch of matrices in memory one behind the other, so that they are rows of one matrix?"""
        return not self.writer.expressions.standalone and a not in self.writer.plan.inlining.inlined

    def _slice(self, x, index: str, batch: int) -> str:
        """The matrix of a batched operand at a batch index, which it may be broadcast to."""
        own = x.ndim - 2
        if own <= 0:
            return self._array(x)
        names = index.split(", ")[batch - own :]
        return self._array(x, f"[{', '.join('0' if d == 1 else k for k, d in zip(names, x.shape))}]")

    def _einsum(self, op: Op, depth: int) -> None:
        (a, b), result = einsum_letters(op)
        rows, inner, columns = einsum_as_dot(op)
        left = self._matrix(op.args[0], a, rows, inner)
        right = self._matrix(op.args[1], b, inner, columns)
        text = f"{self._dot}({left}, {right})"
        if result == rows + columns:
            target = op.out.shape
        else:
            text, target = f"{self._dot}({right}.T, {left}.T)", op.out.shape
        if len(rows) + len(columns) != (len(rows) > 0) + (len(columns) > 0):
            text = f"{text}.reshape({self._shape(target)})"
        self._define(op, text, depth)

    def _matrix(self, x, letters: str, first: str, second: str) -> str:
        """An operand as a matrix (or vector) whose axes are groups of letters."""
        order = first + second
        text = self._array(x)
        if letters != order:
            axes = tuple(letters.index(c) for c in order)
            text = f"{text}.T" if axes == (1, 0) else f"np.ascontiguousarray({text}.transpose({axes}))"
        if len(first) > 1 or len(second) > 1:
            dims = dict(zip(letters, x.shape, strict=True))
            groups = [g for g in (first, second) if g]
            sizes = [" * ".join(f"({self._dim(dims[c])})" for c in g) for g in groups]
            text = f"np.ascontiguousarray({text})" if text.endswith(".T") else text
            text = f"{text}.reshape(({', '.join(sizes)}{',' if len(sizes) == 1 else ''}))"
        return text

    # ── calls of Python functions ─────────────────────────────────────────────────────────────────

    def _pure_callback(self, op: Op, depth: int) -> None:
        if self.writer.expressions.standalone:
            raise BackendError("a module that stands by itself can't call Python functions", op.loc)
        call = op.params["call"]
        dims = [self._dim(d) for s in op.params["shapes"] for d in s]
        args = [self._array(a) for a in op.args]
        handle = self.writer.handles.setdefault(call, f"callee_{len(self.writer.handles)}")
        name = self._caller(op, len(args))
        names = ", ".join(self.names[v] for v in op.outs)
        self._line(f"{names} = {name}({', '.join([handle, *dims, *args])})", depth, op)

    def _caller(self, op: Op, count: int) -> str:
        """The function that calls a Python function with so many operands and such results."""
        outs = [f"y{k}" for k in range(len(op.outs))]
        types = ", ".join(f"{y}={_numba_type(v)!r}" for y, v in zip(outs, op.outs, strict=True))
        sizes = iter(f"n{k}" for k in range(sum(map(len, op.params["shapes"]))))
        shapes = [[next(sizes) for _ in s] for s in op.params["shapes"]]
        texts = "".join(f"({', '.join(s)}{',' * (len(s) == 1)}), " for s in shapes)
        dtypes = "".join(f"{d.name!r}, " for d in op.params["dtypes"])
        params = ["number", *(n for s in shapes for n in s), *(f"x{k}" for k in range(count))]
        given = "".join(f", x{k}" for k in range(count))
        lines = [
            f"    with objmode({types}):",
            f"        {', '.join(outs)} = call_out(number, ({texts.rstrip()}), ({dtypes.rstrip()}){given})",
            f"    return {', '.join(outs)}",
        ]
        key = f"({', '.join(params)})", *lines
        if key not in self.writer.callers:
            name = self.writer.callers[key] = self.names.fresh("call_out_of")
            self.writer.caller_lines.append(["@njit(**fast.nested)", f"def {name}{key[0]}:", *lines])
        return self.writer.callers[key]

    _callback_each = _pure_callback

    # ── linear algebra ────────────────────────────────────────────────────────────────────────────

    def _each_matrix(self, op: Op, depth: int, call, core: int = 2) -> None:
        """`call(slices)` for each matrix of a batch; its result goes to each output."""
        a = op.args[0]
        if a.ndim == core:
            text = call([self._array(x) for x in op.args])
            if len(op.outs) > 1:
                names = [self.names[v] for v in op.outs]
                self._line(f"{', '.join(names)} = {text}", depth, op)
                for v in op.outs:
                    if v.ndim > 1:
                        self._line(f"{self.names[v]} = np.ascontiguousarray({self.names[v]})", depth, op)
            else:
                self._define(op, f"np.ascontiguousarray({text})" if op.out.ndim > 1 else text, depth)
            return
        for v in op.outs:
            self._new(v, depth, op)
        batch = a.shape[:-core] if len(op.args) == 1 else broadcast(a.shape[:-2], op.args[1].shape[:-2])
        index, inner = self._over(batch, depth)
        text = call(
            [self._slice(x, index, len(batch)) if x.ndim > core - 1 else self._array(x) for x in op.args]
        )
        self._line(", ".join(f"{self.names[v]}[{index}]" for v in op.outs) + f" = {text}", inner, op)

    def _solve(self, op: Op, depth: int) -> None:
        a, b = op.args
        triangle = op.params.get("triangle") if a.dtype == b.dtype else ""

        def call(xs: list[str]) -> str:
            if not triangle:
                return f"np.linalg.solve({xs[0]}, {xs[1]})"
            function = "solve_triangle_vector" if b.ndim == 1 else "solve_triangle"
            both = ", ".join(f"np.ascontiguousarray({x})" for x in xs)
            return f"{self.writer.expressions.use(function)}({both}, {triangle == 'lower'})"

        if a.ndim == 2 and b.ndim > 2:
            self._new(op.out, depth, op)
            index, inner = self._over(b.shape[:-2], depth)
            text = call([self._array(a), self._slice(b, index, b.ndim - 2)])
            self._line(f"{self.names[op.out]}[{index}] = {text}", inner, op)
            return
        self._each_matrix(op, depth, call)

    def _inv(self, op: Op, depth: int) -> None:
        self._each_matrix(op, depth, lambda xs: f"np.linalg.inv({xs[0]})")

    def _cholesky(self, op: Op, depth: int) -> None:
        self._each_matrix(op, depth, lambda xs: f"np.linalg.cholesky({xs[0]})")

    def _det(self, op: Op, depth: int) -> None:
        self._each_matrix(op, depth, lambda xs: f"np.linalg.det({xs[0]})")

    def _cofactor(self, op: Op, depth: int) -> None:
        if self.writer.expressions.standalone:
            raise BackendError("a module that stands by itself has no cofactors of a matrix", op.loc)
        self._each_matrix(op, depth, lambda xs: f"fast.cofactor({xs[0]})")

    def _slogdet(self, op: Op, depth: int) -> None:
        self._each_matrix(op, depth, lambda xs: f"np.linalg.slogdet({xs[0]})")

    def _eigh(self, op: Op, depth: int) -> None:
        self._each_matrix(op, depth, lambda xs: f"np.linalg.eigh({xs[0]})")

    def _qr(self, op: Op, depth: int) -> None:
        self._each_matrix(op, depth, lambda xs: f"np.linalg.qr({xs[0]})")

    def _svd(self, op: Op, depth: int) -> None:
        self._each_matrix(op, depth, lambda xs: f"np.linalg.svd({xs[0]}, {int(op.params['full'])})")

    def _pinv(self, op: Op, depth: int) -> None:
        cutoff, x = op.params["cutoff"], op.args[0]
        m, n = (self._dim(d) for d in x.shape[-2:])
        text = f"{float(np.finfo(x.dtype).eps)!r} * max({m}, {n})" if cutoff is None else repr(cutoff)
        self._each_matrix(op, depth, lambda xs: f"np.linalg.pinv({xs[0]}, {text})")

    def _fft(self, op: Op, depth: int) -> None:
        self._rows(op, depth, lambda row: f"{self.writer.expressions.use('fourier')}({row}, False)")

    def _ifft(self, op: Op, depth: int) -> None:
        self._rows(op, depth, lambda row: f"{self.writer.expressions.use('fourier')}({row}, True)")

    # ── order and cumulation ──────────────────────────────────────────────────────────────────────

    def _rows(self, op: Op, depth: int, call) -> None:
        """`call(row)` for each row along an axis."""
        x, axis = op.args[0], op.params["axis"] % op.args[0].ndim
        if x.ndim == 1:
            self._define(op, call(self._array(x)), depth)
            return
        self._new(op.out, depth, op)
        index, inner = self._over([d for k, d in enumerate(x.shape) if k != axis], depth)
        entries = index.split(", ")
        entries.insert(axis, ":")
        at = ", ".join(entries)
        self._line(f"{self.names[op.out]}[{at}] = {call(f'{self._array(x)}[{at}]')}", inner, op)

    def _order(self, op: Op, row: str) -> str:
        use, kind = self.writer.expressions.use, op.args[0].dtype.kind
        if kind == "c":
            raise BackendError("the Numba backend does not sort complex numbers", op.loc)
        return f"{use('order_by')}({use('float_keys' if kind == 'f' else 'int_keys')}({row}))"

    def _sort(self, op: Op, depth: int) -> None:
        use = self.writer.expressions.use
        self._rows(op, depth, lambda row: f"{use('reordered')}({row}, {self._order(op, row)})")

    def _argsort(self, op: Op, depth: int) -> None:
        self._rows(op, depth, lambda row: self._order(op, row))

    def _searchsorted(self, op: Op, depth: int) -> None:
        a, v = op.args
        side = "" if op.params["side"] == "left" else f", side='{op.params['side']}'"
        text = f"np.searchsorted({self._array(a)}, {self._array(v)}{side})"
        self._define(op, text, depth)

    def _flatnonzero(self, op: Op, depth: int) -> None:
        self._define(op, f"np.flatnonzero({self._array(op.args[0])})", depth)

    def _cumulate(self, op: Op, depth: int, sign: str, start: str) -> None:
        x, out = op.args[0], op.out
        axis = op.params["axis"] % x.ndim
        self._new(out, depth, op)
        others = [d for k, d in enumerate(x.shape) if k != axis]
        index, inner = self._over(others, depth)
        entries = index.split(", ") if index else []
        along = self.writer.index_name(len(entries))
        entries.insert(axis, along)
        at = ", ".join(entries)
        total = self.names.fresh("total")
        self._line(f"{total} = {self.writer.expressions.atom(Lit(out.dtype.type(start)))}", inner, op)
        self._open(along, x.shape[axis], inner)
        self._line(f"{total} {sign}= {self._array(x)}[{at}]", inner + 1, op)
        self._line(f"{self.names[out]}[{at}] = {total}", inner + 1, op)

    def _cumsum(self, op: Op, depth: int) -> None:
        self._cumulate(op, depth, "+", 0)

    def _cumprod(self, op: Op, depth: int) -> None:
        self._cumulate(op, depth, "*", 1)


def _numba_type(var: Var) -> str:
    name = "boolean" if var.dtype.name == "bool" else var.dtype.name
    return f"{name}[{', '.join([':'] * (var.ndim - 1) + ['::1'])}]" if var.ndim else name

"""Elements of arrays and loops in LLVM: what generated code knows of them that Numba's compiler does not ask.

Indices count from the front; which arrays share no memory; which loops want another way with vectors
than LLVM's. The last two are said in the text, by `apart`, `masked` and `singles`.
"""

from __future__ import annotations

from functools import cache, partial

from llvmlite import ir
from numba.core import cgutils, lowering, types
from numba.core import ir as numba_ir
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic
from numba.np.arrayobj import load_item, make_array, store_item

WIDTH = 512  # bits of the registers of a masked loop: half the turns of what LLVM prefers


def apart(*groups: str):
    """A decorator: what it decorates reads and writes arrays that share no memory.

    LLVM else compares their bounds before each innermost loop, which takes as long as a row of 25 elements.

    Args:
        groups: names of arrays; those in one string, separated by blanks, may share memory.
    """

    def mark(function):
        function.apart = {name: k for k, group in enumerate(groups) for name in group.split()}
        return function

    return mark


def _marker(text: str, **marks):
    """A function that marks the loop in which it is called, for LLVM's vectoriser."""

    def marker(context):
        def code(context, builder, signature, args):
            builder.function.marks = marks if _has_masks() else {}
            return context.get_dummy_value()

        return types.none(), code

    marker.__doc__ = f"Stands in a loop without inner loops: {text}. Without such registers it is nothing."
    return intrinsic(marker)


_MASKED = {"vectorize.predicate.enable": ir.IntType(1)(1)}
_SINGLES = {"vectorize.width": ir.IntType(32)(WIDTH // 32)}

# LLVM leaves what is no whole vector to a loop over single elements: up to 3 of 23, which take as long as the
# other 20. A vector is as long as the widest type allows: float64, if numbers of float32 are added up in it.
masked = _marker("all elements of a short row are computed as vectors, under masks", **_MASKED)
singles = _marker("a vector is one of float32", **_SINGLES, **{"interleave.count": ir.IntType(32)(2)})
masked_singles = _marker("a vector is one of float32, the last one is under a mask", **_MASKED, **_SINGLES)


@cache
def _has_masks() -> bool:
    return "+avx512vl" in get_host_cpu_features()


class Lower(lowering.Lower):
    """Lowering where an element's indices are counted from the front: generated code has no others.

    Numba adds the length to a negative index: loops in which LLVM can't show that there is none would not
    use vector registers.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._marks: list[dict] = []  # for each group of arrays

    def lower_getitem(self, resty, expr, value, index, signature):
        """`value[index]`."""
        kind = self.typeof(value.name)
        place = self._place(kind, value, index)
        if place is None:
            return super().lower_getitem(resty, expr, value, index, signature)
        element = self._access(value, partial(load_item, self.context, self.builder, kind, place))
        return self.context.cast(self.builder, element, kind.dtype, resty)

    def lower_setitem(self, target_var, index_var, value_var, signature):
        """`target_var[index_var] = value_var`."""
        kind, given = self.typeof(target_var.name), self.typeof(value_var.name)
        place = None if isinstance(given, types.Array) else self._place(kind, target_var, index_var)
        if place is None:
            return super().lower_setitem(target_var, index_var, value_var, signature)
        value = self.context.cast(self.builder, self.loadvar(value_var.name), given, kind.dtype)
        return self._access(target_var, partial(store_item, self.context, self.builder, kind, value, place))

    def _place(self, kind, array, index):
        """The address of an element; None if it is no element of an array."""
        found = self.typeof(index.name)
        kinds = tuple(found) if isinstance(found, types.BaseTuple) else (found,)
        if not isinstance(kind, types.Array) or len(kinds) != kind.ndim:
            return None
        if not all(isinstance(k, types.Integer) for k in kinds):
            return None
        value = self.loadvar(index.name)
        single = not isinstance(found, types.BaseTuple)
        indices = [value] if single else cgutils.unpack_tuple(self.builder, value, len(kinds))
        indices = [
            self.context.cast(self.builder, i, k, types.intp) for i, k in zip(indices, kinds, strict=True)
        ]
        helper = make_array(kind)(self.context, self.builder, self.loadvar(array.name))
        return cgutils.get_item_pointer(self.context, self.builder, kind, helper, indices, wraparound=False)

    # ── which arrays share no memory ──────────────────────────────────────────────────────────────

    def _access(self, array, emit):
        """What `emit` gives, its loads and stores marked as ones of this array's memory."""
        marks = self._scopes(self._named(array.name))
        before = len(self.builder.block.instructions)
        made = emit()
        for instruction in self.builder.block.instructions[before:]:
            if marks and instruction.opname in ("load", "store"):
                for name, scopes in marks.items():
                    instruction.set_metadata(name, scopes)
        return made

    def _named(self, name: str) -> str:
        """The name in the text of a variable, which Numba may have copied or numbered."""
        while name.startswith("$"):
            found = self.func_ir._definitions.get(name, ())
            if len(found) != 1 or not isinstance(found[0], numba_ir.Var):
                return name
            name = found[0].name
        return name.partition(".")[0]

    def _scopes(self, name: str) -> dict:
        """LLVM's metadata for the elements of an array of this name; empty where nothing is said of it."""
        groups = getattr(self.func_ir.func_id.func, "apart", {})
        if name not in groups:
            return {}
        if not self._marks:  # strings name scopes for all of a program, so they have the function's in them
            own, module = self.builder.function.name, self.module
            text = partial(ir.MetaDataString, module)
            domain = module.add_metadata([text(own)])
            scopes = [module.add_metadata([text(f"{own} {k}"), domain]) for k in sorted({*groups.values()})]
            for scope in scopes:
                others = module.add_metadata([s for s in scopes if s is not scope])
                self._marks.append({"alias.scope": module.add_metadata([scope]), "noalias": others})
        return self._marks[groups[name]]

    # ── vectors ───────────────────────────────────────────────────────────────────────────────────

    def lower_block(self, block):
        """A block; the jump back of a loop that was marked says how."""
        super().lower_block(block)
        function, last = self.builder.function, block.body[-1]
        back = isinstance(last, numba_ir.Jump) and self.blkmap[last.target].is_terminated
        if back and getattr(function, "marks", None):
            set.add(function.attributes, f'"prefer-vector-width"="{WIDTH}"')
            self.builder.block.terminator.set_metadata("llvm.loop", self._loop(function))
            function.marks = {}

    def _loop(self, function):
        """The metadata of a loop, whose first operand is itself."""
        text, add = partial(ir.MetaDataString, self.module), self.module.add_metadata
        marks = [add([text(f"llvm.loop.{name}"), value]) for name, value in function.marks.items()]
        loop = add([text(f"{function.name} {self.builder.block.name}")])
        loop.operands = (loop, *marks)
        return loop

"""From a transform to running code: reads it for a signature, lowers it, hands it to a backend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from broadax import backends
from broadax.config import chosen_backend
from broadax.direct import MOST, Parts, direct_call
from broadax.guards import guard_function, guard_tests
from broadax.linear import LinearPart
from broadax.results import overlaps, runner
from broadax.runtime.dispatch import SMALL, Dispatcher, Version, layout_of, signature_of
from broadax.runtime.errors import InvalidValueError, TypeMismatchError
from broadax.runtime.trees import Const, flatten, is_data, unflatten
from broadax.transforms.building import rebuilder
from broadax.transforms.core.avals import aval_of
from broadax.transforms.core.sizes import evaluate
from broadax.transforms.core.text import core_text
from broadax.transforms.facts.cost import Cost, cost_of
from broadax.transforms.pipeline import before_copies, lower
from broadax.transforms.pretty import python_source
from broadax.transforms.simplify.insert_copies import insert_copies
from broadax.transforms.spec_text import is_spec_text
from broadax.transforms.specialise.entry import Abstract, Slot, Specialised, specialise
from broadax.transforms.specialise.values import FLOAT0, Float0
from broadax.transforms.specs import ArraySpec, ShapeDtypeStruct, example_sizes, spec_arguments


@dataclass(frozen=True)
class Compilation:
    """One compiled version: the types it serves, the guards it rests on, why it was made, its backend."""

    types: tuple[str, ...]
    guards: tuple[str, ...]
    reason: str
    backend: str


class Program:
    """The versions of one transform, and the sources they were made from.

    Attributes:
        direct: straight code of the latest versions (see `broadax.direct`), tried before a general call.
        last: the arguments of the last call, as the caller passed them.
    """

    def __init__(self, composed):
        self.composed = composed
        self.dispatch = Dispatcher(self._compile)
        self.direct: tuple = ()
        self.last: tuple | None = None

    def __call__(self, args: tuple, kwargs: dict):
        return self.dispatch(args, kwargs, self._backend(args, kwargs))

    def _backend(self, args, kwargs) -> str:
        """The backend of a call: as asked, else Numba for arrays and under jit, NumPy for numbers."""
        asked = self.composed.backend or chosen_backend()
        if asked:
            return asked
        if backends.why_not("numba"):
            return "numpy"
        jitted = self.composed.kind == "jit"
        return "numba" if jitted or _has_array((args, kwargs)) else "numpy"

    # ── versions ──────────────────────────────────────────────────────────────────────────────────

    def _compile(self, leaves: list, spec, key) -> Version:
        made = self._specialise(leaves, spec)
        function = lower(made.function, made.interface.mutated)
        run = backends.get(key).compile(function, made.interface.mutated)
        hidden = tuple((i.read, signature_of(i.value)) for i in made.hidden)
        given = [*(leaves[number] for number in made.leaves), *(i.value for i in made.hidden)]
        unwrapped = tuple(k for k, v in enumerate(given) if isinstance(v, np.ndarray) and not v.ndim)
        fixed = {number: leaves[number] for number in made.fixed}
        detail = Compilation(
            tuple(str(p.aval) for p in function.params),
            tuple(map(str, function.guards.items)),
            self._reason(leaves),
            key,
        )
        checks = overlaps(made.function, made.interface)
        part = None if made.linear is None else LinearPart(made.linear, key)
        version = Version(
            made.leaves,
            hidden,
            guard_function(made),
            made.statics,
            made.constants,
            fixed,
            runner(run, made.interface, checks, part),
            unwrapped,
            detail=detail,
        )
        hidden_values = [i.value for i in made.hidden]
        parts = Parts(run, made.interface, checks, partial(guard_tests, made), hidden_values, part)
        direct = direct_call(self.composed, version, leaves, spec, parts)
        if direct is not None:
            self.direct = (direct, *self.direct)[:MOST]
        return version

    def _specialise(self, leaves: list, spec) -> Specialised:
        sizes = example_sizes(leaves)
        abstract = [abstract_leaf(leaf, sizes) for leaf in leaves]
        filled = [Slot(k) if abstract[k] is not None else _static(leaf) for k, leaf in enumerate(leaves)]
        args, kwargs = unflatten(spec, filled)
        return specialise(self.composed, args, kwargs, abstract)

    def _reason(self, leaves: list) -> str:
        if not self.dispatch.all:
            return "first call"
        return (
            "new types, structure or static values"
            if not any(self.dispatch.versions.values())
            else "no version's types and guards fit this call"
        )

    @property
    def compilations(self) -> list[Compilation]:
        return [version.detail for version in self.dispatch.all]

    # ── reading ───────────────────────────────────────────────────────────────────────────────────

    def specialised(self, args: tuple, kwargs: dict) -> Specialised:
        """The version for arguments or specs; without any, for those of the last call."""
        if not args and not kwargs:
            args, kwargs = self.last or (self._default_arguments(), {})
            args, kwargs = self.composed.with_static(args, kwargs)
        args, kwargs = spec_arguments(args, kwargs)
        return self._specialise(*flatten((args, kwargs)))

    def _default_arguments(self) -> tuple:
        import inspect

        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        given = inspect.signature(self.composed.innermost).parameters.values()
        return ("f64",) * sum(p.kind in kinds and p.default is p.empty for p in given)

    def source(self, args: tuple, kwargs: dict, stage: str) -> str:
        """The generated source at a stage."""
        if stage not in ("python", "core", "numba"):
            raise InvalidValueError(f"stage is 'python', 'core' or 'numba', not {stage!r}")
        made = self.specialised(args, kwargs)
        function = lower(made.function, made.interface.mutated)
        if stage == "core":
            return core_text(function)
        if stage == "numba":
            return backends.get("numba").source(function)
        return python_source(function, made.interface)

    def flat_call(self, args: tuple, number: int) -> tuple:
        """The lowered function of a call, its flat arguments, and which of them argument `number` is."""
        leaves, spec = flatten((args, {}))
        made = self._specialise(leaves, spec)
        place = made.leaves.index(len(flatten(args[:number])[0]))
        given = [*(leaves[k] for k in made.leaves), *(i.value for i in made.hidden)]
        return lower(made.function, made.interface.mutated), given, place

    def cost(self, args: tuple, kwargs: dict) -> Cost:
        """What a call with these arguments costs.

        Raises:
            TypeMismatchError: a spec in place of an argument.
        """
        if any(is_spec_text(leaf) for leaf in flatten((args, kwargs))[0] if isinstance(leaf, str)):
            raise TypeMismatchError("cost counts while the function runs: it takes arguments, not specs")
        leaves, spec = flatten((args, kwargs))
        made = self._specialise(leaves, spec)
        before = before_copies(made.function)
        given = [*(leaves[number] for number in made.leaves), *(i.value for i in made.hidden)]
        return cost_of(before, insert_copies(before, made.interface.mutated), given)

    def shapes(self, args: tuple, kwargs: dict):
        """The result's tree of `ShapeDtypeStruct`."""
        made = self.specialised(args, kwargs)
        named = {var: var.hint for var, _, _ in made.function.sizes}

        def shape(atom):
            dims = tuple(d if isinstance(d, int) else guard_value(d, named) for d in atom.aval.shape)
            return ShapeDtypeStruct(dims, atom.aval.dtype)

        flat = [shape(atom) for atom in made.function.body.results]
        return rebuilder(made.interface.result)(flat)


def guard_value(dim, values: dict):
    return evaluate(dim, values.get)


def _has_array(tree) -> bool:
    if isinstance(tree, np.ndarray):
        return tree.ndim > 0
    if isinstance(tree, (tuple, list)):
        return any(map(_has_array, tree))
    if isinstance(tree, dict):
        return any(map(_has_array, tree.values()))
    return (
        any(map(_has_array, vars(tree).values()))
        if hasattr(tree, "__dataclass_fields__") and not isinstance(tree, type)
        else False
    )


def _static(leaf):
    if isinstance(leaf, np.ndarray) and leaf.dtype == FLOAT0:
        return Float0(leaf.shape)
    return leaf.value if isinstance(leaf, Const) else leaf


def abstract_leaf(leaf, sizes: dict[str, int]) -> Abstract | None:
    """The type of one argument leaf; None for a static one."""
    if isinstance(leaf, ArraySpec):
        dims = tuple(d if isinstance(d, int) else (d, sizes[d]) for d in leaf.dims)
        return Abstract(leaf.dtype, dims, leaf.weak)
    if isinstance(leaf, np.ndarray) and not is_data(leaf) and leaf.dtype != FLOAT0:
        raise TypeMismatchError(
            f"an argument is an array of dtype {leaf.dtype}; arrays hold numbers or bools"
        )
    if isinstance(leaf, Const) or not is_data(leaf):
        return None
    aval = aval_of(leaf)
    dims = tuple(d if d <= SMALL else (None, d) for d in aval.shape)
    layout = layout_of(leaf) if aval.shape and isinstance(leaf, np.ndarray) else None
    return Abstract(aval.dtype, dims, aval.weak, None if aval.shape else leaf, layout)

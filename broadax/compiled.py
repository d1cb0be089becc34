"""From a transform to running code: reads it for a signature, lowers it, hands it to a backend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from broadax import backends
from broadax.config import chosen_backend
from broadax.direct import MOST, Parts, direct_call
from broadax.guards import guard_function, guard_tests
from broadax.leaves import (
    abstract_leaf,
    donated_leaves,
    inputs_of_sizes,
    on_host,
    place_of,
    refuse_writes,
    static_leaf,
)
from broadax.linear import LinearPart
from broadax.results import Changed, overlaps, runner
from broadax.runtime.dispatch import Dispatcher, Version, signature_of
from broadax.runtime.donating import Donating
from broadax.runtime.errors import InvalidValueError, TypeMismatchError
from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.trees import flatten, unflatten
from broadax.transforms.building import rebuilder
from broadax.transforms.core.sizes import evaluate
from broadax.transforms.core.text import core_text
from broadax.transforms.facts.cost import Cost, cost_of
from broadax.transforms.pipeline import before_copies, lower
from broadax.transforms.pretty import python_source
from broadax.transforms.simplify.insert_copies import insert_copies
from broadax.transforms.spec_text import is_spec_text
from broadax.transforms.specialise.entry import Slot, Specialised, specialise
from broadax.transforms.specs import ShapeDtypeStruct, example_sizes, spec_arguments


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
        leaves, spec = flatten((args, kwargs))
        place = place_of(leaves)
        backend = self._backend(place)
        if place == "device" and backend != "pjrt":
            leaves = list(map(on_host, leaves))
        result = self.dispatch(leaves, spec, backend, backends.is_exact(backend))
        return result.carried_out(args, kwargs) if type(result) is Changed else result

    def _backend(self, place: str) -> str:
        """The backend of a call: as asked, else where the arrays are; Numba for NumPy's and under jit."""
        asked = self.composed.backend or chosen_backend()
        if asked:
            return asked
        if place == "device":
            return "pjrt"
        if backends.why_not("numba"):
            return "numpy"
        return "numba" if place or self.composed.kind == "jit" else "numpy"

    # ── versions ──────────────────────────────────────────────────────────────────────────────────

    def _compile(self, leaves: list, spec, key) -> Version:
        made, function = self._lowered(leaves, spec, key)
        run = self._runnable(made, function, leaves, spec, key)
        exact = backends.is_exact(key)
        hidden = [
            (i.read, i.value) if exact else (partial(_read_to_host, i.read), on_host(i.value))
            for i in made.hidden
        ]
        given = [*(leaves[number] for number in made.leaves), *(value for _, value in hidden)]
        unwrapped = tuple(k for k, v in enumerate(given) if isinstance(v, np.ndarray) and not v.ndim)
        detail = Compilation(
            tuple(str(p.aval) for p in function.params),
            tuple(map(str, function.guards.items)),
            self._reason(leaves),
            key,
        )
        checks = overlaps(made.function, made.interface, given)
        part = None if made.linear is None else LinearPart(made.linear, key)
        version = Version(
            made.leaves,
            tuple((read, signature_of(value, exact)) for read, value in hidden),
            guard_function(made),
            made.statics,
            made.constants,
            {number: on_host(leaves[number]) for number in made.fixed},
            runner(run, made.interface, checks, part),
            unwrapped,
            exact,
            detail=detail,
        )
        hidden_values = [value for _, value in hidden]
        parts = Parts(run, made.interface, checks, partial(guard_tests, made), hidden_values, part)
        direct = direct_call(self.composed, version, leaves, spec, parts)
        if direct is not None:
            self.direct = (direct, *self.direct)[:MOST]
        return version

    def _runnable(self, made: Specialised, function, leaves: list, spec, key):
        """The backend's function of flat inputs."""
        if not backends.is_exact(key):
            run = backends.get(key).compile(function, made.interface.mutated)
            donated = self._donated(made, leaves, spec)
            return Donating(run, donated) if donated else run
        here = {k for k, number in enumerate(made.leaves) if type(leaves[number]) is DeviceArray}
        refuse_writes(self.composed, made, here)
        named = donated_leaves(self.composed, *unflatten(spec, leaves))
        donated = tuple(k for k in sorted(here) if made.leaves[k] in named)
        return backends.get(key).compile(function, made.interface.mutated, donated)

    def _lowered(self, leaves: list, spec, backend: str):
        """What was read for the leaves, and the function as a backend takes it."""
        if not backends.is_exact(backend):
            made = self._specialise(leaves, spec)
            return made, self._lower(made, leaves, spec, backends.get(backend))
        fixed: set = set()
        while True:
            made = self._specialise(leaves, spec, True, fixed)
            function = before_copies(made.function)
            more = inputs_of_sizes(made, function) - fixed
            if not more:
                return made, function
            fixed |= more

    def _lower(self, made: Specialised, leaves: list, spec, backend=None):
        """The function as a backend of the host takes it; without one, as its source is printed."""
        donated = self._donated(made, leaves, spec)
        more = backend.passes(donated) if backend else ()
        return lower(made.function, made.interface.mutated, more, donated)

    def _donated(self, made: Specialised, leaves: list, spec) -> tuple[int, ...]:
        """The flat parameters that are arrays whose memory results may take."""
        named = donated_leaves(self.composed, *unflatten(spec, leaves))
        return tuple(k for k, n in enumerate(made.leaves) if n in named and made.function.params[k].ndim)

    def _specialise(self, leaves: list, spec, exact: bool = False, fixed=()) -> Specialised:
        sizes = example_sizes(leaves)
        abstract = [abstract_leaf(leaf, sizes, exact) for leaf in leaves]
        pairs = enumerate(leaves)
        filled = [Slot(k) if abstract[k] is not None else static_leaf(leaf) for k, leaf in pairs]
        args, kwargs = unflatten(spec, filled)
        return specialise(self.composed, args, kwargs, abstract, exact=exact, fixed=fixed, masked=exact)

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
        return self._specialise(*self._asked(args, kwargs))

    def _asked(self, args: tuple, kwargs: dict) -> tuple:
        """The leaves and structure of arguments or specs; without any, of those of the last call."""
        if not args and not kwargs:
            args, kwargs = self.last or (self._default_arguments(), {})
            args, kwargs = self.composed.with_static(args, kwargs)
        args, kwargs = spec_arguments(args, kwargs)
        return flatten((args, kwargs))

    def _default_arguments(self) -> tuple:
        import inspect

        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        given = inspect.signature(self.composed.innermost).parameters.values()
        return ("f64",) * sum(p.kind in kinds and p.default is p.empty for p in given)

    def source(self, args: tuple, kwargs: dict, stage: str) -> str:
        """The generated source at a stage."""
        if stage not in ("python", "core", "numba", "stablehlo"):
            raise InvalidValueError(f"stage is 'python', 'core', 'numba' or 'stablehlo', not {stage!r}")
        if stage == "stablehlo":
            return backends.module("pjrt").source(self._lowered(*self._asked(args, kwargs), "pjrt")[1])
        leaves, spec = self._asked(args, kwargs)
        made = self._specialise(leaves, spec)
        function = self._lower(made, leaves, spec, backends.module("numba") if stage == "numba" else None)
        if stage == "core":
            return core_text(function)
        if stage == "numba":
            return backends.get("numba").source(function)
        return python_source(function, made.interface)

    def flat_call(self, args: tuple, number: int) -> tuple:
        """The lowered function of a call, its flat arguments, and which of them argument `number` is."""
        leaves, spec = flatten((args, {}))
        leaves = list(map(on_host, leaves))
        made = self._specialise(leaves, spec)
        place = made.leaves.index(len(flatten(args[:number])[0]))
        given = [*(leaves[k] for k in made.leaves), *(on_host(i.value) for i in made.hidden)]
        return lower(made.function, made.interface.mutated), given, place

    def cost(self, args: tuple, kwargs: dict) -> Cost:
        """What a call with these arguments costs.

        Raises:
            TypeMismatchError: a spec in place of an argument.
        """
        if any(is_spec_text(leaf) for leaf in flatten((args, kwargs))[0] if isinstance(leaf, str)):
            raise TypeMismatchError("cost counts while the function runs: it takes arguments, not specs")
        leaves, spec = flatten((args, kwargs))
        leaves = list(map(on_host, leaves))
        made = self._specialise(leaves, spec)
        before = before_copies(made.function)
        given = [*(leaves[number] for number in made.leaves), *(on_host(i.value) for i in made.hidden)]
        after = insert_copies(before, made.interface.mutated, self._donated(made, leaves, spec))
        return cost_of(before, after, given)

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


def _read_to_host(read):
    return on_host(read())

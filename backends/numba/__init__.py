"""The Numba backend: fused loop nests as Python source, compiled to machine code."""

from __future__ import annotations

from broadax.backends.rewrites.block_products import block_products
from broadax.backends.rewrites.postpone_updates import postpone_updates
from broadax.backends.rewrites.take_loops_whole import take_loops_whole
from broadax.backends.rewrites.write_over_donated import write_over_donated
from broadax.transforms.core.statements import Function
from broadax.transforms.simplify.accumulate_in_place import accumulate_in_place
from broadax.transforms.simplify.overwrite_carries import overwrite_carries
from broadax.transforms.simplify.scale_products import scale_products
from broadax.transforms.simplify.take_apart import take_apart
from broadax.transforms.vmap.lanes import run_in_lanes

PASSES = (
    scale_products,
    take_apart,
    accumulate_in_place,
    take_loops_whole,
    run_in_lanes,
    overwrite_carries,
    block_products,
    postpone_updates,
)


def passes(donated: tuple[int, ...] = ()) -> tuple:
    """What is to be run before copies are inserted, where these flat parameters may be overwritten."""
    if not donated:
        return PASSES

    def write_over(function: Function) -> Function:
        return write_over_donated(function, donated)

    return (*PASSES, write_over)


def source(function: Function, standalone: bool = False) -> str:
    """The text of a module: what `compile` compiles.

    Args:
        function: a Core function after `simplify` and `insert_copies`.
        standalone: import nothing but numpy, math, numba (and its llvmlite), so that the module
            runs where broadax is not installed; mathematical functions in loops are slower then.

    Raises:
        BackendError: the function does what Numba can't.
    """
    from broadax.backends.numba.module import module_text  # noqa: PLC0415

    return module_text(function, standalone)[0]


def compile(function: Function, mutated=None):
    """A callable on flat arguments that gives a tuple of flat results.

    Args:
        function: a Core function after `simplify` and `insert_copies`.
        mutated: flat parameter → flat result: arrays that are written for the caller.

    Raises:
        BackendError: the function does what Numba can't.
    """
    from broadax.backends.numba.run import Compiled  # noqa: PLC0415

    return Compiled(function, mutated)

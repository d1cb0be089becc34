"""Generator functions: a `for` over a call of one reads its body, each yield being a turn of the loop."""

from __future__ import annotations

import gast

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.specialise.control import interrupted
from broadax.transforms.specialise.interpreter import Interpreter, expression
from broadax.transforms.specialise.iterate import sequence_of
from broadax.transforms.specialise.values import Frame, Generator, Iteration, Record

STOPS = ("%returned", "%break")


@expression(gast.Yield)
def _yield(it: Interpreter, node, frame: Frame):
    value = None if node.value is None else it.eval(node.value, frame)
    _hook_of(it, frame)(value, frame)


@expression(gast.YieldFrom)
def _yield_from(it: Interpreter, node, frame: Frame):
    hook, value = _hook_of(it, frame), it.eval(node.value, frame)

    def passed_on(item, inner: Frame) -> None:
        it.store.set(frame, "%returned", False)
        hook(item, frame)
        it.store.set(inner, "%returned", it.store.get(frame, "%returned"))

    if isinstance(value, Generator):
        run(it, value, passed_on, frame.stops)
    else:
        it.each(sequence_of(it, value), lambda item: hook(item, frame))


def _hook_of(it: Interpreter, frame: Frame):
    if frame.hook is None:
        raise UnsupportedError("a yield in this place is not supported", it.loc, "return a list or an array")
    return frame.hook


def run(it: Interpreter, generator: Generator, hook, stops: bool = False) -> None:
    """Read a generator's body.

    Args:
        hook: what a yield does with its value, and the generator's frame.
        stops: may it end the generator, by setting the flag %returned of that frame?

    Raises:
        UnsupportedError: it has been run already, or may have been.
    """
    if it.store.get(generator, "used") is not False:
        what = f"{generator.name} is iterated over for a second time, where a generator may give nothing more"
        raise UnsupportedError(what, it.loc, "call the function again, or make a list: list(...)")
    it.store.set(generator, "used", True)
    generator.run(hook, stops)


def loop_over(it: Interpreter, over, turn, frame: Frame, stops: bool) -> None:
    """A `for` over a generator, or over `enumerate` of one: `turn(item)` for each value it yields."""
    counter = Record(it.store, k=over.start) if isinstance(over, Iteration) else None

    def hook(value, inner: Frame) -> None:
        for flag in STOPS:  # else the generator were not running
            if it.store.get(frame, flag) is not False:
                it.store.set(frame, flag, False)
        if counter is None:
            turn(value)
        else:
            k = it.store.get(counter, "k")
            turn((k, value))
            more = it.builder.apply("add", it.builder.atom(k), 1) if not isinstance(k, int) else k + 1
            it.store.set(counter, "k", more)
        state = interrupted(it, frame, STOPS)
        if state is not False:
            it.store.set(inner, "%returned", state)

    run(it, over.sources[0] if counter is not None else over, hook, stops)


def is_generator(over) -> bool:
    """Is it a generator, or `enumerate` of one?"""
    if isinstance(over, Iteration) and over.kind == "enumerate":
        return isinstance(over.sources[0], Generator)
    return isinstance(over, Generator)

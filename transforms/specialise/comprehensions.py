"""Comprehensions, and sums over generator expressions, as loops that append or add."""

from __future__ import annotations

from dataclasses import replace

import gast

from broadax.transforms.specialise import lists
from broadax.transforms.specialise.assign import assign
from broadax.transforms.specialise.control import branch, interrupted, truth
from broadax.transforms.specialise.expressions import static_key
from broadax.transforms.specialise.interpreter import Interpreter, expression
from broadax.transforms.specialise.iterate import sequence_of
from broadax.transforms.specialise.loops import MAX_UNROLLED, run_sequence
from broadax.transforms.specialise.values import DictValue, Frame, Iteration, ListValue

WRITTEN_OUT = 8  # turns of a comprehension


@expression(gast.ListComp, gast.GeneratorExp)
def _comprehension(it, node, frame):
    inner = Frame(it.store, frame.source, frame.globals, frame, {}, frozenset())
    found = ListValue(it.store, ())

    def collect():
        lists.append(it, found, it.eval(node.elt, inner))

    run_generators(it, node.generators, inner, collect)
    return found if isinstance(node, gast.ListComp) else Iteration("items", (found,))


@expression(gast.DictComp)
def _dict_comprehension(it, node, frame):
    found = DictValue(it.store, {})
    inner = Frame(it.store, frame.source, frame.globals, frame, {}, frozenset())

    def collect():
        key = static_key(it, it.eval(node.key, inner))
        it.store.set(found, "items", {**it.items(found), key: it.eval(node.value, inner)})

    run_generators(it, node.generators, inner, collect, written_out=MAX_UNROLLED)
    return found


def fold_generator(it: Interpreter, node: gast.GeneratorExp, frame: Frame, start, step):
    """`sum(… for …)` and the like as a loop: `step(total, item)` for each item."""
    inner = Frame(it.store, frame.source, frame.globals, frame, {}, frozenset())
    inner.slots["%total"] = start

    def collect():
        it.store.set(inner, "%total", step(it.store.get(inner, "%total"), it.eval(node.elt, inner)))

    run_generators(it, node.generators, inner, collect, written_out=0)
    assert interrupted(it, inner) is False
    return it.store.get(inner, "%total")


def run_generators(it: Interpreter, generators, frame: Frame, collect, written_out: int = WRITTEN_OUT):
    """Run a comprehension's loops: `collect()` for each item.

    Args:
        written_out: loops of up to so many turns, known in number, are written out.
    """
    if not generators:
        collect()
        return
    first, *others = generators

    def turn(item):
        assign(it, first.target, item, frame)
        guarded(first.ifs)

    def guarded(tests):
        if not tests:
            run_generators(it, others, frame, collect, written_out)
            return
        test = truth(it, it.eval(tests[0], frame))
        if isinstance(test, bool):
            if test:
                guarded(tests[1:])
        else:
            branch(it, test, lambda: guarded(tests[1:]), lambda: None)

    sequence = sequence_of(it, it.eval(first.iter, frame))
    if isinstance(sequence.count, int) and sequence.count <= written_out:
        sequence = replace(sequence, static=True)
    run_sequence(it, sequence, turn, frame, first)

"""Loops on several threads: `split` runs a function on parts of a range at the same time.

It is chosen when the code runs, by the work that there is. Each turn of such a loop writes elements of its
own and reduces nothing over the turns, so that the result is the same for every number of threads. The
threads are made for the loop (some 20 µs each) and end with it: none waits, and a forked process misses none.
"""

from __future__ import annotations

import os
from ctypes import CDLL, CFUNCTYPE, c_int64, py_object, pythonapi

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LEAST = 800_000  # work that is worth several threads, in quarters of a nanosecond
MOST = 64  # threads
WORD, BYTE, ADDRESS = ir.IntType(64), ir.IntType(8), ir.IntType(8).as_pointer()
SPLIT = ir.FunctionType(ir.VoidType(), [ADDRESS, ADDRESS, WORD, WORD])
THREADS = ir.FunctionType(WORD, [WORD])


def given_threads() -> int:
    """BROADAX_NUM_THREADS, else OMP_NUM_THREADS, else the CPUs that this process may use."""
    for name in ("BROADAX_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "")
        if text.isdigit() and int(text):
            return min(int(text), MOST)
    usable = getattr(os, "sched_getaffinity", None)
    return min(len(usable(0)) if usable else os.cpu_count() or 1, MOST)


def _module() -> ir.Module:
    """`broadax_split(worker, parts, size, count)`, `broadax_threads(work)`, `set_threads(count, least)`."""
    module = ir.Module("threads")
    number, least = (ir.GlobalVariable(module, WORD, name) for name in ("number", "least"))
    number.initializer, least.initializer = WORD(given_threads()), WORD(LEAST)
    number.linkage = least.linkage = "internal"
    function = ir.Function(module, THREADS, "broadax_threads")
    builder = ir.IRBuilder(function.append_basic_block())
    large = builder.icmp_signed(">=", function.args[0], builder.load(least))
    builder.ret(builder.select(large, builder.load(number), WORD(1)))
    setter = ir.Function(module, ir.FunctionType(ir.VoidType(), [WORD, WORD]), "set_threads")
    builder = ir.IRBuilder(setter.append_basic_block())
    builder.store(setter.args[0], number)
    builder.store(setter.args[1], least)
    builder.ret_void()
    _write_split(module)
    return module


def _write_split(module: ir.Module) -> None:
    """Part 0 here, each other part on a thread; a part that gets no thread here, too."""
    work = ir.FunctionType(ADDRESS, [ADDRESS])
    create = ir.FunctionType(ir.IntType(32), [WORD.as_pointer(), ADDRESS, ADDRESS, ADDRESS])
    create = ir.Function(module, create, "pthread_create")
    join = ir.Function(module, ir.FunctionType(ir.IntType(32), [WORD, ADDRESS]), "pthread_join")
    function = ir.Function(module, SPLIT, "broadax_split")
    worker, parts, size, count = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    threads = builder.alloca(WORD, MOST)
    run = builder.bitcast(worker, work.as_pointer())
    with cgutils.for_range_slice(builder, WORD(1), count, WORD(1)) as (k, _):
        place, part = builder.gep(threads, [k]), builder.gep(parts, [builder.mul(k, size)])
        builder.store(WORD(0), place)
        failed = builder.call(create, [place, ADDRESS(None), worker, part])
        with builder.if_then(builder.icmp_signed("!=", failed, failed.type(0)), likely=False):
            builder.store(WORD(0), place)
            builder.call(run, [part])
    builder.call(run, [parts])
    with cgutils.for_range_slice(builder, WORD(1), count, WORD(1)) as (k, _):
        thread = builder.load(builder.gep(threads, [k]))
        with builder.if_then(builder.icmp_signed("!=", thread, WORD(0))):
            builder.call(join, [thread, ADDRESS(None)])
    builder.ret_void()


def _compiled():
    """The engine that holds the code."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(str(_module()))
    module.triple = llvm.get_process_triple()
    machine = llvm.Target.from_triple(module.triple).create_target_machine(opt=1)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def _available() -> bool:
    """Has the process POSIX threads?"""
    try:
        return hasattr(CDLL(None), "pthread_create")
    except (OSError, TypeError):
        return False


_engine = None
if _available():
    _engine = _compiled()
    pythonapi.Py_IncRef(py_object(_engine))  # lives as long as the process
    for _name in ("broadax_split", "broadax_threads"):
        llvm.add_symbol(_name, _engine.get_function_address(_name))


def set_threads(count: int, least: int = LEAST) -> None:
    """From now on loops of at least so much work are split among so many threads at most."""
    if _engine is not None:
        call = CFUNCTYPE(None, c_int64, c_int64)(_engine.get_function_address("set_threads"))
        call(max(1, min(count, MOST)), least)


def num_threads() -> int:
    """How many threads a loop is split among at most."""
    if _engine is None:
        return 1
    return CFUNCTYPE(c_int64, c_int64)(_engine.get_function_address("broadax_threads"))(2**62)


@intrinsic
def split(typing, function, count, cost, grain, args):
    """`function(first, last, *args)` for the turns from 0 to `count`, each of work `cost` (see `LEAST`).

    Parts begin at multiples of `grain`: where a turn is one element, what vectors of elements leave over is
    computed by other functions, which differ in the last bit; so this is the same for all numbers of threads.
    The function raises no error and gives nothing.
    """
    called = function.get_call_type(typing, (types.intp, types.intp, *args.types), {})

    def code(context, builder, signature, values):
        made = function.dispatcher.overloads[called.args]
        context.add_linking_libs([made.library])
        target = context.declare_function(builder.module, made.fndesc)
        number, each, least = (
            context.cast(builder, v, t, types.intp) for v, t in zip(values[1:4], signature.args[1:4])
        )
        own = cgutils.unpack_tuple(builder, values[4])

        def run(builder, first, last, own):
            context.call_conv.call_function(
                builder, target, called.return_type, called.args, [first, last, *own]
            )

        if _engine is None:
            run(builder, WORD(0), number, own)
            return context.get_dummy_value()
        asked = cgutils.get_or_insert_function(builder.module, THREADS, "broadax_threads")
        threads = builder.call(asked, [builder.mul(number, each)])
        most = builder.select(builder.icmp_signed("<", number, threads), number, threads)
        several = builder.icmp_signed(">", most, WORD(1))
        with builder.if_else(several, likely=False) as (then, otherwise):
            with then:
                _on_threads(context, builder, run, (number, least), most, own)
            with otherwise:
                run(builder, WORD(0), number, own)
        return context.get_dummy_value()

    return types.none(function, count, cost, grain, args), code


def _on_threads(context, builder, run, turns, threads, own) -> None:
    """Lay out the parts and hand them over; `turns`: how many, and the grain."""
    number, grain = turns
    grains = builder.sdiv(builder.add(number, builder.sub(grain, WORD(1))), grain)
    kind = ir.LiteralStructType([WORD, WORD, *(v.type for v in own)])
    worker = _worker(builder.module, run, kind)
    parts = cgutils.alloca_once(builder, kind, size=WORD(MOST))
    with cgutils.for_range(builder, threads) as loop:
        part = builder.gep(parts, [loop.index])
        ends = []
        for k in (loop.index, builder.add(loop.index, WORD(1))):
            end = builder.mul(builder.sdiv(builder.mul(grains, k), threads), grain)
            ends.append(builder.select(builder.icmp_signed("<", end, number), end, number))
        for k, value in enumerate([*ends, *own]):
            builder.store(value, builder.gep(part, [ir.IntType(32)(0), ir.IntType(32)(k)]))
    size = WORD(context.get_abi_sizeof(kind))
    split_ = cgutils.get_or_insert_function(builder.module, SPLIT, "broadax_split")
    builder.call(split_, [builder.bitcast(worker, ADDRESS), builder.bitcast(parts, ADDRESS), size, threads])


def _worker(module: ir.Module, run, kind):
    """What a thread runs: the function on its part."""
    name = module.get_unique_name("part_of_loop")
    worker = ir.Function(module, ir.FunctionType(ADDRESS, [ADDRESS]), name)
    worker.linkage = "internal"
    builder = ir.IRBuilder(worker.append_basic_block())
    part = builder.bitcast(worker.args[0], kind.as_pointer())
    first, last, *own = (
        builder.load(builder.gep(part, [ir.IntType(32)(0), ir.IntType(32)(k)]))
        for k in range(len(kind.elements))
    )
    run(builder, first, last, own)
    builder.ret(ADDRESS(None))
    return worker

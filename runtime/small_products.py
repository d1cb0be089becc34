"""How large a product of matrices may be that BLAS computes without packing its operands first.

OpenBLAS has kernels for machines with vectors of 512 bits that read operands where they are, for products of
up to 100³ multiplications. In float32 one that is somewhat larger, such as (32 × 128) times (128 × 512),
takes a quarter less time as products of some rows each (`products.py`): packing is not worth it for so few.
With several threads BLAS is left to divide it.
"""

from __future__ import annotations

import os
from ctypes import CFUNCTYPE, c_int64, py_object, pythonapi

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core.codegen import get_host_cpu_features

MOST = 1_000_000  # multiplications
NAME = "broadax_unpacked"
WORD = ir.IntType(64)


def without_packing() -> int:
    """The most multiplications of such a product; 0 where there are none, or BLAS has several threads."""
    return MOST if _threads() == 1 and "+avx512vl" in get_host_cpu_features() else 0


def _threads() -> int:
    """As OpenBLAS counts them when it is loaded."""
    for name in ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "")
        if text.isdigit() and int(text):
            return int(text)
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def _compiled():
    """The engine that holds `broadax_unpacked()` and `set_unpacked(most)`.

    Machine code that a process finds on the disk asks it, as what it gives is not the same in every process.
    """
    module = ir.Module("small_products")
    most = ir.GlobalVariable(module, WORD, "most")
    most.initializer, most.linkage = WORD(without_packing()), "internal"
    builder = ir.IRBuilder(ir.Function(module, ir.FunctionType(WORD, []), NAME).append_basic_block())
    builder.ret(builder.load(most))
    setter = ir.Function(module, ir.FunctionType(ir.VoidType(), [WORD]), "set_unpacked")
    builder = ir.IRBuilder(setter.append_basic_block())
    builder.store(setter.args[0], most)
    builder.ret_void()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    parsed = llvm.parse_assembly(str(module))
    parsed.triple = llvm.get_process_triple()
    machine = llvm.Target.from_triple(parsed.triple).create_target_machine(opt=1)
    engine = llvm.create_mcjit_compiler(parsed, machine)
    engine.finalize_object()
    return engine


_engine = _compiled()
pythonapi.Py_IncRef(py_object(_engine))  # lives as long as the process
llvm.add_symbol(NAME, _engine.get_function_address(NAME))
set_unpacked = CFUNCTYPE(None, c_int64)(_engine.get_function_address("set_unpacked"))

"""Mathematical functions for loops of Numba code: LLVM may call glibc's vector versions (libmvec).

`exp(x)` is the scalar function of libm, and the call says which vector functions compute the same for several
lanes, so that LLVM's loop vectoriser can use them: 2 to 20 times faster, at most 4 ulp off.
Where libmvec or one of its functions is missing, the call stays scalar.
"""

from __future__ import annotations

import platform

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from broadax.runtime.vector_names import BINARY, FUNCTIONS

# x86's vector ABI: letter → bits of a vector register.
REGISTERS = {"b": 128, "d": 256, "e": 512}


def _load() -> bool:
    if platform.machine() != "x86_64":
        return False
    try:
        llvm.load_library_permanently("libmvec.so.1")
    except RuntimeError:
        return False
    return True


AVAILABLE = _load()
# A loop over several arrays is compiled twice, for arrays that overlap and for those that do not. LLVM
# gives up beyond 8 comparisons (two results, four operands) unless told; this holds for the whole process.
llvm.set_option("broadax", "-runtime-memory-check-threshold=64")


class _Attributes(ir.instructions.CallInstrAttributes):
    """Call attributes with those that llvmlite does not know."""

    def add(self, name):
        set.add(self, name)


def _variants(symbol: str, bits: int, operands: int) -> list[str]:
    """The vector functions of a libm function that this machine's libmvec has."""
    names = [
        f"_ZGV{letter}N{register // bits}{'v' * operands}_{symbol}" for letter, register in REGISTERS.items()
    ]
    return [n for n in names if AVAILABLE and llvm.address_of_symbol(n)]


def _declare(module: ir.Module, variant: str, scalar: ir.Type, operands: int) -> None:
    """Declare a vector function so that it is there when the vectoriser asks for it."""
    if variant in module.globals:
        return
    lanes = int(variant[6 : variant.index("v")])
    vector = ir.VectorType(scalar, lanes)
    function = ir.Function(module, ir.FunctionType(vector, [vector] * operands), variant)
    pointer = ir.IntType(8).as_pointer()
    used = module.globals.get("llvm.compiler.used")
    kept = list(used.initializer.constant) if used is not None else []
    kept.append(function.bitcast(pointer))
    kind = ir.ArrayType(pointer, len(kept))
    if used is None:
        used = ir.GlobalVariable(module, kind, "llvm.compiler.used")
        used.linkage, used.section = "appending", "llvm.metadata"
    used.value_type, used.type = kind, kind.as_pointer()
    used.initializer = ir.Constant(kind, kept)


def _function(name: str):
    symbol, operands = FUNCTIONS[name], 1 + (name in BINARY)

    def code(context, builder, signature, args):
        scalar = args[0].type
        bits = 32 if isinstance(scalar, ir.FloatType) else 64
        full = symbol + ("f" if bits == 32 else "")
        module = builder.module
        callee = module.globals.get(full) or ir.Function(
            module, ir.FunctionType(scalar, [scalar] * operands), full
        )
        call = builder.call(callee, args)
        call.attributes = _Attributes()
        for attribute in ("nounwind", "memory(none)"):
            call.attributes.add(attribute)
        variants = _variants(full, bits, operands)
        if variants:
            for variant in variants:
                _declare(module, variant, scalar, operands)
            listed = ",".join(f"{v}({v})" for v in variants)
            call.attributes.add(f'"vector-function-abi-variant"="{listed}"')
        return call

    def unary(context, x):
        return (x(x), code) if isinstance(x, types.Float) else None

    def binary(context, x, y):
        return (x(x, x), code) if isinstance(x, types.Float) else None

    return intrinsic(binary if operands == 2 else unary)


for _name in FUNCTIONS:
    globals()[_name] = _function(_name)

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


def _widen(builder) -> None:
    """Let LLVM use the widest registers: it prefers half of them, but here arithmetic outweighs it."""
    set.add(builder.function.attributes, '"prefer-vector-width"="512"')


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


def _call(name: str):
    """Code that calls a function of libm or, in a loop, of libmvec."""
    symbol, operands = FUNCTIONS[name], 1 + (name in BINARY)

    def code(context, builder, signature, args):
        _widen(builder)
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

    return code


# ── written out ───────────────────────────────────────────────────────────────────────────────────

# exp(x) = 2ⁿ exp(r) with |r| <= log(2) / 2, r = x - n log(2) by two parts of log(2), of Cephes' exp and expf;
# exp(r) = 1 + r + r² P(r), P of expf, and for float64 by least squares (1.3e-17 off).
_EXP = {
    "float": (
        (
            1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
            5.0000001201e-1,
        ),
        (0.693359375, -2.12194440e-4),
        (-110.0, 90.0),
    ),
    "double": (
        (
            2.5024639266311035e-08, 2.7631140150201755e-07, 2.7557507361975543e-06, 2.4801490307638598e-05,
            0.00019841269596971038, 0.0013888888946713305, 0.008333333333451529, 0.0416666666665162,
            0.16666666666666483, 0.5000000000000012,
        ),
        (0.693145751953125, 1.42860682030941723212e-6),
        (-750.0, 710.0),
    ),
}  # fmt: skip
# Of a float's bits: those of the mantissa, all, and what is added to the exponent.
_FORMATS = {"float": (23, 32, 127), "double": (52, 64, 1023)}
# Up to 0.625 tanh(x) = x + x z P(z) / Q(z) with z = x²: P, Q and the split of Cephes' tanh and tanhf.
_TANH = {
    "float": (
        (-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1),
        (1.0,),
        10.0,
    ),
    "double": (
        (-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3),
        (1.0, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3),
        20.0,
    ),
}


class _Arithmetic:
    """Writes intrinsics and polynomials of one float type."""

    def __init__(self, builder, kind):
        self.builder, self.kind = builder, kind

    def call(self, name: str, *values):
        signature = ir.FunctionType(self.kind, [self.kind] * len(values))
        function = self.builder.module.declare_intrinsic(f"llvm.{name}", [self.kind], signature)
        return self.builder.call(function, values)

    def plus_product(self, a, b, c):
        """a b + c"""
        return self.call("fmuladd", a, b, c)

    def polynomial(self, z, coefficients):
        total = self.kind(coefficients[0])
        for c in coefficients[1:]:
            total = self.plus_product(total, z, self.kind(c))
        return total

    def in_pairs(self, z, squared, coefficients):
        """A polynomial with an even number of coefficients: half as many steps wait for each other."""
        pairs = zip(coefficients[::2], coefficients[1::2], strict=True)
        first, *others = (self.plus_product(self.kind(a), z, self.kind(b)) for a, b in pairs)
        for pair in others:
            first = self.plus_product(first, squared, pair)
        return first


def _exp(context, builder, signature, args):
    """exp, at most 1.5 ulp off; in a loop, a call would take all registers from it."""
    (x,) = args
    kind = x.type
    polynomial, (high, low), (least, most) = _EXP[str(kind)]
    mantissa, bits, bias = _FORMATS[str(kind)]
    word, shift = ir.IntType(bits), kind(1.5 * 2.0**mantissa)  # what is added to it is rounded
    _widen(builder)
    write = _Arithmetic(builder, kind)
    # NaN is greater and less than nothing, and stays.
    x = builder.select(builder.fcmp_ordered("<", x, kind(least)), kind(least), x)
    x = builder.select(builder.fcmp_ordered(">", x, kind(most)), kind(most), x)
    rounded = write.plus_product(x, kind(1.44269504088896341), shift)
    whole = builder.fsub(rounded, shift)
    rest = write.plus_product(whole, kind(-high), x)
    rest = write.plus_product(whole, kind(-low), rest)
    squared = builder.fmul(rest, rest)
    y = write.in_pairs(rest, squared, polynomial)
    y = write.plus_product(y, squared, builder.fadd(rest, kind(1.0)))
    # By two factors, since 2ⁿ alone may be too large, or too small for a normal number.
    n = builder.sub(builder.bitcast(rounded, word), builder.bitcast(shift, word))
    half = builder.ashr(n, word(1))
    for part in (half, builder.sub(n, half)):
        power = builder.shl(builder.add(part, word(bias)), word(mantissa))
        y = builder.fmul(y, builder.bitcast(power, kind))
    return y


def _tanh(context, builder, signature, args):
    """tanh by one exponential and one division, without branches: at most 2.5 ulp off, faster than libmvec's.

    Beyond 0.625 it is (e - 1) / (e + 1) with e = exp(2 |x|), and ±1 from a bound on.
    """
    (x,) = args
    kind = x.type
    above, below, most = _TANH[str(kind)]
    write = _Arithmetic(builder, kind)
    z, size = builder.fmul(x, x), write.call("fabs", x)
    small = builder.fcmp_ordered("<", size, kind(0.625))
    bounded = builder.select(builder.fcmp_unordered("<", size, kind(most)), size, kind(most))
    e = _exp(context, builder, signature, [builder.fadd(bounded, bounded)])
    near = builder.fmul(builder.fmul(write.polynomial(z, above), z), size)
    upper = builder.select(small, near, builder.fsub(e, kind(1)))
    lower = builder.select(small, write.polynomial(z, below), builder.fadd(e, kind(1)))
    ratio = builder.fdiv(upper, lower)
    return write.call("copysign", builder.select(small, builder.fadd(size, ratio), ratio), x)


WRITTEN = {"exp": _exp, "tanh": _tanh}


def _function(name: str):
    code = WRITTEN.get(name) or _call(name)

    def unary(context, x):
        return (x(x), code) if isinstance(x, types.Float) else None

    def binary(context, x, y):
        return (x(x, x), code) if isinstance(x, types.Float) else None

    return intrinsic(binary if name in BINARY else unary)


for _name in FUNCTIONS:
    globals()[_name] = _function(_name)

"""The functions of generated modules as plain Numba code; standalone modules hold those they use."""

import math

import numpy as np
from llvmlite import ir
from numba import njit
from numba.extending import intrinsic

from broadax.runtime.products import dot_into

inlined = {"error_model": "numpy", "forceinline": True}


@njit(**inlined)
def take(i, n):
    """The index i of an axis of length n, negative ones counted from its end."""
    if i < -n or i >= n:
        raise IndexError("index {} is out of bounds for axis of size {}", i, n)
    return i + n if i < 0 else i


@intrinsic
def plus(context, a, b):
    """a + b in a sum whose order is free, so that the loop can use vector registers."""

    def code(context, builder, signature, args):
        return builder.fadd(*args, flags=("reassoc",))

    return a(a, a), code


@intrinsic
def times(context, a, b):
    """a * b in a product whose order is free, so that the loop can use vector registers."""

    def code(context, builder, signature, args):
        return builder.fmul(*args, flags=("reassoc",))

    return a(a, a), code


@intrinsic
def maximum(context, a, b):
    """The larger of two floats; NaN if one is."""

    def code(context, builder, signature, args):
        kind = args[0].type
        signature = ir.FunctionType(kind, [kind, kind])
        return builder.call(builder.module.declare_intrinsic("llvm.maximum", [kind], signature), args)

    return a(a, a), code


@intrinsic
def minimum(context, a, b):
    """The smaller of two floats; NaN if one is."""

    def code(context, builder, signature, args):
        kind = args[0].type
        signature = ir.FunctionType(kind, [kind, kind])
        return builder.call(builder.module.declare_intrinsic("llvm.minimum", [kind], signature), args)

    return a(a, a), code


@njit(**inlined)
def divide(a, b):
    """Python's a / b."""
    if b == 0:
        raise ZeroDivisionError("division by zero")
    return a / b


@njit(**inlined)
def floor_divide(a, b):
    """Python's a // b."""
    if b == 0:
        raise ZeroDivisionError("integer division or modulo by zero")
    return a // b


@njit(**inlined)
def remainder(a, b):
    """Python's a % b."""
    if b == 0:
        raise ZeroDivisionError("integer modulo by zero")
    return a % b


@njit(**inlined)
def domain(value, x):
    """`value`, a function of Python's math module at x, or the error that Python raises there."""
    if (value != value or math.isinf(value)) and x == x and not (math.isinf(x) and value == value):
        raise ValueError("math domain error")
    return value


@njit(**inlined)
def in_range(value, x):
    """`value`, a function of Python's math module at x, or the error that Python raises there."""
    if math.isinf(value) and not math.isinf(x):
        raise OverflowError("math range error")
    return value


@njit(**inlined)
def in_power(value, a, b):
    """`value`, Python's a ** b of floats, or the error that Python raises there."""
    if math.isfinite(a) and math.isfinite(b) and not math.isfinite(value):
        if a == 0:
            raise ZeroDivisionError("0.0 cannot be raised to a negative power")
        if value != value:
            raise TypeError("a power of a negative float is complex")
        raise OverflowError("(34, 'Numerical result out of range')")
    return value


@njit(**inlined)
def whole(x):
    """Python's int(x) of a float, which has to fit into 64 bits."""
    if x != x:
        raise ValueError("cannot convert float NaN to integer")
    if math.isinf(x):
        raise OverflowError("cannot convert float infinity to integer")
    if abs(x) >= 9223372036854775808.0:
        raise OverflowError("int too large to convert to 64 bits")
    return np.int64(x)


@njit(**inlined)
def shift_count(n):
    """The count of Python's a << n and a >> n."""
    if n < 0:
        raise ValueError("negative shift count")
    return n


@njit(**inlined)
def int_power(a, n):
    """a ** n of integers."""
    if n < 0:
        raise ValueError("Integers to negative integer powers are not allowed.")
    result = a**0
    while n > 0:
        if n & 1:
            result *= a
        a *= a
        n >>= 1
    return result


@njit(**inlined)
def int_fmod(a, b):
    """The remainder of integers with the sign of a; 0 for b = 0."""
    return abs(a) % abs(b) if a >= 0 else -(abs(a) % abs(b))


@njit(**inlined)
def remainder_float(a, b):
    """a modulo b with the sign of b."""
    r = np.fmod(a, b)
    if r != 0 and (r < 0) != (b < 0):
        r += b
    return r


@njit(**inlined)
def digamma(x):
    """The logarithmic derivative of the gamma function."""
    if x <= 0 and x == math.floor(x):
        return np.nan
    total = 0.0
    if x < 0:
        total, x = -math.pi / math.tan(math.pi * x), 1.0 - x
    while x < 10:
        total -= 1 / x
        x += 1
    s = 1 / (x * x)
    return (
        total + math.log(x) - 0.5 / x - s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))))
    )


@njit(**inlined)
def trigamma(x):
    """The second logarithmic derivative of the gamma function."""
    if x <= 0 and x == math.floor(x):
        return np.inf
    if x < 0:
        return (math.pi / math.sin(math.pi * x)) ** 2 - trigamma(1.0 - x)
    total = 0.0
    while x < 10:
        total += 1 / (x * x)
        x += 1
    s = 1 / (x * x)
    return total + 1 / x + s / 2 + s / x * (1 / 6 - s * (1 / 30 - s * (1 / 42 - s / 30)))


@njit(error_model="numpy", cache=True)
def float_keys(x):
    """Integers in the order of the floats of a vector: -0.0 equals 0.0, NaN is last."""
    values = np.empty(x.shape[0], np.float64)
    for i in range(x.shape[0]):
        values[i] = x[i] + 0.0
    keys = values.view(np.int64)
    for i in range(x.shape[0]):
        keys[i] = keys[i] ^ ((keys[i] >> 63) & 0x7FFFFFFFFFFFFFFF) if x[i] == x[i] else 0x7FFFFFFFFFFFFFFF
    return keys


@njit(error_model="numpy", cache=True)
def int_keys(x):
    """The integers of a vector as int64; unsigned ones keep their order."""
    keys = np.empty(x.shape[0], np.int64)
    flip = (
        np.int64(-0x8000000000000000)
        if x.itemsize == 8 and x.dtype.type(0) - x.dtype.type(1) > 0
        else np.int64(0)
    )
    for i in range(x.shape[0]):
        keys[i] = np.int64(x[i]) ^ flip
    return keys


@njit(error_model="numpy", cache=True)
def order_by(keys):
    """The stable order that sorts integers; it overwrites them. By insertion if few, else byte by byte."""
    n = keys.shape[0]
    order = np.arange(n)
    if n <= 48:
        for i in range(1, n):
            key, j = keys[i], i
            while j > 0 and keys[j - 1] > key:
                keys[j], order[j] = keys[j - 1], order[j - 1]
                j -= 1
            keys[j], order[j] = key, i
        return order
    counts = np.zeros((8, 256), np.int64)
    for i in range(n):
        for b in range(8):
            counts[b, (keys[i] >> (8 * b)) & 255] += 1
    spare, other = np.empty(n, np.int64), np.empty(n, np.int64)
    for b in range(8):
        count, flip = counts[b], 128 if b == 7 else 0
        if count[(keys[0] >> (8 * b)) & 255] == n:
            continue
        start = 0
        for k in range(256):
            digit = k ^ flip
            start, count[digit] = start + count[digit], start
        for i in range(n):
            digit = (keys[i] >> (8 * b)) & 255
            k = count[digit]
            count[digit] = k + 1
            spare[k], other[k] = keys[i], order[i]
        keys, spare, order, other = spare, keys, other, order
    return order


@njit(error_model="numpy", cache=True)
def reordered(x, order):
    """The elements of a vector in an order."""
    out = np.empty(x.shape[0], x.dtype)
    for i in range(x.shape[0]):
        out[i] = x[order[i]]
    return out


@njit(error_model="numpy", cache=True)
def dot_over(x, y):
    """`x[...] = x @ y` for a square matrix and a C-ordered array: some rows at a time, in the cache."""
    width = len(y)
    rows = x.reshape((x.size // width, width))
    count = max(16, 32768 // width)
    kept = np.empty((min(count, len(rows)), width), x.dtype)
    for start in range(0, len(rows), count):
        some = rows[start : start + count]
        dot_into(some, y, kept[: len(some)])
        some[:] = kept[: len(some)]


@njit(error_model="numpy", cache=True)
def solve_triangle(a, b, lower):
    """X with A X = B, for a triangular matrix and a matrix, both C-ordered: by blocks of rows."""
    n, m = b.shape
    x = b.copy()
    block = 48
    blocks = (n + block - 1) // block
    for turn in range(blocks):
        start = turn * block if lower else (blocks - 1 - turn) * block
        stop = min(start + block, n)
        if lower and start > 0:
            x[start:stop] -= np.dot(np.ascontiguousarray(a[start:stop, :start]), x[:start])
        if not lower and stop < n:
            x[start:stop] -= np.dot(np.ascontiguousarray(a[start:stop, stop:]), x[stop:])
        for step in range(stop - start):
            i = start + step if lower else stop - 1 - step
            for j in range(start, i) if lower else range(i + 1, stop):
                factor = a[i, j]
                for k in range(m):
                    x[i, k] -= factor * x[j, k]
            if a[i, i] == 0:
                raise np.linalg.LinAlgError("Singular matrix")
            for k in range(m):
                x[i, k] /= a[i, i]
    return x


@njit(error_model="numpy", cache=True)
def solve_triangle_vector(a, b, lower):
    """x with A x = b, for a triangular matrix and a vector."""
    n = len(b)
    x = b.copy()
    for step in range(n):
        i = step if lower else n - 1 - step
        total = x[i]
        for j in range(i) if lower else range(i + 1, n):
            total -= a[i, j] * x[j]
        if a[i, i] == 0:
            raise np.linalg.LinAlgError("Singular matrix")
        x[i] = total / a[i, i]
    return x


@njit(error_model="numpy", cache=True)
def fourier(x, inverse):
    """The discrete Fourier transform of a vector: Stockham's algorithm, a prime factor at a time."""
    n = x.shape[0]
    values, spare = np.empty(n, np.complex128), np.empty(n, np.complex128)
    roots, turn = np.empty(n, np.complex128), (2.0 if inverse else -2.0) * math.pi / n
    for k in range(n):
        values[k], roots[k] = x[k], complex(math.cos(turn * k), math.sin(turn * k))
    length, stride, factor = n, 1, 2
    while length > 1:
        while length % factor != 0:
            factor = factor + 1 if factor * factor <= length else length
        rest, step = length // factor, n // length
        for p in range(rest):
            for u in range(factor):
                out = stride * (factor * p + u)
                for t in range(factor):
                    root, start = roots[u * (p + t * rest) % length * step], stride * (p + t * rest)
                    if t == 0:
                        for q in range(stride):
                            spare[out + q] = values[start + q] * root
                    else:
                        for q in range(stride):
                            spare[out + q] += values[start + q] * root
        values, spare = spare, values
        length, stride = rest, stride * factor
    result = np.empty(n, x.dtype)
    scale = 1.0 / n if inverse else 1.0
    for k in range(n):
        result[k] = values[k] * scale
    return result

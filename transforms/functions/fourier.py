"""numpy.fft, and the functions of the same names in scipy.fft and scipy.fftpack, by two primitives."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import InvalidValueError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import as_atom, axis_of, cast, dim_of, dims, static, strong
from broadax.transforms.functions.indexing import cut, flipped
from broadax.transforms.functions.registry import intrinsic, library

# ── one axis ──────────────────────────────────────────────────────────────────────────────────────


def _complex(x):
    """An array of the complex dtype in which NumPy transforms it."""
    x = strong(as_atom(x))
    return cast(x, np.complex64 if x.dtype in (np.float32, np.complex64) else np.complex128)


def _resized(x, n, axis: int):
    """x cut to n elements along an axis, or with zeros after them.

    Raises:
        InvalidValueError: n is 0.
    """
    have = x.shape[axis]
    n = have if n is None else dim_of(n)
    if sizes.at_least(n, 1) is False:
        raise InvalidValueError(f"Invalid number of FFT data points ({n}) specified.")
    if n is have or sizes.same(n, have):
        return x
    if sizes.at_least(have, n):
        return cut(x, axis, 0, n)
    shape = (*x.shape[:axis], n - have, *x.shape[axis + 1 :])
    return apply("concatenate", x, apply("zeros", shape=shape, dtype=x.dtype), axis=axis)


def _scaled(y, n, norm, inverse: bool):
    """The result by the convention `norm`; the primitives divide by n backwards.

    Raises:
        InvalidValueError: in NumPy's words.
    """
    norm = static(norm, "norm") or "backward"
    if norm not in ("backward", "ortho", "forward"):
        raise InvalidValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    if norm == "backward":
        return y
    count = cast(as_atom(n), np.empty(0, y.dtype).real.dtype)
    if norm == "ortho":
        count = apply("sqrt", count)
    return y * count if inverse else y / count


def _transform(name: str, a, n, axis, norm):
    x = _complex(a)
    axis = axis_of(axis, x.ndim)
    x = _resized(x, n, axis)
    return _scaled(apply(name, x, axis=axis), x.shape[axis], norm, name == "ifft")


@intrinsic(np.fft.fft, "scipy.fft.fft", "scipy.fftpack.fft")
def fft(a, n=None, axis=-1, norm=None):
    return _transform("fft", a, n, axis, norm)


@intrinsic(np.fft.ifft, "scipy.fft.ifft", "scipy.fftpack.ifft")
def ifft(a, n=None, axis=-1, norm=None):
    return _transform("ifft", a, n, axis, norm)


@intrinsic(np.fft.rfft, "scipy.fft.rfft")
def rfft(a, n=None, axis=-1, norm=None):
    """The first n // 2 + 1 frequencies of real numbers."""
    x = strong(as_atom(a))
    axis = axis_of(axis, x.ndim)
    x = _resized(x, n, axis)
    return cut(fft(x, None, axis, norm), axis, 0, x.shape[axis] // 2 + 1)


@intrinsic(np.fft.irfft, "scipy.fft.irfft")
def irfft(a, n=None, axis=-1, norm=None):
    """Real numbers from their first n // 2 + 1 frequencies; the others are conjugates of these."""
    x = _complex(a)
    axis = axis_of(axis, x.ndim)
    n = 2 * (x.shape[axis] - 1) if n is None else dim_of(n)
    if sizes.at_least(n, 1) is False:
        raise InvalidValueError(f"Invalid number of FFT data points ({n}) specified.")
    half = _resized(x, n // 2 + 1, axis)
    rest = cut(half, axis, 1, n - n // 2 - 1)
    rest = apply("conjugate", flipped(rest, (axis,)))
    whole = apply("concatenate", half, rest, axis=axis)
    return apply("real", ifft(whole, None, axis, norm))


# ── several axes ──────────────────────────────────────────────────────────────────────────────────


def _axes(x, s, axes, default) -> list[tuple]:
    """Pairs of an axis and the size it is brought to (None: its own)."""
    if axes is None:
        axes = default if s is None or default is not None else range(-len(dims(s)), 0)
        axes = range(x.ndim) if axes is None else axes
    axes = [axis_of(k, x.ndim) for k in static(axes, "axes")]
    given = [None] * len(axes) if s is None else list(dims(s))
    return list(zip(axes, given, strict=True))


def _enter_several(name: str, default) -> None:
    inverse, real = name.startswith("i"), "rfft" in name

    def call(a, s=None, axes=default, norm=None):
        x = strong(as_atom(a))
        pairs = _axes(x, s, axes, default)
        *others, last = pairs
        if real and not inverse:
            x = rfft(x, last[1], last[0], norm)
        for axis, n in reversed(others if real else pairs):
            x = ifft(x, n, axis, norm) if inverse else fft(x, n, axis, norm)
        return irfft(x, last[1], last[0], norm) if real and inverse else x

    call.__name__ = name
    intrinsic(getattr(np.fft, name), f"scipy.fft.{name}")(call)


for _name in ("fft", "ifft", "rfft", "irfft"):
    _enter_several(f"{_name}2", (-2, -1))
    _enter_several(f"{_name}n", None)


# ── frequencies ───────────────────────────────────────────────────────────────────────────────────


@library(np.fft.fftfreq, "scipy.fft.fftfreq", "scipy.fftpack.fftfreq")
def fftfreq(n, d=1.0):
    return np.concatenate((np.arange(0, (n - 1) // 2 + 1), np.arange(-(n // 2), 0))) * (1.0 / (n * d))


@library(np.fft.rfftfreq, "scipy.fft.rfftfreq")
def rfftfreq(n, d=1.0):
    return np.arange(0, n // 2 + 1) * (1.0 / (n * d))


@library(np.fft.fftshift, "scipy.fft.fftshift", "scipy.fftpack.fftshift")
def fftshift(x, axes=None):
    axes = tuple(range(x.ndim)) if axes is None else (axes,) if isinstance(axes, int) else tuple(axes)
    return np.roll(x, tuple(x.shape[k] // 2 for k in axes), axes)


@library(np.fft.ifftshift, "scipy.fft.ifftshift", "scipy.fftpack.ifftshift")
def ifftshift(x, axes=None):
    axes = tuple(range(x.ndim)) if axes is None else (axes,) if isinstance(axes, int) else tuple(axes)
    return np.roll(x, tuple(-(x.shape[k] // 2) for k in axes), axes)

"""`broadax demo`: a function, its generated gradient, a check, and its time against NumPy."""

from __future__ import annotations

import inspect
import time
from pathlib import Path

import numpy as np

import broadax as bx
from broadax.commands.load import load_function
from broadax.commands.output import show
from broadax.runtime.errors import BroadaxError

SIZE = 20_000
# Loaded as a user's file is, since the modules of broadax itself are not compiled.
misfit = load_function(str(Path(__file__).with_name("rod.py")) + ":misfit")


def run() -> int:
    """Print the demo; 0, or 1 if the gradient is not what central differences say."""
    _title("A function, plain NumPy")
    show(inspect.getsource(misfit))
    k, u, seen = _problem()
    gradient = bx.grad(misfit, backend="numpy")
    gradient(k, u, seen)
    _title("Its gradient by k, written by broadax: bx.grad(misfit).source(k, u, seen)")
    show(gradient.source(k, u, seen))
    _title("Is it right?")
    ok = _check(gradient, k, u, seen)
    _title(f"How fast is it? n = {SIZE:,}")
    _race(gradient, k, u, seen)
    return 0 if ok else 1


def _problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Conductivities (n - 1,), a start (n,) and what was seen (n,)."""
    x = np.linspace(0, 1, SIZE)
    u = np.exp(-50 * (x - 0.4) ** 2)
    noise = np.random.default_rng(0).standard_normal(SIZE)
    return 0.3 + 0.1 * np.cos(20 * x[1:]), u + 0.05 * noise, u


def _check(gradient, k, u, seen) -> bool:
    direction = np.random.default_rng(1).standard_normal(k.shape)
    step = 1e-5
    slope = (misfit(k + step * direction, u, seen) - misfit(k - step * direction, u, seen)) / (2 * step)
    along = float(gradient(k, u, seen) @ direction)
    error = abs(along - slope) / max(abs(slope), 1e-300)
    print(f"along a random direction  {along:+.12e}")
    print(f"by central differences    {slope:+.12e}    relative error {error:.0e}")
    return bool(error < 1e-5)


def _race(gradient, k, u, seen) -> None:
    """Time the function and its gradient with NumPy and, where it works, with Numba."""
    rows = [("misfit", misfit, bx.jit(misfit, backend="numba"))]
    rows.append(("gradient", gradient, bx.grad(misfit, backend="numba")))
    print(f"{'':12}{'NumPy':>12}{'Numba':>12}{'faster':>9}{'compiled in':>14}")
    for name, slow, fast in rows:
        slow_time = _seconds(slow, k, u, seen)
        try:
            start = time.perf_counter()
            fast(k, u, seen)
            compiling = time.perf_counter() - start
        except BroadaxError as error:
            print(f"{name:12}{_milliseconds(slow_time):>12}  Numba: {str(error).splitlines()[0]}")
            continue
        fast_time = _seconds(fast, k, u, seen)
        times = f"{_milliseconds(slow_time):>12}{_milliseconds(fast_time):>12}"
        print(f"{name:12}{times}{slow_time / fast_time:>8.1f}×{compiling:>12.1f} s")
    by_differences = 2 * len(k) * _seconds(misfit, k, u, seen)
    print(f"by central differences, {len(k):,} times two calls of NumPy: {by_differences:,.0f} s")


def _seconds(function, *args) -> float:
    """The best of several runs, at most about a second in all."""
    function(*args)
    best, stop = np.inf, time.perf_counter() + 0.8
    while time.perf_counter() < stop:
        start = time.perf_counter()
        function(*args)
        best = min(best, time.perf_counter() - start)
    return best


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def _title(text: str) -> None:
    print(f"\n── {text} {'─' * max(2, 96 - len(text))}\n")

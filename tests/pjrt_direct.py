"""Runs the PJRT backend's text on XLA's CPU plugin with as little around it as can be."""

from __future__ import annotations

import glob
import importlib.util
from functools import cache
from pathlib import Path

import ml_dtypes
import numpy as np

from broadax.backends.pjrt.emit import Emitted, module_text

CODES = {
    "bool": "PRED", "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64",
    "complex64": "C64", "complex128": "C128",
    **{f"int{b}": f"S{b}" for b in (8, 16, 32, 64)}, **{f"uint{b}": f"U{b}" for b in (8, 16, 32, 64)},
}  # fmt: skip


def why_not() -> str:
    """Why programs can't be run here; empty if they can."""
    for name in ("pypjrt", "xla_plugins.xla_cpu_pjrt"):
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            return f"{name} is not installed"
    return ""


@cache
def client():
    import pypjrt
    import xla_plugins.xla_cpu_pjrt as package

    (library,) = glob.glob(str(Path(package.__file__).parent / "*.so"))
    return pypjrt.Client.create(pypjrt.Plugin(library))


def _code(dtype) -> int:
    return getattr(client()._plugin.abi, f"PJRT_Buffer_Type_{CODES[np.dtype(dtype).name]}")


def run(emitted: Emitted, dtypes, shapes, args) -> list[np.ndarray]:
    """The results; raises what a failed check stands for.

    `dtypes`, `shapes`: those of the function's results.
    """
    made = client().compile(emitted.text)
    found = []
    with client().device(0) as device:
        given = [np.array(a, order="C") for a in args]
        buffers = [client().buffer_from_host(memory(a), _code(a.dtype), a.shape, device) for a in given]
        outs = made(*buffers)
    for out in outs:
        found.append(np.frombuffer(out.to_host(), np.uint8))
    if emitted.checks:
        error = emitted.failure(found.pop().view(np.int64))
        if error is not None:
            raise error
    return [f.view(d).reshape(s) for f, d, s in zip(found, dtypes, shapes, strict=True)]


def memory(a: np.ndarray):
    """The bytes of an array, as something with a writable buffer."""
    return bytearray(a.tobytes()) or bytearray(1)


def call(function, *args) -> list[np.ndarray]:
    """The results of a Core function whose sizes are numbers."""
    outs = function.body.results
    typed = [np.asarray(a, p.dtype) for a, p in zip(args, function.params, strict=True)]
    return run(module_text(function), [o.dtype for o in outs], [o.shape for o in outs], typed)


BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

"""From a Core function to a compiled one: the module is written to the cache, imported, and called."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np

from broadax.backends.numba.module import module_text
from broadax.backends.numba.places import first_writes, located
from broadax.runtime import cache
from broadax.runtime.errors import InvalidValueError, TypeMismatchError
from broadax.transforms.core.avals import python_type
from broadax.transforms.core.statements import Function

_compiled: dict[str, object] = {}
# Machine code in the cache contains what these define.
KERNELS = tuple(sorted(Path(cache.__file__).parent.glob("*.py")))


class Compiled:
    """A compiled function on flat arguments.

    Attributes:
        text: the source of its module.
        entry: the Numba function.
        mutated: the parameters that are written, with the place of the first write.
        boxes: for each of its results what turns it into NumPy's scalar, or None.
    """

    def __init__(self, function: Function, mutated=None):
        self.text, errors, self.places, self.callees = module_text(function)
        self.entry = _load(self.text, function.name, errors)
        self.file = self.entry.py_func.__code__.co_filename
        if self.callees:
            self.entry = _with_numbers(self.entry, tuple(c.number for c in self.callees))
        self.dtypes = tuple(p.dtype for p in function.params)
        self.arrays = tuple(k for k, p in enumerate(function.params) if p.ndim)
        self.mutated = first_writes(function, mutated or ())
        self.boxes = tuple(_box(a.aval) for a in function.body.results)
        self.plain = not any(self.boxes)

    def __call__(self, *args) -> tuple:
        """The results; scalars are NumPy scalars or, where weak, Python numbers.

        Raises:
            TypeError: the arguments are not of the types for which this was compiled.
        """
        try:
            results = self.entry(*args)
        except Exception as error:
            results = self.recover(error, args)
        if self.plain:
            return results
        return tuple([box(r) if box else r for box, r in zip(self.boxes, results)])

    def recover(self, error: Exception, args: tuple) -> tuple:
        """The results of `entry` where it refused arguments that it can take in another form.

        Raises:
            Exception: any other error of `entry`, with the user's place.
        """
        if isinstance(error, TypeError) and "No matching definition" in str(error):
            return self._prepared(args)
        raise self._located(error) from None

    def _prepared(self, args) -> tuple:
        """Call with copies of what is not contiguous, and with writable views of what is read-only."""
        prepared, back = list(args), []
        for k in self.arrays:
            x = np.asarray(args[k])
            if k in self.mutated and not x.flags.writeable:
                raise InvalidValueError("assignment destination is read-only", self.mutated[k])
            if not x.flags.c_contiguous or not x.flags.aligned or x.dtype != self.dtypes[k]:
                if x.dtype != self.dtypes[k]:
                    raise TypeMismatchError(
                        f"argument {k} has dtype {x.dtype}, but this was compiled for {self.dtypes[k]}"
                    )
                fresh = np.array(x, order="C", subok=False)
                if k in self.mutated:
                    back.append((args[k], fresh))
                x = fresh
            elif not x.flags.writeable:
                x = _writable(x)
            prepared[k] = x
        try:
            results = self.entry(*prepared)
        except Exception as error:
            raise self._located(error) from None
        finally:
            for target, fresh in back:
                target[...] = fresh
        return results

    def _located(self, error: Exception) -> Exception:
        return located(error, self.file, self.places).with_traceback(None)


def _with_numbers(entry, numbers: tuple):
    """The entry with the numbers of the Python functions that it calls behind its arguments."""
    return lambda *args: entry(*args, *numbers)


class _Memory:
    """Memory of a read-only array, offered as writable to code that does not write to it."""

    def __init__(self, x: np.ndarray):
        self.x = x
        self.__array_interface__ = {
            **x.__array_interface__,
            "data": (x.__array_interface__["data"][0], False),
        }


def _writable(x: np.ndarray) -> np.ndarray:
    return np.asarray(_Memory(x))


def _box(aval):
    """What turns a result of Numba into the scalar that NumPy would give; None where it is right already."""
    if aval.shape:
        return None
    if aval.weak:
        return (
            None if aval.dtype.name in ("bool", "int64", "float64", "complex128") else python_type(aval.dtype)
        )
    return aval.dtype.type


def _machine() -> str:
    """What of this machine compiled code rests on, beyond the processor: the vector functions of its libc."""
    from broadax.runtime import vector_math  # noqa: PLC0415

    return f"{platform.libc_ver()} {vector_math.AVAILABLE}"


def _load(text: str, name: str, errors: dict):
    """The function of a module text; each text is imported once per process."""
    key = text if not errors else f"{text}{sorted((n, id(e)) for n, e in errors.items())}"
    if key not in _compiled:
        module = cache.load_module("numba", text, errors, KERNELS, _machine())
        _compiled[key] = getattr(module, name)
    return _compiled[key]

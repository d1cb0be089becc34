"""Checks, `raise` and `assert` on a device, which can't stop: a vector carried along says what failed.

It holds the number of the first check that failed, in the order in which the program ran, and the bits
of the values that its message shows. What is computed after a failed check is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from broadax.backends.pjrt.types import INT, is_float
from broadax.backends.pjrt.values import Value
from broadax.runtime import raised
from broadax.runtime.errors import BackendError, Loc
from broadax.transforms.core.avals import Aval, python_type, shape_text
from broadax.transforms.core.evaluate import message_text
from broadax.transforms.core.statements import Effect, Function, Lit, statements

WIDTH = 2  # values that the checks of this backend's own rules show at most


@dataclass(frozen=True)
class Check:
    """What a failed check raises.

    Attributes:
        shown: for each operand of the message its text, or its type and at which slot its bits begin.
        own: the user's code raises it.
    """

    error: type
    message: tuple
    shown: tuple
    loc: Loc | None
    own: bool = False

    def exception(self, slots) -> Exception:
        """The exception, its message filled in from the slots of values."""
        values = [s if isinstance(s, str) else _value(s[0], slots[s[1] :]) for s in self.shown]
        error = self.error(message_text(self.message, values))
        return raised.own(error, self.loc) if self.own else raised.familiar(error, self.loc)


def first_failure(checks: dict[int, Check], found: np.ndarray) -> Exception | None:
    number = int(found[0])
    return checks[number].exception(found[1:]) if number else None


def _value(aval: Aval, slots):
    """The number whose bits the slots hold."""
    if aval.dtype.kind == "c":
        real, imag = slots[:2].view(np.float64)
        value = complex(real, imag)
    else:
        value = slots[:1].view(np.float64)[0] if is_float(aval.dtype) else slots[0]
    return python_type(aval.dtype)(value) if aval.weak else aval.dtype.type(value)


class Checks:
    """The checks of one function, numbered from 1.

    Attributes:
        type: dtype and shape of the vector.
    """

    def __init__(self, writer, function: Function):
        self.writer, self.found = writer, {}
        effects = [s for s in statements(function.body) if isinstance(s, Effect)]
        width = max([WIDTH, *(sum(_slots(a.aval) for a in s.args[s.kind == "check" :]) for s in effects)])
        self.type = INT, (1 + width,)

    def none(self) -> Value:
        """Nothing has failed."""
        return self.writer.const(0, *self.type)

    def fine(self) -> Value:
        """Has nothing failed so far?"""
        w = self.writer
        return w.slice(w.failed, [(0, 1, 1)]).reshape().equals(0)

    def effect(self, emitter, stmt: Effect) -> None:
        """A `raise` or a check of the program.

        Raises:
            BackendError: a `print`.
        """
        if stmt.kind == "print":
            what = "print: a device can't print while it runs"
            raise BackendError(what, emitter.loc, 'return the value and print it, or backend="numpy"')
        ok, shown = None, stmt.args
        if stmt.kind == "check":
            if isinstance(stmt.args[0], Lit):
                if stmt.args[0].value:
                    return
            else:
                ok = emitter.read(stmt.args[0])
            # The message counts the condition among its operands.
        values = [(emitter.read(a), a.aval) for a in shown]
        if stmt.kind == "check":
            values[0] = ("", None)
        self.require(ok, stmt.params["error"], stmt.params["message"], values, stmt.params.get("own", False))

    def require(self, ok: Value | None, error: type, message: tuple, values=(), own: bool = False) -> None:
        """Unless `ok` (a scalar), the check has failed, if none has before it.

        `values`: what the message shows, pairs of a value and its type.
        """
        w = self.writer
        base, w.base = w.base, "failed"
        number = len(self.found) + 1
        parts, shown, slot = [w.const(number, INT, (1,))], [], 0
        for value, aval in values:
            if isinstance(value, str):
                shown.append(value)
            elif aval.shape:
                shown.append(f"<array of {aval.dtype} and shape {shape_text(aval.shape)}>")
            else:
                shown.append((aval, slot))
                slot += _slots(aval)
                parts.extend(_bits(w, value))
        rest = self.type[1][0] - 1 - slot
        if rest:
            parts.append(w.const(0, INT, (rest,)))
        self.found[number] = Check(error, message, tuple(shown), w.loc, own)
        before = w.failed
        w.failed = w.concatenate(parts, 0)
        if before is not None:
            mine, w.failed = w.failed, before
            w.failed = w.select(self.fine(), mine, before)
        if ok is not None:
            w.failed = w.select(ok, before if before is not None else self.none(), w.failed)
        w.base = base


def _slots(aval) -> int:
    return 0 if aval.shape or aval.shape is None else 2 if aval.dtype.kind == "c" else 1


def _bits(w, value: Value) -> list[Value]:
    """A scalar's bits as vectors of one 64-bit integer."""
    if value.dtype.kind == "c":
        parts = [w.op(part, value, dtype=np.empty(0, value.dtype).real.dtype) for part in ("real", "imag")]
        return [bits for part in parts for bits in _bits(w, part)]
    if is_float(value.dtype):
        value = w.op("bitcast_convert", value.convert(np.float64), dtype=INT)
    return [value.convert(INT).reshape(1)]

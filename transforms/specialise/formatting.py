"""`"%5.2f" % x` and `"{:5.2f}".format(x)` of values that are known only when the code runs: for messages."""

from __future__ import annotations

import re
import string

from broadax.runtime.errors import TypeMismatchError, UnsupportedError
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.specialise.interpreter import Interpreter, static_call
from broadax.transforms.specialise.messages import joined, message_parts
from broadax.transforms.specialise.values import Array, Formatted, Text

DIRECTIVE = re.compile(r"%(?P<flags>[-+ #0]*)(?P<width>\d*)(?P<digits>\.\d+)?(?P<kind>[diouxXeEfFgGcrsa%])")
RUNTIME = (Var, Array, Size)


def is_known(value) -> bool:
    """Is the text of a value known now?"""
    if isinstance(value, tuple):
        return all(map(is_known, value))
    return isinstance(value, (str, bytes, int, float, complex, type(None)))


def percent(it: Interpreter, template: str, value):
    """`template % value`.

    Raises:
        TypeMismatchError: too few or too many values, in Python's words.
        UnsupportedError: a directive with a name or a star.
    """
    values = list(value) if isinstance(value, tuple) else [value]
    parts, end = [], 0
    for found in DIRECTIVE.finditer(template):
        parts.append(_plain(it, template[end : found.start()]))
        end = found.end()
        if found["kind"] == "%":
            parts.append("%")
            continue
        if not values:
            raise TypeMismatchError("not enough arguments for format string", it.loc)
        parts += _directive(it, found, values.pop(0))
    if values:
        raise TypeMismatchError("not all arguments converted during string formatting", it.loc)
    return joined([*parts, _plain(it, template[end:])])


def _plain(it: Interpreter, text: str) -> str:
    if "%" in text:
        raise UnsupportedError("this directive of a % format", it.loc, 'an f-string: f"{x:.2f}"')
    return text


def _directive(it: Interpreter, found, value) -> tuple:
    kind, flags = found["kind"], found["flags"]
    if is_known(value):
        return (static_call(str.__mod__, found[0], (value,)),)
    if kind in "rsa":
        if isinstance(value, RUNTIME):
            conversion = "" if kind == "s" and not found["width"] else f"!{kind}"
            side = "<" if "-" in flags else ">"
            spec = (f"{side}{found['width']}" if found["width"] else "") + (found["digits"] or "")
            return (Formatted(value, conversion + (f":{spec}" if spec else "")),)
        if found[0] in ("%s", "%r"):
            return message_parts(value)
    if not isinstance(value, RUNTIME) or isinstance(value, Array):
        raise UnsupportedError(f"{found[0]} of this value", it.loc, "an f-string")
    if kind in "diu":
        value, kind = it.call(int, (value,), {}), "d"
    side = "<" if "-" in flags else ""
    signs = "".join(
        c for c in "+ #0" if c in flags and not (c == "0" and side) and not (c == " " and "+" in flags)
    )
    return (Formatted(value, f":{side}{signs}{found['width']}{found['digits'] or ''}{kind}"),)


def formatted(it: Interpreter, template: str, args: tuple, kwargs: dict):
    """`template.format(*args, **kwargs)`.

    Raises:
        UnsupportedError: a field that is no plain number or name.
    """
    parts: list = []
    number = 0
    for literal, field, spec, conversion in static_call(list, string.Formatter().parse(template)):
        parts.append(literal)
        if field is None:
            continue
        if field == "":
            field, number = str(number), number + 1
        if not field.isidentifier() and not field.isdigit() or "{" in spec:
            raise UnsupportedError(f"the field {{{field}}} of a format", it.loc, "an f-string")
        value = (
            static_call(args.__getitem__, int(field))
            if field.isdigit()
            else static_call(kwargs.__getitem__, field)
        )
        parts += shown(it, value, spec, conversion)
    return joined(parts)


def shown(it: Interpreter, value, spec: str, conversion: str | None) -> tuple:
    """The parts of a text that a value is, with a format and a conversion ('r', 's', 'a')."""
    if isinstance(value, RUNTIME):
        suffix = (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        return (Formatted(value, suffix),) if suffix else (value,)
    if isinstance(value, (tuple, Text)) and not spec:
        return message_parts(value)
    value = {"s": str, "r": repr, "a": ascii}.get(conversion, lambda v: v)(value)
    return (static_call(format, value, spec),)

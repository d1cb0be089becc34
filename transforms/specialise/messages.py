"""Texts with run-time values in them: f-strings, `print`, the messages of errors."""

from __future__ import annotations

from broadax.transforms.core.avals import shown
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Value, Var
from broadax.transforms.specialise import merge
from broadax.transforms.specialise.arrays import read
from broadax.transforms.specialise.values import Array, Formatted, Text


def message_parts(value) -> tuple:
    """What a value prints as: strings, and run-time values and sizes between them."""
    if isinstance(value, Text):
        return value.parts
    if isinstance(value, (str, Var, Array, Size)):
        return (value,)
    if type(value) is tuple and value:
        items = [part for k, v in enumerate(value) for part in ((", ",) * (k > 0) + message_parts(v))]
        return ("(", *items, ",)" if len(value) == 1 else ")")
    return (str(value),)


def joined(parts) -> str | Text:
    """The parts as one string, or as a text if some are known only when the code runs."""
    parts = tuple(parts)
    return "".join(parts) if all(isinstance(part, str) for part in parts) else Text(parts)


def known_now(part) -> bool:
    """Can the part be shown while the code is read? Sizes are those of this call."""
    return isinstance(part, (str, Size))


def text_now(parts) -> str:
    """The parts as they are now; run-time values by their kind."""
    return "".join(
        part if isinstance(part, str) else shown(part) if isinstance(part, Size) else merge.describe(part)
        for part in parts
    )


def effect_message(it, parts, first: int = 0) -> tuple[tuple, tuple]:
    """The message of an effect and its operands, which are counted from `first`."""
    message, args = [], []
    for part in parts:
        if isinstance(part, str):
            message.append(part)
            continue
        value, suffix = (part.value, part.suffix) if isinstance(part, Formatted) else (part, "")
        message.append(Value(first + len(args), suffix))
        args.append(read(it, value))
    return tuple(message), tuple(args)

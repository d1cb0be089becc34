"""Donated arguments: which results take their memory, as StableHLO says it."""

from __future__ import annotations

import re

from broadax.transforms.core.statements import Function

_ARGUMENT = re.compile(r"%[^:(),\s]+: tensor<(?:[^<>]|<[^<>]*>)*>")


def with_donated(text: str, function: Function, donated: tuple[int, ...]) -> str:
    """The module with `tf.aliasing_output` at arguments of `main` whose memory a result takes.

    As in JAX, each donated argument goes to the first result of its type that has none yet; where there is
    none left, its memory is free after the call.
    """
    free = list(range(len(function.body.results)))
    marks = {}
    for k in donated:
        type_ = _type(function.params[k])
        taken = next((r for r in free if _type(function.body.results[r]) == type_), None)
        if taken is not None:
            free.remove(taken)
            marks[k] = taken
    if not marks:
        return text
    start = text.index("@main(")
    end = text.index("\n", start)
    numbers = iter(range(len(function.params)))

    def marked(found: re.Match) -> str:
        result = marks.get(next(numbers))
        return found[0] if result is None else f"{found[0]} {{tf.aliasing_output = {result} : i32}}"

    head = _ARGUMENT.sub(marked, text[start:end], count=len(function.params))
    return text[:start] + head + text[end:]


def _type(atom) -> tuple:
    return atom.dtype, atom.shape

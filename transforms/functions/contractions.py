"""np.einsum: its notation, and the order in which more than two operands are contracted."""

from __future__ import annotations

import string

import numpy as np

from broadax.runtime.errors import ShapeError, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import as_atom, cast, dtype_of, promoted, refuse, strong
from broadax.transforms.functions.registry import intrinsic


def _letters(operands) -> tuple[str, list]:
    """The subscripts as a string, from either of NumPy's two forms, and the operands."""
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), list(operands[1:])
    parts, rest = [], list(operands)
    output = None
    if len(rest) % 2:
        output = rest.pop()
    for labels in (*rest[1::2], *([output] if output is not None else [])):
        parts.append("".join("..." if k is Ellipsis else string.ascii_letters[k] for k in labels))
    text = ",".join(parts[: len(rest) // 2])
    return text + ("->" + parts[-1] if output is not None else ""), rest[::2]


def _without_ellipsis(inputs: list[str], output: str | None, atoms) -> tuple[list[str], str | None, str]:
    """Subscripts with letters in place of `...`; and these letters, which lead an implicit output."""
    used = set("".join(inputs) + (output or ""))
    free = [c for c in string.ascii_letters if c not in used]
    widths = [a.ndim - len(t.replace("...", "")) for t, a in zip(inputs, atoms, strict=True)]
    widest = max((w for w, t in zip(widths, inputs, strict=True) if "..." in t), default=0)
    extra = "".join(free[:widest])
    inputs = [
        t.replace("...", extra[widest - w :] if w > 0 else "") for t, w in zip(inputs, widths, strict=True)
    ]
    return inputs, output if output is None else output.replace("...", extra), extra


def parsed(subscripts: str, atoms) -> tuple[list[str], str]:
    """The subscripts of each operand and of the result.

    Raises:
        ShapeError: in NumPy's words, where they do not fit the operands.
    """
    left, arrow, right = subscripts.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(atoms):
        many = "more" if len(inputs) < len(atoms) else "fewer"
        raise ShapeError(
            f"{many} operands provided to einstein sum function than specified in the subscripts string"
        )
    inputs, output, extra = _without_ellipsis(inputs, right if arrow else None, atoms)
    for text, atom in zip(inputs, atoms, strict=True):
        if len(text) > atom.ndim:
            raise ShapeError(
                f"einstein sum subscripts string contains too many subscripts for operand {atoms.index(atom)}"
            )
        if len(text) < atom.ndim:
            raise ShapeError(
                "operand has more dimensions than subscripts given in einstein sum, but no "
                "'...' ellipsis provided to broadcast the extra dimensions."
            )
    if output is None:
        joined = "".join(inputs)
        output = extra + "".join(sorted(c for c in set(joined) if joined.count(c) == 1 and c not in extra))
    for letter in output:
        if letter not in "".join(inputs):
            raise ShapeError(
                f"einstein sum subscripts string included output subscript '{letter}' which "
                "never appeared in an input"
            )
    return inputs, output


def _without_ones(inputs: list[str], atoms) -> tuple[list[str], list]:
    """Axes of length 1 that are broadcast against longer ones are dropped."""
    longest: dict = {}
    for text, atom in zip(inputs, atoms, strict=True):
        for letter, dim in zip(text, atom.shape, strict=True):
            have = longest.setdefault(letter, dim)
            if have == 1:
                longest[letter] = dim
            elif dim != 1 and sizes.same(have, dim) is False:
                raise ShapeError(
                    f"operands could not be broadcast together: subscript '{letter}' has sizes "
                    f"{have} and {dim}"
                )
    out_texts, out_atoms = [], []
    for text, atom in zip(inputs, atoms, strict=True):
        keep = [k for k, (c, d) in enumerate(zip(text, atom.shape, strict=True)) if d != 1 or longest[c] == 1]
        if len(keep) < atom.ndim:
            atom = apply("reshape", atom, shape=tuple(atom.shape[k] for k in keep))
        out_texts.append("".join(text[k] for k in keep))
        out_atoms.append(atom)
    return out_texts, out_atoms


@intrinsic(np.einsum)
def einsum(*operands, out=None, dtype=None, optimize=False, order="K", casting="safe"):
    """One or two operands at a time; the order of more is chosen by the sizes of the first call."""
    refuse("np.einsum", out=out)
    if not operands:
        raise TypeMismatchError("must specify the einstein sum subscripts string and at least one operand")
    text, given = _letters(operands)
    atoms = [strong(as_atom(a)) for a in given]
    atoms = [cast(a, dtype_of(dtype)) for a in atoms] if dtype is not None else list(promoted(*atoms))
    inputs, output = parsed(text, atoms)
    inputs, atoms = _without_ones(inputs, atoms)
    while len(atoms) > 2:
        pair = _next_pair(inputs, output, atoms)
        texts, parts = [inputs[k] for k in pair], [atoms[k] for k in pair]
        inputs = [t for k, t in enumerate(inputs) if k not in pair]
        atoms = [a for k, a in enumerate(atoms) if k not in pair]
        needed = set(output) | set("".join(inputs))
        kept = "".join(dict.fromkeys(c for c in "".join(texts) if c in needed))
        inputs.append(kept)
        atoms.append(_contract(texts, kept, parts))
    return _contract(inputs, output, atoms)


def _contract(inputs: list[str], output: str, atoms):
    """One step; what needs no sum is a transpose."""
    if len(atoms) == 1 and inputs[0] == output and len(set(output)) == len(output):
        return atoms[0]
    if not any(a.ndim for a in atoms):
        return atoms[0] if len(atoms) == 1 else apply("multiply", *atoms)
    return apply("einsum", *atoms, subscripts=f"{','.join(inputs)}->{output}")


def _next_pair(inputs: list[str], output: str, atoms) -> tuple[int, ...]:
    """The two operands to contract first."""
    import opt_einsum

    shapes = [tuple(sizes.hint(d) or 1 for d in a.shape) for a in atoms]
    equation = f"{','.join(inputs)}->{output}"
    path, _ = opt_einsum.contract_path(equation, *shapes, shapes=True, optimize="auto")
    pair = tuple(path[0])
    return pair if len(pair) == 2 else (0, 1)

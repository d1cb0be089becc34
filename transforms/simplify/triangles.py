"""The rule of `fold` by which a system of equations is known to be triangular."""

from __future__ import annotations

from broadax.transforms.simplify.fold import Fold, Op, rule

OTHER = {"lower": "upper", "upper": "lower", "": ""}


@rule("solve")
def solve(fold: Fold, op: Op):
    triangle = triangle_of(fold, op.args[0])
    if not triangle or op.params.get("triangle"):
        return None
    return "solve", op.args, {**op.params, "triangle": triangle}


def triangle_of(fold: Fold, matrix) -> str:
    """The triangle, "lower" or "upper", outside which a matrix is surely zero; else ""."""
    made = fold.made_by(matrix, "cholesky", "tril", "triu", "transpose", "negative", "conjugate", "copy")
    match made.prim.name if made is not None else "":
        case "cholesky":
            return "lower"
        case "tril":
            return "lower" if made.params["k"] <= 0 else ""
        case "triu":
            return "upper" if made.params["k"] >= 0 else ""
        case "transpose":
            *batch, row, column = made.params["axes"]
            last = len(batch)
            if batch != list(range(last)):
                return ""
            inner = triangle_of(fold, made.args[0])
            return OTHER[inner] if (row, column) == (last + 1, last) else inner
        case "negative" | "conjugate" | "copy":
            return triangle_of(fold, made.args[0])
    return ""

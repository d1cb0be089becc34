"""How the cases are written down.

`case(name, inputs, expressions)`: the expressions (separated by `;` or newlines) are calls on x, y, z;
the inputs are alternatives separated by ` ; `, each a list separated by ` | ` of specs (`f8[5,3]`: random
numbers) and Python expressions.
"""

import re
from dataclasses import dataclass

import numpy as np

DTYPES = {"f8": np.float64, "f4": np.float32, "f2": np.float16, "i8": np.int64, "i4": np.int32,
          "u1": np.uint8, "b1": np.bool_, "c16": np.complex128, "c8": np.complex64}  # fmt: skip
SPEC = re.compile(r"(\w+)\[([\d,]*)\]")
CONSTANTS = {
    "np": np,
    "UNIT": np.array([-0.9, -0.2, 0.0, 0.3, 0.8]),
    "PLUS": np.array([0.1, 1.0, 2.5, 7.0]),
    "ODD": np.array([np.nan, np.inf, -np.inf, 1.0, -0.0]),
    "DUPLICATES": np.array([3, 1, 2, 3, 1, 1]),
    "M3": np.array([[4.0, 1, 0.5], [1, 3, -0.2], [0.5, -0.2, 5]]),
    "MASK": np.array([[True, False], [True, True], [True, True]]),
    "HOLES": np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, -1.0], [2.0, np.nan, 0.5]]),
}


@dataclass(frozen=True)
class Case:
    """Expressions over inputs.

    direct: their functions are made of primitives, not of Python code; compiled: the front end can read them.
    """

    expressions: tuple
    inputs: tuple
    rtol: float | None = None
    direct: bool = True
    compiled: bool = True

    def draw(self, grow: int = 0) -> list:
        """The inputs; `grow` is added to the sizes of random ones."""
        rng = np.random.default_rng(grow)
        return [_draw(text, grow, rng) for text in self.inputs]

    @property
    def random(self) -> bool:
        """Are all inputs random, so that they can have other sizes?"""
        return all(SPEC.fullmatch(text) for text in self.inputs)


def _draw(text: str, grow: int, rng):
    match = SPEC.fullmatch(text)
    if match is None:
        return eval(text, CONSTANTS)
    dtype = np.dtype(DTYPES[match[1]])
    shape = tuple(int(d) + (grow if int(d) > 1 else 0) for d in match[2].split(",") if d)
    if dtype.kind == "b":
        value = rng.random(shape) > 0.5
    elif dtype.kind in "iu":
        value = rng.integers(1, 9, shape)
    else:
        value = rng.normal(size=shape) + (1j * rng.normal(size=shape) if dtype.kind == "c" else 0)
    return np.asarray(value).astype(dtype)[()]


words = str.split
CASES: dict[str, Case] = {}
ERRORS: dict[str, Case] = {}


def case(name: str, inputs: str, expressions: str, rtol: float | None = None, direct: bool = True,
         compiled: bool = True) -> None:  # fmt: skip
    """Enter a case for each alternative of the inputs."""
    split = tuple(e.strip() for e in re.split(r";|\n", expressions) if e.strip())
    for text in inputs.split(" ; "):
        given = () if text == "-" else tuple(t.strip() for t in text.split(" | "))
        CASES[f"{name}-{len(CASES)}"] = Case(split, given, rtol, direct, compiled)


def library_case(name: str, inputs: str, expressions: str, rtol: float | None = 1e-10) -> None:
    """A case of functions that are read as Python source."""
    case(name, inputs, expressions, rtol, direct=False)


def error(inputs: str, expression: str) -> None:
    """Enter a call that NumPy refuses."""
    ERRORS[expression] = Case((expression,), tuple(inputs.split(" | ")))

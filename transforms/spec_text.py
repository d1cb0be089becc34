"""Reads the text of specs: names of dtypes, dimensions, trees as Python literals, with carets on errors."""

from __future__ import annotations

import ast
import re

import ml_dtypes
import numpy as np

from broadax.runtime.errors import SpecError
from broadax.transforms.core.avals import dtype_name

_NUMPY = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128"
DTYPES = {dtype_name(t): np.dtype(t) for t in _NUMPY.split(" ")}
DTYPES["bf16"] = np.dtype(ml_dtypes.bfloat16)
DTYPES |= {dtype.name: dtype for dtype in DTYPES.values()}
PYTHON = {"int": np.dtype(np.int64), "float": np.dtype(np.float64), "complex": np.dtype(np.complex128)}
KNOWN = "f64, f32, f16, bf16, i64 … i8, u64 … u8, bool, c128, c64 and float, int, complex for a Python number"
_TOKEN = re.compile(
    r"""\s*(?: (?P<string> "[^"]*" | '[^']*' )
           | (?P<name> [A-Za-z_]\w* )
           | (?P<number> [-+]?[\d.][\w.]* )
           | (?P<sign> \S ) )""",
    re.VERBOSE,
)
_LIKE_A_SPEC = re.compile(r"\s*[A-Za-z_]*\d+\s*$|.*[\[\],{}()]", re.DOTALL)


class ArraySpec:
    """The type of one argument: `ArraySpec(float64, ("n", 3))`.

    dims holds ints and names; `()` is a scalar. weak marks a Python number (specs `float`, `int`,
    `complex`), which follows the dtype of what it meets. Not a dataclass, so that it is a leaf of trees.
    """

    __slots__ = ("dtype", "dims", "weak")

    def __init__(self, dtype, dims: tuple[int | str, ...] = (), weak: bool = False):
        self.dtype, self.dims, self.weak = np.dtype(dtype), tuple(dims), weak

    def __eq__(self, other) -> bool:
        return isinstance(other, ArraySpec) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple:
        return self.dtype, self.dims, self.weak

    def __repr__(self) -> str:
        return f"ArraySpec({str(self)!r})"

    def __str__(self) -> str:
        if self.weak:
            return next(name for name, dtype in PYTHON.items() if dtype == self.dtype)
        short = "bf16" if self.dtype == DTYPES["bf16"] else dtype_name(self.dtype)
        return short + (f"[{', '.join(map(str, self.dims))}]" if self.dims else "")


def is_spec_text(text: str) -> bool:
    """Is a string meant as a spec, and not as a word such as `"valid"`?"""
    return text.strip() in DTYPES or text.strip() in PYTHON or bool(_LIKE_A_SPEC.match(text))


def spec_error(text: str, start: int, end: int, what: str) -> SpecError:
    line = text.replace("\n", " ")
    error = SpecError(f"{what}\n    {line}\n    {' ' * start}{'^' * max(1, end - start)}")
    error.summary, error.column = what, start + 1
    return error


class Reader:
    """The text from left to right; `kind` and `word` are the token that comes next."""

    def __init__(self, text: str, start: int = 0, stop: int | None = None):
        self.text, self.end, self.stop = text, start, len(text) if stop is None else stop
        self.kind = self.word = ""
        self.next()

    def next(self) -> str:
        """Step over the current token and return it."""
        last = self.word
        match = _TOKEN.match(self.text, self.end, self.stop)
        if match is None:
            self.kind, self.word, self.start = "end", "", len(self.text[: self.stop].rstrip())
        else:
            self.kind, self.word = match.lastgroup, match[match.lastgroup]
            self.start, self.end = match.span(match.lastgroup)
        return last

    def error(self, what: str) -> SpecError:
        return spec_error(self.text, self.start, self.start + len(self.word), what)

    def expect(self, sign: str) -> None:
        if not self.at(sign):
            found = f", not {self.word!r}" if self.word else " at the end"
            raise self.error(f"{sign!r} is expected{found}")
        self.next()

    def separator(self, close: str) -> bool:
        """Step over the comma between two items; False where the container ends instead."""
        if self.at(close):
            return False
        if self.kind == "end":
            raise self.error(f"{close!r} is missing at the end")
        self.expect(",")
        return True

    def at(self, sign: str) -> bool:
        return self.kind == "sign" and self.word == sign

    def keyword(self) -> str | None:
        """`name =` before a value, stepped over; None where there is none."""
        if self.kind == "name" and re.match(r"\s*=", self.text[self.end :]):
            name = self.next()
            self.next()
            return name
        return None

    def value(self):
        if self.at("{"):
            return self.dictionary()
        if self.at("["):
            return self.sequence("]")[0]
        if self.at("("):
            items, commas = self.sequence(")")
            return tuple(items) if commas or not items else items[0]
        if self.kind == "string":
            return self.quoted()
        if self.kind == "number":
            return self.literal()
        if self.word in ("True", "False", "None"):
            return ast.literal_eval(self.next())
        if self.kind == "name":
            return self.spec()
        raise self.error("a spec such as f64[n, 3] is expected here")

    def sequence(self, close: str) -> tuple[list, int]:
        self.next()
        items, commas = [], 0
        while not self.at(close):
            items.append(self.value())
            commas += self.separator(close)
        self.next()
        return items, commas

    def dictionary(self) -> dict:
        self.next()
        items = {}
        while not self.at("}"):
            if self.kind not in ("string", "number"):
                raise self.error("a key of a dict is a quoted string or a number")
            key = self.literal()
            self.expect(":")
            items[key] = self.value()
            self.separator("}")
        self.next()
        return items

    def literal(self):
        try:
            value = ast.literal_eval(self.word)
        except (ValueError, SyntaxError):
            raise self.error(f"{self.word!r} is no number") from None
        self.next()
        return value

    def quoted(self):
        """A quoted spec, or a quoted word that stands for itself."""
        inner = self.word[1:-1]
        if not is_spec_text(inner):
            self.next()
            return inner
        part = Reader(self.text, self.start + 1, self.start + 1 + len(inner))
        value = part.value()
        if part.kind != "end":
            raise part.error("one spec is expected between the quotes")
        self.next()
        return value

    def spec(self) -> ArraySpec:
        name = self.word
        if name in PYTHON:
            self.next()
            if self.at("["):
                raise self.error(f"{name} is a Python number and has no dimensions; write {name}64[…]")
            return ArraySpec(PYTHON[name], weak=True)
        if name not in DTYPES:
            raise self.error(f"unknown dtype {name!r}; known are {KNOWN}")
        self.next()
        return ArraySpec(DTYPES[name], self.dims() if self.at("[") else ())

    def dims(self) -> tuple[int | str, ...]:
        self.next()
        dims = []
        while not self.at("]"):
            if self.kind == "number" and self.word.isdigit():
                dims.append(int(self.word))
            elif self.kind == "name":
                dims.append(self.word)
            else:
                raise self.error("a dimension is a name or a size such as 3")
            self.next()
            if self.word and self.word[0] in "+-*/":
                raise self.error("a dimension is one name or one size, without arithmetic")
            self.separator("]")
        self.next()
        return tuple(dims)

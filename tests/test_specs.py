"""Type specs: what parses, what doesn't, and where the caret stands."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from broadax.runtime.errors import SpecError
from broadax.transforms.specs import (
    ArraySpec,
    ShapeDtypeStruct,
    example_sizes,
    parse_spec,
    parse_specs,
    spec_arguments,
    spec_or_value,
    specs_in,
)

F64, F32 = np.dtype(np.float64), np.dtype(np.float32)


@pytest.mark.parametrize(
    "text, dtype, dims",
    [
        ("f64", F64, ()),
        ("f64[]", F64, ()),
        ("f32[n]", F32, ("n",)),
        (" f64[ n , 3 ] ", F64, ("n", 3)),
        ("float32[784, 10]", F32, (784, 10)),
        ("i64[n_rows]", np.dtype(np.int64), ("n_rows",)),
        ("u8[2,]", np.dtype(np.uint8), (2,)),
        ("bool[n]", np.dtype(bool), ("n",)),
        ("c64", np.dtype(np.complex64), ()),
        ("c128[n]", np.dtype(np.complex128), ("n",)),
        ("(f64)", F64, ()),
        ('"f64[n]"', F64, ("n",)),
    ],
)
def test_one_spec(text, dtype, dims):
    assert parse_spec(text) == ArraySpec(dtype, dims)


def test_python_numbers_are_weak():
    assert parse_spec("float") == ArraySpec(F64, weak=True)
    assert parse_spec("int") == ArraySpec(np.dtype(np.int64), weak=True)
    assert [str(parse_spec(name)) for name in ("float", "int", "complex")] == ["float", "int", "complex"]


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_trees_with_and_without_quotes(quote):
    text = '{"w": Qf32[784, 10]Q, "b": [Qf32[10]Q, (Qf64Q,)]}, Qf64[n, 784]Q'.replace("Q", quote)
    w, b, scalar = ArraySpec(F32, (784, 10)), ArraySpec(F32, (10,)), ArraySpec(F64)
    x = ArraySpec(F64, ("n", 784))
    assert parse_specs(text) == (({"w": w, "b": [b, (scalar,)]}, x), {})


def test_values_and_keywords():
    args, kwargs = parse_specs("f64[n], -1, 2.5, True, None, axis=1, mode='valid', scale=f64")
    assert args == (ArraySpec(F64, ("n",)), -1, 2.5, True, None)
    assert kwargs == {"axis": 1, "mode": "valid", "scale": ArraySpec(F64)}
    assert parse_specs("") == ((), {})
    assert parse_specs("()") == (((),), {})


@pytest.mark.parametrize(
    "text, column, what",
    [
        ("f65[n]", 1, "unknown dtype 'f65'"),
        ("f64[n], f65", 9, "unknown dtype 'f65'"),
        ("f64[n", 6, "']' is missing"),
        ("f64[n+1]", 6, "without arithmetic"),
        ("f64[-1]", 5, "a dimension is"),
        ("f64[3.5]", 5, "a dimension is"),
        ("f64[n]]", 7, "',' is expected, not ']'"),
        ("f64 f32", 5, "',' is expected"),
        ("float[3]", 6, "no dimensions"),
        ('{"w": "f65[3]"}', 8, "unknown dtype"),
        ('{"w" f64}', 6, "':' is expected"),
        ("{w: f64}", 2, "a key of a dict"),
        ("(f64", 5, "')' is missing"),
        ("x=1, f64", 6, "positional argument follows"),
        ("x=1, x=2", 8, "given twice"),
        ("f64,, f32", 5, "a spec such as"),
        ("1x", 1, "is no number"),
    ],
)
def test_errors_say_where(text, column, what):
    with pytest.raises(SpecError) as caught:
        parse_specs(text)
    first, line, caret = str(caught.value).split("\n")
    assert what in first
    assert line == "    " + text
    assert caret.index("^") - 4 == column - 1 == caught.value.column - 1


def test_one_spec_is_one():
    with pytest.raises(SpecError, match="one spec"):
        parse_spec("f64, f32")


class Pair(NamedTuple):
    left: object
    right: object


@dataclass(frozen=True)
class Layer:
    w: object
    b: object


def test_spec_or_value_goes_through_trees():
    array = np.ones(3)
    got = spec_or_value({"p": Pair("f64[n]", array), "q": [Layer("f32", 3), ("f64",)], "mode": "valid"})
    assert got["p"].left == ArraySpec(F64, ("n",))
    assert got["p"].right is array
    assert got["q"] == [Layer(ArraySpec(F32), 3), (ArraySpec(F64),)]
    assert got["mode"] == "valid"
    assert spec_or_value(ShapeDtypeStruct((2, 3), "f4")) == ArraySpec(F32, (2, 3))
    with pytest.raises(SpecError):
        spec_or_value("f65")
    with pytest.raises(SpecError):
        spec_or_value({"w": "f64[n"})


def test_a_string_of_several_specs_is_several_arguments():
    assert spec_arguments(("f64[n], f64, k=f32",), {}) == spec_arguments(("f64[n]", "f64"), {"k": "f32"})
    assert spec_arguments(("valid",), {}) == (("valid",), {})


def test_example_sizes_differ():
    tree = parse_specs("f64[n, m], {'a': f64[61, k], 'b': f64[n]}")
    sizes = example_sizes(tree)
    assert list(sizes) == ["n", "m", "k"]
    assert len({*sizes.values(), 61}) == 4
    assert [str(s) for s in specs_in(tree[0])] == ["f64[n, m]", "f64[61, k]", "f64[n]"]


def test_shape_dtype_struct():
    struct = ShapeDtypeStruct([2, 3], "float32")
    assert (struct.shape, struct.dtype, struct.ndim, struct.size) == ((2, 3), F32, 2, 6)
    assert repr(struct) == "ShapeDtypeStruct(shape=(2, 3), dtype=float32)"
    assert ShapeDtypeStruct((), "f8").size == 1

"""Mistakes on purpose: each gives an error of the one family, at the user's line, with a way out."""

import importlib
import inspect
import pickle
import re

import numpy as np
import pytest
from mistakes.table import MISTAKES

import broadax as bx
from broadax.runtime.errors import BroadaxError, InternalError, UnsupportedError

GROUPS = (
    "arguments",
    "calls",
    "control",
    "indices",
    "names",
    "raising",
    "running",
    "shapes",
    "syntax",
    "transforms",
    "values",
)
for _group in GROUPS:
    importlib.import_module(f"mistakes.{_group}")
CASES = [
    pytest.param(m, backend, id=f"{m.function.__module__.rpartition('.')[2]}.{m.function.__name__}-{backend}")
    for m in MISTAKES
    for backend in (("numpy", "numba") if m.run else ("numpy",))
]


def raised(mistake, backend: str) -> Exception:
    transformed = mistake.transform(mistake.function, backend=backend)
    # a mistake may write to its arguments
    arguments = [a.copy() if isinstance(a, np.ndarray) else a for a in mistake.arguments]
    with pytest.raises(mistake.error) as caught:
        transformed(*arguments)
    return caught.value


def bare(text: str) -> str:
    """A piece of code as the formatter could have written it otherwise."""
    return "".join(text.split())


@pytest.mark.parametrize(("mistake", "backend"), CASES)
def test_mistake(mistake, backend):
    error = raised(mistake, backend)
    own = not isinstance(error, BroadaxError)  # what the user's code raises keeps its class
    place = error.broadax_loc if own else error.loc
    shown = "\n".join([str(error), *getattr(error, "__notes__", [])])
    assert mistake.text in shown
    assert own == (mistake.function.__module__ == "mistakes.raising")
    assert not isinstance(error, InternalError)
    lines, start = inspect.getsourcelines(mistake.function)
    marked = [start + k for k, line in enumerate(lines) if "# here" in line]
    if marked:
        assert place.line == marked[0], shown
    spot = place.marked().partition("  # here")[0]
    assert bare(spot) == bare(mistake.spot) or not mistake.spot and spot.startswith("def "), shown
    column = re.search(rf"{re.escape(place.file)}:{place.line}:(\d+)", shown)[1]
    assert place.text()[int(column) - 1 :].startswith(spot)
    assert "^" * len(spot) in shown


def test_the_table_has_no_double():
    names = [(m.function.__module__, m.function.__name__) for m in MISTAKES]
    assert len(names) == len(set(names)) > 300


# ── several at once, the chain, where there is no source ──────────────────────────────────────────


def test_every_construct_without_a_rule_is_reported():
    def f(x):
        class Inner:
            pass

        global somewhere
        somewhere = x
        return x

    with pytest.raises(UnsupportedError) as caught:
        bx.jit(f)(1.0)
    text = str(caught.value)
    start = inspect.getsourcelines(f)[1]
    assert f"test_errors.py:{start + 1}:9" in text
    assert f"test_errors.py:{start + 4}:9" in text
    assert text.index("a class definition") < text.index("also: assigning to a global")
    assert text.count("^") > 10


def test_missing_source():
    module: dict = {}
    exec("def f(x):\n    return x", module)
    with pytest.raises(OSError, match="source of f can't be found"):
        bx.jit(module["f"])(1.0)


def test_equal_functions_of_two_files_have_their_own_places(tmp_path):
    for name in ("one", "other"):
        path = tmp_path / f"{name}.py"
        path.write_text("def f(x):\n    return x + [][0]\n", encoding="utf-8")
        scope: dict = {"__name__": name}
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), scope)
        with pytest.raises(IndexError, match=rf"{name}\.py:2:16"):
            bx.jit(scope["f"])(1.0)


def test_the_caret_counts_characters():
    def f(x, größe):
        return "äöü" and x + größe

    with pytest.raises(ValueError, match="could not be broadcast") as caught:
        bx.jit(f, backend="numpy")(np.ones(5), np.ones(6))
    assert caught.value.loc.marked() == "x + größe"


def inner(a, b):
    return a + b


def outer(x):
    return np.sum(inner(x, np.ones(6)))


def test_the_chain_tells_the_calls_and_the_transforms():
    with pytest.raises(ValueError, match="could not be broadcast") as caught:
        bx.vmap(bx.grad(outer))(np.ones((3, 5)))
    line = inspect.getsourcelines(outer)[1]
    assert caught.value.chain == [
        f"called from outer ({__file__}:{line + 1})",
        f"while differentiating outer (test_errors.py:{line})",
        f"while batching outer (test_errors.py:{line})",
    ]


def test_an_error_in_a_function_of_ours_is_shown_at_the_call():
    def f(x):
        return np.cross(x, x) + bx.nn.softmax(x, axis=3)

    with pytest.raises(ValueError, match="axis 3 is out of bounds") as caught:
        bx.jit(f)(np.ones(3))
    assert caught.value.loc.marked() == "bx.nn.softmax(x, axis=3)"
    assert "broadax" not in caught.value.loc.file


def test_a_fault_of_broadax_says_so(monkeypatch):
    from broadax.transforms.specialise import expressions, interpreter

    def broken(it, node, frame):
        raise KeyError("some table")

    monkeypatch.setitem(interpreter.EXPRESSIONS, expressions.gast.BinOp, broken)
    with pytest.raises(InternalError, match="a fault of broadax") as caught:
        bx.jit(inner)(1.0, 2.0)
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.loc.marked() == "a + b"


@pytest.mark.parametrize("index", [0, 100, 200, 300])
def test_errors_survive_pickling(index):
    error = raised(MISTAKES[index], "numpy")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)


# ── vjp and jvp ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (TypeError, "2 primals and 1 tangents", lambda: bx.jvp(inner, (1.0, 2.0), (1.0,))),
        (TypeError, "must be a tuple or a list", lambda: bx.jvp(np.sin, 1.0, 1.0)),
        (TypeError, "does not fit the value", lambda: bx.jvp(np.sin, (np.ones(3),), (np.ones(4),))),
        (TypeError, "does not fit the value", lambda: bx.jvp(np.sin, (np.ones(30),), (np.ones(40),))),
        (TypeError, "of type c128", lambda: bx.jvp(np.sin, (np.ones(3),), (np.ones(3) * 1j,))),
        (TypeError, "does not fit the value", lambda: bx.vjp(np.sin, np.ones(3))[1](np.ones(4))),
        (TypeError, "the structure", lambda: bx.vjp(np.sin, np.ones(3))[1]((np.ones(3),))),
        (TypeError, "needs a function", lambda: bx.grad(3)),
        (ValueError, "can't be hashed", lambda: bx.jit(inner, static_argnums=1)(1.0, [1])),
        (ValueError, "takes 2 positional", lambda: bx.jit(inner, static_argnums=5)),
        (ValueError, "no such argument", lambda: bx.jit(inner, static_argnames="c")),
        (TypeError, "static_argnums are ints", lambda: bx.jit(inner, static_argnums=1.5)),
        (ValueError, "stage is", lambda: bx.jit(inner).source("f64", "f64", stage="fortran")),
        (RuntimeError, "fortran", lambda: bx.jit(inner, backend="fortran")(1.0, 2.0)),
        (ValueError, "f65", lambda: bx.jit(inner).source("f65[n]", "f64")),
        (TypeError, "missing 1 required", lambda: bx.jit(inner).source("f64")),
        (TypeError, "array of dtype <U1", lambda: bx.jit(inner)(np.array(["a"]), 1.0)),
        (TypeError, "array of dtype object", lambda: bx.jit(inner)(np.array([None]), 1.0)),
    ],
)
def test_wrong_use(error, message, call):
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, BroadaxError)


# ── globals are not written ───────────────────────────────────────────────────────────────────────

ARRAY, LIST, DICT = np.ones(3), [1.0], {"a": 1.0}


def write_array(x):
    ARRAY[0] = x
    return x


def append_list(x):
    LIST.append(x)
    return x


def set_key(x):
    DICT["b"] = x
    return x


@pytest.mark.parametrize("function", [write_array, append_list, set_key])
def test_a_global_is_not_written(function):
    with pytest.raises(NotImplementedError, match="lives outside the function"):
        bx.jit(function)(2.0)


# ── texts with data ───────────────────────────────────────────────────────────────────────────────


def speak(x, y):
    print(f"{x:.2f} and {y!r:>9} of {y.shape}, {{}}", (x, 1), str(y.shape), f"{'a':>3}")
    if x > 5:
        raise ValueError(f"x is {x:+.1f}, {y.shape}, {{}}")
    assert x > -1, f"{x:8.3f}"
    return x + y.sum()


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_texts_are_formatted_as_python_does(backend, capsys):
    compiled = bx.jit(speak, backend=backend)
    for x, n in ((1.23456, 6), (1.23456, 8), (7.0, 9), (-2.0, 6)):
        seen = []
        for function in (speak, compiled):
            try:
                ends = function(x, np.arange(n))
            except (ValueError, AssertionError) as error:
                ends = str(error).split("\n")[0]  # pytest adds to its own asserts
            seen.append((ends, capsys.readouterr().out))
        assert seen[0] == seen[1]


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: bx.grad(np.sum, argnum=0), "did you mean argnums.*grad takes fun, argnums, has_aux"),
        (lambda: bx.vmap(np.sum, in_axis=0), "unexpected keyword argument 'in_axis'.*in_axes"),
        (lambda: bx.jit(lambda x: bx.grad(np.sum, arg=0)(x))(np.ones(3)), "argnums"),
        (lambda: bx.jit(lambda x: bx.vjp(np.sum, x, aux=True))(np.ones(3)), "did you mean has_aux"),
        (lambda: bx.grad(), "grad needs a function"),
        (lambda: bx.jvp(np.sin, (1.0,), [1.0]), "primals is a tuple, tangents a list"),
        (lambda: bx.jvp(lambda x: x[0], ([1.0],), ((1.0,),)), "a list has the tangent tuple"),
        (lambda: bx.jit(lambda x: bx.jvp(np.sin, (x,), [x])[1])(1.0), "not a tuple and a list"),
        (lambda: bx.jvp(np.sin, 1.0, 1.0), "primals must be a tuple or a list, not a float"),
    ],
)
def test_wrong_keywords_and_structures_of_transforms(call, words):
    with pytest.raises(TypeError, match=f"(?s){words}") as info:
        call()
    assert isinstance(info.value, BroadaxError)

"""What is checked of a program: value, arguments, derivatives, batches, against CPython."""

from __future__ import annotations

import copy
import re
import signal
import traceback
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

import broadax as bx
from broadax.runtime.errors import BroadaxError, UnsupportedError
from broadax.runtime.trees import flatten, is_data
from fuzz.compare import Mismatch, float_leaves, is_float, same
from fuzz.program import Program

BATCH = 3


@dataclass(frozen=True)
class Failure:
    """A check that failed: `kind` is the same for failures of one cause, as far as can be told."""

    kind: str
    text: str
    unsupported: bool = False


@dataclass
class Outcome:
    """What became of a program: which checks were made, and the first that failed.

    done: names of the checks that were made; `skipped`: of those that had no meaning here.
    """

    done: list[str]
    skipped: list[str]
    failure: Failure | None = None


class Skip(Exception):
    """A check has no meaning for this program."""


SECONDS = 20  # after which a check has failed: some loop has no end


class Endless(Exception):
    """A check that does not end."""


@contextmanager
def limited(seconds: float):
    """Raise Endless in the main thread after so many seconds."""

    def stop(signum, frame):
        raise Endless("no end")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(program: Program, checks: tuple[str, ...] = ("value", "derivatives", "vmap")) -> Outcome:
    """Run the checks until one fails."""
    outcome = Outcome([], [])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name in checks:
            try:
                with limited(SECONDS):
                    CHECKS[name](program)
                outcome.done.append(name)
            except Skip as skip:
                outcome.skipped.append(f"{name}: {skip}")
            except UnsupportedError as error:
                kind = re.sub(r"`[^`]*`|\b[a-z_]+\d+\b|\d+", "_", error.what)
                outcome.failure = Failure(f"{name}: {kind}", str(error), True)
                break
            except Exception as error:
                outcome.failure = Failure(f"{name}: {signature(error)}", "".join(_tail(error)))
                break
    return outcome


def signature(error: Exception) -> str:
    """The kind of an error, without names and numbers, and where broadax raised it."""
    if isinstance(error, Mismatch):
        return f"{error.check} {error.what}"
    what = error.what if isinstance(error, BroadaxError) else str(error)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/tests/" not in f.filename]
    at = f" at {frames[-1].filename.split('/')[-1]}:{frames[-1].name}" if frames else ""
    return f"{type(error).__name__} {re.sub(r'`[^`]*`|[a-z_]*[0-9.]+[a-z_0-9.]*', '_', what)[:70]}{at}"


def _tail(error: Exception) -> list[str]:
    return traceback.format_exception(error)[-8:]


# ── value ─────────────────────────────────────────────────────────────────────────────────────────


def outcome_of(function, args: list):
    """The result of a call, or the error that it raised."""
    try:
        return function(*args), None
    except (BroadaxError, Endless):
        raise
    except Exception as error:
        return None, error


def tolerance(program: Program) -> float:
    return 1e-3 if any(p[3] == "float32" for p in program.params) else 1e-9


def same_call(program: Program, ours, version: int, check: str) -> None:
    """One call, of CPython and of ours: result, error, arguments afterwards."""
    theirs_args, our_args = program.args(version), program.args(version)
    want, error = outcome_of(program.function, theirs_args)
    if error is not None:
        try:
            got = ours(*our_args)
        except (UnsupportedError, Endless):
            raise
        except Exception as mine:
            if not related(mine, error):
                raise Mismatch(
                    check, f"{type(mine).__name__}, not {type(error).__name__}", str(error)
                ) from mine
            return
        raise Mismatch(check, f"no {type(error).__name__}", f"{error}; got {got}")
    got = ours(*our_args)
    rtol = tolerance(program)
    same(got, want, check, rtol, program.loose)
    same(our_args, theirs_args, f"{check}, arguments", rtol, program.loose)


def related(mine: Exception, theirs: Exception) -> bool:
    return isinstance(mine, type(theirs)) or isinstance(theirs, type(mine)) or isinstance(mine, BroadaxError)


def check_value(program: Program, backend: str = "numpy") -> None:
    ours = bx.jit(program.function, backend=backend)
    for version in range(3):
        same_call(program, ours, version, "value" if version == 0 else "value of other numbers")


def check_numba(program: Program) -> None:
    check_value(program, "numba")


# ── derivatives ───────────────────────────────────────────────────────────────────────────────────


def total(out):
    """A smooth number of all numbers of a result."""
    if isinstance(out, (tuple, list)):
        return sum([total(o) for o in out])
    if isinstance(out, dict):
        return sum([total(o) for o in out.values()])
    return 0.0 if out is None else np.sum(np.sin(1.0 * out))


def moving(program: Program) -> list[int]:
    """Positions of the arguments that are differentiated: floats of float64."""
    kinds = [p[1] == "f" and p[3] == "float64" for p in program.params]
    return [k for k, yes in enumerate(kinds) if yes]


def loss_of(program: Program, args: list, numbers: list[int]):
    """A smooth function of the moving arguments alone."""
    function = program.function
    kinds = [
        "moving" if k in numbers else "array" if isinstance(a, np.ndarray) else "fixed"
        for k, a in enumerate(args)
    ]

    def loss(*xs):
        rest = list(xs)
        given = [
            rest.pop(0) if kind == "moving" else a.copy() if kind == "array" else a
            for a, kind in zip(args, kinds)
        ]
        return total(function(*given)) + 0.0 * sum([np.sum(x) for x in xs])

    return loss


def _moved(xs: list, direction: list, step: float) -> list:
    return [x + step * d for x, d in zip(xs, direction)]


def check_derivatives(program: Program) -> None:
    """`grad` and `jvp` along a direction against central differences; `grad` against `jvp`."""
    args = program.args()
    numbers = moving(program)
    if not numbers or program.numbers != "plain":
        raise Skip("nothing to differentiate")
    if outcome_of(program.function, copy.deepcopy(args))[1] is not None:
        raise Skip("the program raises")
    rng = np.random.default_rng(program.seed)
    xs = [args[k] for k in numbers]
    direction = [
        rng.standard_normal(np.shape(x)) if np.shape(x) else float(rng.standard_normal()) for x in xs
    ]
    loss = loss_of(program, args, numbers)
    gradient = bx.grad(loss, argnums=tuple(range(len(xs))), backend="numpy")(*copy.deepcopy(xs))
    with bx.backend("numpy"):
        value, tangent = bx.jvp(loss, tuple(copy.deepcopy(xs)), tuple(direction))
    same(value, loss_again(loss, args, xs), "value of jvp", tolerance(program), True)
    for g, x in zip(gradient, xs):
        if np.shape(g) != np.shape(x) or np.asarray(g).dtype != np.asarray(x).dtype:
            raise Mismatch("grad", "form", f"{np.shape(g)} for {np.shape(x)}")
    slope = float(sum(np.sum(g * d) for g, d in zip(gradient, direction)))
    size = 1.0 + float(sum(np.sum(np.abs(g * d)) for g, d in zip(gradient, direction)))
    want = differences(loss, args, xs, direction)
    for got, what in ((slope, "grad"), (float(tangent), "jvp")):
        if not abs(got - want) <= 2e-6 * max(size, abs(want)):
            raise Mismatch(what, "against differences", f"{got}, not {want}; grad {slope}, jvp {tangent}")
    if abs(slope - tangent) > 1e-9 * size:
        raise Mismatch("grad", "against jvp", f"{slope}, not {tangent}")


def loss_again(loss, args: list, xs: list):
    """The loss by CPython, the arguments being restored afterwards."""
    saved = copy.deepcopy(args)
    value = loss(*copy.deepcopy(xs))
    for a, b in zip(args, saved):
        if isinstance(a, np.ndarray):
            a[...] = b
    return value


def differences(loss, args: list, xs: list, direction: list) -> float:
    """The slope by differences of fourth order; skips where steps of two sizes or sides disagree."""
    at = lambda h: float(loss_again(loss, args, _moved(xs, direction, h)))
    slopes = []
    for h in (3e-4, 1e-4):
        f = [at(k * h) for k in (-2, -1, 0, 1, 2)]
        slopes.append((8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h))
        ahead, behind = (4 * f[3] - 3 * f[2] - f[4]) / (2 * h), (3 * f[2] - 4 * f[1] + f[0]) / (2 * h)
        if not np.isfinite(slopes[-1]) or abs(ahead - behind) > 1e-4 * max(1.0, abs(slopes[-1])):
            raise Skip("a kink, or too rough")
    if abs(slopes[0] - slopes[1]) > 3e-7 * max(1.0, abs(slopes[1])):
        raise Skip("a kink, or too rough")
    return slopes[1]


# ── batches ───────────────────────────────────────────────────────────────────────────────────────


def check_vmap(program: Program) -> None:
    """`vmap` over the float arguments against a loop over the examples."""
    axes = tuple(0 if p[1] == "f" else None for p in program.params)
    if not any(a == 0 for a in axes):
        raise Skip("nothing to map over")
    first = program.args()
    others = [program.args(k) for k in range(BATCH)]
    examples = [[o[i] if a == 0 else first[i] for i, a in enumerate(axes)] for o in others]
    results = [outcome_of(program.function, copy.deepcopy(e)) for e in examples]
    if any(error is not None for _, error in results):
        raise Skip("an example raises")
    flat = [flatten(r)[0] for r, _ in results]
    if not flat[0] or not all(is_data(x) for r in flat for x in r):
        raise Skip("no data in the result")
    for leaves in zip(*flat):
        if len({(np.shape(x), np.asarray(x).dtype) for x in leaves}) > 1:
            raise Skip("the results' types depend on data")
    batch = [np.stack([e[i] for e in examples]) if a == 0 else first[i] for i, a in enumerate(axes)]
    got = bx.vmap(program.function, in_axes=axes, backend="numpy")(*copy.deepcopy(batch))
    want = [np.stack(leaves) for leaves in zip(*flat)]
    same(flatten(got)[0], want, "vmap", tolerance(program), True)


CHECKS = {
    "value": check_value,
    "derivatives": check_derivatives,
    "vmap": check_vmap,
    "numba": check_numba,
}
__all__ = ["CHECKS", "Failure", "Outcome", "float_leaves", "is_float", "run"]

"""What is checked of a program: value, arguments, derivatives, batches, against CPython."""

from __future__ import annotations

import copy
import re
import traceback
import warnings
from dataclasses import dataclass
from unittest import mock

import numpy as np

import broadax as bx
from broadax import compiled
from broadax.runtime.errors import BroadaxError, StaticNeeded, UnsupportedError
from broadax.runtime.trees import flatten, is_data
from fuzz.calls import SECONDS, Endless, Skip, limited, outcome_of, tolerance
from fuzz.compare import Mismatch, same
from fuzz.derivatives import check_derivatives, check_gradient_of
from fuzz.program import Program
from fuzz.unjitted import unjitted

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


def run(program: Program, checks: tuple[str, ...] = ("value", "derivatives", "vmap")) -> Outcome:
    """Run the checks until one fails."""
    outcome = Outcome([], [])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name in checks:
            try:
                with limited(SECONDS[name]):
                    CHECKS[name](program)
                outcome.done.append(name)
            except Skip as skip:
                outcome.skipped.append(f"{name}: {skip}")
            except (UnsupportedError, StaticNeeded) as error:
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


def same_call(program: Program, ours, version: int, check: str) -> None:
    """One call, of CPython and of ours: result, error, arguments afterwards."""
    theirs_args, our_args = program.args(version), program.args(version)
    want, error = outcome_of(program.function, theirs_args)
    if error is not None:
        try:
            got = ours(*our_args)
        except (UnsupportedError, StaticNeeded, Endless):
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


def check_nests(program: Program) -> None:
    """Value and gradient by the modules that the Numba backend would compile, run as Python."""
    with unjitted():
        check_value(program, "numba")
        check_gradient_of(program, "numba")


# ── batches ───────────────────────────────────────────────────────────────────────────────────────


def check_masks(program: Program) -> None:
    """The same as `check_vmap` with batches under masks, as devices have them."""
    read = compiled.specialise
    with mock.patch.object(compiled, "specialise", lambda *a, **k: read(*a, **{**k, "masked": True})):
        check_vmap(program)


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
    "masks": check_masks,
    "numba": check_numba,
    "nests": check_nests,
}

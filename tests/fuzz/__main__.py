"""Runs many random programs and prints those that fail, made small.

    cd tests && python -m fuzz --count 20000 --seed 0          # programs 0 … 19999
    cd tests && python -m fuzz --seed 17 --count 1 --show      # one program and its outcome
    cd tests && python -m fuzz --checks numba --count 300

Programs are numbered: `--seed 500 --count 100` runs those of 500 … 599, so processes with other
seeds run other programs. Failures of one kind are printed once, with a program that is as small as
could be found; what is unsupported is counted by kind. Exit status 1 where something failed. SIGTERM
ends a run after the program at hand, and what was done so far is summed up.
"""

from __future__ import annotations

import argparse
import collections
import signal
import sys
import time

from fuzz.check import Failure, run
from fuzz.program import Program, numbered
from fuzz.reduce import reduced


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the number of the first program")
    parser.add_argument(
        "--checks",
        default="value,derivatives,vmap",
        help="of value, derivatives, vmap, masks, nests (of Numba, run by CPython), numba",
    )
    parser.add_argument("--show", action="store_true", help="print every program")
    parser.add_argument("--effort", type=int, default=800, help="how many smaller programs are tried")
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="begin no program after this time"
    )
    options = parser.parse_args()
    checks = tuple(options.checks.split(","))
    done: collections.Counter = collections.Counter()
    kinds: collections.Counter = collections.Counter()
    started, ended = time.time(), []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    count = 0
    for number in range(options.seed, options.seed + options.count):
        if ended or time.time() - started > options.seconds:
            break
        count += 1
        program = numbered(number)
        outcome = run(program, checks)
        program.forget()
        done.update(outcome.done)
        done.update(f"skipped {s}" for s in outcome.skipped)
        if options.show:
            print(program.shown(), "\n#", outcome, flush=True)
        failure = outcome.failure
        if failure is None:
            continue
        kinds[failure.kind, failure.unsupported] += 1
        if kinds[failure.kind, failure.unsupported] == 1:
            report(number, program, failure, checks, options.effort)
        else:
            print(f"# program {number}: the same kind, {failure.kind}", flush=True)
    summary(count, done, kinds, time.time() - started)
    return 1 if any(not unsupported for _, unsupported in kinds) else 0


def report(number: int, program: Program, failure: Failure, checks: tuple, effort: int) -> None:
    """Print a failure with a small program."""
    name = failure.kind.split(":")[0]

    if "Endless" in failure.kind:
        effort = 0

    def fails(smaller: Program) -> bool:
        found = run(smaller, (name,)).failure
        smaller.forget()
        return found is not None and found.kind == failure.kind

    small = reduced(program, fails, effort)
    again = run(small, (name,)).failure or failure
    print(f"\n# ── program {number}: {failure.kind}\n{small.shown()}\n# {again.text}", flush=True)


def summary(count: int, done, kinds, seconds: float) -> None:
    print(f"\n{count} programs in {seconds:.0f} s")
    for name, times in sorted(done.items()):
        print(f"  {times:6d}  {name}")
    for (kind, unsupported), times in kinds.most_common():
        print(f"  {times:6d}  {'unsupported' if unsupported else 'FAILED'}  {kind}")


if __name__ == "__main__":
    sys.exit(main())

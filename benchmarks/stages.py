"""Where the time of a first call goes: stopwatches around the compiler's parts and Numba's events."""

from __future__ import annotations

import time
from collections import Counter

PARTS = ("reading", "passes", "planning, writing", "Numba: typing", "Numba: lowering", "LLVM", "the rest")


class Stages:
    """Watches the parts of one first call from now on; each moment counts for the innermost part."""

    def __init__(self):
        self.open: list[str] = ["the rest"]
        self.times: Counter = Counter()
        self.last = self.start = time.process_time()
        self._watch_ours()
        self._watch_numba()

    def seconds(self) -> dict[str, float]:
        """The CPU seconds of each part until now."""
        self._turn()
        return {part: self.times[part] for part in PARTS}

    def _turn(self) -> None:
        now = time.process_time()
        self.times[self.open[-1]] += now - self.last
        self.last = now

    def enter(self, part: str) -> None:
        self._turn()
        self.open.append(part)

    def leave(self) -> None:
        self._turn()
        self.open.pop()

    def _watched(self, function, part: str):
        def watched(*args, **kwargs):
            self.enter(part)
            try:
                return function(*args, **kwargs)
            finally:
                self.leave()

        return watched

    def _watch_ours(self) -> None:
        from broadax import compiled
        from broadax.backends.numba import run

        compiled.specialise = self._watched(compiled.specialise, "reading")
        compiled.lower = self._watched(compiled.lower, "passes")
        run.module_text = self._watched(run.module_text, "planning, writing")

    def _watch_numba(self) -> None:
        from numba.core import event
        from numba.core.codegen import JITCodeLibrary

        stages = self

        class Passes(event.Listener):
            def on_start(self, event):
                name = event.data["name"]
                lowering = "native_lowering" in name or name.startswith("nopython_backend")
                stages.enter("Numba: lowering" if lowering else "Numba: typing")

            def on_end(self, event):
                stages.leave()

        event.register("numba:run_pass", Passes())
        for name in ("finalize", "_finalize_final_module", "_optimize_functions"):
            setattr(JITCodeLibrary, name, self._watched_method(getattr(JITCodeLibrary, name), "LLVM"))

    def _watched_method(self, method, part: str):
        watched = self._watched(method, part)
        return lambda own, *args, **kwargs: watched(own, *args, **kwargs)

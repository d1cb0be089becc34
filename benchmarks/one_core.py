"""One thread for everybody: imported before NumPy, JAX and PyTorch, which count the cores when they start.

XLA has no option that keeps it to one thread; a process that may run on one core only does.
"""

from __future__ import annotations

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

"""autograd as a contender, where it is installed: gradients of functions written with `autograd.numpy`."""

from __future__ import annotations

import importlib.util

AVAILABLE = importlib.util.find_spec("autograd") is not None

if AVAILABLE:
    from autograd import numpy, value_and_grad  # noqa: F401

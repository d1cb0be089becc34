"""JAX as a contender, where it is installed: float64 is enabled, calls wait for the result."""

from __future__ import annotations

import importlib.util

AVAILABLE = importlib.util.find_spec("jax") is not None

if AVAILABLE:
    import jax
    from jax import numpy  # noqa: F401

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")


def jit(function, **options):
    """`jax.jit` of a function whose calls return when the result is there."""
    compiled = jax.jit(function, **options)
    return lambda *args: jax.block_until_ready(compiled(*args))


def arrays(tree):
    """The tree with JAX's arrays in place of NumPy's; numbers stay Python's."""
    import numpy as np

    return jax.tree.map(lambda x: jax.numpy.asarray(x) if isinstance(x, np.ndarray) else x, tree)

"""PyTorch as a contender, where it is installed: its functions under NumPy's names, eager, on one thread."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

AVAILABLE = importlib.util.find_spec("torch") is not None

if AVAILABLE:
    import torch

    torch.set_num_threads(1)
    numpy = SimpleNamespace(
        **{name: getattr(torch, name) for name in ("exp", "log", "sqrt", "tanh", "sum", "mean", "reshape")},
        swapaxes=torch.swapaxes,
        max=lambda x, axis, keepdims=False: torch.amax(x, axis, keepdim=keepdims),
        maximum=torch.clamp_min,
        zeros=lambda shape, dtype: torch.zeros(shape, dtype=dtype),
    )


def arrays(tree):
    """The tree with PyTorch's tensors in place of NumPy's arrays; numbers stay Python's."""
    import numpy as np

    return _mapped(lambda x: torch.from_numpy(x) if isinstance(x, np.ndarray) else x, tree)


def value_and_grad(function):
    """A function's value and its derivatives by a tree of tensors, its first argument."""

    def both(params, *args):
        leaves = []

        def watched(x):
            leaves.append(x.detach().requires_grad_())
            return leaves[-1]

        value = function(_mapped(watched, params), *args)
        found = iter(torch.autograd.grad(value, leaves))
        return value.detach(), _mapped(lambda x: next(found), params)

    return both


def convolve(x, w):
    return torch.nn.functional.conv2d(x, w)


def pool(x):
    return torch.nn.functional.max_pool2d(x, 2)


def _mapped(function, tree):
    if isinstance(tree, (list, tuple)):
        return type(tree)(_mapped(function, x) for x in tree)
    if isinstance(tree, dict):
        return {name: _mapped(function, x) for name, x in tree.items()}
    return function(tree)

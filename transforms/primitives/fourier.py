"""The discrete Fourier transform of complex arrays along one axis, and its inverse.

Its matrix is symmetric: each is its own transpose.
"""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.avals import Aval
from broadax.transforms.core.expression import apply
from broadax.transforms.primitives.registry import linear


def _declare(name: str) -> None:
    function = getattr(np.fft, name)

    def text(args, params, out, text):
        axis = "" if params["axis"] == len(out.shape) - 1 else f", axis={params['axis']}"
        return f"np.fft.{name}({args[0]}{axis})"

    linear(
        name,
        infer=lambda x, axis: Aval(x.dtype, x.shape),
        impl=lambda x, axis: function(x, axis=axis),
        numpy=text,
        batch=lambda size, batched, x, axis: apply(name, x, axis=axis + 1),
        transposes={0: lambda ct, x, axis: apply(name, ct, axis=axis)},
    )


_declare("fft")
_declare("ifft")

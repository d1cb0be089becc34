"""Kinds of dtypes, with bfloat16 as the float that it is; NumPy gives it no kind."""

from __future__ import annotations

import ml_dtypes
import numpy as np

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


def kind_of(dtype) -> str:
    """`dtype.kind`: b, i, u, f, c, or another letter for what is no number."""
    return "f" if dtype == BFLOAT16 else np.dtype(dtype).kind

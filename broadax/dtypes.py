"""Dtypes that NumPy has no name for, as in `jax.dtypes`."""

from broadax.transforms.core.float0 import FLOAT0

float0 = FLOAT0  # of the derivatives by integers, which are nothing

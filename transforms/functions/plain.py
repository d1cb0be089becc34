"""Functions that NumPy lacks, for plain Python code: they work uncompiled and are known to the compiler."""

from __future__ import annotations

from broadax.runtime.dtypes import kind_of
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import as_atom
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.special import floats


def stop_gradient(x):
    """x, taken to be constant by derivatives."""
    return x


@intrinsic(stop_gradient)
def _stop_gradient(x):
    x = as_atom(x)
    return apply("stop_gradient", x) if kind_of(x.dtype) in "fc" else x


def erf(x):
    """The error function, elementwise."""
    import scipy.special

    return scipy.special.erf(x)


@intrinsic(erf)
def _erf(x):
    return apply("erf", *floats(x))


def erfc(x):
    """1 - erf(x) without cancellation, elementwise."""
    import scipy.special

    return scipy.special.erfc(x)


@intrinsic(erfc)
def _erfc(x):
    return apply("erfc", *floats(x))

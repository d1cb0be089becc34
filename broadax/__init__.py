"""broadax: hews NumPy functions into their derivatives, batches and fast versions, as readable source."""

from broadax import nn
from broadax.api import (
    eval_shape,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jit,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)
from broadax.config import backend
from broadax.custom import custom_jvp, custom_vjp
from broadax.runtime.errors import BroadaxError
from broadax.transforms.specs import ShapeDtypeStruct

__all__ = [
    "BroadaxError", "ShapeDtypeStruct", "backend", "custom_jvp", "custom_vjp", "eval_shape", "grad",
    "hessian", "jacfwd", "jacrev", "jit", "jvp", "nn", "stop_gradient", "value_and_grad", "vjp", "vmap",
]  # fmt: skip

__version__ = "0.1.0"

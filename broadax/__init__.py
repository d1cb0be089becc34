"""broadax: hews NumPy functions into their derivatives, batches and fast versions, as readable source."""

import importlib

from broadax import dtypes, lax, test_util
from broadax.api import (
    checkpoint,
    checkpoint_name,
    closure_convert,
    eval_shape,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    linear_transpose,
    linearize,
    named_call,
    pure_callback,
    remat,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)
from broadax.config import backend
from broadax.custom import custom_jvp, custom_vjp
from broadax.devices import (
    DeviceArray,
    block_until_ready,
    default_device,
    device_count,
    device_get,
    device_put,
    devices,
    topology,
)
from broadax.runtime.errors import BroadaxError
from broadax.transforms import policies as checkpoint_policies
from broadax.transforms.specs import ShapeDtypeStruct

__all__ = [
    "BroadaxError", "DeviceArray", "ShapeDtypeStruct", "backend", "block_until_ready", "checkpoint",
    "checkpoint_name", "checkpoint_policies", "closure_convert", "custom_jvp", "custom_vjp",
    "default_device", "device_count", "device_get", "device_put", "devices", "dtypes", "eval_shape", "grad",
    "hessian", "jacfwd", "jacobian", "jacrev", "jit", "jvp", "lax", "linear_transpose", "linearize",
    "named_call", "nn", "pure_callback", "remat", "stop_gradient", "test_util", "topology", "value_and_grad",
    "vjp", "vmap",
]  # fmt: skip

__version__ = "0.1.0"


def __getattr__(name: str):
    """`nn` on its first use: the table of functions that it belongs to takes long to import."""
    if name == "nn":
        return importlib.import_module("broadax.nn")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

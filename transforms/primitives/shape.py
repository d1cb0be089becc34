"""Shapes: reshape, transpose, broadcast, triangles."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms import sizes
from broadax.transforms.avals import broadcast, shape_text
from broadax.transforms.expression import apply
from broadax.transforms.primitives.creation import expand
from broadax.transforms.primitives.registry import linear


def _reshape_infer(x, shape):
    if sizes.same(x.size, sizes.product(shape)) is False:
        raise ShapeError(f"cannot reshape array of size {sizes.hint(x.size)} into shape {shape_text(shape)}")
    return x.with_shape(shape)


def _reshape_text(args, params, out, text):
    if not params["shape"]:
        return f"{args[0]}.item()" if out.aval.weak else f"{args[0]}.reshape(())[()]"
    return f"{args[0]}.reshape({', '.join(map(text, params['shape']))})"


linear("reshape", infer=_reshape_infer, impl=lambda x, shape: np.reshape(x, shape)[()],
       transposes={0: lambda ct, x, shape: apply("reshape", ct, shape=x.shape)}, numpy=_reshape_text,
       batch=lambda size, b, x, shape: apply("reshape", x, shape=(size, *shape)))


def _transpose_text(args, params, out, text):
    axes = params["axes"]
    if axes == tuple(range(len(axes)))[::-1]:
        return f"{args[0]}.T"
    swapped = [k for k, axis in enumerate(axes) if axis != k]
    if len(swapped) == 2:
        return f"{args[0]}.swapaxes({swapped[0]}, {swapped[1]})"
    return f"{args[0]}.transpose({', '.join(map(str, axes))})"


def _inverse(axes) -> tuple:
    return tuple(int(k) for k in np.argsort(axes))


linear("transpose", infer=lambda x, axes: x.with_shape(x.shape[k] for k in axes), impl=np.transpose,
       transposes={0: lambda ct, x, axes: apply("transpose", ct, axes=_inverse(axes))}, numpy=_transpose_text,
       batch=lambda size, b, x, axes: apply("transpose", x, axes=(0, *(k + 1 for k in axes))))


def _broadcast_infer(x, shape):
    if len(x.shape) > len(shape) or len(broadcast(x.shape, shape)) != len(shape) or any(
            sizes.same(a, b) is False for a, b in zip(broadcast(x.shape, shape), shape, strict=True)):
        raise ShapeError("operands could not be broadcast together with remapped shapes "
                         f"[original->remapped]: {shape_text(x.shape)} and requested shape {shape_text(shape)}")
    return x.with_shape(shape)


def unbroadcast(ct, shape):
    """A cotangent summed over the axes along which its primal of `shape` was broadcast."""
    lead = ct.ndim - len(shape)
    axes = tuple(k for k in range(ct.ndim) if k < lead or (shape[k - lead] == 1 and ct.shape[k] != 1))
    if not axes:
        return ct
    if all(k < lead for k in axes):
        return apply("sum", ct, axes=axes, keepdims=False)
    kept = apply("sum", ct, axes=axes, keepdims=True)
    return apply("reshape", kept, shape=shape) if lead else kept


linear("broadcast_to", infer=_broadcast_infer, impl=lambda x, shape: np.broadcast_to(x, shape),
       transposes={0: lambda ct, x, shape: unbroadcast(ct, x.shape)},
       numpy=lambda a, p, out, text: f"np.broadcast_to({a[0]}, ({', '.join(map(text, p['shape']))}"
       + (",))" if len(p["shape"]) == 1 else "))"),
       batch=lambda size, b, x, shape: apply("broadcast_to", expand(x, len(shape) + 1), shape=(size, *shape)))

for _name, _function in (("tril", np.tril), ("triu", np.triu)):
    linear(_name, infer=lambda x, k: x, impl=_function,
           transposes={0: lambda ct, x, k, name=_name: apply(name, ct, k=k)},
           numpy=lambda a, p, out, text, name=_name: f"np.{name}({a[0]}" + (f", {p['k']}" if p["k"] else "") + ")",
           batch=lambda size, b, x, k, name=_name: apply(name, x, k=k))

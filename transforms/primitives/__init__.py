"""The primitives, by family; importing this package declares them all."""

from broadax.transforms.primitives import (  # noqa: F401
    creation,
    elementwise,
    index,
    linalg,
    reduce,
    shape,
    stack,
)

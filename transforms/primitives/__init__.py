"""The primitives, by family; importing this package declares them all."""

from broadax.transforms.primitives import (  # noqa: F401
    arithmetic,
    call,
    callback,
    collective,
    creation,
    cumulative,
    decompositions,
    factors,
    fourier,
    index,
    joining,
    linalg,
    logic,
    mathematics,
    products,
    reduce,
    shape,
    sort,
    stack,
    types,
)

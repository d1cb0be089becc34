"""All families of rules, imported so that they enter themselves into the table."""

from broadax.backends.pjrt import (  # noqa: F401
    arithmetic,
    conversions,
    eigen,
    elementwise,
    factorizations,
    fourier,
    functions,
    indexing,
    orthogonal,
    products,
    reductions,
    refused,
    shaping,
    singular,
    sorting,
    stacks,
    updates,
)

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
    products,
    reductions,
    refused,
    shaping,
    sorting,
    stacks,
    updates,
)

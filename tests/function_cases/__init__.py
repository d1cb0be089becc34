"""Tables of calls of NumPy's functions, by family; importing this package fills `table.CASES`."""

from function_cases import (  # noqa: F401
    analysis,
    creation,
    elementwise,
    errors,
    fourier,
    linalg,
    nans,
    products,
    reductions,
    scalars,
    selecting,
    shapes,
    signals,
    sorting,
    special,
    statistics,
)

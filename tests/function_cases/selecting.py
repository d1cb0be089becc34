"""Choosing elements."""

from function_cases.table import case

case(
    "where",
    "b1[4] | f8[4] | f8[4] ; f8[4] | f4[4] | i8[4] ; b1[3] | 1.0 | 2 ; True | 1.5 | 2.5 ; "
    "b1[3] | f4[2,3] | f4[] ; b1[3] | f4[3] | 0.0",
    "np.where(x, y, z)",
)
case("select", "f8[6] ; f4[5] ; i8[5]", "np.select([np.greater(x, 1), np.less(x, -1)], [x, x * 2], 0.5)")
case(
    "choose",
    "np.array([0, 1, 1, 0]) | np.arange(4.0) | -np.arange(4.0) ; np.array([0, 1, 1]) | 2.5 | 3",
    "np.choose(x, [y, z]); np.choose(x, (y, z), mode='clip')",
)
case(
    "take",
    "np.arange(12.0).reshape(4, 3) | np.array([0, 2, -1]) ; np.arange(5) | np.array([[0, 1], [2, 3]])",
    """
    np.take(x, y); np.take(x, y, axis=0); x.take(y, axis=-1); np.take(x, y, mode='wrap')
    np.take(x, y, mode='clip'); np.take(x, 1); np.take(x, [0, 1], axis=0)""",
)
case(
    "take_along",
    "np.arange(12.0).reshape(4, 3) | np.array([[0], [2], [1], [-1]])",
    "np.take_along_axis(x, y, axis=1); np.take_along_axis(x, y, axis=-1)",
)
case("take_along-sort", "f8[5,3]", "np.take_along_axis(x, np.argsort(x, axis=0), axis=0)")
case(
    "diagonal",
    "f8[4,4] ; f8[5,3] ; f8[3,5]",
    """
    np.diagonal(x); np.diagonal(x, 1); x.diagonal(-1); np.diag(x); np.diag(x, 1); np.diag(x, -2)""",
)
case(
    "diagonal-3d", "f8[2,3,4]", "np.diagonal(x); np.diagonal(x, 0, 1, 2); np.diagonal(x, axis1=-2, axis2=-1)"
)
case("diag", "f8[3] ; i8[2]", "np.diag(x); np.diag(x, 1); np.diag(x, -2); np.diagflat(x)")
case(
    "tri",
    "f8[4,3] ; f8[2,3,3] ; i8[3]",
    """
    np.tril(x); np.triu(x); np.tril(x, -1); np.triu(x, 1); np.tri(3); np.tri(2, 4, 1)
    np.tri(x.shape[0], dtype=int)""",
)
case(
    "tri-indices",
    "f8[4,4] ; f8[2,2]",
    """
    np.tril_indices(4); np.triu_indices(4, 1); np.tril_indices(x.shape[0]); np.triu_indices(x.shape[0])
    np.triu_indices(x.shape[0], 1); np.tril_indices(3, 1, 5); np.diag_indices(3)
    np.diag_indices(x.shape[0], 3); np.tril_indices_from(x); np.triu_indices_from(x, -1)
    np.diag_indices_from(x)""",
)
case("ix_", "i8[3] | i8[2] ; b1[4] | i8[2]", "np.ix_(x, y)")
case(
    "nonzero",
    "b1[6] ; b1[4,3] ; np.array([0.0, 2, 0, 1]) ; np.zeros(4)",
    "np.nonzero(x); np.flatnonzero(x); np.argwhere(x); x.nonzero(); np.where(x)",
)
case("unravel", "i8[3] ; 7", "np.unravel_index(x, (4, 5)); np.unravel_index(x, (2, 2, 9))")
case(
    "ravel_multi",
    "i8[3] | i8[3]",
    """
    np.ravel_multi_index((x, y), (10, 12)); np.ravel_multi_index((x, y), (3, 4), mode='wrap')
    np.ravel_multi_index((x, y), (3, 4), mode='clip')""",
)
case(
    "compress",
    "np.array([True, False, True, True]) | np.arange(12.0).reshape(4, 3) ; b1[5] | f8[5]",
    "np.compress(x, y, axis=0); y.compress(x, axis=0); np.compress(x, y)",
)
case("extract", "b1[4,3] | f8[4,3] ; b1[5] | i8[5]", "np.extract(x, y)")

"""Sorting and searching."""

from function_cases.table import case

case(
    "sort",
    "f8[5,3] ; i8[6] ; f4[4,4] ; b1[5]",
    """
    np.sort(x); np.sort(x, axis=0); np.argsort(x, axis=0, kind='stable'); np.sort(x, axis=None)
    np.argsort(x, kind='stable'); x.argsort(kind='stable')""",
)
case("lexsort", "f8[8]", "np.lexsort((x, np.floor(x)))")
case(
    "searchsorted",
    "np.array([0.0, 1, 2, 2, 3]) | np.array([0.5, 2, 9, -1]) ; np.arange(4) | 2.5 ; "
    "np.arange(5.0) | np.ones((2, 2))",
    """
    np.searchsorted(x, y); np.searchsorted(x, y, side='right'); x.searchsorted(y)
    np.searchsorted(x, 1.0); np.searchsorted(x, [0.5, 2])""",
)
case(
    "digitize",
    "np.array([0.2, 6.4, 3.0, 1.6, 2.5]) | np.array([0.0, 1, 2.5, 4, 10]) ; "
    "np.array([0.2, 6.4, 3.0, 1.6]) | np.array([10.0, 4, 2.5, 1, 0]) ; "
    "np.array([0.2, 1.0]) | np.array([1.0]) ; 2.5 | np.arange(4.0)",
    "np.digitize(x, y); np.digitize(x, y, right=True)",
)
case(
    "isin",
    "i8[5] | i8[3] ; i8[2,3] | i8[4] ; 3 | np.arange(4)",
    "np.isin(x, y); np.isin(x, y, invert=True); np.isin(x, [1, 2])",
)
case(
    "unique",
    "DUPLICATES ; DUPLICATES / 2 ; DUPLICATES.reshape(2, 3) ; i8[9]",
    """
    np.unique(x); np.unique(x, return_counts=True); np.unique(x, return_inverse=True)
    np.unique(x, return_index=True); np.unique(x, True, True, True)""",
)
case("unique-nan", "np.array([np.nan, 1.0, np.nan, 0.0])", "np.unique(x)")
case(
    "sets",
    "i8[5] | i8[4] ; DUPLICATES | np.array([1, 7])",
    "np.union1d(x, y); np.intersect1d(x, y); np.setdiff1d(x, y)",
)
case("bincount", "DUPLICATES ; i8[6]", "np.bincount(x); np.bincount(x, minlength=12); np.bincount(x, x)")

"""Reductions and running sums."""

from function_cases.table import case, words

for _f in words("sum prod max min mean all any amax amin ptp"):
    case(
        _f,
        "f8[5,3] ; f4[4] ; i8[4,2] ; i4[3] ; u1[4] ; f2[4]" + (" ; b1[4]" if _f != "ptp" else ""),
        f"""
    np.{_f}(x); np.{_f}(x, axis=0); np.{_f}(x, axis=-1); np.{_f}(x, axis=0, keepdims=True)
    np.{_f}(x, keepdims=True)""",
    )
for _f in words("sum prod max min mean all any argmax argmin cumsum cumprod"):
    case(f"method-{_f}", "f8[5,3] ; i8[3,4]", f"x.{_f}(); x.{_f}(axis=0); x.{_f}(1)")
    case(f"scalar-{_f}", "2.5 ; 3 ; np.float32(2) ; True", f"np.{_f}(x)")
for _f in words("sum mean max"):
    case(
        f"axes-{_f}",
        "f8[2,3,4]",
        f"""
    np.{_f}(x, axis=(0, 2)); np.{_f}(x, axis=(-1, 0), keepdims=True); np.{_f}(x, axis=())""",
    )
case(
    "sum-options",
    "f8[5,3] ; i8[4] ; f4[4]",
    """
    np.sum(x, dtype=np.float32); np.sum(x, initial=2); np.max(x, initial=100); np.min(x, initial=-3)""",
)
case(
    "where-options",
    "f8[5,3] | b1[5,3] ; f4[5,3] | b1[5,3]",
    """
    np.sum(x, where=y); np.prod(x, where=y); np.mean(x, where=y); np.max(x, where=y, initial=-9)
    np.any(x, where=y); np.all(x, where=y); np.sum(x, axis=0, where=y)
    np.sum(x, where=y, keepdims=True)""",
)
case(
    "empty",
    "np.zeros((0,)) ; np.zeros((0, 3))",
    """
    np.sum(x); np.prod(x); np.all(x); np.any(x); np.max(x, initial=1.0); np.cumsum(x); np.sort(x)""",
)
case(
    "list",
    "1.5 ; 2 ; f8[]",
    """
    np.sum([x, x, 1]); np.max([x, 2]); np.mean((x, x)); np.sum([1, 2, 3]); np.prod((2, 3))
    np.max([1, 4.5])""",
)
case(
    "sizes",
    "f8[5,3]",
    """
    np.zeros(np.prod(x.shape)); x.reshape(np.prod(x.shape)); np.prod(x.shape); np.sum(x.shape)""",
)
case(
    "arg",
    "f8[5,3] ; i8[4,3] ; b1[3,3]",
    """
    np.argmax(x); np.argmin(x, axis=0); np.argmax(x, axis=1, keepdims=True); np.argmin(x, keepdims=True)""",
)
case("count", "f8[5,3] ; b1[4] ; i8[3]", "np.count_nonzero(x); np.count_nonzero(x, axis=0)")
case(
    "running",
    "f8[5,3] ; i4[4] ; b1[4] ; f4[3]",
    """
    np.cumsum(x); np.cumsum(x, axis=0); np.cumprod(x, axis=-1); np.cumprod(x); np.add.accumulate(x)
    np.multiply.accumulate(x)""",
)
case(
    "cumulative",
    "f8[5] ; i4[4]",
    """
    np.cumulative_sum(x); np.cumulative_prod(x); np.cumulative_sum(x, include_initial=True)""",
)
case(
    "ufunc-reduce",
    "f8[5,3] ; i8[2,3] ; b1[3,3]",
    """
    np.add.reduce(x); np.multiply.reduce(x, axis=None); np.maximum.reduce(x)
    np.minimum.reduce(x, axis=1); np.logical_and.reduce(x); np.logical_or.reduce(x, axis=None)
    np.add.reduce(x, axis=(0, 1))""",
)
case(
    "diff",
    "f8[5,4] ; i8[5] ; f8[5] ; f4[4]",
    """
    np.diff(x); np.diff(x, n=2); np.diff(x, axis=0); np.diff(x, prepend=0); np.diff(x, append=1)
    np.diff(x, n=0)""",
)
case("diff-bool", "b1[5] ; f8[1]", "np.diff(x)")

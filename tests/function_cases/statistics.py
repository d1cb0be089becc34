"""Statistics."""

from function_cases.table import library_case as case

case(
    "var",
    "f8[5,3] ; i8[4,3] ; c16[3,2]",
    """
    np.var(x); np.var(x, axis=0); np.var(x, ddof=1); np.var(x, axis=-1, keepdims=True); x.var()
    x.std(axis=0)""",
)
case(
    "std",
    "f8[5] ; f4[4]",
    "np.std(x); np.std(x, ddof=1); np.std(x, axis=0); np.std(x, keepdims=True)",
    rtol=1e-05,
)
case("var-axes", "f8[2,3,4]", "np.var(x, axis=(0, 2))")
case("var-where", "np.arange(6.0).reshape(3, 2) | MASK", "np.var(x, where=y); np.std(x, axis=0, where=y)")
case(
    "average",
    "f8[5,3] ; i8[3,4]",
    "np.average(x); np.average(x, axis=0); np.average(x, axis=1, keepdims=True)",
)
case(
    "average-weights",
    "f8[4,3] | f8[4,3]",
    """
    np.average(x, weights=y); np.average(x, axis=0, weights=y); np.average(x, weights=y, returned=True)""",
)
case("average-1d", "f8[4,3] | f8[3]", "np.average(x, axis=1, weights=y)")
case(
    "cov",
    "f8[3,5]",
    """
    np.cov(x); np.cov(x, rowvar=False); np.cov(x, ddof=0); np.cov(x, bias=True); np.corrcoef(x)""",
)
case("cov-two", "f8[5] | f8[5]", "np.cov(x, y); np.corrcoef(x, y); np.cov(x)")
case(
    "median",
    "f8[5,4] ; i8[3,3] ; f4[4,3]",
    """
    np.median(x); np.median(x, axis=0); np.median(x, axis=1); np.median(x, axis=(0, 1))
    np.median(x, keepdims=True); np.median(x, axis=0, keepdims=True)""",
)
case("median-nan", "np.array([1.0, np.nan, 2.0]) ; f8[2] ; f8[7]", "np.median(x)")
case(
    "quantile",
    "f8[5,4] ; i8[4,3]",
    """
    np.quantile(x, 0.3); np.quantile(x, 0.75, axis=0); np.percentile(x, 40)
    np.quantile(x, [0.1, 0.5, 1.0]); np.quantile(x, 0.5, keepdims=True)
    np.percentile(x, [25, 75], axis=1); np.quantile(x, 0.0)""",
)
for _method in ("lower", "higher", "nearest", "midpoint"):
    case(
        f"quantile-{_method}",
        "f8[5] ; f8[8]",
        f"np.quantile(x, 0.4, method={_method!r}); np.percentile(x, 50, method={_method!r})",
    )
case(
    "single",
    "f4[3,4]",
    """
    np.cov(x); np.corrcoef(x); np.average(x); np.average(x, axis=0); np.average(x, weights=x * x)
    np.quantile(x, 0.3); np.percentile(x, 30, axis=0); np.quantile(x, [0.1, 0.5]); np.percentile(x, [20, 40])
    np.median(x); np.var(x); x.std()
    np.nanmean(x); np.nanvar(x); np.nanmedian(x); np.nanquantile(x, 0.25); np.cov(x, ddof=2)""",
    rtol=1e-4,
)
case("weights-int", "f4[4] | i8[4] ; i8[4] | i8[4] ; i8[4] | f4[4]", "np.average(x, weights=y)", rtol=1e-5)

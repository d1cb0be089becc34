"""Reductions without NaNs."""

from function_cases.table import library_case as case

case(
    "nan",
    "HOLES[:, ::2] ; HOLES[:, ::2].astype('f4') ; i8[3,2]",
    """
    np.nansum(x); np.nansum(x, axis=0); np.nanprod(x); np.nancumsum(x); np.nancumprod(x, axis=1)
    np.nanmax(x); np.nanmin(x, axis=1); np.nanmean(x); np.nanmean(x, axis=1, keepdims=True)
    np.nanvar(x); np.nanstd(x, axis=1); np.nanargmax(x); np.nanargmin(x, axis=1)
    np.nanvar(x, axis=1, ddof=1); np.nanmax(x, keepdims=True)""",
    rtol=1e-06,
)
case("nan-all", "HOLES", "np.nansum(x, axis=0); np.nanmean(x, axis=0); np.nanmax(x, axis=0)")
case(
    "nanmedian",
    "HOLES[:, ::2] ; f8[5,3]",
    """
    np.nanmedian(x); np.nanmedian(x, axis=1); np.nanquantile(x, 0.3, axis=1); np.nanpercentile(x, 60)""",
)

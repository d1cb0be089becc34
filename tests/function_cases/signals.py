"""Convolution, polynomials, windows."""

from function_cases.table import library_case as case

for _mode in ("full", "same", "valid"):
    case(
        f"convolve-{_mode}",
        "f8[6] | f8[3] ; f8[2] | f8[5] ; f8[5] | f8[4] ; i8[4] | i8[2] ; f8[4] | f4[4]",
        f"np.convolve(x, y, {_mode!r}); np.correlate(x, y, {_mode!r})",
    )
case(
    "polyval",
    "f8[4] | f8[5] ; f8[3] | f8[2,3] ; i8[3] | i8[2] ; f8[3] | 0.5",
    "np.polyval(x, y); np.polyval([1.0, 2.0, 3.0], y)",
)
case(
    "polyadd",
    "f8[3] | f8[5] ; f8[4] | f8[2] ; f8[3] | f8[3]",
    "np.polyadd(x, y); np.polysub(x, y); np.polymul(x, y)",
)
case("polyder", "f8[5]", "np.polyder(x); np.polyder(x, 2); np.polyint(x); np.polyint(x, 2, k=[1, 2])")
case(
    "windows",
    "f8[7] ; f8[4]",
    """
    np.hanning(5); np.hamming(x.shape[0]); np.blackman(8); np.bartlett(x.shape[0]); np.bartlett(6)
    np.hanning(1)""",
    rtol=1e-09,
)
case(
    "single",
    "f4[5] | f4[3]",
    """
    np.convolve(x, y); np.convolve(x, [1, 2]); np.correlate(x, y); np.polyval(y, x); np.polyval([1.0, 2.0], x)
    np.polyadd(x, y); np.polyder(x); np.polyint(y); np.polymul(x, y)""",
    rtol=1e-5,
)
case("complex", "c16[5] | c16[3]", "np.convolve(x, y); np.correlate(x, y, 'full'); np.polyval(y, x)")

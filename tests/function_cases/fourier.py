"""numpy.fft."""

from function_cases.table import case, library_case

for _n in (1, 2, 6, 7, 12):
    case(
        f"fft-{_n}",
        f"f8[{_n}] ; c16[{_n}] ; i8[{_n}]",
        "np.fft.fft(x); np.fft.ifft(x); np.fft.fft(x, 5); np.fft.ifft(x, n=8); np.fft.irfft(x, 5)",
        rtol=1e-9,
    )
for _norm in ("backward", "ortho", "forward"):
    case(
        f"fft-{_norm}",
        "f8[4,6] ; f8[3,5]",
        f"""
    np.fft.fft(x, axis=0, norm={_norm!r}); np.fft.ifft(x, norm={_norm!r}); np.fft.rfft(x, norm={_norm!r})
    np.fft.irfft(x, axis=0, norm={_norm!r}); np.fft.fft2(x, norm={_norm!r}); np.fft.rfft2(x, norm={_norm!r})
    np.fft.irfft2(x, norm={_norm!r}); np.fft.ifftn(x, norm={_norm!r}); np.fft.rfftn(x, axes=(1, 0))""",
        rtol=1e-9,
    )
library_case(
    "fft-shift",
    "f8[6] ; f8[5] ; f8[4,3]",
    """
    np.fft.fftshift(x); np.fft.ifftshift(x); np.fft.fftshift(x, 0); np.fft.fftfreq(x.shape[0], 0.1)
    np.fft.rfftfreq(7); np.fft.fftfreq(8); np.fft.fft2(x, s=(2, 5), axes=(-1, 0)) if x.ndim == 2 else x""",
)
case("fft-single", "f4[6]", "np.fft.fft(x); np.fft.rfft(x); np.fft.irfft(x)", rtol=1e-4)

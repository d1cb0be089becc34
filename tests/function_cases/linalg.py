"""numpy.linalg."""

from function_cases.table import case, library_case

case(
    "solve",
    "M3 | np.arange(3.0) ; M3 | np.ones((3, 2)) ; M3.astype('f4') | np.ones(3, 'f4') ; "
    "np.stack([M3, M3 + 1]) | np.ones((2, 3, 1)) ; np.eye(3, dtype=int) * 2 | np.arange(3)",
    "np.linalg.solve(x, y)",
)
case(
    "linalg",
    "M3 ; np.stack([M3, 2 * M3]) ; M3.astype('f4')",
    """
    np.linalg.inv(x); np.linalg.det(x); np.linalg.slogdet(x); np.linalg.cholesky(x)
    np.linalg.cholesky(x, upper=True); np.linalg.eigvalsh(x); np.linalg.eigvalsh(x, UPLO='U')
    np.linalg.slogdet(x).logabsdet; np.linalg.matrix_power(x, 3); np.linalg.matrix_power(x, 0)
    np.linalg.matrix_power(x, -2); np.linalg.matrix_power(x, 1)""",
    rtol=1e-05,
)
case("eigh", "M3", "np.linalg.eigh(x)", rtol=1e-10)
for _o in ("None", "2", "1", "np.inf", "-np.inf", "0", "3", "-1", "0.5"):
    case(
        f"norm-{_o}",
        "f8[5] ; f4[4] ; i8[3] ; c16[3]",
        f"""
    np.linalg.norm(x, {_o}); np.linalg.norm(x, ord={_o}, keepdims=True)
    np.linalg.norm(x, ord={_o}, axis=0)""",
    )
for _o in ("None", "'fro'", "1", "-1", "np.inf", "-np.inf", "2"):
    case(
        f"matrix-norm-{_o}",
        "f8[5,3] ; f8[3,4] " + (" ; c16[2,2]" if _o != "2" else ""),
        f"""
    np.linalg.norm(x, {_o}); np.linalg.norm(x, {_o}, axis=(1, 0))
    np.linalg.norm(x, {_o}, axis=(0, 1), keepdims=True)""",
        rtol=1e-10,
    )
case(
    "norm-nd",
    "f8[2,3,4]",
    """
    np.linalg.norm(x); np.linalg.norm(x, axis=1); np.linalg.norm(x, axis=(0, 2))
    np.linalg.vector_norm(x); np.linalg.vector_norm(x, axis=1, ord=1); np.linalg.matrix_norm(x)
    np.linalg.matrix_norm(x, ord=1)""",
    rtol=1e-10,
)
case("norm-scalar", "-2.5 ; f8[] ; 3", "np.linalg.norm(x)")
case("tensorsolve", "np.eye(6).reshape(2, 3, 6) * 2 | np.ones((2, 3))", "np.linalg.tensorsolve(x, y)")
case(
    "scipy",
    "M3 | np.arange(3.0) ; M3.astype('f4') | np.ones((3, 2), 'f4')",
    """
    scipy_linalg.solve(x, y); scipy_linalg.inv(x); scipy_linalg.det(x); scipy_linalg.cholesky(x)
    scipy_linalg.cholesky(x, lower=True); scipy_linalg.cho_solve(scipy_linalg.cho_factor(x), y)
    scipy_linalg.cho_solve(scipy_linalg.cho_factor(x, lower=True), y); scipy_linalg.solve_triangular(x, y)
    scipy_linalg.solve_triangular(x, y, lower=True); scipy_linalg.solve_triangular(x, y, trans="T")
    scipy_linalg.solve_triangular(x, y, unit_diagonal=True); scipy_linalg.eigvalsh(x); scipy_linalg.norm(x)
    scipy_linalg.solve(x, y, transposed=True)""",
    rtol=1e-5,
)
case(
    "scipy-build",
    "f8[2,3] | f8[4]",
    """
    scipy_linalg.block_diag(x, y, 2.0); scipy_linalg.toeplitz(y); scipy_linalg.toeplitz(y, [1.0, 2.0])""",
)
case(
    "triangles",
    "M3 + np.triu(M3, 1)",
    """
    np.linalg.cholesky(x); np.linalg.cholesky(x, upper=True); np.linalg.eigvalsh(x)
    np.linalg.eigvalsh(x, "U")
    scipy_linalg.cholesky(x); scipy_linalg.cholesky(x, lower=True); scipy_linalg.eigvalsh(x)
    scipy_linalg.eigvalsh(x, lower=False)""",
    rtol=1e-9,
)
library_case(
    "least-squares",
    "f8[5,3] | f8[5] ; f8[3,3] | f8[3] ; f8[3,5] | f8[3] ; f8[5,2] | f8[5,2] ; f4[4,2] | f8[4]",
    """
    np.linalg.lstsq(x, y, rcond=None); np.linalg.lstsq(x, y, rcond=1e-8); np.linalg.pinv(x)
    np.linalg.pinv(x, rtol=None); np.linalg.matrix_rank(x); np.linalg.svdvals(x)
    np.linalg.svd(x, compute_uv=False)""",
    rtol=1e-4,
)
library_case(
    "rank",
    "np.outer(np.arange(4.0), np.ones(3))",
    "np.linalg.matrix_rank(x); np.linalg.lstsq(x, x[:, 0])[1:3]",
)
library_case("cond", "M3", "np.linalg.cond(x); np.linalg.cond(x, 1); np.linalg.cond(x, -2)", rtol=1e-9)
case("factors", "M3", "np.linalg.qr(x); np.linalg.qr(x, 'r'); np.linalg.svd(x); np.linalg.qr(x).R", rtol=1e-9)
library_case("polyfit", "f8[7] | f8[7]", "np.polyfit(x, y, 2); np.polyfit(x, y, 1, w=x * x + 1)", rtol=1e-8)

"""scipy.special."""

from function_cases.table import case, words

NAMES_3 = """
    erf erfc gammaln digamma psi expit logit log1p expm1 exp2 cbrt entr log_expit ndtr gamma"""
for _f in words(NAMES_3):
    case(
        f"special-{_f}",
        "np.array([0.1, 0.5, 0.9]) ; np.array([0.1, 0.5], 'f4') ; 0.25",
        f"special.{_f}(x)",
        rtol=1e-05 if _f == "x" else None,
    )
case(
    "expit-tails",
    "np.array([-800.0, -40, -5, 0, 5, 40, 800])",
    "special.expit(x); special.log_expit(x); special.ndtr(x)",
)
case("entr-odd", "np.array([-1.0, 0.0, 0.5, 2.0, np.nan])", "special.entr(x)")
case(
    "special-gamma",
    "np.array([-2.5, -1.5, -0.5, 0.5, 4.0])",
    "special.gamma(x); special.gammasgn(x)",
    rtol=1e-11,
)
case(
    "xlogy",
    "np.array([0.0, 0.0, 1.0, 2.0, 0.0]) | np.array([0.0, 2.0, 0.5, 3.0, np.inf]) ; 0.5 | 2.0",
    """
    special.xlogy(x, y); special.xlog1py(x, y); special.rel_entr(x, y); special.kl_div(x, y)""",
)
case(
    "beta",
    "np.array([0.5, 2.0]) | np.array([1.5, 3.0]) ; 2 | 3",
    "special.beta(x, y); special.betaln(x, y)",
    rtol=1e-11,
)
case(
    "logsumexp",
    "f8[5,3] ; f4[2,3]",
    """
    special.logsumexp(x); special.logsumexp(x, axis=0); special.logsumexp(x, axis=-1, keepdims=True)
    special.logsumexp(x, axis=(0, 1)); special.softmax(x); special.softmax(x, axis=0)
    special.log_softmax(x, axis=-1); special.log_softmax(x)""",
)
case("logsumexp-b", "np.arange(4.0) | np.array([1.0, 0.0, 2.0, 0.5])", "special.logsumexp(x, b=y, axis=0)")
case(
    "logsumexp-odd",
    "np.array([-np.inf, -np.inf]) ; np.array([np.inf, 1.0]) ; np.array([10000.0, 10000.0])",
    "special.logsumexp(x)",
)

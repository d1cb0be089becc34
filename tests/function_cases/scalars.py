"""Python's numbers and math."""

from function_cases.table import case, words

case(
    "convert",
    "2.5 ; -3 ; True ; np.float32(-1.5) ; np.int64(4)",
    "float(x); int(x); bool(x); complex(x); abs(x); round(x)",
)
case("bool-array", "f8[1] ; i8[1,1] ; f8[]", "bool(x)")
case("round-digits", "2.345 ; np.float64(-1.256) ; 7 ; np.float32(1.25)", "round(x, 1); round(x, 2)")
case(
    "max-min",
    "1.5 | 2.5 ; 3 | 2 ; np.float32(1) | np.float32(2) ; np.int64(4) | np.int64(7) ; "
    "float('nan') | 1.0 ; 1.0 | float('nan')",
    "max(x, y); min(x, y); max([x, y, x]); min(x, y, x)",
)
case(
    "max-array",
    "f8[5] ; i8[4] ; f4[3] ; np.array([1.0, np.nan, 2.0]) ; np.array([np.nan, 1.0, 2.0])",
    "max(x); min(x); sum(x)",
)
case(
    "sum-builtin",
    "1.5 | 2 ; True | False ; np.float32(1) | 2.0 ; f8[3] | f8[3]",
    "sum([x, y]); sum((x, y), 1.5); sum([x])",
)
case("sum-rows", "f8[4,3] ; b1[4] ; i4[3]", "sum(x)")
case("any-all", "1.5 | 0.0 ; True | False ; 0 | 0", "any([x, y]); all([x, y]); any([])")
case("any-all-array", "b1[4] ; np.array([0.0, 0.0])", "any(x); all(x)")
case("pow-divmod", "2.5 | 2.0 ; np.float64(7) | np.float64(2)", "pow(x, y); divmod(x, y); divmod(x, 3)")
case(
    "operator",
    "2.5 | 2 ; 7 | 2 ; -7 | 2 ; np.float32(3) | 2 ; f8[3] | f8[3] ; i8[3] | i8[3] ; True | 3",
    """
    operator.add(x, y); operator.sub(x, y); operator.mul(x, y); operator.truediv(x, y)
    operator.floordiv(x, y); operator.mod(x, y); operator.lt(x, y); operator.eq(x, y); operator.neg(x)
    operator.pos(y); operator.abs(x); operator.ge(x, y)""",
)
case(
    "operator-bits",
    "6 | 3 ; i8[3] | i8[3] ; b1[3] | b1[3]",
    "operator.and_(x, y); operator.or_(x, y); operator.xor(x, y); operator.invert(x)",
)
case("operator-shift", "6 | 3 ; i8[3] | i8[3]", "operator.lshift(x, y); operator.rshift(x, y)")
case("operator-not", "1.5 ; 0 ; True", "operator.not_(x); operator.truth(x)")
case(
    "power",
    "2.5 ; 4 ; np.float32(4) ; np.array([1.0, 4.0])",
    "operator.pow(x, 2); operator.pow(x, 0.5); operator.pow(2.0, x); pow(x, 3)",
)
case("power-negative", "4", "operator.pow(x, -2)")
NAMES_2 = """
    sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh
    atanh fabs erf erfc lgamma isnan isinf isfinite floor ceil degrees radians gamma modf"""
for _f in words(NAMES_2):
    case(f"math-{_f}", "0.5 ; np.float32(0.25) ; np.float64(0.75)", f"math.{_f}(x)", rtol=1e-12)
case("math-trunc", "2.5 ; -2.5 ; np.float64(1.5)", "math.trunc(x)")
case(
    "math-int",
    "3 ; np.int64(4) ; True",
    "math.sqrt(x); math.floor(x); math.ceil(x); math.exp(x); math.gamma(x); math.fabs(x)",
)
case("math-acosh", "1.5 ; 3", "math.acosh(x); math.log(x, 2); math.log(x, 10.0); math.gamma(x)", rtol=1e-12)
case("math-gamma", "-0.5 ; -1.5 ; -2.3 ; 6.0", "math.gamma(x)", rtol=1e-12)
case(
    "math-2",
    "1.5 | 2.5 ; 3 | 2 ; np.float32(1) | 2",
    """
    math.atan2(x, y); math.pow(x, y); math.copysign(x, y); math.fmod(x, y); math.hypot(x, y)
    math.hypot(x, y, 2.0); math.isclose(x, y); math.isclose(x, x); math.dist((x, y), (1, 2))
    math.fsum([x, y, 1]); math.prod([x, y]); math.isclose(x, y, rel_tol=0.9); math.prod([x], start=2)""",
    rtol=1e-12,
)
case("math-ldexp", "1.5 | 3", "math.ldexp(x, y)")
case("math-array", "f8[4]", "math.fsum(x); math.dist(x, x)")
case(
    "math-sizes",
    "f8[5,3]",
    "np.zeros(math.prod(x.shape)); np.ones(max(x.shape[0], 2)); math.ceil(x.shape[0])",
)

"""Elementwise functions."""

from function_cases.table import case, words

NAMES_0 = """
    negative positive absolute sign square fabs degrees radians deg2rad rad2deg sin cos tan arctan
    sinh cosh tanh arcsinh exp exp2 expm1 cbrt floor ceil trunc rint isnan isinf isfinite signbit
    fix"""
for _f in words(NAMES_0):
    case(_f, "f8[5,3] ; f4[4] ; f8[] ; i8[4] ; 0.5 ; 2", f"np.{_f}(x)")
for _f in words("arcsin arccos arctanh"):
    case(_f, "UNIT ; UNIT.astype('f4') ; 0.5 ; np.float32(0.5)", f"np.{_f}(x)")
for _f in words("log log2 log10 log1p sqrt reciprocal"):
    case(_f, "PLUS ; PLUS.astype('f4') ; i8[4] ; 0.5", f"np.{_f}(x)")
case("arccosh", "PLUS + 1 ; 2.5", "np.arccosh(x)")
NAMES_1 = """
    add subtract multiply divide floor_divide remainder fmod power arctan2 hypot maximum minimum
    fmax fmin equal not_equal less less_equal greater greater_equal copysign logaddexp logaddexp2
    float_power heaviside mod true_divide"""
for _f in words(NAMES_1):
    case(
        _f,
        "np.abs(UNIT) + 0.5 | np.array([0.5, 2, -1.5, 1, 3]) ; f4[3] | f8[3] ; i8[3] | i8[5,3] ; "
        "2.0 | 3 ; np.float32(1.5) | 2.0 ; f4[3] | i4[3]",
        f"np.{_f}(x, y)",
    )
    if _f not in ("float_power",):
        case(f"{_f}-weak", "f4[3]", f"np.{_f}(x, 2)")
for _f in words("logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor"):
    case(_f, "b1[4] | b1[4] ; i8[4] | i8[4] ; True | False", f"np.{_f}(x, y)")
case("shift", "i8[4] | i8[4] ; 3 | 2", "np.left_shift(x, y); np.right_shift(x, y)")
case("invert", "i8[4] ; b1[4] ; True", "np.invert(x); np.logical_not(x)")
case("add-bool", "True | True ; b1[3] | b1[3] ; True | 2", "np.add(x, y); np.multiply(x, y)")
case("sin-bool", "True ; b1[3] ; u1[3]", "np.sin(x)")
case("divmod", "i8[4] | i8[4] ; f8[4] | f8[4] ; 7.5 | 2", "np.divmod(x, y)")
case("modf", "f8[4] ; np.array([np.inf, -np.inf, -2.5, -0.0, np.nan]) ; 2.5", "np.modf(x)")
case("ldexp", "f8[4] | i4[4] ; f4[4] | i8[4]", "np.ldexp(x, y)")
case("inf", "ODD ; np.inf", "np.isposinf(x); np.isneginf(x)")
case("heaviside-odd", "ODD", "np.heaviside(x, 0.5)")
case(
    "nan_to_num",
    "ODD ; ODD.astype('f4') ; i8[3] ; float('nan')",
    "np.nan_to_num(x); np.nan_to_num(x, nan=1.5, posinf=2, neginf=-3)",
)
for _d in (0, 1, 3, -1):
    case(
        f"round{_d}",
        "f8[5] ; f4[5] ; np.array([15, 25, 37, -44]) ; np.float64(2.675) ; c16[3]",
        f"np.round(x, {_d!r}); np.around(x, {_d!r}); x.round({_d!r})",
    )
case(
    "clip",
    "f8[5] ; f4[3,2] ; np.float64(0.7)",
    """
    np.clip(x, -0.5, 0.5); np.clip(x, None, 1); np.clip(x, 0, None); x.clip(0, 1)
    np.clip(x, min=0, max=2)""",
)
case("clip-int", "i8[6] ; u1[6]", "np.clip(x, 2, 5)")
case("clip-array", "f8[5] | f8[5] ; f8[5,3] | f8[3]", "np.clip(x, y, y + 1)")
case("dtype", "f4[3] ; i8[3]", "np.add(x, x, dtype=np.float64); np.sqrt(x, dtype=np.float32)")
case(
    "outer-ufunc",
    "f8[3] | f8[4] ; f8[3,2] | i8[4] ; f8[3] | f8[]",
    "np.add.outer(x, y); np.maximum.outer(x, y)",
)
case(
    "isclose",
    "ODD | ODD ; f8[4] | f8[4] ; i8[4] | i8[4] ; 1.0 | 1.0 + 1e-09",
    "np.isclose(x, y); np.isclose(x, y, equal_nan=True); np.isclose(x, y, 0.1, 1)",
)
case(
    "allclose",
    "f8[4] | f8[4] ; f8[5,3] | f8[5,3] ; f8[4] | f8[3,4] ; 1.0 | 2",
    """
    np.allclose(x, y); np.array_equal(x, y); np.allclose(x, x); np.array_equal(x, x)
    np.array_equiv(x, x)""",
)
case(
    "complex",
    "c16[4] ; f8[4] ; f4[3] ; c8[2,2]",
    """
    np.real(x); np.imag(x); x.real; x.imag; np.conj(x); np.angle(x); np.abs(x); np.isreal(x)
    np.iscomplex(x); x.conj(); x.conjugate()""",
)
case("angle-deg", "c16[4] ; f8[3]", "np.angle(x, deg=True)", rtol=1e-10)
case(
    "predicates",
    "f8[5,3] ; c16[2] ; 2.0",
    """
    np.shape(x); np.ndim(x); np.size(x); np.isscalar(x); np.iscomplexobj(x); np.isrealobj(x)""",
)
case("attributes", "f8[5,3] ; f4[3] ; f8[]", "x.shape; x.ndim; x.size; x.itemsize; x.nbytes; x.T")
case("size-axis", "f8[5,3]", "np.size(x, 0); np.size(x, 1)")

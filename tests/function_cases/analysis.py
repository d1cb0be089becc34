"""Integrals, gradients, interpolation."""

from function_cases.table import library_case as case

case(
    "sinc",
    "f8[5] ; f4[3] ; np.array([0.0, 1e-09, 0.001, 0.003, 2.0]) ; 0.5 ; 0.0 ; i8[3]",
    "np.sinc(x)",
    rtol=1e-06,
)
case(
    "trapezoid",
    "f8[5,3] ; f8[4] ; i8[3]",
    "np.trapezoid(x); np.trapezoid(x, dx=0.1); np.trapezoid(x, axis=0)",
)
case("trapezoid-x", "f8[5] | f8[5] ; f8[2,5] | f8[5]", "np.trapezoid(x, y); np.trapezoid(x, x=y)")
case("ediff1d", "f8[5] ; i8[2,3]", "np.ediff1d(x); np.ediff1d(x, to_begin=0, to_end=[1, 2])")
case(
    "gradient",
    "f8[5] ; f8[4] ; i8[6]",
    """
    np.gradient(x); np.gradient(x, 0.5); np.gradient(x, edge_order=2); np.gradient(x, 2.0, edge_order=2)""",
)
case(
    "gradient-x",
    "np.array([1.0, 2, 4, 7, 11]) | np.array([0.0, 1, 1.5, 3.5, 4])",
    "np.gradient(x, y); np.gradient(x, y, edge_order=2)",
)
case(
    "gradient-2d",
    "f8[5,4]",
    """
    np.gradient(x); np.gradient(x, axis=0); np.gradient(x, 0.1, 0.2); np.gradient(x, axis=(0, 1))""",
)
case(
    "interp",
    "np.array([-1, 0, 0.5, 1, 2.5, 3, 9]) | np.array([0.0, 1.0, 3.0]) | np.array([3.0, 2.0, 0.5])",
    """
    np.interp(x, y, z); np.interp(x, y, z, left=-1.0); np.interp(x, y, z, right=9.0)
    np.interp(0.5, y, z)""",
)
case(
    "interp-period",
    "np.array([-180.0, -170, 185, 5, 365]) | np.array([190.0, -190, 350, -350]) | np.array([5.0, 10, 3, 4])",
    "np.interp(x, y, z, period=360)",
)
case(
    "unwrap",
    "np.array([0.0, 2, 5, 9, 3, -4, 7])",
    "np.unwrap(x); np.unwrap(x, period=4.0); np.unwrap(x, discont=4.0)",
)
case(
    "geomspace",
    "1.0 | 256.0 ; 2 | 32.0",
    """
    np.geomspace(x, y, 5); np.geomspace(1, 1000, 4); np.geomspace(y, x, 3, endpoint=False)""",
)
case(
    "cross",
    "f8[3] | f8[3] ; np.arange(12.0).reshape(4, 3) | np.ones((4, 3)) ; f8[3] | i8[3]",
    "np.cross(x, y); np.linalg.cross(x, y)",
)
case("cross-axis", "np.arange(12.0).reshape(3, 4) | np.ones((3, 4))", "np.cross(x, y, axis=0)")
case(
    "histogram",
    "f8[9] ; f8[3,4]",
    """
    np.histogram(x, 4); np.histogram(x, bins=3, range=(-1, 1))
    np.histogram(x, np.array([-1.0, 0.0, 2.0])); np.histogram(x, 5, density=True)""",
)
case("piecewise", "f8[5]", "np.piecewise(x, [x < 0, x >= 0], [-1, 1])")
case("piecewise-functions", "f8[5]", "np.piecewise(x, [x < 0, x > 1], [lambda v: -v, lambda v: v * v, 0.5])")
case("fromfunction", "2.5", "np.fromfunction(lambda i, j: i + j * x, (2, 3))")
case("gcd", "i8[4] | i8[4]", "np.gcd(x, y); np.lcm(x, y)")
case(
    "single",
    "f4[5]",
    """
    np.trapezoid(x); np.trapezoid(x, dx=0.5); np.gradient(x); np.gradient(x, 0.5); np.unwrap(x)
    np.interp(x, [0.0, 1.0, 2.0], [1.0, 2.0, 0.0]); np.interp(x, x * 0 + np.arange(x.shape[0]), x); np.sinc(x)
    np.gradient(x, np.arange(x.shape[0])); np.histogram(x, 4); np.histogram(x, 3, range=(-1, 1))
    np.ediff1d(x)
    np.trapezoid(x, np.arange(x.shape[0]))""",
    rtol=1e-4,
)
case("unwrap-int", "i8[6]", "np.unwrap(x, period=4); np.unwrap(x, period=5); np.unwrap(x)")
case(
    "histogram-int",
    "i8[9]",
    """
    np.histogram(x, 4); np.histogram(x, 4, weights=x); np.histogram(x, [0, 3, 5, 9])""",
)

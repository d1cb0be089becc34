"""Which primitives `vector_math` has, under the names of libm. Apart, because `vector_math` imports numba."""

FUNCTIONS = {
    "exp": "exp", "exp2": "exp2", "expm1": "expm1", "log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p",
    "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "erf": "erf",
    "erfc": "erfc", "cbrt": "cbrt", "arctan2": "atan2", "hypot": "hypot", "power": "pow",
}
BINARY = frozenset({"arctan2", "hypot", "power"})

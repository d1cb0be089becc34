"""New arrays and conversions."""

from function_cases.table import case

case(
    "like",
    "f8[5,3] ; i4[3] ; f8[] ; b1[3]",
    """
    np.zeros_like(x); np.ones_like(x); np.full_like(x, 2); np.zeros_like(x, dtype=int)
    np.ones_like(x, dtype=np.float32); np.zeros_like(x, shape=(2,)); np.empty_like(x).shape""",
)
case(
    "from-shape",
    "f8[5,3] ; f8[2,4]",
    """
    np.zeros(x.shape); np.ones((x.shape[0], 2)); np.full(x.shape[0], 3); np.full((2, x.shape[1]), 2.5)
    np.eye(x.shape[0]); np.zeros(()); np.identity(x.shape[1]); np.empty((x.shape[0], 0))
    np.ones(3, dtype=bool)""",
)
case("full-array", "f8[3]", "np.full((4, x.shape[0]), x); np.full_like(x, 1.5)")
case(
    "eye",
    "f8[5]",
    """
    np.eye(4); np.eye(3, 5); np.eye(x.shape[0], k=1); np.eye(x.shape[0], 2, -1, dtype=int)""",
)
case(
    "arange",
    "f8[5] ; f8[2] ; f8[8]",
    """
    np.arange(x.shape[0]); np.arange(2, x.shape[0] + 2); np.arange(x.shape[0], 0, -1)
    np.arange(0, x.shape[0], 2); np.arange(x.shape[0], dtype=np.float32)
    np.arange(1, 2 * x.shape[0], 3); np.arange(0.0, x.shape[0])""",
)
case(
    "arange-static",
    "-",
    """
    np.arange(5); np.arange(1, 7, 2); np.arange(0, 1, 0.1); np.arange(3.0); np.arange(5, 0)
    np.arange(0.5, 3, dtype=int); np.arange(10, 2, -3); np.arange(np.float32(3))
    np.arange(0.5, 2.75, 0.25); np.arange(4, dtype='f4')
    np.arange(stop=4); np.arange(1, 4, 1, float); np.arange(start=1, stop=3)""",
)
case("arange-data", "0.5 | 4.2 | 0.7 ; 2 | 9 | 3 ; np.float32(1) | 4 | 2 ; 9 | 2 | -2", "np.arange(x, y, z)")
case(
    "linspace",
    "f8[5] ; f8[2]",
    """
    np.linspace(0, 1, x.shape[0]); np.linspace(2.0, -1.0, x.shape[0], endpoint=False)
    np.linspace(0, 10, 5, dtype=int); np.linspace(0, 1, 1); np.linspace(0, 1, 0); np.linspace(0, 1, 7)
    np.linspace(1, 1); np.linspace(0, 1, 5, retstep=True)""",
    rtol=1e-14,
)
case(
    "linspace-array",
    "f8[3] | f8[3] ; f4[3] | f4[3] ; f8[2,3] | f8[3] ; f8[] | f8[] ; 1 | 2.5 ; f4[] | f4[]",
    "np.linspace(x, y, 5); np.linspace(x, 1, 4, axis=-1); np.linspace(x, y, 1)",
)
case(
    "logspace",
    "f8[4]",
    """
    np.logspace(0, 2, 5); np.logspace(0, 3, x.shape[0], base=2.0); np.logspace(1, 2, 3, endpoint=False)""",
)
case(
    "array",
    "1.5 | 2.5 ; 1 | 2 ; np.float32(1) | 2 ; np.float64(1) | np.float32(3)",
    """
    np.array([x, y]); np.array([[x, 1], [y, 2.5]]); np.array([x, 1, 2.0])
    np.array((x, y), dtype=np.float32); np.array(x); np.asarray([1, 2, 3]); np.array([[1, 2], [3, 4]])
    np.array([]); np.array([True, x]); np.array([[x]]); np.array(2.5); np.array([x, y], ndmin=2)""",
)
case(
    "array-rows",
    "f8[3] | f8[3] ; f4[3] | i8[3] ; f8[2,3] | f8[2,3]",
    """
    np.array([x, y]); np.array([[x, y], [y, x]]); np.asarray(x); np.array(x); x.copy(); np.copy(x)
    np.array([y, y])""",
)
case(
    "astype",
    "f8[5,3] ; i8[3] ; f8[] ; b1[3]",
    """
    x.astype(int); x.astype('float32'); x.astype(np.float64); x.astype(bool); x.astype(float)
    x.astype(complex); np.astype(x, np.float32); np.float32(x); np.int64(x); np.bool_(x)
    np.asarray(x, dtype=np.float32); np.ascontiguousarray(x)""",
)
case(
    "dtype-scalars",
    "1.5 ; 2 ; True ; np.float32(2.5)",
    "np.float64(x); np.float32(x); np.int32(x); np.complex128(x)",
)
case(
    "meshgrid",
    "f8[3] | f8[4] ; i8[2] | f4[3]",
    """
    np.meshgrid(x, y); np.meshgrid(x, y, indexing='ij'); np.meshgrid(x, y, sparse=True); np.meshgrid(x)
    np.meshgrid(x, y, x)""",
)
case(
    "indices",
    "f8[3,4]",
    """
    np.indices((2, 3)); np.indices(x.shape); np.indices((2, 3), sparse=True)
    np.indices((2,), dtype=float)""",
)
case("vander", "f8[4] ; i8[3]", "np.vander(x); np.vander(x, 2); np.vander(x, 3, increasing=True)", rtol=1e-10)
case("item", "f8[] ; f4[1] ; i8[1,1]", "x.item(); np.sum(x).item()")
case("item-at", "f8[4] ; f4[3] ; b1[3]", "x.item(1); x.item(-1); x.item(0)")
case("item-2d", "f8[5,3]", "x.item(2, 1); x.item(-1)")
case("unstack", "f8[1,1]", "np.unstack(x, axis=1); np.atleast_1d(x, x)")

GRIDS = """
    np.mgrid[0:3, 1:x.shape[0]]; np.mgrid[0:x.shape[0]]; np.ogrid[0:2, 0:3]; np.mgrid[0:1:5j, 0:2:2]
    np.r_[x, 1.0, 0:3, x]; np.c_[x, x]; np.r_[0:4]"""
case("grids", "f8[4] ; f8[2]", GRIDS, compiled=False)

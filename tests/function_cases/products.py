"""Products of arrays."""

from function_cases.table import case

case("dot-scalar", "f8[] | f8[3] ; 2 | 3.5", "np.dot(x, y)")
case(
    "dot",
    "f8[3] | f8[3] ; f8[4,3] | f8[3] ; f8[4,3] | f8[3,2] ; f8[3] | f8[3,2] ; "
    "f8[2,4,3] | f8[3] ; f8[2,4,3] | f8[3,5] ; f8[2,3] | f8[4,3,5] ; f4[3] | i8[3] ; "
    "i8[2,2] | i8[2,2]",
    "np.dot(x, y); x.dot(y)",
)
case(
    "matmul",
    "f8[4,3] | f8[3,2] ; f8[2,4,3] | f8[2,3,5] ; f8[2,4,3] | f8[3,5] ; f8[4,3] | f4[3,2] ; "
    "c16[2,2] | f8[2,2] ; i8[2,3] | i8[3,2]",
    "np.matmul(x, y); np.linalg.matmul(x, y); operator.matmul(x, y)",
)
case("matmul-1d", "f8[3] | f8[3] ; f8[4,3] | f8[3] ; f8[3] | f8[3,2] ; f8[3] | f8[2,3,4]", "np.matmul(x, y)")
case(
    "vdot",
    "f8[3] | f8[3] ; c16[3] | c16[3] ; f8[2,3] | f8[2,3] ; f8[] | f8[]",
    "np.vdot(x, y); np.inner(x, y)",
)
case("inner", "f8[2,3] | f8[4,3] ; f8[2,4,3] | f8[3] ; f8[3] | f8[]", "np.inner(x, y)")
case("outer", "f8[3] | f8[4] ; f8[2,3] | i8[2] ; f8[] | f8[3] ; f4[3] | f4[2]", "np.outer(x, y)")
case(
    "tensordot",
    "f8[2,3] | f8[3,4] ; f8[2,3] | f8[3] ; f8[4,2,3] | f8[3,2]",
    "np.tensordot(x, y, 1); np.tensordot(x, y, ((-1,), (0,))); np.tensordot(x, y, axes=0)",
)
case(
    "tensordot-2",
    "f8[4,2,3] | f8[2,3,5] ; f8[4,2,3] | f8[2,3]",
    """
    np.tensordot(x, y); np.tensordot(x, y, ([1, 2], [0, 1])); np.tensordot(x, y, ((2, 1), (1, 0)))""",
)
EINSUMS = {
    "ij,jk->ik": "f8[2,3] | f8[3,4]",
    "ij,jk": "f8[2,3] | f8[3,4]",
    "ii": "f8[3,3]",
    "ii->i": "f8[3,3]",
    "ij->ji": "f8[2,3]",
    "ij->": "f8[2,3]",
    "ji": "f8[2,3]",
    "i,j->ij": "f8[2] | f8[3]",
    "bij,bjk->bik": "f8[2,3,4] | f8[2,4,5]",
    "...ij,...jk->...ik": "f8[2,3,4] | f8[4,5]",
    "...i->...": "f8[2,3]",
    "i...,i...": "f8[3,2] | f8[3,2]",
    "ij,jk,kl->il": "f8[2,3] | f8[3,4] | f8[4,2]",
    "a,a,a->a": "f8[3] | f8[3] | f8[3]",
    "ij,j,i->": "f8[2,3] | f8[3] | f8[2]",
    "i,i": "f4[3] | f8[3]",
    "ij,ij->i": "f8[1,3] | f8[4,3]",
    "ij,kj->ik": "i8[2,3] | i8[4,3]",
    "i->i": "f8[3]",
}
for _s, _i in EINSUMS.items():
    case(f"einsum-{_s}", _i, f"np.einsum({_s!r}, *inputs)", rtol=1e-6 if "f4" in _i else None)
case(
    "einsum-sublist",
    "f8[2,3] | f8[3,4]",
    "np.einsum(x, [0, 1], y, [1, 2]); np.einsum(x, [0, 1], y, [1, 2], [2, 0])",
)
case("kron", "f8[2,3] | f8[4,2] ; f8[3] | f8[2] ; f8[2] | f8[3,2] ; f8[] | f8[2]", "np.kron(x, y)")
case(
    "trace",
    "f8[3,3] ; f8[5,4] ; i4[2,3]",
    "np.trace(x); x.trace(); np.trace(x, 1); np.trace(x, offset=-1); np.linalg.trace(x)",
)
case("trace-3d", "f8[2,3,4]", "np.trace(x, axis1=1, axis2=2); np.linalg.trace(x)")
case(
    "vecdot",
    "f8[2,3] | f8[2,3] ; c16[3] | c16[3] ; f8[2,3] | f8[3]",
    "np.vecdot(x, y); np.linalg.vecdot(x, y)",
)
case("matvec", "f8[2,3] | f8[3] ; f8[4,2,3] | f8[4,3]", "np.matvec(x, y)")
case("vecmat", "f8[2] | f8[2,3] ; c16[4,2] | c16[4,2,3]", "np.vecmat(x, y)")
case(
    "multi_dot",
    "f8[2,3] | f8[3,4] | f8[4,5] ; f8[3] | f8[3,4] | f8[4] ; f8[3] | f8[3,4] | f8[4,2]",
    "np.linalg.multi_dot([x, y, z])",
)

"""Shapes, joining, moving."""

from function_cases.table import case

case(
    "reshape",
    "f8[4,3] ; i8[2,3] ; f8[5,3]",
    """
    x.reshape(-1); np.reshape(x, (3, -1)); x.reshape((-1, 1)); np.ravel(x); x.ravel(); x.flatten()
    x.reshape(x.shape); x.reshape(x.shape[1], x.shape[0]); x.reshape(-1, 1, 1); np.reshape(x, x.size)
    x.reshape(x.shape[1], -1); x.reshape(-1, order='F'); x.reshape((x.shape[1], x.shape[0]), order='F')
    np.ravel(x, 'F')""",
)
case(
    "reshape-scalar",
    "f8[] ; 2.5 ; 1",
    "np.reshape(x, (1, 1)); np.ravel(x); np.atleast_2d(x); np.expand_dims(x, 0)",
)
case(
    "transpose",
    "f8[2,3,4] ; i8[3,1,2]",
    """
    x.T; np.transpose(x); x.transpose(); x.transpose(1, 0, 2); x.transpose((2, 0, 1))
    np.transpose(x, (0, -1, 1)); np.swapaxes(x, 0, -1); x.swapaxes(1, 2); np.moveaxis(x, 0, -1)
    np.moveaxis(x, (0, 1), (2, 0)); np.rollaxis(x, 2); np.rollaxis(x, 0, 2); x.mT
    np.matrix_transpose(x); np.permute_dims(x, (1, 2, 0))""",
)
case("T", "f8[3] ; f8[] ; f8[3,2]", "x.T; np.transpose(x); x.transpose()")
case(
    "squeeze",
    "f8[1,3,1] ; f8[1,1,1]",
    "np.squeeze(x); np.squeeze(x, 0); x.squeeze(axis=2); np.squeeze(x, axis=(0, 2))",
)
case("expand-2", "f8[3] ; f8[3,2]", "np.expand_dims(x, (0, 2))")
case(
    "expand",
    "f8[3] ; f8[3,2] ; f8[] ; f8[2,3,4]",
    """
    np.expand_dims(x, 0); np.expand_dims(x, -1); np.atleast_1d(x); np.atleast_2d(x); np.atleast_3d(x)""",
)
case(
    "broadcast",
    "f8[3] ; i8[5]",
    """
    np.broadcast_to(x, (4, x.shape[0])); np.broadcast_to(2.0, (3,))
    np.broadcast_arrays(x, np.ones((2, 1)), 1.0)""",
)
case(
    "flip",
    "f8[5,3] ; i8[2,2]",
    """
    np.flip(x); np.flip(x, 0); np.flip(x, (0, 1)); np.flipud(x); np.fliplr(x); np.rot90(x)
    np.rot90(x, 2); np.rot90(x, 3); np.rot90(x, -1); np.rot90(x, axes=(1, 0))""",
)
case(
    "roll",
    "f8[5,3] ; f8[4,2]",
    """
    np.roll(x, 1); np.roll(x, -2); np.roll(x, 1, axis=0); np.roll(x, 7, axis=1)
    np.roll(x, (1, -1), axis=(0, 1)); np.roll(x, 0); np.roll(x, -1, axis=-1)""",
)
case("roll-1d", "f8[5] ; i8[2]", "np.roll(x, 1); np.roll(x, -1); np.roll(x, 2); np.roll(x, -x.shape[0])")
case("roll-data", "f8[5,3] | 2 ; f8[4] | -7", "np.roll(x, y, axis=0)")
case(
    "tile",
    "f8[3] ; f8[2,3] ; f8[]",
    "np.tile(x, 2); np.tile(x, (2, 1)); np.tile(x, (3, 2, 2)); np.tile(x, 1)",
)
case(
    "repeat",
    "f8[4] ; f8[2,3]",
    "np.repeat(x, 2); np.repeat(x, 3, axis=0); x.repeat(2, axis=-1); np.repeat(x, 0)",
)
case(
    "repeat-counts",
    "np.arange(4.0) | np.array([2, 0, 1, 3]) ; np.arange(8.0).reshape(4, 2) | np.array([0, 0, 1, 2])",
    "np.repeat(x, y, axis=0); np.repeat(x, [1, 0, 2, 1], axis=0)",
)
case(
    "concatenate",
    "f8[3,2] | f8[4,2] ; f8[3,2] | i8[1,2] ; f4[2,3] | f8[2,3]",
    """
    np.concatenate([x, y]); np.concatenate((x, y, x), axis=0); np.vstack([x, y]); np.append(x, y)
    np.append(x, y, axis=0); np.concatenate([x, y], axis=None); np.concatenate([x])""",
)
case(
    "stack",
    "f8[3] | f8[3] ; f4[2,3] | i8[2,3]",
    """
    np.stack([x, y]); np.stack((x, y), axis=-1); np.stack([x, y], 1); np.hstack([x, y])
    np.dstack([x, y]); np.column_stack([x, y]); np.vstack((x, y)); np.stack([x, y], dtype=np.float32)""",
)
case(
    "concatenate-1d",
    "f8[3] | f8[4] ; f4[3] | f4[2] ; i8[3] | i8[2]",
    "np.concatenate([x, y, [1.0]]); np.hstack([x, 1.0, y]); np.append(x, 3)",
)
case(
    "block",
    "f8[3,3] | f8[3,3] ; f8[2] | f8[2]",
    "np.block([[x, y], [y, x]]); np.block([x, y]); np.block([[x], [y]])",
)
case(
    "split",
    "f8[4,3] ; f8[8,6]",
    """
    np.split(x, 2); np.split(x, [1, 3]); np.array_split(x, 3); np.split(x, 3, axis=1); np.vsplit(x, 2)
    np.hsplit(x, 3); np.split(x, [2, 10]); np.array_split(x, [1], axis=1); np.split(x, [-1])""",
)
case(
    "delete",
    "f8[4,3] | f8[4]",
    """
    np.delete(x, 1); np.delete(x, -1, axis=0); np.delete(x, 0, axis=1); np.delete(x, [2, 0, 2], axis=0)
    np.delete(x, [0, -1], 0); np.delete(x, slice(1, 3), 0); np.delete(x, [0, 1, 2], 1); np.delete(y, [3, 1])
    np.delete(x, np.argmax(x)); np.delete(x, np.subtract(np.argmin(y), 1), 0)
    np.delete(x, np.greater(y, 0), axis=0); np.delete(x, np.argsort(y), axis=0)""",
)
case(
    "insert",
    "f8[4,3] | f8[4]",
    """
    np.insert(x, 1, 5.0); np.insert(x, 2, 7, axis=0); np.insert(x, -1, 0.5, axis=1)
    np.insert(x, 0, [1, 2, 3], axis=0); np.insert(x, [0, 4], 7.0, axis=0); np.insert(x, [2, 0, 2, 1], x, 0)
    np.insert(x, np.remainder(np.argmax(y), 3), y, axis=1)
    np.insert(x, np.subtract(np.argmin(y), 1), 5, axis=0)""",
)
case(
    "insert-1d",
    "f8[4] ; i8[3]",
    """
    np.insert(x, 1, 5.0); np.insert(x, x.shape[0], 7); np.insert(x, 1, [1.5, 2.5]); np.insert(x, [0, -1], 7)
    np.insert(x, np.argmax(x), [1, 2]); np.insert(np.sort(x), np.searchsorted(np.sort(x), 1), 1)""",
)
case("resize", "f8[4] ; i8[2,3]", "np.resize(x, (2, 5)); np.resize(x, 3)")
for _m in ("constant", "edge", "reflect", "wrap", "symmetric"):
    case(
        f"pad-{_m}",
        "f8[4] ; f8[3,5] ; i8[5] ; f8[1]",
        f"""
    np.pad(x, 2, mode={_m!r}); np.pad(x, (1, 3), mode={_m!r}); np.pad(x, ((0, 2),), mode={_m!r})""",
    )
case(
    "pad-2d",
    "f8[4,3]",
    """
    np.pad(x, ((1, 0), (2, 3))); np.pad(x, 1, constant_values=2.5); np.pad(x, [(0, 0), (1, 1)])
    np.pad(x, ((1, 2), (0, 1)), constant_values=((1, 2), (3, 4))); np.pad(x, 7, mode='wrap')
    np.pad(x, 5, mode='reflect')""",
)

"""What does not run on a device, with the way out."""

from broadax.backends.pjrt.table import refuse

refuse(
    "pure_callback",
    "callback_each",
    why="pure_callback: a device can't call Python",
    instead='backend="numpy" or backend="numba" for this function, or NumPy functions in place of the call',
)
for _name in ("qr", "svd", "pinv"):
    refuse(
        _name,
        why=f"np.linalg.{_name} has no code for devices",
        instead='backend="numpy" or backend="numba"; np.linalg.eigh, solve and cholesky run on devices',
    )

"""What does not run on a device, with the way out."""

from broadax.backends.pjrt.table import refuse

refuse(
    "pure_callback",
    "callback_each",
    why="pure_callback: a device can't call Python",
    instead='backend="numpy" or backend="numba" for this function, or NumPy functions in place of the call',
)

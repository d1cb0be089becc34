"""What does not run on a device, with the way out."""

from broadax.backends.pjrt.table import refuse

refuse(
    "pure_callback",
    "callback_each",
    why="pure_callback: a device can't call Python",
    instead='backend="numpy" or backend="numba" for this function, or NumPy functions in place of the call',
)
refuse(
    "stack_new",
    "stack_push",
    "stack_pop",
    "stack_copy",
    why="the reverse sweep of a `while` saves what it needs for a number of turns that only running tells",
    instead="a `for` over a range with an `if` around its body, whose turns are counted; forward mode "
    '(jvp, jacfwd); or backend="numba"',
)

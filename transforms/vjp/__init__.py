"""Reverse mode: a forward sweep that keeps what is needed, and a reverse sweep over cotangents.

    y = sin(x)          y = sin(x)
                        d_x = d_y * cos(x)

engine      the two sweeps over a function's outermost block
entry       outermost loops and branches, reversed once and copied into each pullback
activity    which variables take part
regions     the copy of the function, and where each variable of it lives
cotangents  the cotangents at hand while a block is reversed
straight, branch, loop    the reverse of a statement
residuals   what a reversed block reads from the forward sweep: recomputed, or saved
planning    which of the two, and of what
chains      how an array changes in the turns of a nest of loops
restoring   arrays updated in place, had again by taking the updates back
finished    elements of arrays that no later turn overwrites, read when the array is finished
overlap     whether two operations touch the same elements of an array
bounds      how large integers get over the turns of loops
counters    integers that are had from the number of the turn
saving      how a saved value is written and read: a slot, an array with an axis per loop, a stack
threading   carries saved arrays and stacks through loops and branches
"""

from broadax.transforms.vjp.engine import vjp_into

__all__ = ["vjp_into"]

"""Batching: the body of a Core function, appended for a whole batch of arguments at once."""

from broadax.transforms.vmap.engine import vmap_into

__all__ = ["vmap_into"]

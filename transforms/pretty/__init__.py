"""Core → the NumPy Python that people read."""

from broadax.transforms.interface import flat_interface
from broadax.transforms.pretty.module import python_source

__all__ = ["flat_interface", "python_source"]

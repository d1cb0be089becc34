"""Core → the NumPy Python that people read."""

from broadax.transforms.interface import flat_interface
from broadax.transforms.pretty.module import placed_source, python_source

__all__ = ["flat_interface", "placed_source", "python_source"]

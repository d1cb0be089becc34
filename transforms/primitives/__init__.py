"""The primitives, by family; importing this package declares them all."""

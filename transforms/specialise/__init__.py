"""Reads a function over abstract arguments: types, sizes, static values; gives Core."""

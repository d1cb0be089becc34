"""Random programs in the language that users write, run by CPython and by broadax and compared."""

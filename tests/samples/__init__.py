"""A pool of small functions, language × library, written as people write them: plain NumPy.

Each is checked for its value, its derivatives and its batched version by `tests/test_samples.py`;
`samples.pool` says how a sample declares its arguments.
"""

"""Numerical programs in plain NumPy, as people write them; `pool.py` is the table of them."""

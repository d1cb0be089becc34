"""Programs with mistakes on purpose; `test_errors.py` runs them."""

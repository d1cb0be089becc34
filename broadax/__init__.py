"""broadax."""

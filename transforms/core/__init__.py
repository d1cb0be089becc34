"""Core: small typed Python, one primitive per statement, each variable defined once."""

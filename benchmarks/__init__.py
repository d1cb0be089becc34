"""Speed: `python -m benchmarks [suite …]` times what each suite compares and writes benchmarks/RESULTS.md."""

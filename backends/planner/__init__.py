"""Plans loop nests: which values are fused, which get memory, and in which loops they are computed."""

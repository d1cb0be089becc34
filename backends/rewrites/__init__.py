"""Rewrites Core for the backends of loop nests: what is computed at once, in which order, in whose memory."""

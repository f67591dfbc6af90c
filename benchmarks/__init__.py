"""Benchmarks: each prints our figure, that of a peer and their ratio, measured in turns."""

"""Benchmarks: each prints a table with ours, a peer and their ratio, run side by side."""

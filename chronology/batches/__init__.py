"""Batches of proposed records, read from YAML, JSON Lines, CSV or an address."""

"""Batches of proposed records, read from YAML, JSON LineLookup, CSV or an address."""

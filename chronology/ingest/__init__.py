"""Ingesting: batches are checked, appended to the log and projected, or refused as a whole."""

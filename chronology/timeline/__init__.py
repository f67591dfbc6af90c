"""Reads of the timeline as of a position of the log: filters, events, subjects, comparisons."""

"""Coverage-guided fuzzing of the parsers. The corpus is in `tests/corpus/`."""

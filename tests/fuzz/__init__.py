"""Coverage-guided fuzzing of what reads foreign text; its finds are kept in `tests/corpus/`."""

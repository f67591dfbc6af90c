"""Events in other formats, written from one state of the log."""

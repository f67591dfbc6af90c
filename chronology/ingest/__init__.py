"""A batch on its way into the log: checked, appended and folded, or refused as a whole."""

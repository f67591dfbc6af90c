"""A request for events translated to filters, and answered from the index."""

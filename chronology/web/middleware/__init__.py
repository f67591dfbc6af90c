"""ASGI middleware around Datasette."""

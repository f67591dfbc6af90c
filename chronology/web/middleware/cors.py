"""CORS headers on every response, if Datasette runs with `--cors` (Fetch Standard, 3.3).

This is the only place that sends them: a redirect, an error, a file, a 304 or the answer to a
preflight without them would be unreadable for other sites.
"""

from __future__ import annotations

from datasette.utils import add_cors_headers

from chronology.web.datasette_compat import App, Datasette, Message, Receive, Scope, Send

_PREFIX = b"access-control-"


def cors_middleware(app: App, datasette: Datasette) -> App:
    """Adds the CORS headers of Datasette to every response, and answers preflights."""
    if not datasette.cors:
        return app
    # Datasette 0.65 sends no methods.
    texts = {"Access-Control-Allow-Methods": "GET, HEAD, OPTIONS"}
    add_cors_headers(texts)
    own = [(name.lower().encode(), value.encode()) for name, value in texts.items()]

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [
                    pair for pair in message["headers"] if not pair[0].lower().startswith(_PREFIX)
                ]
                message = {**message, "headers": [*others, *own]}
            await send(message)

        if scope["method"] == "OPTIONS" and _is_preflight(scope):
            await send({"type": "http.response.start", "status": 204, "headers": own})
            await send({"type": "http.response.body", "body": b""})
        else:
            await app(scope, receive, send_with_headers)

    return application


def _is_preflight(scope: Scope) -> bool:
    return any(name.lower() == b"access-control-request-method" for name, _ in scope["headers"])

"""Redirects an address to which another site added its tracking parameters to the address without.

Otherwise a link that was shared there would be refused, since the parameters name no column.
"""

from __future__ import annotations

import re

from datasette.utils.asgi import Response

from chronology.web.datasette_compat import App, Datasette, Receive, Scope, Send, address_of

TRACKING = re.compile(
    rb"(utm_\w+|(fb|g|d|y)clid|gclsrc|gad_\w+|[gw]braid|msclkid|ttclid|twclid|srsltid|li_fat_id"
    rb"|igshid|igsh|mc_[ce]id|mkt_tok|vero_id|oly_(anon|enc)_id|_hs(enc|mi)|_gl|_ga|s_cid)",
    re.IGNORECASE,
)


def tracking_parameters_middleware(app: App, datasette: Datasette) -> App:
    """Responds with a redirect if the address has tracking parameters."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        fields = scope["query_string"].split(b"&")
        remaining = [field for field in fields if not TRACKING.fullmatch(field.partition(b"=")[0])]
        if len(remaining) == len(fields) or scope["method"] not in ("GET", "HEAD"):
            await app(scope, receive, send)
            return
        # One slash: an address such as //example.org would lead elsewhere.
        path = "/" + address_of(datasette, scope).path.lstrip("/")
        query = b"?" + b"&".join(remaining) if remaining else b""
        location = datasette.urls.path(path) + query.decode("latin-1")
        headers = {"location": location, "cache-control": "no-cache"}
        await Response("", status=302, headers=headers).asgi_send(send)

    return application

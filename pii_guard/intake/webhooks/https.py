"""A client for attachments on the standard library: HTTPS, no redirects, no proxies, nothing kept."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPSConnection
from ssl import SSLContext
from urllib.parse import urlsplit

from pii_guard.intake.webhooks.fetching import Redirected

_BLOCK = 1 << 16


class HttpsClient:
    """A `Fetch`. `timeout_s`: seconds without a byte; `context`: TLS settings, the system's by default."""

    def __init__(self, timeout_s: float = 30, context: SSLContext | None = None) -> None:
        self._timeout_s, self._context = timeout_s, context

    def __call__(self, url: str) -> Iterator[bytes]:
        """The body of a 200. Raises `Redirected`, and `OSError` or an error of `http.client`'s."""
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = HTTPSConnection(
            parts.hostname or "", parts.port, timeout=self._timeout_s, context=self._context
        )
        try:
            connection.request("GET", path, headers={"Accept-Encoding": "identity"})
            answer = connection.getresponse()
            if answer.status in (301, 302, 303, 307, 308):
                raise Redirected(answer.headers.get("Location", ""))
            if answer.status != 200:
                raise OSError("the answer is not 200")
            while block := answer.read(_BLOCK):
                yield block
            if answer.length:
                raise OSError("the answer was cut off")
        finally:
            connection.close()

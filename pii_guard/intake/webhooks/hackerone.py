"""HackerOne's webhooks (https://api.hackerone.com/webhooks)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pii_guard.errors import Unauthentic
from pii_guard.intake.webhooks.event import (
    Attachment,
    Event,
    attachment_of,
    check,
    keyed,
    lowered,
    token,
    walk,
)

HOSTS = frozenset(
    {
        "hackerone-us-west-2-production-attachments.s3.us-west-2.amazonaws.com",
        "hackerone-us-west-2-production-attachments.s3-us-west-2.amazonaws.com",
    }
)


class HackerOne:
    """`X-H1-Signature` is `sha256=` and the HMAC of the body; `X-H1-Event` and `X-H1-Delivery` are not signed.

    `secret`: the webhook's. `hosts`: where attachments may be, in place of HackerOne's own.
    """

    def __init__(self, secret: str | bytes, hosts: Collection[str] = HOSTS) -> None:
        self._key = keyed(secret)
        self.hosts = frozenset(host.lower() for host in hosts)

    def open(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """The event, from a request as it came in. Raises `Unauthentic`."""
        given = lowered(body, headers)
        scheme, _, told = given.get("x-h1-signature", "").partition("=")
        if scheme != "sha256":
            raise Unauthentic
        fingerprint = check(self._key, body, told)
        name, delivery = (token(given.get(f"x-h1-{one}", "")) for one in ("event", "delivery"))
        return Event(self, name, delivery, fingerprint, body)

    def attachments(self, payload: Any) -> Iterator[Attachment]:
        """Objects of the type `attachment`, wherever they stand: `file_name` and `expiring_url`."""
        for one in walk(payload):
            found = attachment_of(one, ("attachment",), ("file_name",))
            if found is not None:
                yield found

    def ref(self, payload: Any) -> str:
        """`H1-` and the report's number."""
        with suppress(KeyError, TypeError):
            number = str(payload["data"]["report"]["id"])
            if number.isascii() and number.isdigit():
                return f"H1-{number}"
        return ""

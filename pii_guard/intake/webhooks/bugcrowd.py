"""Bugcrowd's outgoing webhooks (https://docs.bugcrowd.com/api/webhooks/).

Its documentation says that `X-Bugcrowd-Digest` is over the raw body, and shows the exact form to customers
only. Two forms are told of; a header of any other is refused, and so is everything that a guess could let
in: what each form signs is JSON of its own, and no body of the one is a body of the other.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from pii_guard.errors import Unauthentic
from pii_guard.intake.webhooks.event import (
    Attachment,
    Event,
    attachment_of,
    check,
    keyed,
    lowered,
    walk,
)

HOSTS = frozenset({"bugcrowd.com", "tracker.bugcrowd.com", "api.bugcrowd.com"})
_DIGEST = re.compile(r"(?:timestamp=(?P<at>[0-9]{10});)?sha256=(?P<told>[0-9a-f]{64})")
_FILES = frozenset({"file_attachment", "attachment"})
_NAMES = ("file_name", "filename", "name")
_OLDEST_S = 300


class Bugcrowd:
    """`X-Bugcrowd-Digest` is `sha256=HEX`, the HMAC of the body, or `timestamp=SECONDS;sha256=HEX`, of body, `.` and time.

    A delivery with a time is refused when it is more than five minutes old or ahead. `secret`: the
    webhook's. `hosts`: where attachments may be; by default Bugcrowd's own, to which its storage has to
    be added as it shows in your deliveries.
    """

    def __init__(
        self,
        secret: str | bytes,
        hosts: Collection[str] = HOSTS,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = keyed(secret)
        self._clock = clock
        self.hosts = frozenset(host.lower() for host in hosts)

    def open(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """The event, from a request as it came in. Raises `Unauthentic`."""
        given = lowered(body, headers)
        digest = _DIGEST.fullmatch(given.get("x-bugcrowd-digest", ""))
        if digest is None or not _is_object(body):
            raise Unauthentic
        at = digest["at"]
        signed = body if at is None else body + b"." + at.encode()
        fingerprint = check(self._key, signed, digest["told"])
        if at is not None and abs(self._clock() - int(at)) > _OLDEST_S:
            raise Unauthentic
        return Event(self, "", "", fingerprint, body)

    def attachments(self, payload: Any) -> Iterator[Attachment]:
        """Objects of the type `file_attachment`: a name, and an address that is signed, if one is."""
        for one in walk(payload):
            found = attachment_of(one, _FILES, _NAMES)
            if found is not None:
                yield found

    def ref(self, payload: Any) -> str:  # noqa: ARG002
        """None: its numbers of submissions are not told of in a way to rely on."""
        return ""


def _is_object(body: bytes) -> bool:
    bare = body.strip()
    return bare.startswith(b"{") and bare.endswith(b"}")

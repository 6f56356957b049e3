"""What a platform sent, once its signature was checked."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pii_guard.errors import PolicyError, Unauthentic

MOST_BYTES = 8 << 20
"""Of a body; what is larger is refused before anything is computed of it."""
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a report that is to be fetched. Its addresses open it for whoever has them: secrets.

    `others`: those that are not asked, and are not to be stored either.
    """

    url: str = field(repr=False)
    name: str = field(repr=False)
    others: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """A genuine delivery.

    `name`: what happened (`report_created`). `delivery`: the platform's number of the delivery, "" where
    it gives none; it is not signed. `fingerprint`: the signature, 64 hex digits: the same for the same
    body, whatever number it comes under, so what is not to be worked on twice is told by it.
    """

    platform: Platform = field(repr=False)
    name: str
    delivery: str
    fingerprint: str
    body: bytes = field(repr=False)


class Platform(Protocol):
    """One platform's way of signing and of telling of attachments."""

    @property
    def hosts(self) -> frozenset[str]:
        """Where its attachments are, in lower case; they are fetched from nowhere else."""
        ...

    def open(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """The event, from a request as it came in. Raises `Unauthentic`."""
        ...

    def attachments(self, payload: Any) -> Iterator[Attachment]:
        """The attachments that a payload names."""
        ...

    def ref(self, payload: Any) -> str:
        """A reference for the certificate; "" where there is none."""
        ...


def keyed(secret: str | bytes) -> bytes:
    """A webhook's secret. Raises `PolicyError` for an empty one: anybody could sign with it."""
    key = secret.encode() if isinstance(secret, str) else bytes(secret)
    if not key:
        raise PolicyError(
            "the webhook has no secret", remedy="set one at the platform, and give it"
        )
    return key


def lowered(body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers by lower-case name. Raises `Unauthentic` for a body that is too large."""
    if len(body) > MOST_BYTES:
        raise Unauthentic
    return {str(name).lower(): str(value) for name, value in headers.items()}


def check(key: bytes, signed: bytes, told: str) -> str:
    """The fingerprint, where `told` is the HMAC-SHA256 (RFC 2104) of `signed`. Raises `Unauthentic`.

    The comparison takes as long whatever is told.
    """
    computed = hmac.new(key, signed, hashlib.sha256).hexdigest()
    if not _HEX.fullmatch(told) or not hmac.compare_digest(computed, told.lower()):
        raise Unauthentic
    return computed


def token(text: str) -> str:
    """An event's name or a delivery's number, which may go into logs and paths. Raises `Unauthentic`."""
    if not _TOKEN.fullmatch(text):
        raise Unauthentic
    return text


def walk(payload: Any) -> Iterator[dict[str, Any] | list[Any]]:
    """All objects and lists of a payload, from the outside in."""
    waiting = deque([payload])
    while waiting:
        one = waiting.popleft()
        if isinstance(one, (dict, list)):
            yield one
            waiting.extend(one.values() if isinstance(one, dict) else one)


def attachment_of(one: object, types: Collection[str], names: Sequence[str]) -> Attachment | None:
    """The attachment that an object of a payload describes in JSON:API's way; None for any other.

    The address is the first of its attributes named `…url`, those that are signed before others.
    """
    if not isinstance(one, dict) or one.get("type") not in types:
        return None
    told = one.get("attributes")
    if not isinstance(told, dict):
        return None
    urls = {
        key: value
        for key, value in told.items()
        if key.endswith("url") and isinstance(value, str) and value
    }
    if not urls:
        return None
    url, *others = (urls[key] for key in sorted(urls, key=_signed_first))
    name = next((told[key] for key in names if isinstance(told.get(key), str)), "")
    return Attachment(url, name, tuple(others))


def _signed_first(key: str) -> bool:
    return "sign" not in key and "expir" not in key

"""The words of HTTP archives (HAR 1.2): keys that say nothing of anybody, values that only count, bodies."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any

from pii_guard.document import Step
from pii_guard.errors import ReasonCode, Unreadable, refused

Path = tuple[str | int, ...]

ENTRIES = ("log", "entries")
"""Where exchanges stand: one record each."""
KNOWN = frozenset(
    "log version creator browser pages entries comment name startedDateTime id title pageTimings "
    "onContentLoad onLoad pageref time request response cache timings serverIPAddress connection "
    "method url httpVersion cookies headers queryString postData headersSize bodySize value path "
    "domain expires httpOnly secure sameSite mimeType params text fileName contentType status "
    "statusText content redirectURL size compression encoding beforeRequest afterRequest lastAccess "
    "eTag hitCount blocked dns connect send wait receive ssl _initiator _priority _resourceType "
    "_transferSize _error _fromCache _connectionId _blocked_queueing _blocked_proxy type callFrames "
    "functionName scriptId lineNumber columnNumber stack _webSocketMessages opcode data".split()
)
"""Keys that the specification and browsers use: they say nothing of anybody."""
COUNTS = frozenset(
    "time status headersSize bodySize size compression onContentLoad onLoad blocked dns connect send "
    "wait receive ssl hitCount opcode lineNumber columnNumber _transferSize _blocked_queueing "
    "_blocked_proxy".split()
)
"""Keys of numbers that only count."""
BODIES = frozenset({"content", "postData"})
"""Keys of objects whose `text` is a body."""
MOMENTS = frozenset({"startedDateTime", "expires", "lastAccess"})
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)?|-?1?|\d{1,12}")


def load(
    text: str, objects: Callable[[list[tuple[str, Any]]], Any], numbers: Callable[[str], Any]
) -> Any:
    """What the standard library's parser makes of a JSON text, given what makes objects and numbers.

    Raises `Unreadable`.
    """
    try:
        return json.loads(text, object_pairs_hook=objects, parse_int=numbers, parse_float=numbers)
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise refused(error, where or "the JSON parser refuses it") from None


def place_of(path: Path) -> tuple[Step, ...]:
    """Where a body at that path of keys and 0-based numbers stands: its exchange, request or response."""
    number = path[2] if len(path) > 2 and isinstance(path[2], int) else 0
    return Step("entry", int(number) + 1), Step("body", 1 if "request" in path else 2)


def media_type_of(written: str) -> str:
    """The media type of a body, which a browser wrote with parameters or not at all."""
    return written.partition(";")[0].strip().lower() or "text/plain"


def is_base64(encoding: str) -> bool:
    """Whether a body with that encoding is written in base64."""
    return encoding.lower() == "base64"


def body_of(text: str, encoding: str) -> bytes | None:
    """The bytes of a body; None where it is read as the text it is, since it was cut. Raises `Unreadable`."""
    if not is_base64(encoding):
        data = text.encode("utf-8", "surrogatepass")
        return None if _is_broken(data) else data
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(ReasonCode.CORRUPT, "base64 of a body") from None


def _is_broken(data: bytes) -> bool:
    """Whether it begins as JSON and is none: browsers cut long bodies."""
    if data.lstrip()[:1] not in (b"{", b"[") or data.rstrip()[-1:] not in (b"}", b"]"):
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return True
    return False

"""JSON and base64 that can be read in one way only; everything else is malformed."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any


class Malformed(Exception):
    """Not what it has to be. The message is ours and repeats nothing that was read."""


def strict_base64(text: Any) -> bytes:
    """The bytes of a base64 text (RFC 4648 section 4). Raises `Malformed`."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError, AttributeError):
        raise Malformed("base64 is malformed") from None
    # Unused bits of the last character must be zero, or one signature would have many spellings.
    if base64.b64encode(raw).decode() != text:
        raise Malformed("base64 is not canonical")
    return raw


def strict_json(content: bytes) -> Any:
    """The value of a JSON text (RFC 8259) in UTF-8, no key twice, no number but integers.

    Raises `Malformed`.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # The standard library keeps the last of two: two readers could read two statements.
        if len({key for key, _ in pairs}) < len(pairs):
            raise Malformed("a JSON key appears twice")
        return dict(pairs)

    def refused(_: str) -> Any:
        raise Malformed("JSON holds a number that is no integer")

    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=unique,
            parse_constant=refused,
            parse_float=refused,
        )
    except (ValueError, RecursionError):
        raise Malformed("not valid JSON in UTF-8") from None

"""What is looked for after something went wrong: raw bytes in any form, and what certificates speak of."""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pii_guard.certificate.bundle import Bundle, open_bundle
from pii_guard.certificate.strict import Malformed
from pii_guard.leftovers import TEMPORARY, left

_NUMBER = int.from_bytes(os.urandom(8))
EMAIL = f"j.umberlode.{_NUMBER:016x}@mail.example"
SSN = f"517-{10 + _NUMBER % 89}-{1000 + _NUMBER % 8999}"
CANARIES = ("Umberlode", EMAIL, SSN)
"""The last two are of this process: in shared places others may be tested too."""
SHARED = (Path("/tmp"), Path("/dev/shm"))


class Wrong(AssertionError):
    """What must hold does not."""


def must(holds: object, what: str) -> None:
    """Raises `Wrong`."""
    if not holds:
        raise Wrong(what)


def shared() -> frozenset[Path]:
    """What is in places that all programs share."""
    return frozenset(one for place in SHARED if place.is_dir() for one in place.iterdir())


def holds_raw(blob: bytes, forms: re.Pattern[bytes] | None = None) -> bool:
    """Whether a canary is in it: as it is, in UTF-16, in Base64, or any of these deflated."""
    return any((forms or _FORMS).search(one) for one in (blob, *_inflated(blob)))


def _forms(canaries: Sequence[str]) -> Iterator[bytes]:
    for canary in canaries:
        yield canary.encode()
        yield canary.encode("utf-16-le")
        yield canary.encode("utf-16-be")
        for before in range(3):
            coded = base64.b64encode(b"\0" * before + canary.encode())
            # What stands at the edges depends on what is beside it.
            yield coded[-(-before * 4 // 3) : len(coded) // 4 * 4 - 4]


_FORMS = re.compile(b"|".join(map(re.escape, _forms(CANARIES))))
OURS = re.compile(b"|".join(map(re.escape, _forms(CANARIES[1:]))))
"""The canaries of this process alone."""
_STREAMS = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|PK\x03\x04")


def _inflated(blob: bytes) -> Iterator[bytes]:
    for found in _STREAMS.finditer(blob):
        start, mark = found.start(), found[0]
        bits = {b"\x1f": 31, b"P": -15}.get(mark[:1], 15)
        if mark == b"PK\x03\x04":
            lengths = blob[start + 26 : start + 30]
            start += (
                30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
            )
        try:
            yield zlib.decompressobj(bits).decompress(blob[start:], 1 << 20)
        except zlib.error:
            continue


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def unheld() -> list[Path]:
    """Folders in shared places that a process of ours left."""
    return [one for place in SHARED for one in left(place, TEMPORARY)]


def bundle_at(path: Path) -> Bundle | None:
    try:
        return open_bundle(path.read_bytes())
    except (OSError, Malformed):
        return None


def outputs_at(path: Path) -> tuple[dict[str, str], dict[str, Any] | None]:
    """Of a certificate's file: which artifact a copy is of, by the copy's digest, and the predicate."""
    bundle = bundle_at(path)
    if bundle is None:
        return {}, None
    said = json.loads(bundle.opened().payload)
    named = {one["name"]: one["digest"]["sha256"] for one in said["subject"]}
    artifacts = said["predicate"]["artifacts"]
    outputs = {named[one["output"]]: one["id"] for one in artifacts if "output" in one}
    return outputs, said["predicate"]


def subjects(bundle: Bundle) -> set[str]:
    said = json.loads(bundle.opened().payload)
    # A certificate that nothing was stored for is of its own account of that.
    return {
        one["digest"]["sha256"] for one in said["subject"] if one["name"] != "redaction-manifest"
    }

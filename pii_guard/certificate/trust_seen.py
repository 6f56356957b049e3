"""The newest signed trust policy seen so far, in a small file: an older one is not taken again."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import rfc8785

from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.certificate.writing import write_whole
from pii_guard.errors import CertificateError

SCHEMA = "pii-guard/trust-seen/1"
_MOST_BYTES = 4096


def remember(path: Path, version: int, payload: bytes) -> None:
    """Compare a verified policy with the newest one seen, and keep it where it is newer.

    `payload`: the policy's signed bytes. Raises `CertificateError` for an older version, for
    another policy of the same version, and for a file that cannot be read or says nothing. Where
    the file cannot be written the policy is taken: nothing is known against it.
    """
    digest = "sha256:" + hashlib.sha256(payload).hexdigest()
    last = _last(path)
    if last is not None:
        newest, known = last
        if version < newest:
            raise CertificateError(
                "the trust policy is older than one that was seen: keys revoked since may be in it",
                remedy="get the newest policy from the programme",
            )
        if version == newest and digest != known:
            raise CertificateError(
                "there are two trust policies of one version",
                remedy="ask the programme which of them is theirs; use neither until then",
            )
        if version == newest:
            return
    with suppress(OSError):
        write_whole(
            path, rfc8785.dumps({"schema": SCHEMA, "version": version, "policy": digest}) + b"\n"
        )


def _last(path: Path) -> tuple[int, str] | None:
    try:
        with path.open("rb") as file:
            table = strict_json(file.read(_MOST_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, Malformed):
        table = None
    match table:
        case {"schema": "pii-guard/trust-seen/1", "version": int(version), "policy": str(digest)}:
            return version, digest
    raise CertificateError(
        f"{path.name} does not say which trust policy was seen last",
        remedy="restore it; remove it only if you are sure of the policy that you have",
    )

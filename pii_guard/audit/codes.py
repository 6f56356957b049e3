"""The key of an audit, and the codes that stand in rows in place of what may not be there."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pii_guard.certificate.writing import write_whole
from pii_guard.errors import PolicyError

KEY = "PII_GUARD_AUDIT_KEY"
_HEX = re.compile("[0-9A-Fa-f]{64}")


@dataclass(frozen=True, slots=True)
class Codes:
    """HMAC-SHA256 (RFC 2104) under one key of 32 bytes. Audits with the same key can be compared."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Codes:
        """A key in hexadecimal. Raises `PolicyError`."""
        if not _HEX.fullmatch(text.strip()):
            raise PolicyError(
                "the key of an audit is not 64 hexadecimal digits",
                remedy="make one with `openssl rand -hex 32`",
            )
        return cls(bytes.fromhex(text.strip()))

    @classmethod
    def at(cls, path: Path) -> Codes:
        """The key in a file. Raises `PolicyError`."""
        try:
            return cls.of(path.read_text("ascii"))
        except (OSError, UnicodeDecodeError):
            raise PolicyError("the key of the audit cannot be read", remedy="check it") from None

    @classmethod
    def kept(cls, path: Path, given: Codes | None) -> Codes:
        """The key of an audit's directory: the one that is there, else the one given, else a new one.

        Raises `PolicyError` where another one is there.
        """
        if path.exists():
            there = cls.at(path)
            if given is not None and not hmac.compare_digest(there.key, given.key):
                raise PolicyError(
                    "the audit was begun with another key", remedy="give that one, or no key"
                )
            return there
        codes = given or cls(secrets.token_bytes(32))
        write_whole(path, codes.key.hex().encode() + b"\n", replace=False, mode=0o600)
        return codes

    @classmethod
    def in_environment(cls) -> Codes | None:
        """The key in `PII_GUARD_AUDIT_KEY`. Raises `PolicyError`."""
        text = os.environ.get(KEY, "")
        return cls.of(text) if text else None

    @property
    def key_id(self) -> str:
        """Tells keys apart and says nothing about one."""
        return self.code("key")[:16]

    def code(self, what: str, *parts: bytes | str) -> str:
        """The code of some parts, as what they are: 64 hexadecimal digits."""
        made = hmac.new(self.key, f"pii-guard audit {what}".encode(), hashlib.sha256)
        for part in parts:
            raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
            made.update(len(raw).to_bytes(8, "big") + raw)
        return made.hexdigest()

    def place(self, name: str, path: bytes) -> str:
        """Of a file: the same in each audit of a source of the same name."""
        return self.code("location", name, path)

    def version(self, version: str) -> str:
        """Of a version or etag: an etag may be a digest of the content."""
        return self.code("version", version)[:32] if version else ""

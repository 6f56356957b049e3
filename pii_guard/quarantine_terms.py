"""Where a policy has what it could not redact kept, for whom, and for how long: by default, nowhere.

The `[quarantine]` table of a policy file. Plain values; the key is read where it is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pii_guard.errors import PolicyError

_RECIPIENT = r"age1[02-9ac-hj-np-z]{58}"
"""A public X25519 key in Bech32 (age-encryption.org/v1)."""
DAYS = 30
"""By default: what nobody looked at in a month is not going to be."""
_MOST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class QuarantineTerms:
    """`path`: the folder; None: nothing is kept. `recipient`: the public key (`age1…`). `days`: after
    which an entry is given out no more, and is deleted (1 to 3650).
    """

    path: Path | None = None
    recipient: str = ""
    days: int = DAYS

    @classmethod
    def from_table(cls, table: Mapping[str, Any], base: Path) -> QuarantineTerms:
        """The terms of a parsed table; its path is relative to `base`. Raises `PolicyError`."""
        unknown = sorted(table.keys() - {"path", "recipient", "days"})
        if unknown:
            raise PolicyError(
                f"quarantine has no setting {unknown[0]!r}",
                remedy="known settings: days, path, recipient",
            )
        if not table:
            return cls()
        path, recipient, days = (table.get(one) for one in ("path", "recipient", "days"))
        if not isinstance(path, str) or not path:
            raise _wrong("path", "the path of a folder")
        if not isinstance(recipient, str) or not re.fullmatch(_RECIPIENT, recipient, re.ASCII):
            raise _wrong("recipient", "a public key (age1…): `pii-guard quarantine keygen`")
        if days is None:
            return cls(base / path, recipient)
        if type(days) is not int or not 1 <= days <= _MOST_DAYS:
            raise _wrong("days", f"1 to {_MOST_DAYS}")
        return cls(base / path, recipient, days)

    def table(self) -> dict[str, str | int | None]:
        """As plain values."""
        path = None if self.path is None else str(self.path)
        return {"path": path, "recipient": self.recipient, "days": self.days}


def _wrong(name: str, what: str) -> PolicyError:
    return PolicyError(f"quarantine.{name} must be {what}", remedy="correct the policy")

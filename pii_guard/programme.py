"""What the programme says of itself in every certificate: who it is, under which terms, for how long.

The `[programme]` table of a policy file. Nothing here decides what is personal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from pii_guard.errors import PolicyError

LEGAL_BASES = (
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests",
)  # fmt: skip
"""Of processing personal data: Article 6(1)(a) to (f) of Regulation (EU) 2016/679."""
DISCLOSURES = ("exact", "bucketed")
"""How a certificate counts: with numbers and places, or with ranges and without places."""
SIX_YEARS = 2192
"""Days that a certificate is kept by default: 45 CFR 164.316(b)(2)(i) asks for six years."""
NAME = r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*"
URI = r"https://[a-z0-9.-]{1,253}(?:/[A-Za-z0-9._~/-]{0,200})?"
"""A page of the programme: no query, no fragment, no user."""
DIGEST = r"sha256:[0-9a-f]{64}"


@dataclass(frozen=True, slots=True)
class Programme:
    """`id`: what the programme is called. `policy_uri`,
    `policy_digest`: its disclosure policy, and the SHA-256 of the text in force (`sha256:…`).
    `retention_days`, `key_shred_days`: how long a certificate, and the key of its commitments, are
    kept after it is issued. `legal_hold`: neither may be destroyed for now. `disclosure`: of `DISCLOSURES`.
    """

    id: str = ""
    policy_uri: str = ""
    policy_digest: str = ""
    legal_basis: tuple[str, ...] = ()
    retention_days: int = SIX_YEARS
    key_shred_days: int = 90
    legal_hold: bool = False
    disclosure: str = DISCLOSURES[0]

    def __post_init__(self) -> None:
        """Raises `PolicyError` naming the setting that is wrong."""
        for name, pattern, example in (
            ("id", NAME, "a short name such as acme-vdp: small letters, digits and hyphens"),
            ("policy_uri", URI, "an https address without a query"),
            ("policy_digest", DIGEST, "sha256: and 64 hexadecimal digits"),
        ):
            value = getattr(self, name)
            if value and not re.fullmatch(pattern, value, re.ASCII):
                raise _wrong(name, example)
        if set(self.legal_basis) - set(LEGAL_BASES):
            raise _wrong("legal_basis", f"a list of {', '.join(LEGAL_BASES)}")
        if self.disclosure not in DISCLOSURES:
            raise _wrong("disclosure", f"one of {', '.join(DISCLOSURES)}")
        for name in ("retention_days", "key_shred_days"):
            if not 1 <= getattr(self, name) <= 36_525:
                raise _wrong(name, "1 to 36525 days")

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Programme:
        """The programme of a parsed `[programme]` table. Raises `PolicyError`."""
        kinds = {item.name: type(item.default) for item in fields(cls)}
        settings = dict(table)
        for name, value in table.items():
            if name not in kinds:
                raise PolicyError(
                    f"programme has no setting {name!r}",
                    remedy=f"known settings: {', '.join(sorted(kinds))}",
                )
            if (
                kinds[name] is tuple
                and isinstance(value, list)
                and all(isinstance(one, str) for one in value)
            ):
                settings[name] = tuple(value)
            elif type(value) is not kinds[name]:
                raise _wrong(
                    name, f"a {'list of text' if kinds[name] is tuple else kinds[name].__name__}"
                )
        return cls(**settings)


def _wrong(name: str, what: str) -> PolicyError:
    return PolicyError(f"programme.{name} must be {what}", remedy="correct the policy")

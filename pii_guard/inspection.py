"""What an audit hears of a file: what would go, how bad it is, and codes to compare values by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pii_guard.document import Kind, Unread
from pii_guard.errors import Reason
from pii_guard.findings import Action

MARKED = 1_000
"""Findings that an inspection lists, the first of all that it counts."""


class Group(NamedTuple):
    """Findings that are counted together: entity type, category and severity, as words."""

    entity_type: str
    category: str
    severity: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding that goes. `kind`: what its text is; `fingerprint`: HMAC-SHA256 of its value, in hex."""

    action: Action
    kind: Kind
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """`name` is the attachment's after redaction. `reason`: why it could not be read in full, or None."""

    media_type: str
    name: str = field(default="", repr=False)
    reason: Reason | None = None
    marks: tuple[Mark, ...] = ()
    counted: Mapping[Group, int] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()

"""What may be said about the deletion of an original: closed words, and nothing beyond them.

A claim names what was done or observed, never what that is supposed to amount to: no word here says
that data cannot be recovered. Whether a claim may be made is worked out from its evidence
(`claim_rules`), by whoever makes it and again by whoever verifies it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pii_guard.certificate.shapes import TIME, Count, Each, Shape, Table, Word

Evidence = Mapping[str, "str | int | list[str]"]


class Kind(StrEnum):
    """What is claimed."""

    NOT_PERSISTED = "not_persisted"
    UNLINKED = "unlinked"
    OVERWRITTEN = "overwritten_best_effort"
    VERSIONS_DELETED = "object_versions_deleted"
    CRYPTO_ERASED = "crypto_erased"
    CRYPTO_ERASE_SCHEDULED = "crypto_erase_scheduled"
    SCHEDULED_EXPIRY = "scheduled_expiry"
    ATTESTED = "attested"
    NOT_DELETED = "not_deleted"


PENDING = frozenset({Kind.CRYPTO_ERASE_SCHEDULED, Kind.SCHEDULED_EXPIRY})
"""Claims about a time to come: once `until` has passed, somebody has to look again."""


class Assurance(StrEnum):
    """How it is known: this program did and checked it, an interface said so, a person says so."""

    OBSERVED = "observed"
    REPORTED = "reported"
    ATTESTED = "attested"


class Store(StrEnum):
    """Where the copy was."""

    PROCESS_MEMORY = "process_memory"
    SOURCE_FILE = "source_file"
    OBJECT_STORE = "object_store"
    MAIL = "mail"
    BACKUP = "backup"
    DATABASE = "database"
    TICKET_SYSTEM = "ticket_system"
    CHAT = "chat"
    LOG = "log"
    DEVICE = "device"
    QUARANTINE = "quarantine"
    OTHER = "other"


class Note(StrEnum):
    """Why no more is claimed, or what goes with a claim."""

    LEFT = "left_where_the_caller_keeps_it"
    HANDED_OVER = "handed_over_by_the_caller_in_memory"
    # why memory may have reached a disk
    NOT_OBSERVABLE = "environment_not_observable"
    SWAP = "swap_in_use"
    SWAP_UNKNOWN = "swap_unknown"
    CORE_DUMPS = "core_dumps_possible"
    TEMPORARY_FILES = "temporary_files_on_disk"
    CHILD_WROTE = "child_program_wrote_to_disk"
    # files
    DELETION_BEGUN = "deletion_begun"
    NOT_FOUND = "not_found"
    NOT_A_FILE = "not_a_regular_file"
    LINK = "symbolic_link"
    OTHER_NAMES = "other_names_remain"
    OPEN_ELSEWHERE = "open_elsewhere"
    REMOVED_BY_ANOTHER = "removed_by_another"
    CHANGED = "changed_meanwhile"
    NAME_TAKEN = "name_taken_again"
    NOT_SYNCED = "directory_not_synced"
    OVERWRITE_FAILED = "overwrite_failed"
    DENIED = "permission_denied"
    READ_ONLY = "read_only"
    BUSY = "busy"
    FAILED = "failed"
    # object stores
    LEGAL_HOLD = "legal_hold"
    RETENTION = "retention"
    REPLICAS = "replicas_not_covered"
    REPLICATION_UNKNOWN = "replication_unknown"
    RESIDUE = "versions_remain"
    UNREACHABLE = "store_unreachable"
    # keys
    KEY_SHARED = "key_was_shared"
    NOT_ALWAYS_ENCRYPTED = "was_not_always_encrypted"
    KEY_EXISTS = "key_exists"
    KEY_UNKNOWN = "key_state_unknown"
    # dates
    OVERDUE = "date_has_passed"


FILE_SYSTEMS = frozenset(
    {
        "apfs", "bcachefs", "btrfs", "cifs", "ecryptfs", "exfat", "ext", "f2fs", "fat", "fuse", "hfs",
        "nfs", "ntfs", "overlay", "p9", "ramfs", "smb", "squashfs", "tmpfs", "virtiofs", "xfs", "zfs",
        "other", "unknown",
    }
)  # fmt: skip
IN_MEMORY = frozenset({"tmpfs", "ramfs"})
CHILDREN = frozenset({"libreoffice", "tesseract", "chromium", "other"})
EVIDENCE: Mapping[str, Shape] = MappingProxyType(
    {
        # not_persisted
        "swap": Word.of(("none", "memory", "encrypted", "disk", "unknown")),
        "coreDumps": Word.of(("disabled", "possible", "unknown")),
        "sealedFiles": Count(),
        "tempFs": Each(Word.of(FILE_SYSTEMS)),
        "children": Each(Word.of(CHILDREN)),
        "childFs": Each(Word.of(FILE_SYSTEMS)),
        "childBlocks": Count(),
        "childrenLost": Count(),
        # files
        "fileSystem": Word.of(FILE_SYSTEMS),
        "otherNames": Count(),
        "openElsewhere": Word.of(("no", "yes", "unknown")),
        "overwrites": Count(),
        # objects
        "versioning": Word.of(("never", "enabled", "suspended", "unknown")),
        "objectLock": Word.of(("off", "on", "unknown")),
        "replication": Word.of(("none", "configured", "unknown")),
        "versionsDeleted": Count(),
        "markersDeleted": Count(),
        "uploadsAborted": Count(),
        # keys
        "keyScope": Word.of(("case", "shared")),
        "encrypted": Word.of(("always", "not_always")),
        "keyState": Word.of(("deleted", "scheduled", "exists", "unknown")),
        # schedules and statements
        "rule": Word.of(("object_lifecycle", "backup_rotation", "mail_retention", "log_retention", "quarantine", "other")),
        "by": Word.of(("operator", "privacy_lead", "researcher", "vendor", "caller")),
    }
)  # fmt: skip
"""What may stand as evidence: words and counts. No path, no name, no length of anything deleted."""

METHODS = frozenset(
    {"environment_inspected", "path_checked_again", "versions_listed_again", "key_state_read"}
)
_VERIFICATION = Table({"method": Word.of(METHODS)}, {"residual": Count()})

CLAIM_FIELDS: Mapping[str, Shape] = MappingProxyType(
    {"store": Word.of(Store), "claim": Word.of(Kind), "assurance": Word.of(Assurance)}
)
CLAIM_OPTIONAL: Mapping[str, Shape] = MappingProxyType(
    {
        "evidence": Table({}, EVIDENCE),
        "verification": _VERIFICATION,
        "at": TIME,
        "until": TIME,
        "note": Word.of(Note),
    }
)
CLAIM: Shape = Table(CLAIM_FIELDS, CLAIM_OPTIONAL)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim about one original in one store.

    `at`: when that was so; `until`: when it will be (both aware, of whole seconds in the entry).
    `residual`: what the check of `method` still found.
    """

    kind: Kind
    store: Store
    assurance: Assurance
    evidence: Evidence = field(default_factory=lambda: MappingProxyType({}))
    method: str | None = None
    residual: int | None = None
    at: datetime | None = None
    until: datetime | None = None
    note: Note | None = None

    @property
    def gone(self) -> bool:
        """Whether it says that the original is not there (any more), now."""
        return self.kind not in PENDING | {Kind.NOT_DELETED, Kind.ATTESTED}

    def to_entry(self) -> dict[str, Any]:
        """As it stands in a statement, without the artifact it is about."""
        entry: dict[str, Any] = {
            "store": self.store.value,
            "claim": self.kind.value,
            "assurance": self.assurance.value,
        }
        if self.evidence:
            entry["evidence"] = {
                key: list(one) if isinstance(one, (list, tuple)) else one
                for key, one in self.evidence.items()
            }
        if self.method is not None:
            entry["verification"] = {"method": self.method}
            if self.residual is not None:
                entry["verification"]["residual"] = self.residual
        if self.at is not None:
            entry["at"] = _stamp(self.at)
        if self.until is not None:
            entry["until"] = _stamp(self.until)
        if self.note is not None:
            entry["note"] = self.note.value
        return entry

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any]) -> Claim:
        """The claim of an entry that keeps to the grammar; fields of the artifact are passed over."""
        checked = entry.get("verification", {})
        return cls(
            Kind(entry["claim"]),
            Store(entry["store"]),
            Assurance(entry["assurance"]),
            MappingProxyType(dict(entry.get("evidence", {}))),
            checked.get("method"),
            checked.get("residual"),
            _read(entry.get("at")),
            _read(entry.get("until")),
            Note(entry["note"]) if "note" in entry else None,
        )


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

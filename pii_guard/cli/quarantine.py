"""What `pii-guard quarantine` does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pii_guard.cli.inputs import load_policy
from pii_guard.cli.leaving import say
from pii_guard.cli.printing import print_rows, print_table
from pii_guard.deletion import forbid_core_dumps
from pii_guard.errors import ExitCode, PolicyError, QuarantineError
from pii_guard.quarantine import Identity, Listed, Purged, entries, generate
from pii_guard.quarantine import purge as purge_entries
from pii_guard.quarantine import release as release_entry

LIST_SCHEMA = "pii-guard/quarantine/1"
PURGE_SCHEMA = "pii-guard/quarantine-purge/1"


def keygen(path: Path) -> int:
    """Make the pair and say where it is."""
    public = generate(path)
    say(
        f"wrote {path} (keep it off the machine that takes reports in) and {path.with_suffix('.pub')}"
    )
    print(public)
    return ExitCode.OK


def listed(folder: Path | None, policy: Path | None, output_format: str) -> int:
    """Print what is there; the exit code."""
    found = list(entries(_folder(folder, policy)))
    now = datetime.now(UTC)
    rows = [_row(one, now) for one in found]
    if output_format == "table":
        columns = ("id", "state", "received", "expires", "reason", "media_type", "size")
        print_table("", columns, [[str(row[name] or "") for name in columns] for row in rows])
    else:
        print_rows(LIST_SCHEMA, rows, output_format)
    return ExitCode.UNPROCESSED if any(one.entry is None for one in found) else ExitCode.OK


def release(
    number: str,
    identity: Path,
    output: Path,
    folder: Path | None,
    policy: Path | None,
    original_name: bool,
) -> int:
    """Decrypt an entry, and print where it is."""
    forbid_core_dumps()
    path = release_entry(
        _folder(folder, policy), number, Identity.load(identity), output, named=original_name
    )
    print(path)
    return ExitCode.OK


def purge(folder: Path | None, policy: Path | None, damaged: bool, output_format: str) -> int:
    """Delete what has expired and print what came of it; 0 only if nothing of it is left."""
    if load_policy(policy, ()).programme.legal_hold:
        raise PolicyError("a legal hold is in force: nothing is purged", remedy="see the policy")
    done = list(purge_entries(_folder(folder, policy), damaged=damaged))
    if output_format == "table":
        print_table("", ("id", "claim", "assurance", "note"), [_told(one) for one in done])
    else:
        rows = [{"id": one.id, **(one.claim.to_entry() if one.claim else {"damaged": True})}
                for one in done]  # fmt: skip
        print_rows(PURGE_SCHEMA, rows, output_format)
    left = sum(one.claim is None or not one.claim.gone for one in done)
    if left:
        what = (
            "remove by hand what is no regular file, and see the folder's permissions for the rest"
            if damaged
            else "damaged ones go with --damaged"
        )
        say(f"{left} of {len(done)} are still there ({what})")
    return ExitCode.UNPROCESSED if left else ExitCode.OK


def _folder(folder: Path | None, policy: Path | None) -> Path:
    found = folder or load_policy(policy, ()).quarantine.path
    if found is None:
        raise QuarantineError("there is no quarantine", remedy="give --quarantine FOLDER")
    return found


def _row(one: Listed, now: datetime) -> dict[str, Any]:
    entry = one.entry
    if entry is None:
        empty = dict.fromkeys(("received", "expires", "reason", "media_type"))
        return {"id": one.id, "state": "damaged", **empty, "size": one.size}
    return {
        "id": one.id,
        "state": "expired" if entry.expired(now) else "kept",
        "received": entry.received.isoformat(),
        "expires": entry.expires.isoformat(),
        "reason": entry.reason.value,
        "media_type": entry.media_type,
        "size": one.size,
    }


def _told(one: Purged) -> tuple[str, str, str, str]:
    claim = one.claim
    if claim is None:
        return one.id, "", "", "damaged: not touched"
    return one.id, claim.kind.value, claim.assurance.value, claim.note.value if claim.note else ""

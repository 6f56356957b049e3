"""What an audit's own summary says of it, held against the parts that are there."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pii_guard.audit.codes import Codes
from pii_guard.audit.directory import PRIVATE
from pii_guard.audit.parts import digest_of, name_of
from pii_guard.audit.reconciling import SCHEMA, SUMMARY
from pii_guard.audit.rows import parts
from pii_guard.errors import PolicyError
from pii_guard.report import Standing


def standing(audit: Path) -> Standing:
    """Complete only where the summary says so and the parts are, byte for byte, those it was made of.

    Where the audit's key is beside it, the summary's code is checked as well. Raises `PolicyError` for a
    summary that somebody changed.
    """
    try:
        table = json.loads((audit / SUMMARY).read_bytes())
        told = Standing(
            "complete" if table["complete"] is True else "incomplete",
            int(table["files"]),
            int(table["listed"]),
            str(table["keyId"]),
            str(table["partsSha256"]),
        )
        known = table["schema"] == SCHEMA
    except (OSError, ValueError, TypeError, LookupError):
        return Standing()
    if not known:
        return Standing()
    _refuse_changed(audit, table)
    if told.state == "complete" and _digest_of_parts(audit) != told.digest:
        return replace(told, state="incomplete", digest="")
    return told


def _digest_of_parts(audit: Path) -> str:
    """As the summary has it; "" where a part is not what its name says, or is none."""
    made = hashlib.sha256()
    for path in parts(audit):
        name = name_of(path)
        if name is None or digest_of(path.read_bytes()) != name.sha256:
            return ""
        made.update(path.name.encode() + b"\n")
    return made.hexdigest()


def _refuse_changed(audit: Path, table: dict[str, Any]) -> None:
    key = audit / PRIVATE / "key"
    if not key.is_file():
        return  # it was passed on without
    said = json.dumps({k: v for k, v in table.items() if k != "mac"}, sort_keys=True)
    code = Codes.at(key).code("summary", said)
    if not hmac.compare_digest(code, str(table.get("mac", ""))):
        raise PolicyError(
            "the summary of the audit is not the one that was written",
            remedy="run the audit again: it writes a new one",
        )

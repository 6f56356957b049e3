"""`pii-guard redact`: redacted copies with the same names, and `certificate.json`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pii_guard.certificate import Signer, default_signer, open_key
from pii_guard.certificate.keys import PASSPHRASE
from pii_guard.cli.earlier import CERTIFICATE
from pii_guard.cli.inputs import STDIN, inputs, load_policy
from pii_guard.cli.issuing import Issuing
from pii_guard.cli.leaving import say, stop_printing
from pii_guard.cli.placing import finish_left
from pii_guard.cli.printing import (
    action_row,
    counts,
    print_rows,
    print_table,
    unread_note,
    unread_row,
)
from pii_guard.cli.progress import track
from pii_guard.cli.storing import Copy, Names, refuse_unwritable, store
from pii_guard.deletion import forbid_core_dumps
from pii_guard.document import print_locator, printable
from pii_guard.errors import ExitCode, PolicyError
from pii_guard.findings import Quarantined, Result
from pii_guard.guard import Guard
from pii_guard.quarantine import Entry
from pii_guard.tally import tally_of

SCHEMA = "pii-guard/redact/1"
_UNLOCKED = "the copy has no password"


def run(
    paths: Sequence[str],
    output: Path | None,
    policy: Path | None,
    keep: Sequence[str],
    ref: str,
    key: tuple[str, Path | None] | None,
    output_format: str,
    name: str,
    secrets: Sequence[str] = (),
    issuing: Issuing | None = None,
) -> int:
    """Redact the files as one case; the exit code."""
    issuing = issuing or Issuing()
    if output is None and (list(paths) != [STDIN] or issuing.delete or issuing.commitments):
        raise PolicyError("there is no place for the copies", remedy="give --output DIRECTORY")
    if output is not None:
        refuse_unwritable(output)
        finish_left(output)
    files = list(inputs(paths, name, skip=output))
    if not files:
        raise PolicyError("there is nothing to redact", remedy="check the paths")
    forbid_core_dumps()
    signer = open_key(*key) if key else default_signer()
    _tell_origin(signer)
    rules = load_policy(policy, keep, paths)
    beside = [Path(one) for one in (*paths, *([output] if output else ())) if one != STDIN]
    guard = Guard(
        rules,
        signer=signer,
        passwords=secrets,
        keystore=issuing.keystore(),
        quarantine=issuing.quarantine_of(rules, beside),
    )
    case = guard.case(ref, researcher=issuing.for_whom())
    issuing.look(files)
    for one in track(files, "reading"):
        case.add(one.source(), name=one.relative)
    results = list(case.redact())
    certificate = case.close(issuing.begun(case, results))
    if output is None:
        return _to_stdout(results[0], case.kept.get(0))
    copies = _copies(results)
    with issuing.entered() as content:
        originals = [one.path for one in files if one.path]
        lasting = store(
            output, copies, certificate.to_json(), originals, lambda: content(certificate)
        )
        gone = issuing.delete_originals(case, results, output / CERTIFICATE, content, lasting)
    _print(results, copies, case.kept, output_format)
    held = any(isinstance(result, Quarantined) or result.gaps for result in results) or not gone
    return ExitCode.UNPROCESSED if held else ExitCode.OK


def _tell_origin(signer: Signer) -> None:
    if signer.origin == "created" and signer.path is not None:
        say(f"made a signing key; give verifiers {signer.path.with_suffix('.pub')}")
        if not os.environ.get(PASSPHRASE):
            say(
                f"it is not encrypted: for more than a trial use `keys generate`, or set {PASSPHRASE}"
            )
    elif signer.origin == "ephemeral":
        say("no key could be stored: this certificate cannot be verified later (see --key)")


def _to_stdout(result: Result, entry: Entry | None) -> int:
    if isinstance(result, Quarantined):
        say(f"quarantined: {result.reason}{_kept_as(entry)}")
        return ExitCode.UNPROCESSED
    if result.unlocked:
        say(_UNLOCKED)
    try:
        for piece in result.pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        stop_printing()
        return ExitCode.UNPROCESSED
    return ExitCode.OK


def _copies(results: Sequence[Result]) -> list[Copy]:
    names = Names()
    return [
        Copy(
            names.free(printable(result.name)),
            None if isinstance(result, Quarantined) else result.pieces,
        )
        for result in results
    ]


def _print(
    results: Sequence[Result],
    copies: Sequence[Copy],
    kept: Mapping[int, Entry],
    output_format: str,
) -> None:
    rows = [
        _row(result, copy, kept.get(number))
        for number, (result, copy) in enumerate(zip(results, copies, strict=True))
    ]
    if output_format == "table":
        table = [(str(r["output"] or r["path"]), str(r["verdict"]), str(r["removed"]), _note(r))
                 for r in rows]  # fmt: skip
        print_table("", ("file", "verdict", "removed", "reason"), table)
    else:
        print_rows(SCHEMA, rows, output_format, certificate=CERTIFICATE)


def _note(row: dict[str, Any]) -> str:
    left = len(row["left_out"])
    notes = (
        f"{left} unreadable members left out" if left else "",
        _UNLOCKED if row["unlocked"] else "",
        unread_note(row["unread"]),
    )
    if row["reason"]:
        return f"{row['reason']}{_kept_as(row['quarantine'])}"
    return "; ".join(filter(None, notes))


def _kept_as(entry: Entry | str | None) -> str:
    number = entry.id if isinstance(entry, Entry) else entry
    return f" [kept as {number}]" if number else ""


def _row(result: Result, copy: Copy, entry: Entry | None) -> dict[str, Any]:
    return {
        "path": printable(result.name),
        "output": None if copy.pieces is None else copy.name,
        "media_type": result.media_type,
        "verdict": result.verdict,
        "reason": str(result.reason) if result.reason else None,
        "quarantine": entry.id if entry else None,
        "left_out": [
            {"locator": print_locator(gap.locator), "reason": str(gap.reason)}
            for gap in result.gaps
        ],
        "removed": counts(tally_of(result).by_type()),
        "unlinked": result.unlinked,
        "unlocked": result.unlocked,
        "unread": unread_row(result.unread),
        "findings": [action_row(action) for action in result.actions if action.operator != "keep"],
        "kept": [action_row(action) for action in result.actions if action.operator == "keep"],
    }

"""`pii-guard ledger add|erase`: statements into a ledger, and out of what it keeps beside its entries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pii_guard.certificate import load
from pii_guard.certificate.bundle import Bundle, open_bundle
from pii_guard.certificate.leaf import leaf_of
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.writing import write_whole
from pii_guard.cli.acknowledging import read_file
from pii_guard.cli.leaving import say
from pii_guard.cli.ledger import log_keys, log_signer, opened
from pii_guard.cli.printing import print_table
from pii_guard.document import printable
from pii_guard.errors import CertificateError, ExitCode, LedgerError
from pii_guard.ledger import Ledger, due, enter, is_held, open_ledger

SCHEMA = "pii-guard/ledger-erase/1"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be erased, as on the command line."""

    files: Sequence[Path] = ()
    entries: Sequence[int] = ()
    due: bool = False
    despite_hold: bool = False


def add(files: Sequence[Path], where: str, origin: str, log_key: Path) -> int:
    """Enter the statements in files and write their proofs there; the exit code."""
    ledger = open_ledger(where, signer=log_signer(origin, load(log_key)))
    try:
        for path in files:
            try:
                content = enter(ledger, open_bundle(read_file(path))).to_json()
            except Malformed as error:
                say(f"{printable(path.name)} is not entered: {error}")
                return ExitCode.UNPROCESSED
            _write(path, content)
            say(f"{printable(path.name)} is in the ledger, and proves it")
    finally:
        ledger.close()
    return ExitCode.OK


def erase(
    where: str, origin: str, trust: Path, root: Path | None, wanted: Wanted, output_format: str
) -> int:
    """Erase and print what may be claimed of each; the exit code."""
    if not (wanted.files or wanted.entries or wanted.due):
        raise LedgerError("no entry is named", remedy="give files, --entry or --due")
    try:
        named = [open_bundle(read_file(path)) for path in wanted.files]
        with opened(where, log_keys(origin, trust, root)) as ledger:
            places = [*(_place(ledger, one) for one in named), *wanted.entries]
            places += due(ledger, datetime.now(UTC).date()) if wanted.due else ()
            # Each is looked at before any is erased: a wrong number erases nothing.
            held = {one: is_held(ledger, one) and not wanted.despite_hold for one in places}
            rows = [
                {"entry": one, "claim": "not_deleted" if kept else _erased(ledger, one)}
                for one, kept in held.items()
            ]
    except Malformed as error:
        say(f"nothing is erased: {error}")
        return ExitCode.UNPROCESSED
    if output_format == "table":
        print_table(
            "", ("entry", "claim"), [(str(one["entry"]), str(one["claim"])) for one in rows]
        )
    else:
        table = {"schema": SCHEMA, "entries": rows}
        print(json.dumps(table, indent=1 if output_format == "json" else None))
    if any(held.values()):
        say(f"{sum(held.values())} are kept under a legal hold: see --despite-hold")
        return ExitCode.UNPROCESSED
    return ExitCode.OK


def _place(ledger: Ledger, named: Bundle) -> int:
    place = ledger.find(leaf_of(named.opened()))
    if place is None:
        raise LedgerError(
            "a statement is not in the ledger as it is signed now",
            remedy="see `inclusion` in its file, and give --entry",
        )
    return place


def _erased(ledger: Ledger, place: int) -> str:
    """A word of the deletion vocabulary, or that nothing was there."""
    return ledger.erase(place) or "nothing_kept"


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise CertificateError(
            f"cannot write {printable(path.name)}: {type(error).__name__}",
            remedy="it is in the ledger: enter it again for its proof",
        ) from None

"""`pii-guard countersign`: the programme checks an acknowledgement and signs it, too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pii_guard.certificate import default_signer, open_key
from pii_guard.certificate.acknowledged import check_acknowledgement
from pii_guard.certificate.bundle import open_bundle
from pii_guard.certificate.envelope import countersign, envelope_json, open_envelope
from pii_guard.certificate.keys import Signer
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.terms import LANGUAGES, shipped_terms
from pii_guard.certificate.trust import Trust
from pii_guard.cli.acknowledging import (
    read_file,
    read_received,
    read_researchers,
    read_terms,
    store_file,
)
from pii_guard.cli.keys import passphrase
from pii_guard.cli.leaving import say
from pii_guard.cli.printing import print_table
from pii_guard.cli.trust import pinned
from pii_guard.errors import CertificateError, ExitCode


def run(
    acknowledgement: Path,
    certificate: Path,
    trust: Path,
    researchers: Sequence[Path],
    terms: Sequence[Path],
    assurance: str,
    key: tuple[str | None, Path | None],
    root: Path | None,
    output: Path | None,
    output_format: str,
) -> int:
    """Check, sign, store; the exit code. Nothing is signed where a fault is found."""
    keys, registered = pinned(trust, root), read_researchers(researchers)
    approved = read_terms(terms) or [shipped_terms(one) for one in LANGUAGES]
    content, malformed, done = b"", False, ""
    try:
        said = open_bundle(read_file(acknowledgement))
        content = envelope_json(said.envelope)
        payload = read_received(certificate).payload
        faults = check_acknowledgement(
            content, payload, keys, researchers=registered, terms=approved,
            least_assurance=assurance,
        )  # fmt: skip
    except Malformed as error:
        faults, malformed = [str(error)], True
    if not faults:
        target, entered = output or acknowledgement, said.inclusion is not None
        done = _countersigned(content, _issuer(key, keys), target, entered)
    _show(faults, done, output_format)
    if malformed:
        return ExitCode.UNPROCESSED
    return ExitCode.FINDINGS if faults else ExitCode.OK


def _issuer(key: tuple[str | None, Path | None], trust: Trust) -> Signer:
    where, public = key
    signer = default_signer() if where is None else open_key(where, public, passphrase)
    if signer.key_id not in trust.issuers():
        # Nobody could check what another key signs.
        raise CertificateError(
            "the signing key is no issuer in the trust file",
            remedy="give the issuer key with --key",
        )
    return signer


def _countersigned(content: bytes, signer: Signer, target: Path, entered: bool) -> str:
    if signer.key_id in {one.key_id for one in open_envelope(content).signatures}:
        return "signed by this key already"
    store_file(target, envelope_json(countersign(content, signer)), replace=True)
    say(f"wrote {target}")
    if entered:
        say("the ledger has not seen this signature: enter it again with `ledger add`")
    return "countersigned"


def _show(faults: Sequence[str], done: str, output_format: str) -> None:
    rows = [("fail", fault) for fault in faults] or [("pass", done)]
    if output_format == "table":
        print_table("", ("status", "reason"), rows)
        return
    report = {"schema": "pii-guard/countersign/1", "ok": not faults, "faults": list(faults)}
    print(json.dumps(report, indent=1 if output_format == "json" else None))

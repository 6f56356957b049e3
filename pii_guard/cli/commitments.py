"""`pii-guard keys shred` and `pii-guard found`: the keys of commitments, and what they are for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from pii_guard.certificate import verify
from pii_guard.certificate.bundle import open_bundle
from pii_guard.certificate.commitments import file_in, found_in
from pii_guard.cli.acknowledging import file_digest, read_file
from pii_guard.cli.leaving import say
from pii_guard.cli.standard import standard_input
from pii_guard.cli.trust import pinned
from pii_guard.errors import CertificateError, ExitCode
from pii_guard.keystore import KeyStore


def shred(folder: Path, refs: list[str], due: bool) -> int:
    """Destroy keys; the exit code."""
    store = KeyStore.at(folder)
    today = datetime.now(UTC).date()
    wanted = [*refs, *(store.due(today) if due else ())]
    if not wanted and not due:
        raise CertificateError("no key is named", remedy="give --ref REFERENCE, or --due")
    left = 0
    for ref in dict.fromkeys(wanted):
        try:
            store.shred(ref)
        except CertificateError as error:
            left += 1  # one that cannot be destroyed must not save the others
            say(f"{ref}: {error}")
        else:
            print(ref)
    say(
        f"{left} keys are left"
        if left
        else "what was committed under them can never be asked again"
    )
    return ExitCode.USAGE if left else ExitCode.OK


def found(
    certificate: Path,
    trust: Path,
    root: Path | None,
    folder: Path,
    kind: str,
    files: Sequence[Path] = (),
) -> int:
    """Say of each line of standard input whether it is among the values, or of each of `files` whether it is
    among the attachments; the exit code.
    """
    content = read_file(certificate)
    if verify(content, pinned(trust, root)).exit_code:
        raise CertificateError(
            "the certificate does not verify", remedy="see `pii-guard verify`: it says why"
        )
    predicate = json.loads(open_bundle(content).opened().payload)["predicate"]
    said = predicate.get("commitments")
    if said is None:
        raise CertificateError(
            "the certificate holds no commitments", remedy="they are made by `redact --commitments`"
        )
    key = KeyStore.at(folder).load(said["keyRef"])
    if date.fromisoformat(predicate["retention"]["keyShredBy"]) < datetime.now(UTC).date():
        say("the key should have been destroyed: see `pii-guard keys shred --due`")
    if files:
        if len(said.get("files", ())) < len(predicate["artifacts"]):
            say("not every attachment has a commitment: a no is no proof")
        answers = [file_in(said, key, bytes.fromhex(file_digest(one))) for one in files]
    else:
        if said["truncated"]:
            say("not every value has a commitment: a no is no proof")
        answers = [found_in(said, key, kind, line.rstrip("\r\n")) for line in standard_input()]
    for answer in answers:
        print("yes" if answer else "no")
    return ExitCode.OK if all(answers) else ExitCode.FINDINGS

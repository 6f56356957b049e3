"""`pii-guard attach`: what was said of a certificate since, into its file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pii_guard.certificate import acknowledgement_grammar as acknowledgement
from pii_guard.certificate import revocation
from pii_guard.certificate.bundle import Bundle, open_bundle
from pii_guard.certificate.envelope import open_envelope
from pii_guard.certificate.note import parse_note
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.certificate.writing import write_whole
from pii_guard.cli.acknowledging import read_file
from pii_guard.cli.leaving import say
from pii_guard.errors import CertificateError, ExitCode


def run(
    certificate: Path, statements: Sequence[Path], checkpoint: Path | None, token: Path | None
) -> int:
    """Put statements, a checkpoint with more signatures and its time stamp into the file."""
    try:
        return _attach(certificate, statements, checkpoint, token)
    except Malformed as error:
        say(f"nothing is attached: {error}")
        return ExitCode.UNPROCESSED


def _attach(
    certificate: Path, statements: Sequence[Path], checkpoint: Path | None, token: Path | None
) -> int:
    bundle = open_bundle(read_file(certificate))
    for path in statements:
        bundle = _with(bundle, read_file(path))
    if checkpoint is not None:
        bundle = _witnessed(bundle, read_file(checkpoint).decode("utf-8", "replace"))
    if token is not None:
        if not bundle.checkpoint:
            raise _unfit("there is no checkpoint that a time stamp could be on")
        bundle = replace(bundle, timestamp=read_file(token))
    content = bundle.to_json()
    open_bundle(content)  # nothing is written that could not be read again
    write_whole(certificate, content)
    say("attached; nothing was verified: see `pii-guard verify`")
    return ExitCode.OK


def show(certificate: Path) -> int:
    """Print the checkpoint that the file proves itself with: a witness or authority signs that one."""
    try:
        bundle = open_bundle(read_file(certificate))
    except Malformed as error:
        say(str(error))
        return ExitCode.UNPROCESSED
    if not bundle.checkpoint:
        raise _unfit("it is in no ledger")
    print(bundle.checkpoint, end="")
    return ExitCode.OK


def _with(bundle: Bundle, content: bytes) -> Bundle:
    envelope = strict_json(content)
    said = strict_json(open_envelope(envelope).payload)
    kind = said.get("predicateType") if isinstance(said, dict) else None
    listed = {
        acknowledgement.PREDICATE_TYPE: bundle.acknowledgements,
        revocation.PREDICATE_TYPE: bundle.revocations,
    }.get(str(kind))
    if listed is None:
        raise Malformed("neither an acknowledgement nor a revocation")
    # A countersigned one takes the place of what the researcher alone had signed.
    kept = [one for one in listed if json.dumps(one["payload"]) != json.dumps(envelope["payload"])]
    if kind == acknowledgement.PREDICATE_TYPE:
        return replace(bundle, acknowledgements=tuple(kept)).with_acknowledgement(envelope)
    return replace(bundle, revocations=tuple(kept)).with_revocation(envelope)


def _witnessed(bundle: Bundle, note: str) -> Bundle:
    if not bundle.checkpoint or parse_note(note).text != parse_note(bundle.checkpoint).text:
        raise _unfit("that is another checkpoint than the file's")
    return replace(bundle, checkpoint=note)


def _unfit(why: str) -> CertificateError:
    return CertificateError(
        why, remedy="enter it with `redact --ledger`; see `attach --show-checkpoint`"
    )

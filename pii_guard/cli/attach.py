"""`pii-guard attach`: what was said of a certificate since, into its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pii_guard.certificate import acknowledgement_grammar as acknowledgement
from pii_guard.certificate import revocation, validation
from pii_guard.certificate.bundle import Bundle, open_bundle
from pii_guard.certificate.note import parse_note
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.certificate.writing import write_whole
from pii_guard.cli.acknowledging import read_file
from pii_guard.cli.leaving import say
from pii_guard.errors import CertificateError, ExitCode

_LISTS = {
    acknowledgement.PREDICATE_TYPE: "acknowledgements",
    revocation.PREDICATE_TYPE: "revocations",
    validation.PREDICATE_TYPE: "validations",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes into the file. `ledger`, `origin`, `trust`, `root`: where proofs since what was seen come
    from.
    """

    statements: Sequence[Path] = ()
    checkpoint: Path | None = None
    token: Path | None = None
    since: Path | None = None
    ledger: str = ""
    origin: str = ""
    trust: Path | None = None
    root: Path | None = None


def run(certificate: Path, asked: Asked) -> int:
    """Put statements, a checkpoint with more signatures, its time stamp and proofs into the file."""
    try:
        return _attach(certificate, asked)
    except Malformed as error:
        say(f"nothing is attached: {error}")
        return ExitCode.UNPROCESSED


def _attach(certificate: Path, asked: Asked) -> int:
    bundle = open_bundle(read_file(certificate))
    for path in asked.statements:
        bundle = _with(bundle, open_bundle(read_file(path)))
    if asked.checkpoint is not None:
        bundle = _witnessed(bundle, read_file(asked.checkpoint).decode("utf-8", "replace"))
    if asked.token is not None:
        if not bundle.checkpoint:
            raise _unfit("there is no checkpoint that a time stamp could be on")
        bundle = replace(bundle, timestamp=read_file(asked.token))
    if asked.since is not None:
        from pii_guard.cli.ledger_since import proved_since

        bundle, verdict = proved_since(bundle, asked)
        if not verdict.holds:
            say(f"nothing is attached: {verdict.reason}")
            return ExitCode.FINDINGS
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


def _with(bundle: Bundle, said: Bundle) -> Bundle:
    statement = strict_json(said.opened().payload)
    kind = statement.get("predicateType") if isinstance(statement, dict) else None
    name = _LISTS.get(str(kind))
    if name is None:
        raise Malformed("neither an acknowledgement nor a revocation nor a validation")
    listed: Sequence[Bundle] = getattr(bundle, name)
    # A countersigned one takes the place of what the researcher alone had signed.
    kept = tuple(one for one in listed if one.opened().payload != said.opened().payload)
    if said.inclusion is None:  # the same signatures may be here with their proof
        said = next((one for one in listed if one.envelope == said.envelope), said)
    match name:
        case "acknowledgements":
            return replace(bundle, acknowledgements=kept).with_acknowledgement(said)
        case "revocations":
            return replace(bundle, revocations=kept).with_revocation(said)
    return replace(bundle, validations=kept).with_validation(said)


def _witnessed(bundle: Bundle, note: str) -> Bundle:
    if not bundle.checkpoint or parse_note(note).text != parse_note(bundle.checkpoint).text:
        raise _unfit("that is another checkpoint than the file's")
    return replace(bundle, checkpoint=note)


def _unfit(why: str) -> CertificateError:
    return CertificateError(
        why,
        remedy="enter it with `redact --ledger` or `ledger add`; see `attach --show-checkpoint`",
    )

"""`pii-guard acknowledge`: the researcher says where they searched, what is left, and signs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pii_guard.certificate import open_key, verify
from pii_guard.certificate.acknowledgement import (
    Answers,
    Signing,
    build_acknowledgement,
    read_certificate,
)
from pii_guard.certificate.ssh_envelope import sealed
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.terms import Terms
from pii_guard.cli.acknowledging import (
    ACKNOWLEDGEMENT,
    Received,
    chosen_terms,
    file_digest,
    read_received,
    signed_with_ssh,
    store_file,
)
from pii_guard.cli.asking import ask, moment, remainder
from pii_guard.cli.keys import passphrase
from pii_guard.cli.leaving import say
from pii_guard.cli.trust import pinned
from pii_guard.errors import ExitCode, PolicyError


@dataclass(frozen=True, slots=True)
class Asked:
    """The options as given."""

    places: Sequence[str] = ()
    exceptions: Sequence[str] = ()
    statements: Sequence[str] = ()
    completed: str | None = None
    key: str | None = None
    key_public: Path | None = None
    ssh_key: Path | None = None
    account: str | None = None
    accepted: str | None = None
    page: Path | None = None
    terms: Path | None = None
    language: str = "en"
    trust: Path | None = None
    root: Path | None = None
    output: Path | None = None


def run(certificate: Path, asked: Asked) -> int:
    """Sign and store; the exit code."""
    now = datetime.now(UTC)
    signing = _signing(asked, now)
    terms = chosen_terms(asked.terms, asked.language)
    try:
        received = read_received(certificate)
        about = read_certificate(received.payload)
    except Malformed as error:
        say(f"{certificate.name}: {error}")
        return ExitCode.UNPROCESSED
    if asked.trust is not None and not _good(received, asked.trust, asked.root):
        return ExitCode.FINDINGS
    completed = None if asked.completed is None else moment(asked.completed, now)
    if completed is not None and completed > now:
        raise PolicyError("--completed is in the future", remedy="sign when it is done")
    values = {
        "certificate": about.identifier,
        "digest": about.digest,
        "case": about.case,
    }
    if asked.places or asked.statements or asked.exceptions:
        answers = _answers(asked, terms, completed or now)
    else:
        answers = ask(terms, values, completed, now)
    payload = build_acknowledgement(
        received.payload, terms, answers, signing, nonce=os.urandom(16).hex()
    )
    signed = _signed(payload, asked)
    output = asked.output or Path(ACKNOWLEDGEMENT)
    store_file(output, signed, replace=False)
    say(f"wrote {output}; send it to the programme, which checks and countersigns it")
    return ExitCode.OK


def _signing(asked: Asked, now: datetime) -> Signing:
    if (asked.key is None) == (asked.ssh_key is None):
        raise PolicyError("give one key", remedy="--key FILE or --ssh-key FILE")
    if asked.account is not None and asked.page is not None:
        raise PolicyError("give one of --platform-session and --wet-ink")
    if (asked.account is not None or asked.page is not None) and asked.ssh_key is not None:
        raise PolicyError(
            "a platform session or a signed page is recorded by the programme",
            remedy="give its issuer key with --key",
        )
    if (asked.account is None) != (asked.accepted is None):
        raise PolicyError("--platform-session and --accepted belong together")
    if asked.account is not None and asked.accepted is not None:
        accepted_at = moment(asked.accepted, now)
        if accepted_at > now:
            raise PolicyError("--accepted is in the future", remedy="give when it was accepted")
        return Signing("platform_session", account=asked.account, accepted_at=accepted_at)
    if asked.page is not None:
        return Signing("wet_ink", page=f"sha256:{file_digest(asked.page)}")
    return Signing("sshsig" if asked.ssh_key is not None else "pkcs8")


def _good(received: Received, trust: Path, root: Path | None) -> bool:
    report = verify(received.envelope, pinned(trust, root))
    for rule in report.rules:
        if rule.status == "fail":
            say(f"the certificate fails: {rule.name}: {rule.reason}")
    return report.exit_code == ExitCode.OK


def _answers(asked: Asked, terms: Terms, completed: datetime) -> Answers:
    every = [one.identifier for one in terms.clauses]
    statements = every if list(asked.statements) == ["all"] else asked.statements
    return Answers(statements, asked.places, completed, [*map(remainder, asked.exceptions)])


def _signed(payload: bytes, asked: Asked) -> bytes:
    if asked.ssh_key is not None:
        return signed_with_ssh(payload, asked.ssh_key)
    assert asked.key is not None
    return sealed(payload, open_key(asked.key, asked.key_public, passphrase))


def show_terms(file: Path | None, language: str) -> int:
    """Print the statements with their ids, and the words for places and reasons."""
    terms = chosen_terms(file, language)
    print(f"{terms.title}\n{terms.template_id} {terms.version} ({terms.language})\n{terms.digest}")
    print(f"{terms.review}\n\n{terms.opening}\n")
    for one in terms.clauses:
        print(f"{one.identifier}{' (required)' if one.required else ''}\n  {one.text}\n")
    print(f"{terms.closing}\n")
    for heading, labels in (("Places", terms.places), ("Reasons", terms.reasons)):
        print(heading)
        for word, label in labels.items():
            print(f"  {word}: {label}")
    return ExitCode.OK

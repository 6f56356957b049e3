"""`pii-guard ledger create|checkpoint|prove|check|timestamp`: the ledger as a whole."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from cryptography.hazmat.primitives.serialization import load_pem_public_key

from pii_guard.certificate import Signer, load
from pii_guard.certificate.merkle import Consistency, Inclusion
from pii_guard.certificate.note import MOST_CHARACTERS, NoteKey, NoteSigner
from pii_guard.certificate.seen import keep_seen
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.timestamp import MEDIA_TYPE, MOST_BYTES, load_roots, query, stamped_at
from pii_guard.certificate.writing import write_whole
from pii_guard.cli.acknowledging import read_file
from pii_guard.cli.leaving import say
from pii_guard.cli.printing import print_table
from pii_guard.cli.trust import pinned
from pii_guard.errors import CertificateError, ExitCode, LedgerError
from pii_guard.ledger import Ledger, open_ledger

_MOST_KEY_BYTES = 1 << 20
_PATIENCE_SECONDS = 30


def create(where: str, origin: str, key: Path) -> int:
    """Make an empty ledger and print its checkpoint."""
    ledger = open_ledger(where, signer=log_signer(origin, load(key)), create=True)
    print(ledger.checkpoint(), end="")
    ledger.close()
    return ExitCode.OK


def checkpoint(where: str, origin: str, trust: Path, root: Path | None) -> int:
    """Print the last checkpoint."""
    with opened(where, log_keys(origin, trust, root)) as ledger:
        print(ledger.checkpoint(), end="")
    return ExitCode.OK


def prove(
    where: str,
    origin: str,
    trust: Path,
    root: Path | None,
    entry: int | None,
    since: int | None,
    size: int | None,
) -> int:
    """Print one proof."""
    if (entry is None) == (since is None):
        raise LedgerError("one proof at a time", remedy="give either --entry or --since")
    with opened(where, log_keys(origin, trust, root)) as ledger:
        note = ledger.checkpoint()
        proof: Inclusion | Consistency
        if entry is not None:
            proof = ledger.inclusion(entry, size)
            table = {"index": proof.index, "size": proof.size}
        else:
            assert since is not None
            proof = ledger.consistency(since, size)
            table = {"old": proof.old, "new": proof.new}
    hashes = [base64.b64encode(value).decode() for value in proof.hashes]
    print(json.dumps({**table, "hashes": hashes, "checkpoint": note}, indent=1))
    return ExitCode.OK


def check(
    where: str,
    origin: str,
    trust: Path,
    root: Path | None,
    seen: Path,
    full: bool,
    output_format: str,
) -> int:
    """Compare with what was seen before, and keep what is seen now."""
    keys = log_keys(origin, trust, root)
    with opened(where, keys) as ledger:
        entries = ledger.audit() if full else None
        note = ledger.checkpoint()

        def proof(old: int, new: int) -> Consistency | None:
            try:
                return ledger.consistency(old, new)
            except LedgerError as error:
                if error.exit_code == ExitCode.USAGE:  # it has fewer entries than were seen
                    return None
                raise

        verdict = keep_seen(seen, note, keys, proof, datetime.now(UTC))
    row = {"relation": verdict.relation.value, "holds": verdict.holds, "reason": verdict.reason}
    if output_format == "table":
        audited = [("entries recomputed", str(entries))] if full else []
        rows = [("ledger", "pass" if verdict.holds else "fail"), ("reason", verdict.reason)]
        print_table("", ("", ""), [*rows, *audited])
    else:
        table = {"schema": "pii-guard/ledger-check/1", **row, "recomputed": entries}
        print(json.dumps(table, indent=1 if output_format == "json" else None))
    return ExitCode.OK if verdict.holds else ExitCode.FINDINGS


def timestamp(note: Path, roots: Path, token: Path, url: str | None) -> int:
    """Fetch a stamp or read one; print its time."""
    trusted, text = load_roots(roots), read_file(note, MOST_CHARACTERS).decode("utf-8", "replace")
    try:
        if url is None:
            when = stamped_at(read_file(token, MOST_BYTES), text, trusted)
        else:
            asked = query(text)
            answer = _answer(url, asked.der)
            when = stamped_at(answer, text, trusted, asked.nonce)
            _write_new(token, answer)
    except Malformed as error:
        say(str(error))
        return ExitCode.UNPROCESSED
    print(when.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return ExitCode.OK


def log_signer(origin: str, key: Signer) -> NoteSigner:
    """A log's key as notes are signed with it. Raises `LedgerError` for a name or key of no use."""
    try:
        return NoteSigner(NoteKey.of(origin, key.public), key.sign)
    except ValueError as error:
        raise LedgerError(str(error), remedy="choose another --origin or --key") from None


@contextmanager
def opened(where: str, keys: tuple[NoteKey, ...]) -> Iterator[Ledger]:
    """A ledger to read. Raises `LedgerError`."""
    ledger = open_ledger(where, keys=keys)
    try:
        yield ledger
    finally:
        ledger.close()


def log_keys(origin: str, trust: Path, root: Path | None) -> tuple[NoteKey, ...]:
    """The keys of a log: its public key, or those not revoked in a trust policy, signed by `root` or not.

    Raises `CertificateError` for a policy of no use, `LedgerError` for one without such a key.
    """
    content = read_file(trust, _MOST_KEY_BYTES)
    try:
        if root is None and content.lstrip().startswith(b"-----BEGIN PUBLIC KEY"):
            return (NoteKey.of(origin, load_pem_public_key(content)),)
        listed = [key for key in pinned(trust, root).keys if key.revoked_at is None]
        found = (key.public for key in listed if key.role == "log" and key.identity in ("", origin))
        keys = tuple(NoteKey.of(origin, public) for public in found)
    except ValueError:
        raise LedgerError(
            "--origin or a log key in --trust is of no use", remedy="check both"
        ) from None
    if not keys:
        raise LedgerError("no log key in --trust", remedy="give the log's public key")
    return keys


def _answer(url: str, der: bytes) -> bytes:
    if urlsplit(url).scheme not in ("http", "https"):
        raise CertificateError("--url is no web address", remedy="give one with http or https")
    request = Request(url, der, {"Content-Type": MEDIA_TYPE})  # noqa: S310 - checked above
    try:
        with urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
            content: bytes = answer.read(MOST_BYTES + 1)
    except (URLError, OSError, ValueError) as error:
        raise CertificateError(
            f"the time-stamp authority does not answer: {type(error).__name__}",
            remedy="check --url, or try later",
        ) from None
    return content


def _write_new(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content, replace=False)
    except OSError:
        raise CertificateError(
            f"cannot write {path.name}", remedy="give a file that is not there yet"
        ) from None

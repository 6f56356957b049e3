"""What `pii-guard keys` does; and how a passphrase is asked for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import typer

from pii_guard.certificate import generate, load
from pii_guard.certificate.key_rotation import rotate as rotate_key
from pii_guard.certificate.keys import PASSPHRASE
from pii_guard.certificate.public_keys import Algorithm, algorithm, encoded, key_id, read_public
from pii_guard.cli.leaving import say
from pii_guard.cli.printing import print_table
from pii_guard.errors import CertificateError


def passphrase() -> bytes:
    """`$PII_GUARD_KEY_PASSPHRASE`, or what is typed."""
    return _typed(confirmed=False)


def make(path: Path, name: Algorithm, encrypted: bool) -> int:
    """Make the pair and say where it is."""
    secret = _typed(confirmed=True) if encrypted else b""
    signer = generate(path, secret or None, name)
    say(f"wrote {path} (keep it) and {path.with_suffix('.pub')} (give it to verifiers)")
    print(signer.key_id)
    return 0


def show(path: Path, output_format: str) -> int:
    """Print what may be known of a key."""
    try:
        content = path.read_bytes()
    except OSError:
        raise CertificateError(f"cannot read {path.name}", remedy="check the path") from None
    if b"PRIVATE KEY-----" in content:
        public = load(path, passphrase).public
    else:
        public = read_public(content)
    row = {"keyId": key_id(public), "algorithm": algorithm(public), "spki": encoded(public)}
    if output_format == "table":
        print_table("", ("field", "value"), row.items())
    else:
        row = {"schema": "pii-guard/key/1", **row}
        print(json.dumps(row, indent=1 if output_format == "json" else None))
    return 0


def rotate(path: Path) -> int:
    """Make the new key, and say what has to be done for it to count."""
    done = rotate_key(path, passphrase)
    public = path.with_suffix(".pub")
    say(f"the old key is kept in {done.kept}; {path} and {public} are the new one")
    say(
        "where the root key is: pii-guard trust add POLICY "
        f"{public.name} --role issuer --replaces {done.old_id[:16]} --root-key ROOT"
    )
    print(done.new.key_id)
    return 0


def _typed(*, confirmed: bool) -> bytes:
    text = os.environ.get(PASSPHRASE) or typer.prompt(
        "Passphrase", hide_input=True, confirmation_prompt=confirmed, err=True
    )
    return str(text).encode()

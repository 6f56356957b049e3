"""`pii-guard keys generate`."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from pii_guard.certificate import generate
from pii_guard.certificate.keys import PASSPHRASE
from pii_guard.cli.leaving import say


def run(path: Path, passphrase: bool) -> int:
    """Make the pair and say where it is."""
    secret = b""
    if passphrase:
        text = os.environ.get(PASSPHRASE) or typer.prompt(
            "Passphrase", hide_input=True, confirmation_prompt=True, err=True
        )
        secret = text.encode()
    signer = generate(path, secret or None)
    say(f"wrote {path} (keep it) and {path.with_suffix('.pub')} (give it to verifiers)")
    print(signer.key_id)
    return 0

"""`pii-guard keys`: the verbs and their options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.options import Format, Output

keys_app = typer.Typer(
    help="Signing keys. Keys in a KMS, an HSM or Vault are made there; they are used by URI "
    "(awskms:, gcpkms:, azurekms:, hsm:, hv:) together with their public key.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class KeyAlgorithm(StrEnum):
    """What a key signs with."""

    ED25519 = "ed25519"
    P256 = "ecdsa-p256"
    P384 = "ecdsa-p384"


@keys_app.command("generate")
def generate(
    path: Annotated[Path, typer.Argument(help="File for the private key; .pub goes beside it.")],
    algorithm: Annotated[
        KeyAlgorithm, typer.Option("--algorithm", help="ECDSA only where Ed25519 is not accepted.")
    ] = KeyAlgorithm.ED25519,
    passphrase: Annotated[
        bool, typer.Option("--passphrase/--no-passphrase", help="Encrypt the private key.")
    ] = True,
) -> None:
    """Make a key pair; the passphrase is asked for, or PII_GUARD_KEY_PASSPHRASE."""
    from pii_guard.cli.keys import make

    raise typer.Exit(make(path, algorithm.value, passphrase))


@keys_app.command("show")
def show(
    path: Annotated[Path, typer.Argument(help="A public key, or a private one in a file.")],
    output_format: Output = Format.TABLE,
) -> None:
    """Print a key's id (SHA-256 of its SPKI), algorithm and public part; never the private one."""
    from pii_guard.cli.keys import show as run

    raise typer.Exit(run(path, output_format.value))


@keys_app.command("rotate")
def rotate(
    path: Annotated[Path, typer.Argument(help="The private key's file.")],
) -> None:
    """Put a new key in the place of this one, which is kept beside it under its id.

    The new key counts for verifiers once the root has added it to the trust policy: the command
    for that is printed.
    """
    from pii_guard.cli.keys import rotate as run

    raise typer.Exit(run(path))


@keys_app.command("shred")
def shred(
    keystore: Annotated[
        Path, typer.Argument(help="Directory that `redact --commitments` was given.")
    ],
    ref: Annotated[
        list[str] | None,
        typer.Option("--ref", help="`keyRef` of a certificate. May be repeated."),
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="All that were to be destroyed by today.")
    ] = False,
) -> None:
    """Destroy keys of commitments: what was found under them can never be asked again."""
    from pii_guard.cli.commitments import shred as run

    raise typer.Exit(run(keystore, ref or [], due))

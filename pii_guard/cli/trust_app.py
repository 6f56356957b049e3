"""`pii-guard trust`: the verbs and their options."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.options import Format, Output, RootPublic

trust_app = typer.Typer(
    help="The trust policy: which keys count, for what and until when, signed by an offline root. "
    "Verifiers pin the root's public key.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Role(StrEnum):
    """What a key signs: certificates, the ledger, acknowledgements, or validations."""

    ISSUER = "issuer"
    LOG = "log"
    WITNESS = "witness"
    RESEARCHER = "researcher"
    VALIDATOR = "validator"


class Why(StrEnum):
    """Why a key is revoked."""

    COMPROMISE = "key_compromise"
    SUPERSEDED = "superseded"
    RETIRED = "retired"
    UNSPECIFIED = "unspecified"


PolicyPath = Annotated[Path, typer.Argument(help="The signed trust policy.")]
RootKey = Annotated[
    str,
    typer.Option(
        "--root-key",
        help="The root's private key: a file (its passphrase is asked for, or "
        "PII_GUARD_KEY_PASSPHRASE), or a URI together with --root.",
    ),
]
_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]


@trust_app.command("init")
def init(path: PolicyPath, root_key: RootKey, root: RootPublic = None) -> None:
    """Make an empty policy, version 1, signed by the root."""
    from pii_guard.cli.trust import init as run

    raise typer.Exit(run(path, root_key, root))


@trust_app.command("add")
def add(
    path: PolicyPath,
    public: Annotated[Path, typer.Argument(help="The public key to add.")],
    role: Annotated[Role, typer.Option("--role", help="What the key signs.")],
    root_key: RootKey,
    identity: Annotated[
        str,
        typer.Option(
            "--identity",
            help="Whose key it is: a programme, a team, a pseudonym; no person's name.",
        ),
    ] = "",
    not_before: Annotated[
        datetime | None, typer.Option("--from", formats=_TIMES, help="Valid from (UTC).")
    ] = None,
    not_after: Annotated[
        datetime | None, typer.Option("--until", formats=_TIMES, help="Valid until (UTC).")
    ] = None,
    replaces: Annotated[
        str, typer.Option("--replaces", help="Id of the key that it replaces, which then ends.")
    ] = "",
    threshold: Annotated[
        int | None,
        typer.Option("--threshold", min=1, help="How many keys of this role have to sign."),
    ] = None,
    root: RootPublic = None,
) -> None:
    """Add a key, and sign the next version of the policy."""
    from pii_guard.cli.trust import NewKey
    from pii_guard.cli.trust import add as run

    new = NewKey(public, role.value, identity, not_before, not_after, replaces, threshold)
    raise typer.Exit(run(path, new, root_key, root))


@trust_app.command("revoke")
def revoke(
    path: PolicyPath,
    key: Annotated[str, typer.Argument(help="The key's id, or its first 8 digits or more.")],
    root_key: RootKey,
    reason: Annotated[Why, typer.Option("--reason", help="Why.")] = Why.UNSPECIFIED,
    at: Annotated[
        datetime | None,
        typer.Option("--at", formats=_TIMES, help="Since when it is not to be trusted (now)."),
    ] = None,
    root: RootPublic = None,
) -> None:
    """Revoke a key, and sign the next version of the policy.

    What it signed still counts where something independent saw it before that time.
    """
    from pii_guard.cli.trust import revoke as run

    raise typer.Exit(run(path, key, reason.value, at, root_key, root))


@trust_app.command("sign")
def sign(path: PolicyPath, root_key: RootKey, root: RootPublic = None) -> None:
    """Sign this version of the policy with one root key more, where several have to."""
    from pii_guard.cli.trust import sign as run

    raise typer.Exit(run(path, root_key, root))


@trust_app.command("show")
def show(
    path: Annotated[Path, typer.Argument(help="A trust policy or a public key.")],
    root: RootPublic = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Print the keys of a trust file. A signed policy is checked with the root first."""
    from pii_guard.cli.trust import show as run

    raise typer.Exit(run(path, root, output_format.value))

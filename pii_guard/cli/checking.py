"""The options that `verify` and `form` share: what is checked beside a certificate's own file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Assurance(StrEnum):
    """How surely the researcher is the one who signed, weakest first."""

    WET_INK = "wet_ink"
    PLATFORM_SESSION = "platform_session"
    REGISTERED_KEY = "registered_key"


CertificateFile = Annotated[
    Path, typer.Argument(metavar="CERTIFICATE", help="The certificate file, or its bundle.")
]
TrustFile = Annotated[Path, typer.Option("--trust", help="Public key or trust policy to pin.")]
Artifacts = Annotated[
    Path | None, typer.Option("--artifacts", help="Directory with the redacted copies.")
]
SeenFile = Annotated[
    Path | None,
    typer.Option("--seen", help="What you saw of the ledger before (`ledger check` keeps it)."),
]
TimeRoots = Annotated[
    Path | None, typer.Option("--time-roots", help="Trusted time-stamp authorities, in PEM.")
]
Researchers = Annotated[
    list[Path] | None,
    typer.Option(
        "--researcher", help="Public key registered for the case, PEM or OpenSSH. Repeatable."
    ),
]
ApprovedTerms = Annotated[
    list[Path] | None,
    typer.Option("--terms", help="An approved template (default: the shipped). Repeatable."),
]
LeastAssurance = Annotated[
    Assurance, typer.Option("--assurance", help="The weakest acknowledgement accepted.")
]
Countersigned = Annotated[
    bool, typer.Option("--countersigned", help="Acknowledgements must be countersigned.")
]
Required = Annotated[
    list[str] | None,
    typer.Option("--require", help="A rule that must not stay unchecked. Repeatable."),
]

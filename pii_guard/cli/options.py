"""Options that several verbs have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


Output = Annotated[Format, typer.Option("--format", "-f", help="Output format.")]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        "--policy", help="Policy file (default: pii-guard.toml in the working directory)."
    ),
]
LedgerPlace = Annotated[
    str,
    typer.Option(
        "--ledger",
        envvar="PII_GUARD_LEDGER",
        help="The ledger: SQLite file, or postgresql://user@host/name.",
    ),
]
LedgerName = Annotated[
    str,
    typer.Option(
        "--origin",
        envvar="PII_GUARD_LEDGER_ORIGIN",
        help="The ledger's name, such as example.org/ledger.",
    ),
]
RootPublic = Annotated[
    Path | None,
    typer.Option(
        "--root",
        help="Public key of the root that signed the trust policy (or an unsigned policy that "
        "lists several roots), from where you trust.",
    ),
]
KeyPublic = Annotated[
    Path | None, typer.Option("--key-public", help="Public key of a key in a service.")
]

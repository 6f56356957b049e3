"""The verbs and their options. Heavy modules load inside the verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.acknowledgement_verbs import acknowledge, countersign, revoke
from pii_guard.cli.audit_app import audit, baseline_app, explain
from pii_guard.cli.form_verb import form
from pii_guard.cli.keys_app import keys_app
from pii_guard.cli.ledger_verbs import ledger_app
from pii_guard.cli.options import Format, LedgerName, LedgerPlace, Output, PolicyFile
from pii_guard.cli.quarantine_app import quarantine_app
from pii_guard.cli.report_verb import report
from pii_guard.cli.trust_app import trust_app
from pii_guard.cli.verify_verbs import attach, found, verify

app = typer.Typer(
    name="pii-guard",
    help="Redact personal data from vulnerability reports before they are stored, and certify it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: loading rich costs more than the rest of the start
    epilog="Exit codes: 0 all clean, or all stored safely; 1 findings (scan, audit), or a rule failed "
    "(verify); 2 usage or configuration; 3 something could not be fully processed; 4 internal "
    "error; 130 interrupted.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
policy_app = typer.Typer(help="The policy in force.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(keys_app, name="keys")
app.add_typer(trust_app, name="trust")
app.add_typer(ledger_app, name="ledger")
app.add_typer(policy_app, name="policy")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(baseline_app, name="baseline")

Paths = Annotated[list[str], typer.Argument(help="Files, directories, or - for standard input.")]
KeepOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        help="The researcher's username, e-mail or IP address (or network), or a domain in scope: "
        "kept. May be repeated.",
    ),
]
Passwords = Annotated[
    list[str] | None,
    typer.Option(
        "--password",
        help="Tried on encrypted files; the copy has none. May be repeated. Others on this machine "
        "see it: better a --password-file, or PII_GUARD_PASSWORD.",
    ),
]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="Passwords of encrypted files, one a line.")
]
Name = Annotated[str, typer.Option("--name", help="Name of the data on standard input.")]


@app.command()
def scan(
    paths: Paths,
    policy: PolicyFile = None,
    keep: KeepOption = None,
    password: Passwords = None,
    password_file: PasswordFile = None,
    output_format: Output = Format.TABLE,
    name: Name = "",
    hook: Annotated[
        bool,
        typer.Option("--hook", help="For pre-commit: a line for each finding, nothing if clean."),
    ] = False,
) -> None:
    """Find personal data; change nothing. Exit 0: none, 1: found, 3: not fully readable."""
    from pii_guard.cli.inputs import passwords
    from pii_guard.cli.scan import run
    from pii_guard.cli.scan_hook import run as run_hook

    secrets = passwords(password or [], password_file)
    if hook:
        raise typer.Exit(run_hook(paths, policy, keep or [], secrets))
    raise typer.Exit(run(paths, policy, keep or [], output_format.value, name, secrets))


@app.command()
def redact(
    paths: Paths,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Directory for redacted copies.")
    ] = None,
    policy: PolicyFile = None,
    keep: KeepOption = None,
    ref: Annotated[str, typer.Option("--case", help="The programme's reference.")] = "case",
    key: Annotated[
        str,
        typer.Option(
            "--key",
            help="Signing key: a file, or a URI together with --key-public (default: your issuer "
            "key).",
        ),
    ] = "",
    key_public: Annotated[
        Path | None, typer.Option("--key-public", help="Public key of a key in a service.")
    ] = None,
    password: Passwords = None,
    password_file: PasswordFile = None,
    researcher: Annotated[
        str, typer.Option("--researcher", help="Whom the certificate is for: a pseudonym.")
    ] = "",
    researcher_key: Annotated[
        Path | None,
        typer.Option("--researcher-key", help="Public key they acknowledge with, PEM or OpenSSH."),
    ] = None,
    commitments: Annotated[
        Path | None,
        typer.Option("--commitments", help="Directory for the key of commitments (see `found`)."),
    ] = None,
    ledger: LedgerPlace = "",
    origin: LedgerName = "",
    log_key: Annotated[
        Path | None,
        typer.Option(
            "--log-key",
            envvar="PII_GUARD_LOG_KEY",
            help="The ledger's private key: with it the certificate enters the ledger.",
        ),
    ] = None,
    delete_originals: Annotated[
        bool,
        typer.Option(
            "--delete-originals",
            help="Once the copies are stored; the certificate says what came of it.",
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Write random bytes over originals first; claims no more."
        ),
    ] = False,
    quarantine: Annotated[
        Path | None,
        typer.Option(
            "--quarantine",
            help="Folder that keeps, encrypted, what cannot be redacted (default: the policy's, or "
            "none).",
        ),
    ] = None,
    quarantine_key: Annotated[
        str,
        typer.Option(
            "--quarantine-key",
            help="Public key for it: age1…, or a file (see `quarantine keygen`).",
        ),
    ] = "",
    output_format: Output = Format.TABLE,
    name: Name = "",
) -> None:
    """Write redacted copies and a signed certificate of one report and its attachments.

    All PATHs are one case. `-` reads standard input and, without --output, writes standard output.

    Copies and certificate appear together or not at all. An earlier run's copies (its
    certificate.json is there) are replaced, and what it left of a file that is now quarantined goes;
    any other file in the way is an error (2), and nothing is written. A second file of one name gets
    a number (a-2.txt). In names, control characters and undecodable bytes become _.
    """
    from pii_guard.cli.inputs import passwords
    from pii_guard.cli.issuing import Issuing
    from pii_guard.cli.redact import run

    if bool(ledger) != bool(log_key) or bool(ledger) != bool(origin):
        raise typer.BadParameter("--ledger, --origin and --log-key go together")
    issuing = Issuing(
        researcher,
        researcher_key,
        commitments,
        (ledger, origin, log_key) if log_key else None,
        delete_originals,
        overwrite,
        quarantine,
        quarantine_key,
    )
    secrets = passwords(password or [], password_file)
    raise typer.Exit(
        run(
            paths,
            output,
            policy,
            keep or [],
            ref,
            (key, key_public) if key else None,
            output_format.value,
            name,
            secrets,
            issuing,
        )
    )


app.command()(audit)
app.command()(explain)
app.command()(verify)
app.command()(found)
app.command()(attach)
app.command()(form)
app.command()(acknowledge)
app.command()(countersign)
app.command()(revoke)
app.command()(report)


@app.command()
def delete(
    files: Annotated[list[Path], typer.Argument(help="Files, each by all of its names.")],
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Write random bytes over them first; claims no more."),
    ] = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Delete files and say what may be claimed of each. Exit 0: all gone, 3: some are not.

    Links are not followed, directories stay, and a file that has other hard links than those given
    stays. What a disk, a snapshot or a backup keeps of a deleted file is not touched.
    """
    from pii_guard.cli.delete import run

    raise typer.Exit(run(files, overwrite, output_format.value))


@policy_app.command("show")
def policy_show(policy: PolicyFile = None, output_format: Output = Format.TABLE) -> None:
    """Print the policy in force."""
    from pii_guard.cli.policy import run

    raise typer.Exit(run(policy, output_format.value))


@app.command()
def doctor(output_format: Output = Format.TABLE) -> None:
    """Say what works on this machine."""
    from pii_guard.cli.doctor import run

    raise typer.Exit(run(output_format.value))


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from pii_guard import __version__

        typer.echo(__version__)
        raise typer.Exit

"""The verbs and their options. Heavy modules load inside the verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.ledger_verbs import ledger_app
from pii_guard.cli.output import Format

app = typer.Typer(
    name="pii-guard",
    help="Redact personal data from vulnerability reports before they are stored, and certify it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: loading rich costs more than the rest of the start
    epilog="Exit codes: 0 all clean, or all stored safely; 1 findings (scan), or a rule failed "
    "(verify); 2 usage or configuration; 3 something could not be fully processed; 4 internal "
    "error; 130 interrupted.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys_app = typer.Typer(help="Signing keys.", no_args_is_help=True, rich_markup_mode=None)
policy_app = typer.Typer(help="The policy in force.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(keys_app, name="keys")
app.add_typer(policy_app, name="policy")
app.add_typer(ledger_app, name="ledger")


Paths = Annotated[list[str], typer.Argument(help="Files, directories, or - for standard input.")]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        "--policy", help="Policy file (default: pii-guard.toml in the working directory)."
    ),
]
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
Output = Annotated[Format, typer.Option("--format", "-f", help="Output format.")]
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
) -> None:
    """Find personal data; change nothing. Exit 0: none, 1: found, 3: not fully readable."""
    from pii_guard.cli.inputs import passwords
    from pii_guard.cli.scan import run

    secrets = passwords(password or [], password_file)
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
        Path | None, typer.Option("--key", help="Signing key (default: your issuer key).")
    ] = None,
    password: Passwords = None,
    password_file: PasswordFile = None,
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
    from pii_guard.cli.redact import run

    secrets = passwords(password or [], password_file)
    raise typer.Exit(
        run(paths, output, policy, keep or [], ref, key, output_format.value, name, secrets)
    )


@app.command()
def verify(
    certificate: Annotated[Path, typer.Argument(help="The certificate file.")],
    trust: Annotated[Path, typer.Option("--trust", help="Public key or trust policy to pin.")],
    artifacts: Annotated[
        Path | None, typer.Option("--artifacts", help="Directory with the redacted copies.")
    ] = None,
    rescan: Annotated[bool, typer.Option("--rescan", help="Scan the copies again.")] = False,
    policy: PolicyFile = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Check a certificate rule by rule. Exit 0: nothing failed, 1: failed, 3: malformed."""
    from pii_guard.cli.verify import run

    raise typer.Exit(run(certificate, trust, artifacts, rescan, policy, output_format.value))


@keys_app.command("generate")
def keys_generate(
    path: Annotated[Path, typer.Argument(help="File for the private key; .pub goes beside it.")],
    passphrase: Annotated[
        bool, typer.Option("--passphrase/--no-passphrase", help="Encrypt the private key.")
    ] = True,
) -> None:
    """Make an Ed25519 key pair; the passphrase is asked for, or PII_GUARD_KEY_PASSPHRASE."""
    from pii_guard.cli.keys import run

    raise typer.Exit(run(path, passphrase))


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

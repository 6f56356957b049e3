"""The verbs and their options. Heavy modules load inside the verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.keys_app import keys_app
from pii_guard.cli.options import Format, Output, RootPublic
from pii_guard.cli.trust_app import trust_app

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
policy_app = typer.Typer(help="The policy in force.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(keys_app, name="keys")
app.add_typer(trust_app, name="trust")
app.add_typer(policy_app, name="policy")

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
        run(
            paths,
            output,
            policy,
            keep or [],
            ref,
            (key, key_public),
            output_format.value,
            name,
            secrets,
        )
    )


@app.command()
def verify(
    certificate: Annotated[Path, typer.Argument(help="The certificate file.")],
    trust: Annotated[Path, typer.Option("--trust", help="Public key or trust policy to pin.")],
    root: RootPublic = None,
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


@app.command()
def acknowledge(
    certificate: Annotated[
        Path | None, typer.Argument(help="The certificate file, or the bundle it came in.")
    ] = None,
    place: Annotated[
        list[str] | None, typer.Option("--place", help="A place searched. May be repeated.")
    ] = None,
    exception: Annotated[
        list[str] | None,
        typer.Option("--exception", help="What is left: PLACE:REASON[:YYYY-MM-DD]. Repeatable."),
    ] = None,
    statement: Annotated[
        list[str] | None,
        typer.Option("--statement", help="A statement made, by its id, or all. May be repeated."),
    ] = None,
    completed: Annotated[
        str | None, typer.Option("--completed", help="When it was done (default: now).")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="PKCS#8 key to sign with.")] = None,
    ssh_key: Annotated[
        Path | None, typer.Option("--ssh-key", help="SSH key to sign with, by ssh-keygen.")
    ] = None,
    platform_session: Annotated[
        str | None,
        typer.Option(
            "--platform-session",
            help="The programme records that this account (its number, no name) accepted.",
        ),
    ] = None,
    accepted: Annotated[
        str | None, typer.Option("--accepted", help="When the account accepted.")
    ] = None,
    wet_ink: Annotated[
        Path | None, typer.Option("--wet-ink", help="The programme records this scan of a page.")
    ] = None,
    terms: Annotated[
        Path | None, typer.Option("--terms", help="The programme's own terms template.")
    ] = None,
    language: Annotated[
        str, typer.Option("--language", help="Of the shipped terms: en, de or fr.")
    ] = "en",
    show_terms: Annotated[
        bool, typer.Option("--show-terms", help="Print terms, places and reasons; sign nothing.")
    ] = False,
    trust: Annotated[
        Path | None, typer.Option("--trust", help="Check the certificate first, with this key.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File (default: acknowledgement.json).")
    ] = None,
) -> None:
    """Say where you searched for copies and what is left, and sign it. Never type a value.

    Without --place, --statement and --exception you are asked.
    """
    from pii_guard.cli.acknowledge import Asked, run
    from pii_guard.cli.acknowledge import show_terms as show

    if show_terms:
        raise typer.Exit(show(terms, language))
    if certificate is None:
        raise typer.BadParameter("give the certificate or its bundle")
    asked = Asked(
        place or (), exception or (), statement or (), completed, key, ssh_key, platform_session,
        accepted, wet_ink, terms, language, trust, output,
    )  # fmt: skip
    raise typer.Exit(run(certificate, asked))


class Assurance(StrEnum):
    """How surely the researcher is the one who signed, weakest first."""

    WET_INK = "wet_ink"
    PLATFORM_SESSION = "platform_session"
    REGISTERED_KEY = "registered_key"


@app.command()
def countersign(
    acknowledgement: Annotated[Path, typer.Argument(help="The researcher's acknowledgement.")],
    certificate: Annotated[
        Path, typer.Option("--certificate", help="The certificate it is about, or its bundle.")
    ],
    trust: Annotated[Path, typer.Option("--trust", help="Public key or trust policy to pin.")],
    researcher: Annotated[
        list[Path] | None,
        typer.Option(
            "--researcher", help="Public key registered for the case, PEM or OpenSSH. Repeatable."
        ),
    ] = None,
    terms: Annotated[
        list[Path] | None,
        typer.Option("--terms", help="An approved template (default: the shipped). Repeatable."),
    ] = None,
    assurance: Annotated[
        Assurance, typer.Option("--assurance", help="The weakest that is accepted.")
    ] = Assurance.REGISTERED_KEY,
    key: Annotated[
        Path | None, typer.Option("--key", help="Issuer key (default: your issuer key).")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File (default: replace the input).")
    ] = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Check an acknowledgement and sign it as the programme. Exit 1: it fails; nothing is signed."""
    from pii_guard.cli.countersign import run

    raise typer.Exit(
        run(
            acknowledgement, certificate, trust, researcher or [], terms or [], assurance.value,
            key, output, output_format.value,
        )
    )  # fmt: skip


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

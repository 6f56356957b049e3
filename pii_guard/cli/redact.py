"""`pii-guard redact`: redacted copies with the same names, and `certificate.json`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pii_guard.certificate import Certificate, Signer, default_signer, load
from pii_guard.cli.inputs import STDIN, Input, inputs, load_policy
from pii_guard.cli.printing import counts, finding_row, print_rows, print_table, say
from pii_guard.cli.progress import track
from pii_guard.errors import ExitCode, PolicyError, Reason
from pii_guard.findings import Quarantined, Result
from pii_guard.guard import Guard

SCHEMA = "pii-guard/redact/1"
CERTIFICATE = "certificate.json"


def run(
    paths: Sequence[str],
    output: Path | None,
    policy: Path | None,
    keep: Sequence[str],
    ref: str,
    key: Path | None,
    output_format: str,
    name: str,
) -> int:
    """Redact the files as one case; the exit code."""
    if output is None and list(paths) != [STDIN]:
        raise PolicyError("there is no place for the copies", remedy="give --output DIRECTORY")
    signer = load(key) if key else default_signer()
    _tell_origin(signer)
    guard = Guard(load_policy(policy, keep, paths), signer=signer)
    files = list(inputs(paths, name, skip=output))
    case = guard.case(ref)
    refused = [one for one in files if one.reason is not None]
    taken = [one for one in files if one.reason is None]
    for one in track(taken, "reading"):
        case.add(one.source(), name=one.relative)
    results = list(zip(taken, case.redact(), strict=True))
    certificate = case.close()
    if output is None:
        return _to_stdout(results[0][1])
    _store(output, results, certificate)
    _print(files, dict(results), output_format)
    held = refused or any(isinstance(result, Quarantined) for _, result in results)
    return ExitCode.UNPROCESSED if held else ExitCode.OK


def _tell_origin(signer: Signer) -> None:
    if signer.origin == "created" and signer.path is not None:
        say(f"made a signing key; give verifiers {signer.path.with_suffix('.pub')}")
    elif signer.origin == "ephemeral":
        say("no key could be stored: this certificate cannot be verified later (see --key)")


def _to_stdout(result: Result) -> int:
    if isinstance(result, Quarantined):
        say(f"quarantined: {result.reason}")
        return ExitCode.UNPROCESSED
    sys.stdout.buffer.write(result.output)
    sys.stdout.buffer.flush()
    return ExitCode.OK


def _store(output: Path, results: Sequence[tuple[Input, Result]], certificate: Certificate) -> None:
    """Each file whole or not at all, the certificate last. Raises `PolicyError`."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        used: set[str] = {CERTIFICATE}
        for _, result in results:
            if not isinstance(result, Quarantined):
                _write(output, _free_name(result.name, used), result.output)
        certificate.write(output / CERTIFICATE)
    except OSError as error:
        raise PolicyError(
            f"cannot write to the output directory: {type(error).__name__}",
            remedy="check its permissions and free space, then run again",
        ) from None


def _free_name(name: str, used: set[str]) -> str:
    """The name below the output directory; a second file of that name gets a number."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("..", "/", "")]
    path = PurePosixPath(*parts) if parts else PurePosixPath("unnamed")
    free, number = path, 2
    while free.as_posix() in used:
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    used.add(free.as_posix())
    return free.as_posix()


def _write(output: Path, name: str, content: bytes) -> None:
    target = output / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(output.resolve()):
        raise PolicyError("a link leads out of the output directory", remedy="use an empty one")
    temporary = target.with_name(f".{os.getpid()}.{os.urandom(6).hex()}.part")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _print(files: Sequence[Input], results: dict[Input, Result], output_format: str) -> None:
    rows = [_row(one, results.get(one)) for one in files]
    if output_format == "table":
        table = [(str(r["output"] or r["path"]), str(r["verdict"]), str(r["removed"]), str(r["reason"] or ""))
                 for r in rows]  # fmt: skip
        print_table("", ("file", "verdict", "removed", "reason"), table)
    else:
        print_rows(SCHEMA, rows, output_format, certificate=CERTIFICATE)


def _row(one: Input, result: Result | None) -> dict[str, Any]:
    reason: Reason | None = one.reason if result is None else result.reason
    findings = () if result is None else result.findings
    return {
        "path": one.relative if result is None else result.name,
        "output": None if result is None or result.output is None else result.name,
        "media_type": "" if result is None else result.media_type,
        "verdict": "quarantined" if result is None else result.verdict,
        "reason": str(reason) if reason else None,
        "removed": counts(findings),
        "findings": [finding_row(finding) for finding in findings],
    }

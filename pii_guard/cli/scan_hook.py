"""`pii-guard scan --hook`: what pre-commit runs on the files of a commit. Silent where all are clean."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

from pii_guard.cli.inputs import STDIN, Input, inputs, load_policy
from pii_guard.document import print_locator, printable
from pii_guard.errors import ExitCode
from pii_guard.guard import Guard, Scan

_LINE_END = re.compile(r"\r\n|\r|\n")


def run(
    paths: Sequence[str], policy: Path | None, keep: Sequence[str], secrets: Sequence[str] = ()
) -> int:
    """One line for each finding, masked, and for each file that cannot be read; the exit code."""
    guard = Guard(load_policy(policy, keep, paths), passwords=secrets)
    found = unread = 0
    for shown, one in _files(paths):
        scan = guard.scan(one.source(), name=one.relative)
        found += bool(scan)
        unread += scan.verdict == "quarantined"
        sys.stdout.writelines(f"{shown}:{line}\n" for line in _lines(scan, one.path))
    if found:
        print(
            f"personal data in {_files_of(found)}: take it out, let `pii-guard redact` do so, or list "
            "what is yours under [keep] in pii-guard.toml"
        )
    if unread:
        print(
            f"{_files_of(unread)} could not be read: exclude what holds none in .pre-commit-config.yaml"
        )
        return ExitCode.UNPROCESSED
    return ExitCode.FINDINGS if found else ExitCode.OK


def _files(paths: Sequence[str]) -> Iterator[tuple[str, Input]]:
    """Each file with its path as it was given."""
    for given in paths:
        for one in inputs([given], ""):
            below = given != STDIN and Path(given).is_dir()
            yield printable(f"{given.rstrip('/')}/{one.relative}" if below else given), one


def _lines(scan: Scan, path: Path | None) -> Iterator[str]:
    places = [print_locator(finding.locator) for finding in scan]
    if path is not None and any(not finding.locator for finding in scan):
        starts = _line_starts(path)
        numbers = [bisect_right(starts, finding.start) for finding in scan]
        pairs = zip(scan, places, numbers, strict=True)
        places = [place if one.locator else str(number or place) for one, place, number in pairs]
    for finding, place in zip(scan, places, strict=True):
        yield f"{place}: {finding.entity_type} {finding.preview}"
    if scan.reason is not None:
        yield f" {scan.reason}"


def _line_starts(path: Path) -> list[int]:
    """At which character each line of a text file begins; none for a file that is not UTF-8."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def _files_of(count: int) -> str:
    return "one file" if count == 1 else f"{count} files"

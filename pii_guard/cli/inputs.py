"""From paths on the command line to files: which, under what name, and which not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pii_guard.errors import PolicyError, Reason, ReasonCode
from pii_guard.policy import Keep, Policy

STDIN = "-"
OPERATOR_KEY = "PII_GUARD_OPERATOR_KEY"


@dataclass(frozen=True, slots=True)
class Input:
    """One file to treat. `relative` is its place below the path given; `reason`: why it cannot be."""

    path: Path | None
    relative: str
    reason: Reason | None = None

    def source(self) -> BinaryIO | Path:
        """What a guard takes in."""
        return sys.stdin.buffer if self.path is None else self.path


def inputs(paths: Sequence[str], name: str, *, skip: Path | None = None) -> Iterator[Input]:
    """The files below `paths`, sorted; links out of a tree and unreadable places carry a reason.

    `skip` is the output directory. Raises `PolicyError` for a path that does not exist.
    """
    for given in paths:
        if given == STDIN:
            yield Input(None, name or "stdin")
            continue
        path = Path(given)
        if not os.path.lexists(path):
            raise PolicyError(f"there is no {given}", remedy="check the path")
        if path.is_dir():
            yield from _below(path, skip)
        else:
            yield Input(path, name or path.name)


def _below(root: Path, skip: Path | None) -> Iterator[Input]:
    top = root.resolve()
    avoided = skip.resolve() if skip is not None else None
    for folder, folders, files in os.walk(root, onerror=None, followlinks=False):
        here = Path(folder)
        if avoided is not None and here.resolve() == avoided:
            folders.clear()
            continue
        folders.sort()
        for name in sorted([*files, *(d for d in folders if (here / d).is_symlink())]):
            path = here / name
            relative = path.relative_to(root).as_posix()
            yield Input(path, relative, _unsafe(path, top))
        for name in folders:
            if not os.access(here / name, os.R_OK | os.X_OK):
                place = (here / name).relative_to(root).as_posix()
                yield Input(here / name, place, Reason(ReasonCode.UNREADABLE, "directory"))


def _unsafe(path: Path, top: Path) -> Reason | None:
    if not path.is_symlink():
        return None
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return Reason(ReasonCode.UNREADABLE, "a link that leads nowhere")
    if not target.is_relative_to(top):
        return Reason(ReasonCode.UNSAFE_PATH, "a link out of the directory")
    # A link within the tree shows a file that is met under its own name as well.
    if target.is_dir():
        return Reason(ReasonCode.UNSAFE_PATH, "a link to a directory")
    return None


def load_policy(file: Path | None, keep: Sequence[str], paths: Sequence[str] = ()) -> Policy:
    """The policy named, else that of the working directory, else the default; with `keep` added.

    The working directory is not asked when it lies in a scanned tree. Raises `PolicyError`.
    """
    text = os.environ.get(OPERATOR_KEY, "")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise PolicyError(f"{OPERATOR_KEY} is not hexadecimal", remedy="64 hex digits") from None
    found = file or _standing(paths)
    policy = Policy.load(found, key=key) if found else Policy(key=key)
    return _keeping(policy, keep) if keep else policy


def _standing(paths: Sequence[str]) -> Path | None:
    here = Path.cwd().resolve()
    for given in paths:
        if given != STDIN and here.is_relative_to(Path(given).resolve()):
            return None
    for name in ("pii-guard.toml", "pyproject.toml"):
        candidate = here / name
        if candidate.is_file() and (
            name == "pii-guard.toml" or b"[tool.pii-guard" in candidate.read_bytes()
        ):
            return candidate
    return None


def _keeping(policy: Policy, keep: Sequence[str]) -> Policy:
    emails = {value.casefold() for value in keep if "@" in value}
    addresses = {value for value in keep if value[:1].isdigit() or ":" in value}
    names = {value.casefold() for value in keep} - emails - {a.casefold() for a in addresses}
    old = policy.keep
    return Policy(
        policy.entities,
        Keep(
            old.usernames | names,
            old.emails | emails,
            (*old.ip_addresses, *sorted(addresses)),
            old.domains,
        ),
        policy.limits,
        policy.key,
    )

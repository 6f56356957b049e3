"""From paths on the command line to files: which, under what name, and which not."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from pii_guard.cli.standard import standard_input
from pii_guard.document import printable
from pii_guard.errors import PolicyError, Reason, ReasonCode, Unreadable
from pii_guard.policy import Keep, Policy

_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_ADDRESS_LIKE = re.compile(r"\d+[.:/][\d.:/]*")
STDIN = "-"
OPERATOR_KEY = "PII_GUARD_OPERATOR_KEY"
PASSWORD = "PII_GUARD_PASSWORD"  # noqa: S105 - the name of a variable


class _Refused(os.PathLike[str]):
    """A path that must not be opened: whoever asks where it leads hears why."""

    def __init__(self, reason: Reason) -> None:
        self._reason = reason

    def __fspath__(self) -> str:
        raise Unreadable(self._reason.code, self._reason.where)


@dataclass(frozen=True, slots=True)
class Input:
    """One file to treat.

    `relative` is its place below the path given, in characters that any terminal and file system
    takes. `reason`: why it must not be opened. `path` is None for standard input.
    """

    path: Path | None
    relative: str
    reason: Reason | None = None

    def source(self) -> BinaryIO | os.PathLike[str]:
        """What a guard takes in; refused files end there as quarantined, for their reason."""
        if self.reason is not None:
            return _Refused(self.reason)
        return standard_input().buffer if self.path is None else self.path


def inputs(paths: Sequence[str], name: str, *, skip: Path | None = None) -> Iterator[Input]:
    """The files below `paths`, sorted; links out of a tree and unreadable places carry a reason.

    `skip` is the output directory, `name` what standard input is called. Raises `PolicyError` for a
    path that does not exist, and where the copies would replace their originals.
    """
    if list(paths).count(STDIN) > 1:
        raise PolicyError("standard input can be read once", remedy="give - once")
    for given in paths:
        if given == STDIN:
            yield Input(None, printable(name or "stdin"))
            continue
        path = Path(given)
        if not os.path.lexists(path):
            raise PolicyError(f"there is no {printable(given)}", remedy="check the path")
        if path.is_dir():
            if skip is not None and _real(path) == _real(skip):
                raise PolicyError(
                    "the output directory is the input directory", remedy="give another one"
                )
            yield from _below(path, skip)
        else:
            yield Input(path, printable(path.name))


def passwords(given: Sequence[str], file: Path | None) -> list[str]:
    """Passwords of encrypted attachments: those given, one a line of a file, and the environment's.

    Raises `PolicyError` for a file that cannot be read.
    """
    found = [*given, os.environ.get(PASSWORD, "")]
    if file is not None:
        try:
            found += file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise PolicyError(
                "the password file cannot be read", remedy="check --password-file"
            ) from None
    return list(dict.fromkeys(filter(None, found)))


def _below(root: Path, skip: Path | None) -> Iterator[Input]:
    top, avoided = _real(root), None if skip is None else _real(skip)
    unread: list[str] = []
    walk = os.walk(root, onerror=lambda error: unread.append(str(error.filename)))
    for folder, folders, files in walk:
        here = Path(folder)
        if avoided is not None and _real(here) == avoided:
            folders.clear()
            continue
        folders.sort()
        for name in sorted([*files, *(d for d in folders if (here / d).is_symlink())]):
            yield _below_input(here / name, root, _unsafe(here / name, top))
        for name in folders:
            if not os.access(here / name, os.R_OK | os.X_OK) and not (here / name).is_symlink():
                unread.append(str(here / name))
    for place in sorted(set(unread)):
        yield _below_input(Path(place), root, Reason(ReasonCode.UNREADABLE, "directory"))


def _below_input(path: Path, root: Path, reason: Reason | None) -> Input:
    relative = path.relative_to(root).as_posix()
    return Input(path, printable(root.name if relative == "." else relative), reason)


def _real(path: Path) -> Path:
    # Unlike Path.resolve, this does not fail on a loop of links.
    return Path(os.path.realpath(path))


def _unsafe(path: Path, top: Path) -> Reason | None:
    try:
        if not path.is_symlink():
            return None
    except OSError:
        return Reason(ReasonCode.UNREADABLE, "it cannot be looked at")
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
    here = _real(Path())
    for given in paths:
        if given != STDIN and here.is_relative_to(_real(Path(given))):
            return None
    if (here / "pii-guard.toml").is_file():
        return here / "pii-guard.toml"
    project = here / "pyproject.toml"
    try:
        return project if b"[tool.pii-guard" in project.read_bytes() else None
    except OSError:
        return None


def _keeping(policy: Policy, keep: Sequence[str]) -> Policy:
    addresses = tuple(sorted({value for value in keep if _is_address(value)}))
    names = {value.lstrip("@").casefold() for value in keep if not _is_address(value)}
    emails = {name for name in names if "@" in name}
    old = policy.keep
    new = Keep(
        old.usernames | names - emails,
        old.emails | emails,
        (*old.ip_addresses, *addresses),
        # `app.shop.example` may be either: neither reading keeps what the other would not.
        old.domains | {name for name in names if _DOMAIN.fullmatch(name)},
    )
    return replace(policy, keep=new)


def _is_address(value: str) -> bool:
    """Whether it is an IP address or network, or was meant to be one."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return _ADDRESS_LIKE.fullmatch(value) is not None
    return True

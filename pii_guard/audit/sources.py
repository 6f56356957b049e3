"""From what is given on the command line to sources."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pii_guard.audit.entries import Source
from pii_guard.audit.mailboxes import Mailbox
from pii_guard.audit.stores import Store
from pii_guard.audit.tars import Tar
from pii_guard.audit.tree import Single, Tree
from pii_guard.audit.zips import Zip
from pii_guard.document import printable
from pii_guard.errors import PolicyError
from pii_guard.limits import Limits

_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")


def open_sources(
    given: Sequence[str], limits: Limits, without: Iterable[Path] = ()
) -> list[Source]:
    """A source for each of those given; `without`: directories that are no part of any.

    A path of a directory; of a zip, tar or mbox file, by its ending; of any other file; or a URL of
    fsspec's. Raises `PolicyError`.
    """
    apart = frozenset((one.stat().st_dev, one.stat().st_ino) for one in without if one.is_dir())
    names: set[str] = set()
    return [_source(one, _name(one, names), limits, apart) for one in given]


def absolute(given: str) -> str:
    """The same source, wherever it is asked for: a URL, or the whole path of what is local."""
    local = given.removeprefix("file://").removeprefix("local://")
    if _is_url(local):
        return given
    return os.path.abspath(local)  # noqa: PTH100 - without looking where links lead


def _is_url(given: str) -> bool:
    return "://" in given or "::" in given


def _source(given: str, name: str, limits: Limits, apart: frozenset[tuple[int, int]]) -> Source:
    given = absolute(given)
    if _is_url(given):
        return Store.at(given, name, limits)
    if not hasattr(os, "O_NOFOLLOW") or os.open not in os.supports_dir_fd:
        raise PolicyError("local sources need a POSIX system", remedy="run the audit on Linux")
    path = Path(given)
    if path.is_dir():
        return Tree(path, name, apart)
    if not path.exists():
        raise PolicyError("a source does not exist", remedy="check the paths")
    lower = path.name.lower()
    if not path.is_file():
        return Single(path, name)
    if lower.endswith(".zip"):
        return Zip(path, name, limits)
    if lower.endswith(_TARS):
        return Tar(path, name, limits)
    if lower.endswith(".mbox"):
        return Mailbox(path, name)
    return Single(path, name)


def _name(given: str, taken: set[str]) -> str:
    """The last part of a path or URL; a second one of a name gets a number."""
    wanted = name = printable(absolute(given).rstrip("/").rpartition("/")[2]) or "source"
    number = 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    taken.add(name)
    return name

"""What fsspec reaches as a source: a bucket, a share, a server.

A listing is asked for as a whole (`find`): what begins alike is listed without regard to what looks like
a directory, so that no key is passed over. After a file was read the store is asked for its version again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, TypeVar, cast

from pii_guard.audit.entries import CHANGED, GONE, Entry, Read, StoreFails, Whole
from pii_guard.document import printable
from pii_guard.errors import PolicyError, Reason, ReasonCode, Unreadable
from pii_guard.limits import Limits
from pii_guard.originals import Original, open_original

T = TypeVar("T")
_TRIES = 3
_PAUSE_SECONDS = 1.0
_VERSIONS = (
    "VersionId", "version_id", "generation", "ETag", "etag", "checksum", "md5", "content_md5", "ino",
)  # fmt: skip
_TIMES = ("LastModified", "last_modified", "mtime", "modified", "updated", "created")
_DENIED = Reason(ReasonCode.UNREADABLE, "the store denies it")


@dataclass(frozen=True, slots=True)
class Store:
    """All below a path of a file system of fsspec's."""

    fs: Any = field(repr=False)
    root: str = field(repr=False)
    name: str
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def at(cls, url: str, name: str, limits: Limits) -> Store:
        """The store of a URL. Raises `PolicyError`: fsspec or what it needs is missing, or it is no URL."""
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise PolicyError(
                "sources at a URL need fsspec", remedy="install pii-guard-vdp[fsspec]"
            ) from None
        try:
            fs, root = url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise PolicyError(
                f"fsspec cannot open the URL of a source: {type(error).__name__}",
                remedy="check it, and install what its protocol needs (s3fs, gcsfs, adlfs, …)",
            ) from None
        return cls(fs, root.rstrip("/"), name, limits)

    def entries(self) -> Iterator[Entry]:
        """Its files, sorted. Raises `PolicyError` where there is nothing, `StoreFails`."""
        self.fs.invalidate_cache()
        try:
            listed = _asked(lambda: self.fs.find(self.root, detail=True, withdirs=False))
        except (FileNotFoundError, PermissionError):
            listed = {}
        if not listed:
            raise PolicyError("there is nothing at the URL of a source", remedy="check it")
        for path in sorted(listed):
            told = listed[path]
            below = path[len(self.root) :].lstrip("/") or path.rpartition("/")[2]
            name = f"{self.name}/{printable(below)}"
            size = told.get("size")
            yield Entry(
                path.encode("utf-8", "surrogateescape"), name, size, _version(told), _time(told)
            )

    def read(self, entry: Entry) -> Read:
        """A file. Raises `StoreFails`."""
        path = entry.path.decode("utf-8", "surrogateescape")
        try:
            original = _asked(lambda: self._fetched(path))
        except FileNotFoundError:
            return Whole(GONE)
        except PermissionError:
            return Whole(_DENIED)
        except Unreadable as unreadable:
            return Whole(unreadable.reason)
        if entry.size is not None and original.size != entry.size:
            return Whole(CHANGED)
        return _Fetched(self, entry, original)

    def version(self, path: str) -> str:
        """What the store says now. Raises `FileNotFoundError`, `PermissionError`, `StoreFails`."""
        self.fs.invalidate_cache(path)
        return _version(_asked(lambda: self.fs.info(path)))

    def _fetched(self, path: str) -> Original:
        self.fs.invalidate_cache(path)
        with self.fs.open(path, "rb") as file:
            return open_original(cast(BinaryIO, _Told(file)), self.limits)


class _Told:
    """A file of a store's. What fails in it is the store's failing, not the file's."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        """As a file object's."""
        try:
            blob: bytes = self._file.read(size)
        except Exception as error:  # noqa: BLE001 - it is told apart by who asked
            raise _Failed(error) from None
        return blob


class _Failed(BaseException):
    """Passes through what takes every error for the file's."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


@dataclass(frozen=True, slots=True)
class _Fetched:
    store: Store
    entry: Entry
    original: Original

    def settle(self) -> Reason | None:
        """Whether the store still has what was listed; it is asked after the reading."""
        try:
            path = self.entry.path.decode("utf-8", "surrogateescape")
            return None if _same(self.entry.version, self.store.version(path)) else CHANGED
        except FileNotFoundError:
            return GONE
        except PermissionError:
            return _DENIED


def _asked(ask: Callable[[], T]) -> T:
    """The answer of a store. Raises `FileNotFoundError`, `PermissionError`, `Unreadable`, `StoreFails`."""
    for left in reversed(range(_TRIES)):
        try:
            return ask()
        except (FileNotFoundError, PermissionError, Unreadable, PolicyError):
            raise
        except _Failed as failed:
            if isinstance(failed.error, (FileNotFoundError, PermissionError)):
                raise failed.error from None
        except Exception:  # noqa: BLE001, S110 - whoever wrote the file system decides what it raises
            pass
        if left:
            time.sleep(_PAUSE_SECONDS)
    raise StoreFails


def _version(told: Mapping[str, Any]) -> str:
    known: dict[str, Any] = {
        name: str(told[name]) for name in _VERSIONS if told.get(name) not in (None, "")
    }
    return json.dumps({**known, "size": told.get("size"), "time": _time(told)}, sort_keys=True)


def _same(listed: str, now: str) -> bool:
    """Whether two versions are of one file. A listing may say less than the store does when it is asked."""
    one, other = json.loads(listed), json.loads(now)
    common = one.keys() & other.keys()
    if any(one[name] != other[name] for name in common - {"time"}):
        return False
    if common - {"time", "size"} or None in (one["time"], other["time"]):
        return True
    # Some stores tell a listing in fractions of a second, and whole seconds when asked.
    whole = any(float(each["time"]).is_integer() for each in (one, other))
    return int(one["time"]) == int(other["time"]) if whole else one["time"] == other["time"]


def _time(told: Mapping[str, Any]) -> float | None:
    for name in _TIMES:
        value = told.get(name)
        if isinstance(value, (int, float)):
            return float(value)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                continue
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return None

"""A zip or tar file as a source: each member is a file of its own, and nothing is unpacked onto a disk.

Python's own readers list the members in the caller's process, within bounds; what is in a member is read
by a worker. What an archive holds beside its members is said to be missed.
"""

from __future__ import annotations

import os
import posixpath
import struct
import tarfile
import threading
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, cast

from pii_guard.audit.entries import CHANGED, GONE, LINK_WITHIN, NO_FILE, Entry, Read, Whole
from pii_guard.audit.mailboxes import stretch
from pii_guard.audit.tree import version_of
from pii_guard.document import printable
from pii_guard.errors import PolicyError, Reason, ReasonCode
from pii_guard.limits import JUDGED, Limits
from pii_guard.originals import Kept, Stretch, open_original

MOST = 1_000_000
"""Members that an archive may have."""
_BLOCK = 1 << 20
_LOCAL = 30
"""Bytes of a zip member's local header before its name (APPNOTE 4.3.7)."""
_DESCRIPTOR = 24
"""Bytes that may follow a member's data (APPNOTE 4.3.9)."""
_LINK = Reason(ReasonCode.UNSAFE_PATH, "a link in an archive")
_BETWEEN = Reason(ReasonCode.NOT_COVERED, "bytes between its members")
_BEHIND = Reason(ReasonCode.CORRUPT, "it ends before its last byte")
_BROKEN = Reason(ReasonCode.CORRUPT, "a member that cannot be unpacked")
_LOCKED = Reason(ReasonCode.ENCRYPTED, "a member with a password")
_METHOD = Reason(ReasonCode.UNSUPPORTED, "a member packed in a way nobody reads")
_SPARSE = Reason(ReasonCode.UNSUPPORTED, "a file with holes")
_BOMB = Reason(ReasonCode.LIMIT_RATIO, "a member")
_TOO_LARGE = Reason(ReasonCode.LIMIT_SIZE, "a member")
_BAD = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Zip:
    """A zip file."""

    path: Path
    name: str
    limits: Limits = field(default_factory=Limits)

    def entries(self) -> Iterator[Entry]:
        """Its members, by their names. Raises `PolicyError` for what is no zip file."""
        with self.path.open("rb") as file:
            version = version_of(os.fstat(file.fileno()))
            try:
                with zipfile.ZipFile(file) as archive:
                    members = archive.infolist()
                    covered = _covers(file, members, archive.start_dir)
            except (*_BAD, NotImplementedError):
                raise _no_archive("zip") from None
        _check_count(len(members))
        names = _Names(self.name)
        order = sorted(range(len(members)), key=lambda n: (members[n].filename, n))
        for number in order:
            member = members[number]
            if member.is_dir() and not member.file_size:
                continue
            path = member.filename.encode("utf-8", "surrogateescape")
            told = f"{version}/{number}-{member.header_offset}-{member.CRC:08x}"
            why = self._refused(member)
            yield Entry(
                path, names.free(member.filename), member.file_size, told, _time(member.date_time),
                number, why,
            )  # fmt: skip
        if not covered:
            yield Entry(b"", self.name, version=version, refused=_BETWEEN)

    def read(self, entry: Entry) -> Read:
        """A member."""
        try:
            with self.path.open("rb") as file:
                if version_of(os.fstat(file.fileno())) != entry.version.partition("/")[0]:
                    return Whole(CHANGED)
                with zipfile.ZipFile(file) as archive:
                    member = archive.infolist()[entry.start]
                    with archive.open(member) as opened:
                        packed = open_original(cast(BinaryIO, opened), self.limits)
                        return Whole(packed if packed.size == entry.size else _BROKEN)
        except FileNotFoundError:
            return Whole(GONE)
        except RuntimeError:  # the module's word for a password
            return Whole(_LOCKED)
        except NotImplementedError:
            return Whole(_METHOD)
        except Exception:  # noqa: BLE001 - whatever a hostile archive brings about
            return Whole(_BROKEN)

    def _refused(self, member: zipfile.ZipInfo) -> Reason | None:
        if member.flag_bits & 1:
            return _LOCKED
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            return _LINK
        if member.file_size > max(self.limits.max_file_bytes, self.limits.max_streamed_bytes):
            return _TOO_LARGE
        if member.file_size > max(JUDGED, member.compress_size * self.limits.max_ratio):
            return _BOMB
        return None


class Tar:
    """A tar file, packed or not. What is packed is unpacked once, sealed (`sealed.py`)."""

    def __init__(self, path: Path, name: str, limits: Limits | None = None) -> None:
        self.path, self.name = path, name
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._unpacked: tuple[str, Kept] | None = None

    def entries(self) -> Iterator[Entry]:
        """Its members, by their names. Raises `PolicyError` for what is no tar file."""
        try:
            file, version = self._plain()
            with file, tarfile.open(fileobj=cast(BinaryIO, file), mode="r:") as archive:
                members, whole = _listed(archive)
                whole = whole and _only_zeros(file, archive.offset)
        except PolicyError:
            raise
        except Exception:  # noqa: BLE001 - each way of packing has errors of its own
            raise _no_archive("tar") from None
        names = _Names(self.name)
        files = {one.name for one in members if one.isreg()}
        for number in sorted(range(len(members)), key=lambda n: (members[n].name, n)):
            member = members[number]
            if member.isdir():
                continue
            path = member.name.encode("utf-8", "surrogateescape")
            told = f"{version}/{member.offset_data}-{member.size}"
            why, missed = self._refused(member, files)
            yield Entry(
                path, names.free(member.name), member.size, told, float(member.mtime),
                member.offset_data, why, missed,
            )  # fmt: skip
        if not whole:
            yield Entry(b"", self.name, version=version, refused=_BEHIND)

    def read(self, entry: Entry) -> Read:
        """A member."""
        version, size = entry.version.partition("/")[0], entry.size or 0
        if not _packing(self.path):
            return stretch(self.path, version, entry.start, size)
        try:
            with self._lock:
                if self._unpacked is None or self._unpacked[0] != version:
                    with self.path.open("rb") as file:
                        if version_of(os.fstat(file.fileno())) != version:
                            return Whole(CHANGED)
                        self._unpacked = version, self._unpack(file)
        except FileNotFoundError:
            return Whole(GONE)
        return Whole(Stretch(self._unpacked[1], entry.start, size))

    def _plain(self) -> tuple[Any, str]:
        """The archive as a file that is not packed, and its version. Raises `OSError`, `PolicyError`."""
        file = self.path.open("rb")
        version = version_of(os.fstat(file.fileno()))
        if not _packing(self.path):
            return file, version
        with file:
            kept = self._unpack(file)
        with self._lock:
            self._unpacked = version, kept
        return _File(kept), version

    def _unpack(self, file: BinaryIO) -> Kept:
        kept, size = Kept(), os.fstat(file.fileno()).st_size
        with _unpacking(self.path, file) as plain:
            held = bytearray()
            while part := plain.read(_BLOCK):
                held += part
                while len(held) >= _BLOCK:
                    kept.append(bytes(held[:_BLOCK]))
                    del held[:_BLOCK]
                if kept.size > max(JUDGED, size * self._limits.max_ratio):
                    raise PolicyError(
                        "a source unpacks to far more than it is: it may be a bomb",
                        remedy="raise limits.max_ratio in the policy, or unpack it into a directory",
                    )
            if held:
                kept.append(bytes(held))
        return kept

    def _refused(self, member: tarfile.TarInfo, files: set[str]) -> tuple[Reason | None, bool]:
        if member.islnk() or member.issym():
            target = member.linkname
            if member.issym():
                target = posixpath.normpath(posixpath.join(posixpath.dirname(member.name), target))
            return (LINK_WITHIN, False) if target in files else (_LINK, True)
        if member.issparse():
            return _SPARSE, True
        if not member.isreg():
            return NO_FILE, True
        most = max(self._limits.max_file_bytes, self._limits.max_streamed_bytes)
        return (_TOO_LARGE, True) if member.size > most else (None, True)


class _Names:
    """Names for people, each once: a second member of a name gets a number."""

    def __init__(self, above: str) -> None:
        self._above = above
        self._seen: Counter[str] = Counter()

    def free(self, name: str) -> str:
        shown = f"{self._above}/{printable(name)}"
        self._seen[shown] += 1
        count = self._seen[shown]
        return shown if count == 1 else f"{shown} #{count}"


class _File(RawIOBase):
    """What is kept, as a file."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self._kept, self._place = kept, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._kept.size}[whence]
        self._place = base + offset
        return self._place

    def read(self, size: int = -1) -> bytes:
        blob = self._kept.read(self._place, self._kept.size if size < 0 else size)
        self._place += len(blob)
        return blob


def _packing(path: Path) -> str:
    """How a tar file is packed, by its name: `gz`, `bz2`, `xz`, `zst` or ""."""
    ending = path.name.lower().rpartition(".")[2]
    return {"tgz": "gz", "tbz2": "bz2", "txz": "xz", "tzst": "zst", "tar": ""}.get(ending, ending)


def _unpacking(path: Path, file: BinaryIO) -> Any:
    match _packing(path):
        case "gz":
            import gzip

            return gzip.GzipFile(fileobj=file)
        case "bz2":
            import bz2

            return bz2.BZ2File(file)
        case "xz":
            import lzma

            return lzma.LZMAFile(file)
        case _:
            import zstandard

            return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)


def _covers(file: BinaryIO, members: list[zipfile.ZipInfo], directory: int) -> bool:
    """Whether the members fill a zip file up to its directory: nothing stands between them."""
    place = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if not place <= member.header_offset <= place + (_DESCRIPTOR if place else 0):
            return False
        file.seek(member.header_offset)
        head = file.read(_LOCAL)
        name, extra = struct.unpack("<26x2H", head)
        place = member.header_offset + _LOCAL + name + extra + member.compress_size
    return place <= directory <= place + _DESCRIPTOR


def _listed(archive: tarfile.TarFile) -> tuple[list[tarfile.TarInfo], bool]:
    """The members up to the end, or up to where nothing can be read; whether it is the former.

    Raises `tarfile.TarError` where there are none.
    """
    members: list[tarfile.TarInfo] = []
    try:
        while (member := archive.next()) is not None:
            members.append(member)
            archive.members = []  # type: ignore[attr-defined] # it would keep them all
            _check_count(len(members))
    except tarfile.TarError:
        if not members:
            raise
        return members, False
    return members, True


def _only_zeros(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    while part := file.read(_BLOCK):
        if part.strip(b"\0"):
            return False
    return True


def _time(told: tuple[int, ...]) -> float | None:
    """Of a zip member, whose zone nobody knows: taken for UTC."""
    from datetime import UTC, datetime

    with suppress(ValueError):
        year, month, day, hour, minute, second = told
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    return None


def _check_count(count: int) -> None:
    if count > MOST:
        raise PolicyError(
            f"a source has more than {MOST} members", remedy="unpack it into a directory"
        )


def _no_archive(kind: str) -> PolicyError:
    return PolicyError(
        f"a source is called .{kind} and cannot be read as one",
        remedy="name the file otherwise: it is then one file to look into",
    )

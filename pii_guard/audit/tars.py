"""A tar file as a source, packed or not. What is packed is unpacked once, sealed (`sealed.py`)."""

from __future__ import annotations

import os
import posixpath
import tarfile
import threading
from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, cast

from pii_guard.audit.archives import LINK, TOO_LARGE, Names, check_count, no_archive
from pii_guard.audit.entries import CHANGED, GONE, LINK_WITHIN, NO_FILE, Entry, Read, Whole
from pii_guard.audit.mailboxes import stretch
from pii_guard.audit.tree import again, version_of
from pii_guard.errors import PolicyError, Reason, ReasonCode
from pii_guard.limits import JUDGED, Limits
from pii_guard.originals import Kept, Stretch

_BLOCK = 1 << 20
_BEHIND = Reason(ReasonCode.CORRUPT, "it ends before its last byte")
_SPARSE = Reason(ReasonCode.UNSUPPORTED, "a file with holes")


class Tar:
    """A tar file."""

    def __init__(self, path: Path, name: str, limits: Limits | None = None) -> None:
        self.path, self.name = path, name
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._unpacked: tuple[str, Kept] | None = None

    def entries(self) -> Iterator[Entry]:
        """Its members, by their names. Raises `PolicyError` for what is no tar file."""
        try:
            file, version = self._plain()
            plain = cast(BinaryIO, _Sparing(file))
            with file, tarfile.open(fileobj=plain, mode="r:") as archive:
                members, whole = _listed(archive)
                whole = whole and _only_zeros(file, archive.offset)
        except PolicyError:
            raise
        except Exception:  # noqa: BLE001 - each way of packing has errors of its own
            raise no_archive("tar") from None
        names = Names(self.name)
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
                    with os.fdopen(again(self.path), "rb") as file:
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
            return (LINK_WITHIN, False) if target in files else (LINK, True)
        if member.issparse():
            return _SPARSE, True
        if not member.isreg():
            return NO_FILE, True
        most = max(self._limits.max_file_bytes, self._limits.max_streamed_bytes)
        return (TOO_LARGE, True) if member.size > most else (None, True)


class _Sparing:
    """A file for listing: headers are read as a whole, and are as long as whoever made them says."""

    def __init__(self, file: Any) -> None:
        self.seek, self.tell = file.seek, file.tell
        self._read = file.read

    def read(self, size: int) -> bytes:
        """Raises `tarfile.ReadError` for more than a header may have."""
        if size > _BLOCK:
            raise tarfile.ReadError("a header of a member is too large")
        blob: bytes = self._read(size)
        return blob


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


def _listed(archive: tarfile.TarFile) -> tuple[list[tarfile.TarInfo], bool]:
    """The members up to the end, or up to where nothing can be read; whether it is the former.

    Raises `tarfile.TarError` where there are none.
    """
    members: list[tarfile.TarInfo] = []
    try:
        while (member := archive.next()) is not None:
            members.append(member)
            archive.members = []  # type: ignore[attr-defined] # it would keep them all
            check_count(len(members))
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

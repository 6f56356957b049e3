"""A zip file as a source."""

from __future__ import annotations

import os
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from pii_guard.audit.archives import LINK, TOO_LARGE, Names, check_count, no_archive
from pii_guard.audit.entries import CHANGED, GONE, Entry, Read, Whole
from pii_guard.audit.tree import version_of
from pii_guard.errors import Reason, ReasonCode
from pii_guard.limits import JUDGED, Limits
from pii_guard.originals import open_original

_LOCAL = 30
"""Bytes of a member's local header before its name (APPNOTE 4.3.7)."""
_DESCRIPTOR = 24
"""Bytes that may follow a member's data (APPNOTE 4.3.9)."""
_BETWEEN = Reason(ReasonCode.NOT_COVERED, "bytes between its members")
_BROKEN = Reason(ReasonCode.CORRUPT, "a member that cannot be unpacked")
_LOCKED = Reason(ReasonCode.ENCRYPTED, "a member with a password")
_METHOD = Reason(ReasonCode.UNSUPPORTED, "a member packed in a way nobody reads")
_BOMB = Reason(ReasonCode.LIMIT_RATIO, "a member")
_BAD = (zipfile.BadZipFile, struct.error, NotImplementedError, EOFError, OSError, ValueError)


class Zip:
    """A zip file."""

    def __init__(self, path: Path, name: str, limits: Limits | None = None) -> None:
        self.path, self.name = path, name
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._held: tuple[str, zipfile.ZipFile] | None = None
        """Its directory, read once, and the version that it is of."""

    def entries(self) -> Iterator[Entry]:
        """Its members, by their names. Raises `PolicyError` for what is no zip file."""
        with self.path.open("rb") as file:
            version = version_of(os.fstat(file.fileno()))
            try:
                with zipfile.ZipFile(file) as archive:
                    members = archive.infolist()
                    covered = _covers(file, members, archive.start_dir)
            except _BAD:
                raise no_archive("zip") from None
        check_count(len(members))
        names = Names(self.name)
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
        version = entry.version.partition("/")[0]
        try:
            archive = self._opened(version)
            if archive is None:
                return Whole(CHANGED)
            with archive.open(archive.infolist()[entry.start]) as opened:
                unpacked = open_original(cast(BinaryIO, opened), self._limits)
            return Whole(unpacked if unpacked.size == entry.size else _BROKEN)
        except FileNotFoundError:
            return Whole(GONE)
        except RuntimeError:  # the module's word for a password
            return Whole(_LOCKED)
        except NotImplementedError:
            return Whole(_METHOD)
        except Exception:  # noqa: BLE001 - whatever a hostile archive brings about
            return Whole(_BROKEN)

    def _opened(self, version: str) -> zipfile.ZipFile | None:
        """The archive of a version; None where that is not there any more. Raises `FileNotFoundError`."""
        with self._lock:
            if version_of(self.path.stat()) != version:
                return None
            if self._held is None or self._held[0] != version:
                self._held = version, zipfile.ZipFile(self.path)
            archive = self._held[1]
            assert archive.fp is not None, "it stays open"
            return archive if version_of(os.fstat(archive.fp.fileno())) == version else None

    def _refused(self, member: zipfile.ZipInfo) -> Reason | None:
        if member.flag_bits & 1:
            return _LOCKED
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            return LINK
        if member.file_size > max(self._limits.max_file_bytes, self._limits.max_streamed_bytes):
            return TOO_LARGE
        if member.file_size > max(JUDGED, member.compress_size * self._limits.max_ratio):
            return _BOMB
        return None


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


def _time(told: tuple[int, ...]) -> float | None:
    """Of a zip member, whose zone nobody knows: taken for UTC."""
    with suppress(ValueError):
        year, month, day, hour, minute, second = told
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    return None

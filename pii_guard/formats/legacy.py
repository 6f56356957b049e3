"""Office files that are not read as they are: binary ones of before 2007, and encrypted ones.

A binary Word, Excel or PowerPoint file keeps deleted text, earlier versions and macros in places that
no library rewrites; it is converted by an installed LibreOffice and what comes out takes its place.
Without one it is refused, and the reason says what to send instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Never

from pii_guard.document import Changes, Document
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.libreoffice import convert
from pii_guard.formats.office.package import open_package
from pii_guard.formats.office_unlocking import is_locked, unlocked

_OOXML = "application/vnd.openxmlformats-officedocument"
WORD = f"{_OOXML}.wordprocessingml.document"
EXCEL = f"{_OOXML}.spreadsheetml.sheet"
SLIDES = f"{_OOXML}.presentationml.presentation"
_FIELD = re.compile(rb"(?<=<a:fld id=\")\{[0-9A-F-]{36}\}")


class Refused:
    """A format that is known and never read as it is. `where` says what to send in its place."""

    exact = True

    def __init__(self, media_type: str, code: ReasonCode, where: str) -> None:
        self.media_types = frozenset({media_type})
        self._code, self._where = code, where

    def _refuse(self) -> Never:
        raise Unreadable(self._code, self._where)

    def read(self, blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG002
        """Raises `Unreadable`."""
        self._refuse()

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:  # noqa: ARG002
        """Raises `Unreadable`."""
        self._refuse()

    def reread(self, blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG002
        """Raises `Unreadable`."""
        self._refuse()


class Locked(Refused):
    """A format whose files are read once a password was taken off them."""

    def unlocked(self, blob: bytes, passwords: Sequence[str], bounds: Bounds) -> bytes | None:
        """The file without its password; None if it has none. Raises `Unreadable`."""
        return unlocked(blob, passwords, bounds)


class Legacy(Refused):
    """A format that is read, and written, as another one: what LibreOffice makes of it.

    One with a password is held: the library that could take it off puts what it finds into a file on
    disk, and what checks the password into the log.
    """

    def __init__(
        self, media_type: str, source: str, reader: str, becomes: str, target: str
    ) -> None:
        super().__init__(media_type, ReasonCode.UNSUPPORTED, f"save it as .{target}")
        self.becomes, self.suffix = becomes, target
        self._source, self._reader = source, reader

    def converted(self, blob: bytes, bounds: Bounds) -> bytes:
        """The file as a `becomes`, the same bytes each time. Raises `Unreadable`."""
        try:
            made = convert(blob, self._source, self.suffix, self._reader)
        except Unreadable:
            if is_locked(blob):
                where = f"save it as .{self.suffix}, with or without its password"
                raise Unreadable(ReasonCode.ENCRYPTED, where) from None
            raise
        package = open_package(made, bounds)
        return package.packed(
            {name: _numbered(content) for name, content in package.members.items()}
        )


def _numbered(content: bytes) -> bytes:
    """A part whose fields are numbered in order: LibreOffice draws their ids at random."""
    count = iter(range(1, len(content)))
    return _FIELD.sub(lambda _: b"{00000000-0000-0000-0000-%012d}" % next(count), content)


FORMATS = (
    Legacy("application/msword", "doc", "MS Word 97", WORD, "docx"),
    Legacy("application/vnd.ms-excel", "xls", "MS Excel 97", EXCEL, "xlsx"),
    Legacy("application/vnd.ms-powerpoint", "ppt", "MS PowerPoint 97", SLIDES, "pptx"),
    Legacy(
        "application/vnd.ms-excel.sheet.binary.macroenabled.12",
        "xlsb", "Calc MS Excel 2007 Binary", EXCEL, "xlsx",
    ),
    Locked("application/encrypted", ReasonCode.ENCRYPTED, "an Office file with a password"),
)  # fmt: skip

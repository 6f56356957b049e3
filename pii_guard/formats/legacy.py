"""Office files that cannot be read as they are: of before 2007, or encrypted. They are refused.

A binary Word, Excel or PowerPoint file keeps deleted text, earlier versions and macros in places that
no library under a licence of ours rewrites; the reason says what to send instead.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Never

from pii_guard.document import Changes, Document
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds

_INSTEAD = MappingProxyType(
    {
        "application/msword": "Word 97-2003: save it as .docx",
        "application/vnd.ms-excel": "Excel 97-2003: save it as .xlsx",
        "application/vnd.ms-powerpoint": "PowerPoint 97-2003: save it as .pptx",
        "application/vnd.ms-excel.sheet.binary.macroenabled.12": "binary workbook: save it as .xlsx",
    }
)


class Refused:
    """A format that is known and never read. `where` says what would be read in its place."""

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


FORMATS = (
    *(Refused(kind, ReasonCode.UNSUPPORTED, where) for kind, where in _INSTEAD.items()),
    Refused("application/encrypted", ReasonCode.ENCRYPTED, "an Office file with a password"),
)

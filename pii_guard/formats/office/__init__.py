"""Office files: Office Open XML and OpenDocument, edited in place, part by part.

zipfile and lxml read and write, whatever the part: the text of a paragraph is read over its runs, and
attributes by an allow-list. The second reader is the standard library's expat. Speed:
`python -m tests.benchmarks.formats`.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from pii_guard.document import Changes, Document
from pii_guard.errors import ReasonCode, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.office import odf, ooxml, reread
from pii_guard.zip_types import OOXML

_BROKEN = (
    etree.LxmlError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
    RecursionError, ArithmeticError, MemoryError,
)  # fmt: skip
_BINARY = frozenset({"application/vnd.ms-excel.sheet.binary.macroenabled.12"})


class Ooxml:
    """Word, Excel and PowerPoint files, those with macros and templates included."""

    media_types = frozenset(OOXML.values()) - _BINARY
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Every text of every part. Attached files and pictures are children."""
        try:
            return ooxml.read(blob, bounds)
        except _BROKEN as error:
            raise refused(error, "a part") from None

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The file with spans replaced, without macros, thumbnails, signatures and the like."""
        try:
            return ooxml.write(blob, changes, bounds)
        except _BROKEN as error:
            raise refused(error, "a part") from None

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """The file as expat reads its parts."""
        try:
            return reread.reread(blob, bounds)
        except _BROKEN as error:
            raise refused(error, "a part", ReasonCode.VERIFICATION_FAILED) from None

    def haystacks(self, blob: bytes) -> Iterator[str | bytes]:
        """Every part unpacked, and its attributes."""
        yield from reread.haystacks(blob, is_odf=False)


class OpenDocument:
    """Writer, Calc, Impress and Draw files and their templates."""

    media_types = frozenset(
        f"application/vnd.oasis.opendocument.{kind}"
        for family in ("text", "spreadsheet", "presentation", "graphics")
        for kind in (family, f"{family}-template")
    ) | {"application/vnd.oasis.opendocument.text-master", "application/vnd.oasis.opendocument.formula",
         "application/vnd.oasis.opendocument.chart"}  # fmt: skip
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Every text of every member. Pictures and attached files are children."""
        try:
            return odf.read(blob, bounds)
        except _BROKEN as error:
            raise refused(error, "a part") from None

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The file with spans replaced, without thumbnails, signatures and printer settings."""
        try:
            return odf.write(blob, changes, bounds)
        except _BROKEN as error:
            raise refused(error, "a part") from None

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """The file as expat reads its members."""
        try:
            return reread.reread_odf(blob, bounds)
        except _BROKEN as error:
            raise refused(error, "a part", ReasonCode.VERIFICATION_FAILED) from None

    def haystacks(self, blob: bytes) -> Iterator[str | bytes]:
        """Every member unpacked, and its attributes."""
        yield from reread.haystacks(blob, is_odf=True)


FORMATS = (Ooxml(), OpenDocument())

"""PDF: glyphs are taken out of content streams, strings out of everything else, nothing is overlaid.

pikepdf edits, pdfminer.six's fonts decode, pypdfium2 and pypdf read again. Glyphs go that detectors
name, then those that spell a known value in another setting, then those that stand where pdfium
still reads one; a page on which it reads one even then is rebuilt as a picture; then the file is
given up. Speed: `tests/benchmarks/pdf_speed.py`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence

import pikepdf
import pypdf
import pypdfium2
from pypdf.errors import PyPdfError

from pii_guard.document import Changes, Child, Document, Kind, Segment
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats import ocr
from pii_guard.formats.base import Bounds
from pii_guard.formats.pdf.editing import Editing
from pii_guard.formats.pdf.glyphs import Box
from pii_guard.formats.pdf.opened import Opened, at, document, open_pdf, unlocked
from pii_guard.formats.pdf.pictures import shown
from pii_guard.formats.pdf.raster import as_picture, places
from pii_guard.formats.pdf.reread import drawn_texts, placed_texts
from pii_guard.formats.pdf.search import Values
from pii_guard.formats.pdf.strings import every_text
from pii_guard.formats.pdf.text import page_text
from pii_guard.formats.pdf.walk import Walker
from pii_guard.formats.quiet import quiet, quietly

_NUMBER = re.compile(r"(?<![^\s\[\]<>/])[+-]?[\d.]{1,20}(?=[\s\[\]<>/])")
# What pikepdf and our own reading of broken objects raise; nothing of it may pass on.
_BROKEN = (
    pikepdf.PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
    NotImplementedError, RecursionError, pypdfium2.PdfiumError, MemoryError, OSError, RuntimeError,
)  # fmt: skip
# About half a kilobyte each: of larger files the pages that change are walked twice.
_HELD_GLYPHS = 300_000


class Pdf:
    """The format."""

    media_types = frozenset({"application/pdf"})
    exact = True

    @quietly
    def unlocked(self, blob: bytes, passwords: Sequence[str], bounds: Bounds) -> bytes | None:  # noqa: ARG002
        """The file without its password; None if it opens without. Raises `Unreadable`."""
        return unlocked(blob, passwords)

    @quietly
    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Pages, strings, text streams, marked text, what no page shows, earlier revisions.

        Attached files are children.
        """
        try:
            return document(blob, bounds)
        except _BROKEN as error:
            raise refused(error, "PDF structure") from None

    @quietly
    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The file with spans removed, in one revision, without scripts, thumbnails, old versions."""
        try:
            opened = Opened(blob, bounds, most_glyphs=_HELD_GLYPHS)
            editing = Editing(opened, changes)
            editing.apply()
            written, values = _saved(opened.pdf), Values(changes.gone)
            shown = _shown(written, values)
            if shown:
                written = _again(written, values, bounds)
                shown = _shown(written, values)
            bad = {**dict.fromkeys(shown, ()), **editing.pictures}
            return _pictured(written, values, bad) if bad else written
        except _BROKEN as error:
            raise refused(error, "PDF structure") from None

    @quietly
    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """Page texts as pdfium extracts them, strings and attachments as pypdf reads them."""
        segments = [Segment(text, at("page", n)) for n, text in enumerate(placed_texts(blob), 1)]
        try:
            reader = pypdf.PdfReader(io.BytesIO(blob))
            segments += list(_pypdf_segments(reader))
            files = [
                Child(content, at("attachment", n), _said(name))
                for n, (name, content) in enumerate(
                    ((name, c) for name, held in reader.attachments.items() for c in held), 1
                )
            ]
            if ocr.available():
                files += [
                    Child(content, at("picture", n), "", "image/png")
                    for n, content in enumerate(shown(blob, bounds), 1)
                ]
        except (PyPdfError, *_BROKEN) as error:
            raise refused(
                error, "the second reader refuses it", ReasonCode.VERIFICATION_FAILED
            ) from None
        return Document(tuple(segments), tuple(files))

    def haystacks(self, blob: bytes) -> Iterator[str | bytes]:
        """Every string and name, every stream but pictures decoded, every appearance's text."""
        yield from _haystacks(blob)


def _haystacks(blob: bytes) -> Iterator[str | bytes]:
    with quiet():  # nothing is yielded in it: who takes the next part is not at work here
        pdf = open_pdf(blob)
        try:
            texts = [*drawn_texts(blob), *every_text(pdf), *_undrawn(pdf)]
        except _BROKEN as error:
            raise refused(error, "PDF structure", ReasonCode.VERIFICATION_FAILED) from None
    yield from texts
    for item in pdf.objects:
        if isinstance(item, pikepdf.Stream) and item.get("/Subtype") != pikepdf.Name.Image:
            with quiet():
                try:
                    raw = item.read_bytes()
                except pikepdf.PdfError:
                    continue
            text = raw.decode("latin-1")
            # What an object stream holds is objects: widths and places are nobody's number.
            yield _NUMBER.sub("0", text) if item.get("/Type") == pikepdf.Name.ObjStm else text
            if b"\0" in raw:
                yield raw  # as UTF-16, too


def _undrawn(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Texts that pdfium does not extract: appearances of annotations, forms that no page draws."""
    walker = Walker(pdf)
    for number, page in enumerate(pdf.pages):
        if "/Annots" in page.obj:
            yield page_text(walker.annotations(number).glyphs).text


def _saved(pdf: pikepdf.Pdf) -> bytes:
    held = io.BytesIO()
    if "/Size" not in pdf.trailer:
        # Lost with a damaged end; qpdf would write none and pdfminer wants one.
        pdf.trailer.Size = len(pdf.objects) + 1
    pdf.save(
        held,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        encryption=False,
        fix_metadata_version=False,
    )
    return held.getvalue()


def _shown(written: bytes, values: Values) -> list[int]:
    """Pages (from 0) on which pdfium reads a value."""
    texts = enumerate(drawn_texts(written))
    return [n for n, text in texts if next(values.shown_in(text), None) is not None]


def _again(written: bytes, values: Values, bounds: Bounds) -> bytes:
    """The file without the glyphs that stand where pdfium still reads a value.

    It joins and orders glyphs in other ways than we do; where they stand is beyond dispute.
    """
    opened = Opened(written, bounds, most_glyphs=_HELD_GLYPHS)
    files = dict(enumerate(child.blob for child in opened.children()))
    Editing(opened, Changes((), files), places(written, values)).apply()
    return _saved(opened.pdf)


def _pictured(written: bytes, values: Values, pages: Mapping[int, Sequence[Box]]) -> bytes:
    """The written file with pages as pictures, the values and the boxes given filled in them."""
    pdf = open_pdf(written)
    for number, filled in sorted(pages.items()):
        if not as_picture(written, pdf, number, values, filled):
            raise Unreadable(ReasonCode.VERIFICATION_FAILED, f"page {number + 1}")
    # Twice: what only the replaced page used is unreachable now, and gone with the next save.
    return _saved(open_pdf(_saved(pdf)))


def _said(text: str | bytes) -> str:
    """A string as pypdf reads it: as bytes, where it is in no encoding that there is."""
    return text if isinstance(text, str) else text.decode("latin-1")


def _pypdf_segments(reader: pypdf.PdfReader) -> Iterator[Segment]:
    for key, value in (reader.metadata or {}).items():
        if key not in ("/CreationDate", "/ModDate", "/Producer", "/Creator") and str(value).strip():
            label = "Author name" if key == "/Author" else key[1:]
            yield Segment(str(value), at("info", 1), Kind.METADATA, label)
    for name, entry in (reader.get_fields() or {}).items():
        if isinstance(entry.get("/V"), (str, bytes)):
            yield Segment(_said(entry["/V"]), at("field", 1), Kind.METADATA, _said(name))
    for number, page in enumerate(reader.pages, 1):
        for annotation in page.get("/Annots", ()) or ():
            contents = annotation.get_object().get("/Contents")
            if isinstance(contents, (str, bytes)) and contents.strip():
                yield Segment(_said(contents), at("annotation", number), Kind.METADATA)
    yield from _outline(reader.outline)


def _outline(entries: Sequence[object]) -> Iterator[Segment]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _outline(entry)
        else:
            title = getattr(entry, "title", None)
            if title:
                yield Segment(str(title), at("outline", 1), Kind.METADATA)


FORMAT = Pdf()

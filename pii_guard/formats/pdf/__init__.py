"""PDF: glyphs are taken out of content streams, strings out of everything else, nothing is overlaid.

pikepdf edits, pdfminer.six's fonts decode, pypdfium2 and pypdf read again. Strict removal first; a
page on which pdfium still reads a value is rebuilt as a picture; then the file is given up. Measured
ground: research notes of the project, figures in `tests/benchmarks`.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

import pikepdf
import pypdf
from pypdf.errors import PyPdfError

from pii_guard.document import Changes, Child, Document, Edit, Gap, Kind, Locator, Segment, Step
from pii_guard.errors import Reason, ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.pdf.raster import as_picture
from pii_guard.formats.pdf.reread import drawn_texts, placed_texts
from pii_guard.formats.pdf.rewrite import Box, boxes, draw_tokens, remove
from pii_guard.formats.pdf.strings import strings, text_streams
from pii_guard.formats.pdf.text import PageText, covered, page_text
from pii_guard.formats.pdf.walk import PageWalk, Walker

_UNREADABLE_SHARE = 0.02
_IMAGE_SHARE = 0.25
_SOME_PAINTS = 400
_DROPPED = (
    "/PieceInfo",
    "/Thumb",
    "/AA",
    "/OpenAction",
    "/JavaScript",
    "/XFA",
    "/Metadata",
    "/Perms",
)


class _Opened:
    """A PDF with its pages walked: what `read` shows and `write` edits, in one order."""

    def __init__(self, blob: bytes, bounds: Bounds) -> None:
        self.pdf = _open(blob)
        if len(self.pdf.pages) > bounds.max_pages:
            raise Unreadable(ReasonCode.LIMIT_PAGES, f"{len(self.pdf.pages)} pages")
        self.walker = Walker(self.pdf)
        self.walks: list[PageWalk] = [self.walker.page(n) for n in range(len(self.pdf.pages))]
        self.texts: list[PageText] = [page_text(walk.glyphs) for walk in self.walks]
        self.strings = list(strings(self.pdf))
        self.streams = list(text_streams(self.pdf))
        self.files = list(_files(self.pdf))

    def document(self) -> Document:
        segments = [Segment(t.text, _at("page", n)) for n, t in enumerate(self.texts, 1)]
        segments += [
            Segment(s.text, _at("string", n), Kind.METADATA, s.label)
            for n, s in enumerate(self.strings, 1)
        ]
        segments += [
            Segment(text, _at("stream", n), Kind.CODE)
            for n, (_, text) in enumerate(self.streams, 1)
        ]
        children = tuple(
            Child(stream.read_bytes(), _at("attachment", n), name)
            for n, (stream, name) in enumerate(self.files, 1)
        )
        return Document(tuple(segments), children, tuple(self._gaps()))

    def _gaps(self) -> Iterator[Gap]:
        for number, (walk, text) in enumerate(zip(self.walks, self.texts, strict=True), 1):
            where = f"page {number}"
            left, low, right, high = (float(x) for x in self.pdf.pages[number - 1].mediabox)
            share = walk.image_area / max(1.0, abs(right - left) * abs(high - low))
            words = bool(text.text.strip())
            if walk.broken:
                yield Gap(_at("page", number), Reason(ReasonCode.CORRUPT, f"{where}: its content"))
            elif not words and (share > 0.02 or walk.paints > _SOME_PAINTS):
                yield Gap(_at("page", number), Reason(ReasonCode.NO_TEXT, where))
            elif share > _IMAGE_SHARE:
                reason = Reason(ReasonCode.NOT_COVERED, f"{where}: pictures")
                yield Gap(_at("page", number), reason)
            elif walk.unreadable > max(3, _UNREADABLE_SHARE * len(walk.glyphs)):
                reason = Reason(ReasonCode.NOT_COVERED, f"{where}: glyphs without meaning")
                yield Gap(_at("page", number), reason)


class Pdf:
    """The format."""

    media_types = frozenset({"application/pdf"})
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Pages, strings, text streams; attached files as children."""
        try:
            return _Opened(blob, bounds).document()
        except pikepdf.PdfError:
            raise Unreadable(ReasonCode.CORRUPT, "PDF structure") from None

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The file with spans removed, in one revision, without scripts, thumbnails, old versions."""
        opened = _Opened(blob, bounds)
        try:
            by_segment = {k: list(g) for k, g in groupby(changes.edits, key=attrgetter("segment"))}
            _edit_pages(opened, by_segment)
            _edit_strings(opened, by_segment, changes.gone)
            for number, (stream, _) in enumerate(opened.files):
                content = changes.children.get(number)
                stream.write(content if content is not None else b"")
                if "/Params" in stream:
                    del stream["/Params"]
            _drop(opened.pdf)
            written = _saved(opened.pdf)
            return _without(written, changes.gone)
        except pikepdf.PdfError:
            raise Unreadable(ReasonCode.CORRUPT, "PDF structure") from None

    def reread(self, blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG002
        """Page texts as pdfium extracts them, strings and attachments as pypdf reads them."""
        segments = [Segment(text, _at("page", n)) for n, text in enumerate(placed_texts(blob), 1)]
        try:
            reader = pypdf.PdfReader(io.BytesIO(blob))
            segments += list(_pypdf_segments(reader))
            files = [
                Child(content, _at("attachment", n), name)
                for n, (name, content) in enumerate(
                    ((name, c) for name, held in reader.attachments.items() for c in held), 1
                )
            ]
        except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise Unreadable(
                ReasonCode.VERIFICATION_FAILED, "the second reader refuses it"
            ) from None
        return Document(tuple(segments), tuple(files))

    def haystacks(self, blob: bytes) -> Iterator[str]:
        """Every string, and every stream that can hold text, decoded."""
        pdf = _open(blob)
        yield from drawn_texts(blob)
        for text in strings(pdf):
            yield text.text
        for item in pdf.objects:
            if isinstance(item, pikepdf.Stream) and item.get("/Subtype") != pikepdf.Name.Image:
                try:
                    yield item.read_bytes().decode("latin-1")
                except pikepdf.PdfError:
                    continue
            elif isinstance(item, pikepdf.Dictionary):
                yield " ".join(str(key) for key, _ in item.items())


def _at(axis: str, number: int) -> Locator:
    return (Step(axis, number),)


def _open(blob: bytes) -> pikepdf.Pdf:
    try:
        return pikepdf.open(io.BytesIO(blob))
    except pikepdf.PasswordError:
        raise Unreadable(ReasonCode.ENCRYPTED, "a password is needed") from None
    except (pikepdf.PdfError, ValueError):
        raise Unreadable(ReasonCode.CORRUPT, "PDF structure") from None


def _edit_pages(opened: _Opened, edits: dict[int, list[Edit]]) -> None:
    removed = []
    marks: dict[int, list[tuple[list[Box], str]]] = {}
    for number, (walk, text) in enumerate(zip(opened.walks, opened.texts, strict=True)):
        for edit in edits.get(number, ()):
            hits = text.between(*edit.span)
            places = boxes([walk.glyphs[n] for n in sorted(hits) if walk.glyphs[n].text.strip()])
            marks.setdefault(number, []).append((places, edit.replacement))
            removed += [walk.glyphs[n] for n in covered(walk.glyphs, hits)]
    remove(opened.walker, removed)
    for number, page_marks in marks.items():
        draw_tokens(opened.pdf, number, page_marks)


def _edit_strings(opened: _Opened, edits: dict[int, list[Edit]], gone: Sequence[str]) -> None:
    first = len(opened.texts)
    for number, one in enumerate(opened.strings):
        text = one.text
        for edit in reversed(edits.get(first + number, ())):
            text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
        if text != one.text:
            one.holder[one.key] = pikepdf.String(text)
    first += len(opened.strings)
    lowered = [value.casefold() for value in gone if len(value) > 3]
    for number, (stream, text) in enumerate(opened.streams):
        low = text.casefold()
        # Private data of applications cannot be edited safely: with a value in it, it goes.
        if edits.get(first + number) or any(value in low for value in lowered):
            stream.write(b"")


def _files(pdf: pikepdf.Pdf) -> Iterator[tuple[pikepdf.Object, str]]:
    """Embedded file streams, each once, with the name it is attached under."""
    seen = set()
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and isinstance(item.get("/EF"), pikepdf.Dictionary):
            name = str(item.get("/UF", item.get("/F", "")))
            for key in ("/F", "/UF", "/DOS", "/Mac", "/Unix"):
                stream = item.EF.get(key)
                if isinstance(stream, pikepdf.Stream) and stream.objgen not in seen:
                    seen.add(stream.objgen)
                    yield stream, name


def _drop(pdf: pikepdf.Pdf) -> None:
    """What repeats content or runs: scripts, thumbnails, XFA, XMP, private data, signatures."""
    for item in pdf.objects:
        if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
            for key in _DROPPED:
                if key in item:
                    del item[key]
            if item.get("/S") == pikepdf.Name.JavaScript and "/JS" in item:
                item.JS = pikepdf.String("")
            if item.get("/FT") == pikepdf.Name.Sig and "/V" in item:
                del item["/V"]
    names = pdf.Root.get("/Names")
    if names is not None and "/JavaScript" in names:
        del names["/JavaScript"]
    pdf.remove_unreferenced_resources()


def _saved(pdf: pikepdf.Pdf) -> bytes:
    held = io.BytesIO()
    pdf.save(
        held,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        encryption=False,
        fix_metadata_version=False,
    )
    return held.getvalue()


def _without(written: bytes, gone: Sequence[str]) -> bytes:
    """The written file, pages on which pdfium still reads a value rebuilt as pictures."""
    bad = {
        n: values for n, text in enumerate(drawn_texts(written)) if (values := _left(text, gone))
    }
    if not bad:
        return written
    pdf = _open(written)
    for number, values in bad.items():
        if not as_picture(written, pdf, number, values):
            raise Unreadable(ReasonCode.VERIFICATION_FAILED, f"page {number + 1}")
    # Twice: what only the replaced page used is unreachable now, and gone with the next save.
    return _saved(_open(_saved(pdf)))


def _left(text: str, gone: Sequence[str]) -> list[str]:
    """The distinctive values that a page's text still shows."""
    plain = _folded(text)
    return [value for value in gone if len(value) > 6 and _folded(value) in plain]


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).replace("\u00ad", "").casefold()
    return " ".join(folded.split())


def _pypdf_segments(reader: pypdf.PdfReader) -> Iterator[Segment]:
    for key, value in (reader.metadata or {}).items():
        if key not in ("/CreationDate", "/ModDate", "/Producer", "/Creator") and str(value).strip():
            label = "Author name" if key == "/Author" else key[1:]
            yield Segment(str(value), _at("info", 1), Kind.METADATA, label)
    for name, entry in (reader.get_fields() or {}).items():
        if isinstance(entry.get("/V"), str):
            yield Segment(entry["/V"], _at("field", 1), Kind.METADATA, name)
    for number, page in enumerate(reader.pages, 1):
        for annotation in page.get("/Annots", ()) or ():
            contents = annotation.get_object().get("/Contents")
            if isinstance(contents, str) and contents.strip():
                yield Segment(contents, _at("annotation", number), Kind.METADATA)
    yield from _outline(reader.outline)


def _outline(entries: Sequence[object]) -> Iterator[Segment]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _outline(entry)
        else:
            title = getattr(entry, "title", None)
            if title:
                yield Segment(str(title), _at("outline", 1), Kind.METADATA)


FORMAT = Pdf()

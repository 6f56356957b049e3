"""A PDF taken apart: everything in it that can be read, in one order, for reading and for editing."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import pikepdf

from pii_guard.document import Child, Document, Gap, Kind, Locator, Segment, Step
from pii_guard.errors import Reason, ReasonCode, Unreadable, refused
from pii_guard.formats import ocr
from pii_guard.formats.base import Bounds
from pii_guard.formats.passwords import spellings
from pii_guard.formats.pdf import history
from pii_guard.formats.pdf.glyphs import PageWalk
from pii_guard.formats.pdf.looked import Look, looks
from pii_guard.formats.pdf.names import names
from pii_guard.formats.pdf.pictures import Picture, is_strip, pictures, undecoded
from pii_guard.formats.pdf.streams import (
    as_text,
    content_keys,
    embedded_files,
    sealed,
    text_streams,
)
from pii_guard.formats.pdf.strings import Text, strings, understood
from pii_guard.formats.pdf.structure import (
    Elements,
    MarkText,
    Standing,
    mark_texts,
    standing,
)
from pii_guard.formats.pdf.swollen import check_streams
from pii_guard.formats.pdf.text import PageText, page_text
from pii_guard.formats.pdf.walk import Walker

_UNREADABLE_SHARE = 0.02
_UNREADABLE_WORD = 3
"""Glyphs without meaning in a row that may be somebody's name, however much else can be read."""
_IMAGE_SHARE = 0.25
_SOME_IMAGE = 0.02
_SOME_PAINTS = 400


def at(axis: str, number: int) -> Locator:
    """A locator of one step."""
    return (Step(axis, number),)


def open_pdf(blob: bytes) -> pikepdf.Pdf:
    """Opens with the empty password only. Raises `Unreadable`."""
    try:
        return pikepdf.open(io.BytesIO(blob))
    except pikepdf.PasswordError:
        raise Unreadable(ReasonCode.ENCRYPTED, "a password is needed") from None
    except (pikepdf.PdfError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        if _OTHER_LOCK in str(error):
            raise Unreadable(ReasonCode.ENCRYPTED, "in a way that takes no password") from None
        raise refused(error, "PDF structure") from None


_OTHER_LOCK = "encryption dictionary"
"""Where qpdf says that it cannot undo it: with certificates, or in a program's own way."""


def unlocked(blob: bytes, passwords: Sequence[str]) -> bytes | None:
    """The file without its password, all its revisions as one; None if it opens without.

    Raises `Unreadable(ENCRYPTED)` where none fits.
    """
    # Before PDF 2.0 a password was in a code page (ISO 32000-1, 7.6.3.3).
    spelled: list[str | bytes] = list(passwords)
    spelled += [raw for password in passwords for raw in spellings(password)]
    for password in ("", *spelled):
        try:
            with pikepdf.open(io.BytesIO(blob), password=password) as pdf:
                if not password:
                    return None
                out = io.BytesIO()
                pdf.save(out, encryption=False, deterministic_id=True)
                return out.getvalue()
        except pikepdf.PasswordError:
            continue
        except (pikepdf.PdfError, ValueError, OverflowError, RecursionError):
            return None  # reading says what is wrong with it
    raise Unreadable(ReasonCode.ENCRYPTED, "by another password")


class Opened:
    """A PDF with its pages walked: what `read` shows and `write` edits, in one order.

    Segments are: pages, strings, streams, marked texts, then what nothing of the file shows
    (`unused`: drawn by no page; `revision`: earlier states; `rest`: bytes around it).
    `most_glyphs`: how many glyphs to hold; walks beyond are thinned and done again when needed.
    """

    def __init__(self, blob: bytes, bounds: Bounds, *, most_glyphs: int = 0) -> None:
        self.pdf = open_pdf(blob)
        if sealed(self.pdf):
            raise Unreadable(ReasonCode.ENCRYPTED, "an encrypted payload")
        if len(self.pdf.pages) > bounds.max_pages:
            raise Unreadable(ReasonCode.LIMIT_PAGES, f"{len(self.pdf.pages)} pages")
        self.walker = Walker(self.pdf)
        self._room = most_glyphs
        self.walks: list[PageWalk] = []
        self.texts: list[PageText] = []
        for number in range(len(self.pdf.pages)):
            self._take(self.walker.page(number), self.walks, self.texts)
        self.unused: list[PageWalk] = []
        self.unused_texts: list[PageText] = []
        for walk in self.walker.leftovers():
            self._take(walk, self.unused, self.unused_texts)
        walked = {key[1:] for key in self.walker.holders if key[0] == "stream"}
        self.strings: list[Text] = list(strings(self.pdf))
        drawn = {name for walk in (*self.walks, *self.unused) for name in walk.names}
        self.strings += names(self.pdf, drawn)
        self.streams: list[tuple[Any, str]] = list(text_streams(self.pdf, walked))
        walks = [*self.walks, *self.unused]
        self.marks: list[MarkText] = list(mark_texts(walks))
        self.pages = [page.obj.objgen for page in self.pdf.pages]
        self.elements = Elements(self.pdf)
        self.standing: list[Standing] = standing(walks, self.pages, self.elements)
        self.files = list(embedded_files(self.pdf))
        found = pictures(self.pdf, bounds) if ocr.available() else ()
        self.pictures: list[Picture] = list(found)
        self.blob, self._bounds = blob, bounds
        self.looks: list[Look] = []
        if ocr.available():
            wanted = self._to_look_at()
            for number in sorted(wanted):
                self.looks += looks(blob, number)
            seen = {p for n in wanted for p in self.walks[n].pictures}
            elsewhere = {p for n, w in enumerate(self.walks) if n not in wanted for p in w.pictures}
            self.pictures = [
                one
                for one in self.pictures
                if not _is_strip(one) or one.stream.objgen not in seen - elsewhere
            ]

    def _take(self, walk: PageWalk, walks: list[PageWalk], texts: list[PageText]) -> None:
        walks.append(walk)
        texts.append(page_text(walk.glyphs))
        walk.drawn = len(walk.glyphs)
        self._room -= walk.drawn
        if self._room < 0:
            walk.thinned()
            self.walker.forget()

    @property
    def drawn(self) -> Iterator[tuple[PageWalk, PageText]]:
        """All walks with their texts: pages first, then what no page draws."""
        yield from zip(self.walks, self.texts, strict=True)
        yield from zip(self.unused, self.unused_texts, strict=True)

    def segments(self) -> Iterator[Segment]:
        """The segments of the file's current state."""
        for n, text in enumerate(self.texts, 1):
            yield Segment(text.text, at("page", n))
        for n, one in enumerate(self.strings, 1):
            yield Segment(one.text, at("string", n), Kind.METADATA, one.label)
        for n, (_, content) in enumerate(self.streams, 1):
            yield Segment(content, at("stream", n), Kind.CODE)
        for n, marked in enumerate(self.marks, 1):
            yield Segment(marked.text, at("mark", n), Kind.METADATA, marked.key[1:])
        for n, text in enumerate(self.unused_texts, 1):
            yield Segment(text.text, at("unused", n))
        for n, look in enumerate(self.looks, 1):
            where = (*at("page", look.page + 1), Step("reading", n))
            yield Segment(look.text, where, Kind.OCR)

    def children(self) -> Iterator[Child]:
        """Embedded files, then the pictures that can be decoded."""
        for n, (stream, name) in enumerate(self.files, 1):
            yield Child(stream.read_bytes(), at("attachment", n), name)
        for n, picture in enumerate(self.pictures, 1):
            if picture.blob is not None:
                yield Child(picture.blob, at("picture", n), "", picture.media_type)

    def faults(self) -> Iterator[Gap]:
        """What could not be read to its end."""
        for axis, walks in (("page", self.walks), ("unused", self.unused)):
            for number, walk in enumerate(walks, 1):
                if walk.fault is not None:
                    where = f"{axis} {number}: {walk.fault.where}"
                    yield Gap(at(axis, number), Reason(walk.fault.code, where))

    def gaps(self) -> Iterator[Gap]:
        """What could not be read, and what can only be looked at where nobody can look."""
        yield from self.faults()
        yield from self._undecoded() if ocr.available() else self._unseen()

    def _undecoded(self) -> Iterator[Gap]:
        """Pictures that neither pikepdf nor pdfium decodes: what they show, no one here has seen."""
        hidden = {one.stream.objgen for one in self.pictures if one.blob is None}
        if not hidden:
            return
        showing = [n for n, walk in enumerate(self.walks) if walk.pictures & hidden]
        reason = Reason(ReasonCode.NOT_COVERED, "a picture that cannot be decoded")
        for number in undecoded(self.blob, showing, self._bounds):
            yield Gap(at("page", number + 1), reason)
        if not hidden <= {one for walk in self.walks for one in walk.pictures}:
            yield Gap(at("picture", 1), reason)

    def _to_look_at(self) -> set[int]:
        """Pages (from 0) that show more than their text and their pictures tell."""
        hidden = {one.stream.objgen for one in self.pictures if one.blob is None}
        low = {one.stream.objgen for one in self.pictures if _is_strip(one)}
        wanted = {int(gap.locator[0].ordinal) - 1 for gap in self._unseen(pictures=False)}
        for number, walk in enumerate(self.walks):
            inline = walk.inline_area / self._area(number)
            if inline > _SOME_IMAGE or walk.pictures & hidden or len(walk.pictures & low) > 1:
                wanted.add(number)
        return wanted

    def _area(self, number: int) -> float:
        left, low, right, high = (float(x) for x in self.pdf.pages[number].mediabox)
        return max(1.0, abs(right - left) * abs(high - low))

    def _unseen(self, *, pictures: bool = True) -> Iterator[Gap]:
        """Pages with what no glyph tells. `pictures`: those in pictures count."""
        painted = False
        found = 0
        for number, (walk, text) in enumerate(zip(self.walks, self.texts, strict=True), 1):
            where, locator = f"page {number}", at("page", number)
            share = walk.image_area / self._area(number - 1) if pictures else 0.0
            words = bool(text.text.strip())
            painted = painted or walk.paints > 0 or (pictures and bool(walk.images))
            found += 1
            if not words and (share > _SOME_IMAGE or walk.paints > _SOME_PAINTS):
                yield Gap(locator, Reason(ReasonCode.NO_TEXT, where))
            elif share > _IMAGE_SHARE:
                yield Gap(locator, Reason(ReasonCode.NOT_COVERED, f"{where}: pictures"))
            elif (
                walk.unreadable > max(3, _UNREADABLE_SHARE * walk.drawn)
                or walk.blindest >= _UNREADABLE_WORD
            ):
                reason = Reason(ReasonCode.NOT_COVERED, f"{where}: glyphs without meaning")
                yield Gap(locator, reason)
            else:
                found -= 1
        if not found and painted and not any(text.text.strip() for text in self.texts):
            yield Gap(at("page", 1), Reason(ReasonCode.NO_TEXT, "no page has any"))


def _is_strip(picture: Picture) -> bool:
    return is_strip((int(picture.stream.Width), int(picture.stream.Height)))


def document(blob: bytes, bounds: Bounds) -> Document:
    """All that the file and its earlier states hold. Raises `Unreadable`."""
    if history.is_cut(blob):
        raise Unreadable(ReasonCode.CORRUPT, "it ends early")
    check_streams(blob, bounds)
    now = Opened(blob, bounds)
    damage = history.damage(now.pdf)
    if history.is_muddled(blob, now.pdf, damage):
        raise Unreadable(ReasonCode.CORRUPT, "objects or streams of a damaged file")
    segments, children, gaps = list(now.segments()), list(now.children()), list(now.gaps())
    known = {segment.text for segment in segments}
    technical = understood(now.pdf) if damage else set()
    files = {child.blob for child in children}
    pages = len(now.texts)
    for number, state in enumerate(history.revisions(blob, now.pdf), 1):
        try:
            then = Opened(state, bounds)
        except Unreadable:
            gaps.append(_past(number))
            continue
        pages += len(then.texts)
        if number > history.MOST_REVISIONS or pages > bounds.max_pages:
            raise Unreadable(ReasonCode.LIMIT_PAGES, "earlier revisions")
        if damage:
            technical |= understood(then.pdf)
        if next(then.faults(), None) is not None:
            gaps.append(_past(number))
        where = at("revision", number)
        fresh = [s for s in then.segments() if s.text not in known]
        known.update(segment.text for segment in fresh)
        segments += [Segment(s.text, where + s.locator, s.kind, s.label) for s in fresh]
        more = [c for c in then.children() if c.blob not in files]
        files.update(child.blob for child in more)
        children += [Child(c.blob, where + c.locator, c.name) for c in more]
    contents = {key for page in now.pdf.pages for key in content_keys(page)}
    contents |= {key[1:] for key in now.walker.holders if key[0] == "stream"}
    beside = (*history.around(blob), *history.remarks(now.pdf, sorted(contents)))
    for number, raw in enumerate(beside, 1):
        text = as_text(raw)
        if text:
            segments.append(Segment(text, at("rest", number), Kind.CODE))
        else:
            reason = Reason(ReasonCode.NOT_COVERED, "bytes around the document")
            gaps.append(Gap(at("rest", number), reason))
    unseen: tuple[Locator, ...] = ()
    if damage and now.pdf.is_encrypted:
        unseen = (at("damage", 1),)
    elif damage:
        # What is read above, and identifiers of random bytes, which are nobody's address.
        known |= technical
        lost = dict.fromkeys(text for text in history.strings(blob) if text not in known)
        segments += [Segment(t, at("lost", n), Kind.FIELD) for n, t in enumerate(lost, 1)]
    return Document(tuple(segments), tuple(children), tuple(gaps), unseen)


def _past(number: int) -> Gap:
    return Gap(at("revision", number), Reason(ReasonCode.NOT_COVERED, f"earlier revision {number}"))


def unseen_over_pictures(walk: PageWalk, numbers: Sequence[int]) -> bool:
    """Whether one of the glyphs is drawn in no colour where a picture is: the picture shows it."""
    for number in numbers:
        glyph = walk.glyphs[number]
        if glyph.unseen:
            x, y = (glyph.box[0] + glyph.box[2]) / 2, (glyph.box[1] + glyph.box[3]) / 2
            if any(a <= x <= c and b <= y <= d for a, b, c, d in walk.images):
                return True
    return False

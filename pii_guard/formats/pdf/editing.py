"""Applies changes to an opened PDF: glyphs, strings, streams and files are edited in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

import pikepdf

from pii_guard.document import Changes, Edit
from pii_guard.formats.pdf.colophons import without_colophon
from pii_guard.formats.pdf.glyphs import Box, Mark, PageWalk
from pii_guard.formats.pdf.layout import follow, placed
from pii_guard.formats.pdf.names import all_names, rename
from pii_guard.formats.pdf.opened import Opened, unseen_over_pictures
from pii_guard.formats.pdf.pictures import put
from pii_guard.formats.pdf.rewrite import Edits
from pii_guard.formats.pdf.search import Values
from pii_guard.formats.pdf.strings import holders
from pii_guard.formats.pdf.structure import MARKED, says_the_same
from pii_guard.formats.pdf.text import PageText, covered, inside, whole_words
from pii_guard.formats.pdf.tokens import draw

_DROPPED = frozenset(
    "/PieceInfo /Thumb /AA /OpenAction /JavaScript /XFA /Metadata /Perms /DSS".split()
)

_PROGRAMS = ("/FontFile", "/FontFile2", "/FontFile3")


class Editing:
    """Edits of one file. `pictures`: pages (0-based) that must become pictures, boxes to fill.

    `places`: boxes on pages (0-based) of which all glyphs go.
    """

    def __init__(
        self, opened: Opened, changes: Changes, places: Mapping[int, Sequence[Box]] | None = None
    ) -> None:
        self._opened = opened
        self._places = places or {}
        self._changes = changes
        self._values = Values(changes.gone)
        self._streams = Edits(opened.walker)
        self._by_segment = {
            number: list(edits)
            for number, edits in groupby(changes.edits, key=attrgetter("segment"))
        }
        self.pictures: dict[int, list[Box]] = {}

    def apply(self) -> None:
        """All of it."""
        opened = self._opened
        first = len(opened.texts)
        self._strings(first)
        first += len(opened.strings)
        self._text_streams(first)
        first += len(opened.streams)
        taken = self._marks(first)
        first += len(opened.marks)
        pages = len(opened.texts)
        tokens: dict[int, list[tuple[list[Box], str]]] = {}
        for number, (walk, text) in enumerate(opened.drawn):
            segment = number if number < pages else first + number - pages
            marks = self._drawn(number, walk, text, self._by_segment.get(segment, ()), taken)
            if number < pages and marks:
                tokens[number] = marks
        self._streams.write()
        for number, marks in tokens.items():
            draw(opened.pdf.pages[number], marks, opened.walks[number].restores)
        self._files()
        self._looked(first + len(opened.unused))
        _drop(opened.pdf)

    def _looked(self, first: int) -> None:
        """Fill what was found by looking at pages: these become pictures."""
        for number, look in enumerate(self._opened.looks):
            for edit in self._by_segment.get(first + number, ()):
                boxes = look.boxes(self._opened.blob, edit.span)
                self.pictures.setdefault(look.page, []).extend(boxes)

    def _drawn(
        self,
        number: int,
        walk: PageWalk,
        text: PageText,
        edits: Iterable[Edit],
        taken: Sequence[tuple[PageWalk, Mark, str]],
    ) -> list[tuple[list[Box], str]]:
        """Remove glyphs from one walk; returns the boxes to draw, each with its token."""
        spans = [
            (text.between(*whole_words(text.text, *edit.span)), edit.replacement) for edit in edits
        ]
        done = {n for hits, _ in spans for n in hits}
        spans += [
            (set(range(mark.first, mark.after)), token)
            for where, mark, token in taken
            if where is walk
        ]
        # Values that stand here broken or spaced out: not found in the text, known from elsewhere.
        for start, end in self._values.shown_in(text.text):
            hits = text.between(start, end)
            if not hits <= done:
                spans.append((hits - done, ""))
        places = self._places.get(number, ())
        if not spans and not places:
            return []
        if walk.thin:
            walk = walk.full()
            self._opened.walker.forget()
        if places:
            spans.append((inside(walk.glyphs, places), ""))
        gone = covered(walk.glyphs, {n for hits, _ in spans for n in hits})
        self._streams.glyphs(walk.glyphs[n] for n in gone)
        self._unmark(number, walk, gone)
        if number >= len(self._opened.texts):
            return []
        if unseen_over_pictures(walk, sorted(gone)):
            self.pictures.setdefault(number, []).extend(walk.glyphs[n].box for n in gone)
        page = self._opened.pdf.pages[number]
        marks, lines = placed(walk, spans, gone, page)
        follow(self._streams, walk, gone, lines, page)
        return marks

    def _unmark(self, number: int, walk: PageWalk, gone: set[int]) -> None:
        """Drop the replacement texts of sequences that lost glyphs: they may repeat them."""
        empty = dict.fromkeys(MARKED, "")
        pages = self._opened.pages
        for mark in walk.marks:
            if not any(n in gone for n in range(mark.first, mark.after)):
                continue
            if any(key in mark.properties for key in MARKED):
                self._streams.mark(mark, empty)
            if "/MCID" in mark.properties and number < len(pages):
                mcid = int(mark.properties.MCID)
                for element in self._opened.elements.holding(pages[number], mcid):
                    for key in MARKED:
                        if key in element:
                            del element[key]

    def _marks(self, first: int) -> list[tuple[PageWalk, Mark, str]]:
        """Replace marked texts; returns the sequences that have to go whole, with their tokens.

        Those are sequences whose glyphs read otherwise than the text that stands for them, or that
        draw it as a picture.
        """
        whole = [
            (one.walk, one.mark, str(one.holder.get("/ActualText", "")))
            for one in self._opened.standing
            if one.changed and not says_the_same(one.walk, one.mark, one.text)
        ]
        for number, one in enumerate(self._opened.marks):
            text = self._edited(one.text, first + number)
            if text != one.text:
                self._streams.mark(one.mark, {one.key: text})
                if one.key == "/ActualText" and not says_the_same(one.walk, one.mark, one.text):
                    whole.append((one.walk, one.mark, text))
        for _, mark, _ in whole:
            self._streams.blank(mark)
        return whole

    def _edited(self, text: str, segment: int) -> str:
        """A text with its edits; nothing is left of one that shows a value in another setting."""
        edits = self._by_segment.get(segment, ())
        for edit in reversed(edits):
            text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
        return "" if not edits and any(self._values.shown_in(text)) else text

    def _strings(self, first: int) -> None:
        renamed = {}
        for number, one in enumerate(self._opened.strings):
            text = self._edited(one.text, first + number)
            if text != one.text:
                one.put(text)
                if one.named:
                    renamed[str(one.key)] = "/" + (text or "removed")
        for name in all_names(self._opened.pdf):
            if any(self._values.within(name[1:])):
                renamed.setdefault(name, "/removed")
        rename(self._opened.pdf, renamed)
        self._streams.rename(renamed)

    def _text_streams(self, first: int) -> None:
        lowered = [value.casefold() for value in self._changes.gone if len(value) > 3]
        for number, (stream, text) in enumerate(self._opened.streams):
            low = text.casefold()
            # Private data of applications cannot be edited safely: with a value in it, it goes.
            if (
                self._by_segment.get(first + number)
                or any(value in low for value in lowered)
                or any(self._values.within(text))
            ):
                stream.write(b"")

    def _files(self) -> None:
        for number, (stream, _) in enumerate(self._opened.files):
            content = self._changes.children.get(number)
            stream.write(content if content is not None else b"")
            if "/Params" in stream:
                del stream["/Params"]
        number = len(self._opened.files)
        for picture in self._opened.pictures:
            if picture.blob is not None:
                put(picture, self._changes.children.get(number))
                number += 1


def _drop(pdf: pikepdf.Pdf) -> None:
    """What repeats content, runs or says who made it: scripts, thumbnails, XFA, XMP, signatures …"""
    for item in list(holders(pdf)):
        for key in _DROPPED:
            if key in item:
                del item[key]
        if item.get("/S") == pikepdf.Name.JavaScript and "/JS" in item:
            item.JS = pikepdf.String("")
        if item.get("/FT") == pikepdf.Name.Sig and "/V" in item:
            del item["/V"]
        for key in _PROGRAMS:
            if isinstance(item.get(key), pikepdf.Stream):
                _sign_off(item[key])
    _adopt(pdf)
    names = pdf.Root.get("/Names")
    if names is not None and "/JavaScript" in names:
        del names["/JavaScript"]
    pdf.remove_unreferenced_resources()


def _sign_off(program: pikepdf.Stream) -> None:
    """Take out of the program of a font who made it."""
    try:
        raw = program.read_bytes()
    except pikepdf.PdfError:
        return
    bare = without_colophon(raw)
    if bare != raw:
        program.write(bare)


def _adopt(pdf: pikepdf.Pdf) -> None:
    """List fields that stand on pages only in the form, as they should be (12.7.2)."""
    form = pdf.Root.get("/AcroForm")
    listed: set[tuple[int, int]] = set()
    waiting = list(form.get("/Fields", ())) if isinstance(form, pikepdf.Dictionary) else []
    while waiting:
        field = waiting.pop()
        if isinstance(field, pikepdf.Dictionary) and field.objgen not in listed:
            listed.add(field.objgen)
            waiting += list(field.get("/Kids", ()))
    for page in pdf.pages:
        annotations: Any = page.obj.get("/Annots", ())
        for number, one in enumerate(annotations):
            if not isinstance(one, pikepdf.Dictionary) or one.objgen in listed:
                continue
            if one.get("/Subtype") == pikepdf.Name.Widget:
                if not one.is_indirect:
                    one = annotations[number] = pdf.make_indirect(one)
                if "/AcroForm" not in pdf.Root:
                    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array())
                form = pdf.Root.AcroForm
                form.Fields = pikepdf.Array([*form.get("/Fields", ()), one])
                listed.add(one.objgen)

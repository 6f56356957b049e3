"""What a PDF holds beside its current state: earlier revisions, forgotten objects, bytes around it.

All of it is dropped by any rewriting; it is read so that a file is never called clean unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pikepdf

from pii_guard.formats.pdf.streams import as_text

_STARTS = re.compile(rb"startxref\s+(\d{1,12})")
# Cross-reference and object streams are no objects of the document.
_FRAME = re.compile(rb"\s*<<[^>]*/Type\s*/(?:XRef|ObjStm)\b")
_COMMENT = re.compile(rb"^%(?!PDF-|%EOF)([^\r\n]{4,})", re.MULTILINE)
_SIGN = re.compile(rb"\\.|[()%]", re.DOTALL)
_BRACKET = re.compile(rb"\\.|[()]", re.DOTALL)
_HEX_STRING = re.compile(rb"<(?:[0-9A-Fa-f]{2}\s{0,2}){4,10000}+>")
_LINE = re.compile(rb"[^\r\n]*+")
_OBJECT = re.compile(
    rb"(?<![0-9A-Za-z.])(\d{1,9})\s{1,20}(\d{1,5})\s{1,20}obj\b(?=(.{0,400}))", re.DOTALL
)
_END = re.compile(rb"%%EOF")
_SECTION = re.compile(rb"\s*(?:xref\b|\d{1,9}\s+\d{1,5}\s+obj\b)")
_DAMAGE = ("reconstruct", "expected endobj")
"""What qpdf warns of where it had to guess which objects there are, or what one is."""
MOST_REVISIONS = 50
"""No policy matter: each is walked as a file of its own."""


def revisions(blob: bytes, pdf: pikepdf.Pdf) -> Iterator[bytes]:
    """`blob` with another end each, so that it opens as one of its earlier states (7.5.6).

    The last one shows objects that no cross-reference section lists, when there are any.
    """
    header = max(0, blob.find(b"%PDF-"))
    starts = [int(found[1]) for found in _STARTS.finditer(blob)]
    current = starts[-1] if starts else -1
    for start in sorted({*starts} - {current, 0}):
        if _SECTION.match(blob[header + start : header + start + 40]):
            yield blob + b"\nstartxref\n%d\n%%%%EOF\n" % start
    listed = {getattr(item, "objgen", None) for item in pdf.objects}
    bodies = _OBJECT.finditer(_without_streams(blob))
    written = [(int(one[1]), int(one[2])) for one in bodies if not _FRAME.match(one[3])]
    twice = len(starts) < 2 and len(set(written)) < len(written)
    # Numbers and booleans come as those of Python, which do not say which object they are.
    if twice or any(key not in listed and pdf.get_object(key) is None for key in written):
        yield blob + b"\nstartxref\n0\n%%EOF\n"


def damage(pdf: pikepdf.Pdf) -> tuple[str, ...]:
    """What qpdf warns of once it has read every object. It says so once: ask once."""
    for _ in pdf.objects:
        """Objects are read when somebody looks at them."""
    return tuple(map(str, pdf.get_warnings()))


def is_muddled(blob: bytes, pdf: pikepdf.Pdf, warnings: tuple[str, ...]) -> bool:
    """Whether it is damaged, and what it holds is a guess that other readers make otherwise.

    An object may be written twice, or a stream stand behind a dictionary that cannot be read: no object
    is that stream, and nobody has looked into it.
    """
    if not any(one in warning for warning in warnings for one in _DAMAGE):
        return False
    streams = sum(isinstance(item, pikepdf.Stream) for item in pdf.objects)
    # Streams included: where one ends is uncertain, too.
    bodies = list(_OBJECT.finditer(blob))
    written = [(one[1], one[2]) for one in bodies if not _FRAME.match(one[3])]
    frames = len(bodies) - len(written)
    return len(set(written)) < len(written) or blob.count(b"endstream") > streams + frames


def is_cut(blob: bytes) -> bool:
    """Whether the file ends before its end: objects follow on the last cross-reference section.

    What is left might be read, but the rest of a stream that was cut cannot.
    """
    last = max(blob.rfind(word) for word in (b" obj", b"endobj", b"endstream"))
    return blob.rfind(b"startxref") < last


def around(blob: bytes) -> Iterator[bytes]:
    """Bytes before the header and after the end, when more than padding, and lines of comment."""
    header = max(0, blob.find(b"%PDF-"))
    ends = [found.end() for found in _END.finditer(blob)]
    for part in (blob[:header], blob[ends[-1] :] if ends else b""):
        if part.strip(b"\0 \t\r\n"):
            yield part
    said = [c for one in _COMMENT.finditer(_without_streams(blob)) if _says(c := one[1])]
    if said:
        yield b"\n".join(said)


def remarks(pdf: pikepdf.Pdf, streams: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Comments in content streams, which no reader of pages shows."""
    for key in streams:
        stream = pdf.get_object(key)
        if not isinstance(stream, pikepdf.Stream):
            continue  # a page may name a content that is not there
        try:
            raw = stream.read_bytes()
        except pikepdf.PdfError:
            continue
        if b"%" in raw:
            said = [c for c in _remarks(raw) if len(c) > 3 and _says(c)]
            if said:
                yield b"\n".join(said)


def _remarks(raw: bytes) -> list[bytes]:
    """What stands behind percent signs, but for those in strings; a string without an end is none."""
    places: list[int] = []
    opened: list[int] = []
    done = 0
    for sign in _SIGN.finditer(raw):
        place, kind = sign.end() - 1, raw[sign.end() - 1]
        if place < done or (opened and len(sign[0]) > 1 and kind != ord("%")):
            continue
        if kind == ord("("):
            opened.append(place)
        elif kind == ord(")") and opened:
            first = opened.pop()
            while places and places[-1] > first:
                places.pop()
        elif kind == ord("%"):
            places.append(place)
            done = done if opened else _line_end(raw, place)
    found, done = [], 0
    for place in places:
        if place >= done:
            done = _line_end(raw, place)
            found.append(raw[place + 1 : done])
    return found


def _line_end(raw: bytes, place: int) -> int:
    line = _LINE.match(raw, place)
    return line.end() if line else place


def strings(blob: bytes) -> Iterator[str]:
    """The strings between the objects and streams of a damaged file and in them: of an object that cannot
    be read qpdf leaves out what it does not understand, and all that comes after.
    """
    for part in _without_streams(blob).split(b"endobj"):
        for raw in (*_literals(part), *(one[0] for one in _HEX_STRING.finditer(part))):
            try:
                text = str(pikepdf.Object.parse(raw))
            except (pikepdf.PdfError, ValueError, TypeError):
                text = as_text(raw.strip(b"()<>"))
            if text.strip():
                yield text


def _literals(part: bytes) -> Iterator[bytes]:
    """What stands between brackets; between one that nobody closes and the end."""
    opened: list[int] = []
    for sign in _BRACKET.finditer(part):
        if sign[0] == b"(":
            opened.append(sign.start())
        elif sign[0] == b")" and opened:
            first = opened.pop()
            if not opened:
                yield part[first : sign.end()]
    if opened:
        yield part[opened[0] :]


def _says(comment: bytes) -> bool:
    words = comment.strip()
    return words.isascii() and (b" " in words or b"@" in words)


def _without_streams(blob: bytes) -> bytes:
    """The bytes without what stands between `stream` and `endstream`."""
    parts, done = [], 0
    while True:
        start = blob.find(b"stream", done)
        end = blob.find(b"endstream", start + 6) if start >= 0 else -1
        if end < 0:
            parts.append(blob[done:])
            return b"\n".join(parts)
        parts.append(blob[done:start])
        done = end + 9

"""The streams of a PDF that are no content of pages: text, files within, certificates, media."""

from __future__ import annotations

import re
import zlib
from collections.abc import Container, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import pikepdf

from pii_guard.document import UNSCANNED
from pii_guard.formats.pdf.cmaps import asides, is_cmap, is_cut
from pii_guard.formats.pdf.signed import certificate_text
from pii_guard.formats.pdf.strings import holders

_DRAWN = frozenset(["/Image", "/Form"])
_OPAQUE = frozenset("/Type1C /CIDFontType0C /OpenType /PS".split())
_OPAQUE_TYPES = frozenset("/XRef /ObjStm /Pattern /EmbeddedFile".split())
_FONT_KEYS = frozenset("/Length1 /Length2 /FunctionType /ShadingType /PatternType /N".split())
# Entries that lead to binary data which shows nothing of its own: fonts, colours, codings.
_TABLES = frozenset(
    "/CIDToGIDMap /CIDSet /JBIG2Globals /DestOutputProfile /FontFile /FontFile2 /FontFile3 /ToUnicode "
    "/UseCMap /Encoding /Function /TR /TR2 /BG /BG2 /UCR /UCR2 /HT /Shading /ColorSpace /CS /Default "
    "/Thumb /DestOutputProfileRef".split()
)
_DEFLATED = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_MOST_DEFLATED, _MOST_INFLATED = 1_000, 1 << 20
# Of the data for long-term validation (PDF 2.0, 12.8.4.3): all of it is DER.
_CERTIFIED = frozenset("/Certs /Cert /CRLs /CRL /OCSPs /OCSP /TS".split())


def embedded_files(pdf: pikepdf.Pdf) -> Iterator[tuple[pikepdf.Object, str]]:
    """Embedded file streams, each once, with the name it is attached under ("" when none)."""
    seen = set()
    for item in holders(pdf):
        if not isinstance(item.get("/EF"), pikepdf.Dictionary):
            continue
        name = str(item.get("/UF", item.get("/F", "")))
        for _, stream in item.EF.items():
            if isinstance(stream, pikepdf.Stream) and stream.objgen not in seen:
                seen.add(stream.objgen)
                yield stream, name
    for item in pdf.objects:
        stream = isinstance(item, pikepdf.Stream) and item.objgen not in seen
        if stream and item.get("/Type") == pikepdf.Name.EmbeddedFile:
            yield item, ""


def sealed(pdf: pikepdf.Pdf) -> bool:
    """Whether it only wraps an encrypted document (PDF 2.0, 7.6.7)."""
    payload = pikepdf.Name.EncryptedPayload
    return any(item.get("/AFRelationship") == payload for item in holders(pdf))


def text_streams(pdf: pikepdf.Pdf, walked: Container[tuple[int, int]]) -> Iterator[tuple[Any, str]]:
    """Streams that hold text of their own: XMP, JavaScript, XFA, certificates, private data.

    Sound, models and binary data of unknown make are `UNSCANNED`. `walked`: streams that are read
    as content already.
    """
    pages = {key for page in pdf.pages for key in content_keys(page)}
    files = {stream.objgen for stream, _ in embedded_files(pdf)}
    led: dict[tuple[int, int], set[str]] | None = None
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Stream) or item.objgen in walked or item.objgen in files:
            continue
        if item.objgen in pages or str(item.get("/Subtype", "")) in _DRAWN:
            continue
        try:
            raw = item.read_bytes()
        except pikepdf.PdfError:
            # Another program may know the filter, or do with a stream that is cut.
            yield item, UNSCANNED
            continue
        if _is_opaque(item):
            if text := packed_text(raw):
                yield item, text
            continue
        mapping = is_cmap(raw)
        if mapping and is_cut(raw):
            yield item, UNSCANNED
            continue
        said = asides(raw) if mapping else as_text(raw)
        text = "\n".join(filter(None, (said, packed_text(raw))))
        if not text and raw.strip(b"\0 \t\r\n") and not mapping:
            led = _led(pdf) if led is None else led
            by = led.get(item.objgen, set())
            if by & _CERTIFIED:
                text = certificate_text(raw)
            elif by and not by & _TABLES:
                text = UNSCANNED
        if text:
            yield item, text


def _led(pdf: pikepdf.Pdf) -> dict[tuple[int, int], set[str]]:
    """The entries that lead to each stream."""
    found: dict[tuple[int, int], set[str]] = {}

    def note(key: str, value: Any, depth: int) -> None:
        if isinstance(value, pikepdf.Stream):
            found.setdefault(value.objgen, set()).add(key)
        elif isinstance(value, pikepdf.Array) and depth < 8:
            # The table of an Indexed colour space may be a stream (8.6.6.3).
            table = len(value) == 4 and value[0] in (pikepdf.Name.Indexed, pikepdf.Name.I)
            for one in value:
                note("/ColorSpace" if table else key, one, depth + 1)

    for item in holders(pdf):
        for key, value in item.items():
            note(key, value, 0)
    for item in pdf.objects:
        if isinstance(item, pikepdf.Array):
            note("", item, 0)
    return found


def content_keys(page: Any) -> Iterator[tuple[int, int]]:
    """The objects of a page's content streams."""
    contents = page.obj.get("/Contents")
    if isinstance(contents, pikepdf.Stream):
        yield contents.objgen
    elif isinstance(contents, pikepdf.Array):
        yield from (one.objgen for one in contents)


def _is_opaque(item: Any) -> bool:
    kind, subtype = str(item.get("/Type", "")), str(item.get("/Subtype", ""))
    return subtype in _OPAQUE or kind in _OPAQUE_TYPES or any(key in item for key in _FONT_KEYS)


def packed_text(raw: bytes) -> str:
    """What text there is deflated within bytes, without a filter that says so."""
    found = []
    for start in islice(_DEFLATED.finditer(raw), _MOST_DEFLATED):
        with suppress(zlib.error):
            found.append(
                as_text(zlib.decompressobj().decompress(raw[start.start() :], _MOST_INFLATED))
            )
    return "\n".join(filter(None, found))


def as_text(raw: bytes) -> str:
    """The bytes as text when they are text, else nothing."""
    encoding = "utf-16" if raw[:2] in (b"\xfe\xff", b"\xff\xfe") else "utf-8"
    text = raw.decode(encoding, "replace")
    odd = sum(c == "\ufffd" or c < "\t" for c in text[:4_000])
    return text if text.strip() and odd <= 0.05 * min(len(text), 4_000) else ""

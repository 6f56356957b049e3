"""The strings of a PDF outside its pages: metadata, annotations, fields, outlines, names, streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pikepdf

_TECHNICAL = frozenset(
    "/ID /CIDSystemInfo /CharSet /Encrypt /O /U /OE /UE /Perms /DA /DR /FontName /BaseFont /CMapName "
    "/Registry /Ordering /Filter /SubFilter /ByteRange /Contents_sig /OutputIntents /Lang /CheckSum "
    "/CreationDate /ModDate /M /PTEX.Fullbanner /Producer /Creator".split()
)
_OPAQUE = frozenset("/Image /Form /Type1C /CIDFontType0C /OpenType /PS".split())
_OPAQUE_TYPES = frozenset("/XRef /ObjStm /CMap /Pattern /EmbeddedFile /XObject".split())
_FONT_KEYS = frozenset("/Length1 /Length2 /FunctionType /ShadingType /PatternType /N".split())
_DEEPEST = 24


class Text(NamedTuple):
    """A string object: its holder and key (or index), its name for people, its decoded text."""

    holder: Any
    key: str | int
    label: str
    text: str


def strings(pdf: pikepdf.Pdf) -> Iterator[Text]:
    """Every human string of the file, in the order of objects; dictionary names are not among them."""
    for item in pdf.objects:
        yield from _within(item, "", 0)
    yield from _within(
        pdf.trailer.get("/Info", pikepdf.Dictionary()), "", _DEEPEST - 1, direct=True
    )


def _within(item: Any, label: str, depth: int, *, direct: bool = False) -> Iterator[Text]:
    if depth > _DEEPEST or (direct and getattr(item, "is_indirect", False)):
        return
    if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        signature = item.get("/Type") == pikepdf.Name.Sig
        for key in sorted(item.keys()):
            value = item[key]
            if key in _TECHNICAL or key == "/Parent" or (signature and key == "/Contents"):
                continue
            yield from _one(item, key, _named(item, key), value, depth)
    elif isinstance(item, pikepdf.Array):
        for index, value in enumerate(item):
            yield from _one(item, index, label, value, depth)


def _one(holder: Any, key: str | int, label: str, value: Any, depth: int) -> Iterator[Text]:
    if isinstance(value, pikepdf.String):
        text = str(value)
        if any(map(str.isalnum, text)):
            yield Text(holder, key, label, text)
    elif isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect:
        yield from _within(value, label, depth + 1)


def _named(holder: Any, key: str) -> str:
    """The label of an entry: a form field's value goes by the field's name."""
    if key in ("/V", "/DV") and isinstance(holder.get("/T"), pikepdf.String):
        return str(holder.T)[:80]
    return {"/Author": "Author name", "/T": "", "/NM": ""}.get(key, key[1:])


def text_streams(pdf: pikepdf.Pdf) -> Iterator[tuple[Any, str]]:
    """Streams that hold text of their own: XMP, JavaScript, XFA, private data of applications."""
    pages = {key for page in pdf.pages for key in _content_keys(page)}
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Stream) or item.objgen in pages or _is_opaque(item):
            continue
        try:
            raw = item.read_bytes()
        except pikepdf.PdfError:
            continue
        text = _text(raw)
        if text:
            yield item, text


def _content_keys(page: Any) -> Iterator[tuple[int, int]]:
    contents = page.obj.get("/Contents")
    if isinstance(contents, pikepdf.Stream):
        yield contents.objgen
    elif isinstance(contents, pikepdf.Array):
        yield from (one.objgen for one in contents)


def _is_opaque(item: Any) -> bool:
    kind, subtype = str(item.get("/Type", "")), str(item.get("/Subtype", ""))
    return subtype in _OPAQUE or kind in _OPAQUE_TYPES or any(key in item for key in _FONT_KEYS)


def _text(raw: bytes) -> str:
    if b"begincmap" in raw[:4_000] or b"/CIDInit" in raw[:400]:
        return ""
    encoding = "utf-16" if raw[:2] in (b"\xfe\xff", b"\xff\xfe") else "utf-8"
    text = raw.decode(encoding, "replace")
    odd = sum(c == "\ufffd" or c < "\t" for c in text[:4_000])
    return text if text.strip() and odd <= 0.05 * min(len(text), 4_000) else ""

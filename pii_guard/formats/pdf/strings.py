"""The strings of a PDF outside its pages: metadata, annotations, fields, outlines, names, streams."""

from __future__ import annotations

import html
import re
from collections.abc import Container, Iterator
from typing import Any, NamedTuple

import pikepdf

# Written by programs for programs. Values that must go are still looked for in them.
_TECHNICAL = frozenset(
    "/ID /CIDSystemInfo /CharSet /Encrypt /OE /UE /Perms /DA /DR /FontName /BaseFont /CMapName "
    "/Registry /Ordering /Filter /SubFilter /ByteRange /OutputIntents /Lang /CheckSum "
    "/CreationDate /ModDate /M /PTEX.Fullbanner".split()
)
_RICH = frozenset({"/RC", "/RV"})
_OPAQUE = frozenset("/Image /Form /Type1C /CIDFontType0C /OpenType /PS".split())
_OPAQUE_TYPES = frozenset("/XRef /ObjStm /CMap /Pattern /EmbeddedFile".split())
_FONT_KEYS = frozenset("/Length1 /Length2 /FunctionType /ShadingType /PatternType /N".split())
_DEEPEST = 24
_TAG = re.compile(r"<[^<>]*>")
_BLOCK = re.compile(r"</(?:p|div|li)>|<br\s*/?>", re.IGNORECASE)


class Text(NamedTuple):
    """A string object: its holder and key (or index), its name for people, its decoded text.

    `rich`: rich text (12.7.3.4), of which `text` is what it shows. `named`: a key of a dictionary.
    """

    holder: Any
    key: str | int
    label: str
    text: str
    rich: bool = False
    named: bool = False

    def put(self, text: str) -> None:
        """Write another text in its place. A name must be renamed where it is used as well."""
        if self.named:
            self.holder["/" + text] = self.holder[self.key]
            del self.holder[self.key]
        elif self.rich:
            shown = html.escape(text, quote=False)
            body = f'<body xmlns="http://www.w3.org/1999/xhtml"><p>{shown}</p></body>'
            self.holder[self.key] = pikepdf.String(f'<?xml version="1.0"?>{body}')
        else:
            self.holder[self.key] = pikepdf.String(text)
            self._make_room(text)

    def _make_room(self, text: str) -> None:
        """A field that holds no more than so many characters has to take what stands there now."""
        if self.key in ("/V", "/DV") and isinstance(self.holder, pikepdf.Dictionary):
            node: Any = self.holder
            for _ in range(_DEEPEST):
                if "/MaxLen" in node or "/Parent" not in node:
                    break
                node = node.Parent
            if "/MaxLen" in node and int(node.MaxLen) < len(text):
                self.holder.MaxLen = len(text)


def strings(pdf: pikepdf.Pdf) -> Iterator[Text]:
    """Every human string of the file, in the order of objects, and the names of destinations."""
    for item in pdf.objects:
        yield from _within(item, "", 0)
    yield from _within(pdf.trailer, "", 0)
    named = pdf.Root.get("/Dests")
    if isinstance(named, pikepdf.Dictionary):
        for key in sorted(named.keys()):
            yield Text(named, key, "Dests", key[1:], named=True)


def _within(item: Any, label: str, depth: int) -> Iterator[Text]:
    if depth > _DEEPEST:
        return
    if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        signature = item.get("/Type") == pikepdf.Name.Sig
        for key in sorted(item.keys()):
            if key in _TECHNICAL or key == "/Parent" or (signature and key == "/Contents"):
                continue
            yield from _one(item, key, _named(item, key), item[key], depth)
    elif isinstance(item, pikepdf.Array):
        for index, value in enumerate(item):
            yield from _one(item, index, label, value, depth)


def _one(holder: Any, key: str | int, label: str, value: Any, depth: int) -> Iterator[Text]:
    if isinstance(value, pikepdf.String):
        text, rich = str(value), key in _RICH
        if rich:
            text = shown_by(text)
        if any(map(str.isalnum, text)):
            yield Text(holder, key, label, text, rich=rich)
    elif isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect:
        yield from _within(value, label, depth + 1)


def shown_by(rich: str) -> str:
    """What rich text shows: without its tags, so that none splits a word."""
    return html.unescape(_TAG.sub("", _BLOCK.sub("\n", rich))).strip()


def _named(holder: Any, key: str) -> str:
    """The label of an entry: a form field's value goes by the field's name."""
    if key in ("/V", "/DV") and isinstance(holder.get("/T"), pikepdf.String):
        return str(holder.T)[:80]
    return {"/Author": "Author name", "/T": "", "/NM": ""}.get(key, key[1:])


def rename(pdf: pikepdf.Pdf, names: dict[str, str]) -> None:
    """Point at renamed destinations by their new names (`/Old` to `/New`)."""
    if not names:
        return
    for item in holders(pdf):
        for key in ("/Dest", "/D"):
            value = item.get(key)
            if isinstance(value, pikepdf.Name) and str(value) in names:
                item[key] = pikepdf.Name(names[str(value)])


def holders(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every dictionary of the file, those within others included."""
    for item in (*pdf.objects, pdf.trailer):
        yield from _dictionaries(item, 0)


def _dictionaries(item: Any, depth: int) -> Iterator[Any]:
    if depth > _DEEPEST:
        return
    values: Any = ()
    if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        yield item
        values = [value for _, value in item.items()]
    elif isinstance(item, pikepdf.Array):
        values = list(item)
    for value in values:
        inner = isinstance(value, (pikepdf.Dictionary, pikepdf.Array))
        if inner and not value.is_indirect:
            yield from _dictionaries(value, depth + 1)


def every_text(pdf: pikepdf.Pdf) -> Iterator[str]:
    """All strings, names and keys of the file, technical ones included, one text an object."""
    for item in (*pdf.objects, pdf.trailer):
        found = list(_everything(item, 0))
        if found:
            yield "\n".join(found)


def _everything(item: Any, depth: int) -> Iterator[str]:
    if depth > 4 * _DEEPEST:
        return
    if isinstance(item, (pikepdf.String, pikepdf.Name)):
        yield str(item)
    elif isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        for key, value in item.items():
            yield key
            if not getattr(value, "is_indirect", False):
                if key in _RICH and isinstance(value, pikepdf.String):
                    yield shown_by(str(value))
                yield from _everything(value, depth + 1)
    elif isinstance(item, pikepdf.Array):
        for value in item:
            if not getattr(value, "is_indirect", False):
                yield from _everything(value, depth + 1)


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


def text_streams(pdf: pikepdf.Pdf, walked: Container[tuple[int, int]]) -> Iterator[tuple[Any, str]]:
    """Streams that hold text of their own: XMP, JavaScript, XFA, private data of applications.

    `walked`: streams that are read as content already.
    """
    pages = {key for page in pdf.pages for key in content_keys(page)}
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Stream) or item.objgen in walked:
            continue
        if item.objgen in pages or _is_opaque(item):
            continue
        try:
            raw = item.read_bytes()
        except pikepdf.PdfError:
            continue
        text = as_text(raw)
        if text:
            yield item, text


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


def as_text(raw: bytes) -> str:
    """The bytes as text when they are text, else nothing."""
    if b"begincmap" in raw[:4_000] or b"/CIDInit" in raw[:400]:
        return ""
    encoding = "utf-16" if raw[:2] in (b"\xfe\xff", b"\xff\xfe") else "utf-8"
    text = raw.decode(encoding, "replace")
    odd = sum(c == "\ufffd" or c < "\t" for c in text[:4_000])
    return text if text.strip() and odd <= 0.05 * min(len(text), 4_000) else ""
